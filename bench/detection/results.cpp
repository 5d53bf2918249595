#include "results.hpp"

#include <algorithm>
#include <fstream>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <numeric>
#include <ostream>
#include <tuple>

double area_under_curve(const Scores& normal, const Scores& faulty) {
  std::vector<float> sorted(normal.data(), normal.data() + normal.size());
  std::sort(sorted.begin(), sorted.end());
  double below = 0;
  for (const float score : faulty) {
    const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), score);
    below += 0.5 * static_cast<double>((first - sorted.begin()) + (last - sorted.begin()));
  }
  return below / (static_cast<double>(normal.size()) * static_cast<double>(faulty.size()));
}

double alarm_rate(const Scores& scores) { return (scores.array() > 1).cast<double>().mean(); }

Scores all_faults(const Judged& judged) {
  std::vector<float> all;
  for (const auto& [name, scores] : judged.faults) all.insert(all.end(), scores.begin(), scores.end());
  return Eigen::Map<const Scores>(all.data(), static_cast<thrum::Index>(all.size()));
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

Row& Results::row(const Row& like) {
  const auto key = [](const Row& row) {
    return std::tie(row.data, row.protocol, row.kind, row.condition, row.asked);
  };
  for (Row& known : rows_)
    if (key(known) == key(like)) return known;
  rows_.push_back(like);
  return rows_.back();
}

void Results::add(const std::string& data, const std::string& protocol, const std::string& kind, double asked,
                  const Judged& judged) {
  std::map<std::string, Scores> conditions{{"all", all_faults(judged)}};
  if (judged.faults.size() > 1) conditions.insert(judged.faults.begin(), judged.faults.end());
  for (const auto& [condition, faulty] : conditions) {
    Row& found =
        row({data, protocol, kind, condition, asked, static_cast<long>(faulty.size()), {}, {}, {}, {}});
    const double caught = alarm_rate(faulty);
    found.auc.push_back(area_under_curve(judged.normal, faulty));
    found.missed.push_back((1 - caught) * static_cast<double>(faulty.size()));
    found.false_alarm.push_back(alarm_rate(judged.normal));
    found.caught.push_back(caught);
  }
}

Row Results::find(const std::string& data, const std::string& protocol, const std::string& kind,
                  const std::string& condition) const {
  for (const Row& row : rows_)
    if (row.data == data && row.protocol == protocol && row.kind == kind && row.condition == condition)
      return row;
  return {};
}

void Results::print(std::ostream& out) const {
  out << std::left << std::setw(13) << "data" << std::setw(10) << "protocol" << std::setw(21) << "kind"
      << std::setw(20) << "condition" << std::right << std::setw(8) << "AUC" << std::setw(8) << "worst"
      << std::setw(8) << "faults" << std::setw(9) << "missed" << std::setw(9) << "caught" << std::setw(14)
      << "false alarms" << '\n';
  for (const Row& row : rows_) {
    out << std::left << std::setw(13) << row.data << std::setw(10) << row.protocol << std::setw(21)
        << row.kind << std::setw(20) << row.condition << std::right << std::fixed << std::setprecision(4)
        << std::setw(8) << mean(row.auc) << std::setw(8) << *std::min_element(row.auc.begin(), row.auc.end())
        << std::setw(8) << row.faults << std::setprecision(1) << std::setw(9) << mean(row.missed)
        << std::setw(7) << 100 * mean(row.caught) << " %" << std::setprecision(2) << std::setw(12)
        << 100 * mean(row.false_alarm) << " %\n";
  }
}

void Results::write_json(const std::filesystem::path& path) const {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Row& row : rows_)
    list.push_back({{"data", row.data},
                    {"protocol", row.protocol},
                    {"kind", row.kind},
                    {"asked", row.asked},
                    {"auc", mean(row.auc)},
                    {"faults", row.faults},
                    {"missed", mean(row.missed)},
                    {"false_alarm", mean(row.false_alarm)},
                    {"condition", row.condition},
                    {"caught", mean(row.caught)},
                    {"splits", row.auc.size()},
                    {"worst_auc", *std::min_element(row.auc.begin(), row.auc.end())},
                    {"worst_false_alarm", *std::max_element(row.false_alarm.begin(), row.false_alarm.end())},
                    {"worst_caught", *std::min_element(row.caught.begin(), row.caught.end())}});
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path);
  file << list.dump(1) << '\n';
  if (!file) throw std::runtime_error(path.string() + ": cannot be written");
}
