#include "report.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "../common/plot.hpp"
#include "thrum/feature_extractor.hpp"

namespace demo {
namespace {

const char* role(const ConditionResult& result) { return result.normal ? "normal" : "fault"; }

/// The feature that most of a condition's alarms name.
std::string usual_culprit(const Report& report, const ConditionResult& result) {
  std::map<int, int> votes;
  for (const thrum::Verdict& verdict : result.verdicts)
    if (verdict.state == thrum::State::alarm) ++votes[verdict.feature];
  if (votes.empty() || result.normal) return "";
  const auto most = std::max_element(votes.begin(), votes.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  const auto names = thrum::feature_names(*report.detector.options().signal);
  return names[static_cast<std::size_t>(most->first)];
}

void print_conditions(const Report& report) {
  std::size_t width = 9;
  for (const ConditionResult& result : report.results) width = std::max(width, result.name.size());
  const int name_width = static_cast<int>(width);
  std::printf("%-*s  %-6s %8s %8s %8s   %-22s %s\n", name_width, "condition", "role", "windows", "alarms",
              "AUC", "share of each class", "culprit named most");
  for (const ConditionResult& result : report.results) {
    std::string shares;
    for (const double share : result.class_shares) {
      char text[16];
      std::snprintf(text, sizeof(text), "%3.0f%% ", 100 * share);
      shares += text;
    }
    char auc[16] = "-";
    if (!result.normal) std::snprintf(auc, sizeof(auc), "%.4f", result.auc);
    std::printf("%-*s  %-6s %8zu %8zu %8s   %-22s %s\n", name_width, result.name.c_str(), role(result),
                result.verdicts.size(), result.alarms(), auc, shares.c_str(),
                usual_culprit(report, result).c_str());
  }
}

void print_firmware(const FirmwareResult& firmware, double windows_per_second) {
  std::printf("Cortex-M4F image     %zu bytes of flash, %zu of RAM (the detector %zu), %zu of stack\n",
              firmware.flash_bytes, firmware.ram_bytes, firmware.detector_bytes, firmware.stack_bytes);
  std::printf("instructions         %zu per window, %.1f million a second\n",
              firmware.instructions_per_window,
              static_cast<double>(firmware.instructions_per_window) * windows_per_second / 1e6);
  std::printf("laptop and firmware agree on %zu of %zu windows\n", firmware.agree, firmware.windows);
  std::printf("                     (%zu scores equal to the last bit)\n", firmware.same_score_bits);
}

std::string percent(const std::optional<double>& share, const char* otherwise) {
  char text[16];
  if (share) std::snprintf(text, sizeof(text), "%.0f %%", 100 * *share);
  return share ? text : otherwise;
}

bool was_tried(const thrum::ToneSensitivity& tones, int channel, int band) {
  return tones.tried(static_cast<int>(tones.levels().size()) - 1, channel, band) > 0;
}

void print_tones(const thrum::ToneSensitivity& tones) {
  if (tones.tried() == 0) {
    std::printf("no tone was added: no held-out window is normal\n");
    return;
  }
  std::printf("tones on held-out normals   %.0f %% caught, the channel named right in %.0f %% of them\n",
              100 * tones.caught(), 100 * tones.named());
  std::printf("smallest tone that is caught 9 times in 10, its RMS in %% of its channel's:\n");
  std::printf("up to Hz ");
  for (int band = 0; band < tones.bands(); ++band) std::printf(" %8.5g", tones.edge_hz(band + 1));
  for (int channel = 0; channel < tones.channels(); ++channel) {
    std::printf("\nch%-7d", channel);
    for (int band = 0; band < tones.bands(); ++band)
      std::printf(" %8s", was_tried(tones, channel, band)
                              ? percent(tones.smallest_caught(channel, band), "none").c_str()
                              : "-");
  }
  std::printf("\n\n");
}

nlohmann::ordered_json as_json(const thrum::ToneSensitivity& tones) {
  nlohmann::ordered_json json;
  json["levels"] = tones.levels();
  json["caught"] = tones.caught();
  json["named"] = tones.named();
  for (int channel = 0; channel < tones.channels(); ++channel)
    for (int band = 0; band < tones.bands(); ++band) {
      nlohmann::ordered_json smallest;  // null: none, or not tried
      if (const auto level = tones.smallest_caught(channel, band)) smallest = *level;
      json["bands"].push_back({{"channel", channel},
                               {"from_hz", tones.edge_hz(band)},
                               {"to_hz", tones.edge_hz(band + 1)},
                               {"tried", was_tried(tones, channel, band)},
                               {"smallest_caught", smallest}});
    }
  return json;
}

/// As on the command line.
std::string name_of(const Trial& trial) {
  const thrum::FeatureOptions& signal = *trial.options.signal;
  std::string name = "--bands " + std::to_string(signal.bands);
  if (signal.spectrum == thrum::SpectrumKind::sine_tapers)
    name += " --tapers " + std::to_string(signal.tapers);
  for (const auto& [kind_name, kind] : kinds_by_name)
    if (kind == trial.options.scorer.kind) name += " --kind " + kind_name;
  return name;
}

nlohmann::ordered_json as_json(const Choice& choice) {
  nlohmann::ordered_json trials;
  for (const Trial& trial : choice.trials)
    trials.push_back({{"options", name_of(trial)},
                      {"caught", trial.caught},
                      {"false_alarms", trial.false_alarms},
                      {"taken", trial.options == choice.taken}});
  return trials;
}

using Points = std::vector<plot::Point>;

/// The plane in which the classes lie widest apart and the normal windows spread most.
thrum::PCA<float> plane_of(const Report& report, const std::vector<const ConditionResult*>& normals) {
  Eigen::Index rows = 0;
  for (const ConditionResult* result : normals) rows += result->features.rows();
  thrum::Matrix<float> features(rows, report.detector.model().features);
  for (const ConditionResult* result : normals) {
    rows -= result->features.rows();
    features.middleRows(rows, result->features.rows()) = result->features;
  }
  thrum::PCAOptions two;
  two.components = 2;
  thrum::PCA<float> plane(two);
  plane.fit(report.detector.to_cluster_space(features));
  return plane;
}

/// Every so many-th window's place in the plane, so that a picture holds no more than some thousand.
template <typename Selects>
Points places(const Report& report, const thrum::PCA<float>& plane,
              const std::vector<const ConditionResult*>& results, Selects selects) {
  Points all;
  for (const ConditionResult* result : results) {
    const thrum::Matrix<float> rows = plane.transform(report.detector.to_cluster_space(result->features));
    for (Eigen::Index i = 0; i < rows.rows(); ++i)
      if (selects(result->verdicts[static_cast<std::size_t>(i)]))
        all.push_back({static_cast<double>(rows(i, 0)), static_cast<double>(rows(i, 1))});
  }
  constexpr std::size_t most = 2000;
  if (all.size() <= most) return all;
  Points some;
  for (std::size_t i = 0; i < most; ++i) some.push_back(all[i * all.size() / most]);
  return some;
}

bool judges_by_radius(const Report& report) {
  return report.detector.options().scorer.kind == thrum::AnomalyKind::radius;
}

std::vector<plot::Circle> class_circles(const Report& report, const thrum::PCA<float>& plane) {
  std::vector<plot::Circle> circles;
  const thrum::Matrix<float> centers = plane.transform(report.detector.kmeans().centers());
  const auto& radii = report.detector.scorer().radii();
  const double threshold =
      judges_by_radius(report) ? static_cast<double>(report.detector.scorer().threshold()) : 1;
  for (Eigen::Index j = 0; j < centers.rows(); ++j) {
    circles.push_back({{static_cast<double>(centers(j, 0)), static_cast<double>(centers(j, 1))},
                       static_cast<double>(radii[j]) * threshold});
  }
  return circles;
}

/// Shows the classes whole, and of faults that lie far away only that they do.
void look_at_classes(plot::Scatter& scatter) {
  plot::Range x{1e30, -1e30}, y{1e30, -1e30};
  for (const plot::Circle& circle : scatter.circles) {
    x = {std::min(x.from, circle.centre.x - 1.6 * circle.radius),
         std::max(x.to, circle.centre.x + 1.6 * circle.radius)};
    y = {std::min(y.from, circle.centre.y - 1.2 * circle.radius),
         std::max(y.to, circle.centre.y + 1.2 * circle.radius)};
  }
  scatter.x_range = x;
  scatter.y_range = y;
}

void draw_plane(const Report& report, const std::filesystem::path& png) {
  plot::Scatter scatter;
  scatter.title = "Windows held out, along two components (circles: distance in all)";
  scatter.x_label = "first component";
  scatter.y_label = "second component";
  scatter.circles_name = judges_by_radius(report) ? "threshold of a class" : "radius of a class";
  std::vector<const ConditionResult*> normals;
  for (const ConditionResult& result : report.results)
    if (result.normal) normals.push_back(&result);
  const thrum::PCA<float> plane = plane_of(report, normals);
  scatter.circles = class_circles(report, plane);
  for (int j = 0; j < report.detector.options().kmeans.clusters; ++j) {
    scatter.groups.push_back(
        {"normal, class " + std::to_string(j), places(report, plane, normals, [j](const auto& verdict) {
           return verdict.state == thrum::State::normal && verdict.cluster == j;
         })});
  }
  const auto is_alarm = [](const auto& verdict) { return verdict.state == thrum::State::alarm; };
  scatter.groups.push_back({"false alarms", places(report, plane, normals, is_alarm), true});
  for (const ConditionResult& result : report.results)
    if (!result.normal)
      scatter.groups.push_back({result.name + ", alarms", places(report, plane, {&result}, is_alarm), true});
  look_at_classes(scatter);
  plot::draw(scatter, png);
}

void draw_scores(const Report& report, const std::filesystem::path& png) {
  plot::Series series;
  series.title = "Score of every window held out";
  series.x_label = "time in seconds, one condition after the other";
  series.y_label = "score";
  series.logarithmic = true;
  const thrum::FeatureOptions& signal = *report.detector.options().signal;
  series.step = static_cast<double>(signal.hop) / static_cast<double>(signal.sampling_rate);
  for (const ConditionResult& result : report.results) {
    const std::size_t begin = series.values.size();
    for (const thrum::Verdict& verdict : result.verdicts)
      series.values.push_back(static_cast<double>(verdict.score));
    series.sections.push_back({result.name, begin, series.values.size(), !result.normal});
  }
  plot::draw(series, png);
}

void draw_distributions(const Report& report, const std::filesystem::path& png) {
  plot::Distributions distributions;
  distributions.title = "How many of the windows held out score so high";
  distributions.x_label = "score";
  distributions.y_label = "share of a condition's windows";
  for (const ConditionResult& result : report.results) {
    plot::Sample sample{result.name, {}, !result.normal};
    for (const thrum::Verdict& verdict : result.verdicts)
      sample.values.push_back(static_cast<double>(verdict.score));
    distributions.samples.push_back(std::move(sample));
  }
  plot::draw(distributions, png);
}

}  // namespace

void print_report(const Report& report) {
  print_conditions(report);
  std::printf("\nfalse alarms         %.2f %% asked, %.2f %% measured on held-out normals\n",
              100 * report.false_alarm_asked, 100 * measured_false_alarms(report.results));
  const thrum::FeatureOptions& signal = *report.detector.options().signal;
  if (report.firmware)
    print_firmware(*report.firmware,
                   static_cast<double>(signal.sampling_rate) / static_cast<double>(signal.hop));
  if (report.tones) print_tones(*report.tones);
}

void print_choice(const Choice& choice) {
  std::printf("tones added to normal windows that were held out, and what notices them:\n");
  for (const Trial& trial : choice.trials)
    std::printf("%-44s %5.1f %% caught, %4.1f %% false alarms%s\n", name_of(trial).c_str(),
                100 * trial.caught, 100 * trial.false_alarms,
                trial.options == choice.taken ? "  <- taken" : "");
  std::printf("\n");
}

void draw_pictures(const Report& report, const std::filesystem::path& folder) {
  draw_plane(report, folder / "plane.png");
  draw_scores(report, folder / "scores.png");
  draw_distributions(report, folder / "distributions.png");
}

void write_json(const Report& report, const std::filesystem::path& path) {
  nlohmann::ordered_json json;
  json["conditions"] = nlohmann::ordered_json::array();
  for (const ConditionResult& result : report.results) {
    json["conditions"].push_back({{"name", result.name},
                                  {"role", role(result)},
                                  {"windows", result.verdicts.size()},
                                  {"alarms", result.alarms()},
                                  {"auc", result.auc}});
  }
  json["false_alarm_asked"] = report.false_alarm_asked;
  json["false_alarm_measured"] = measured_false_alarms(report.results);
  if (report.firmware) {
    json["agree"] = report.firmware->agree;
    json["windows"] = report.firmware->windows;
    json["flash_bytes"] = report.firmware->flash_bytes;
    json["ram_bytes"] = report.firmware->ram_bytes;
    json["instructions_per_window"] = report.firmware->instructions_per_window;
  }
  if (report.tones) json["tones"] = as_json(*report.tones);
  if (report.choice) json["choice"] = as_json(*report.choice);
  std::ofstream file(path);
  file << json.dump(2) << std::endl;
  if (!file) throw std::runtime_error(path.string() + ": cannot be written");
}

}  // namespace demo
