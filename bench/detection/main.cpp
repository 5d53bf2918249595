#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "data.hpp"
#include "feature_gains.hpp"
#include "protocols.hpp"
#include "results.hpp"
#include "tones.hpp"

// Measures how well the kinds of anomaly score tell faults from normal operation, on real data, and prints
// goals beside what was reached. Started by bench/detection.sh, which see.

namespace {

struct Goal {
  std::string what;
  double reached;
  bool at_least;
  double goal;
};

void print(const std::vector<Goal>& goals) {
  std::printf("\n%-78s %10s %12s\n", "goal", "reached", "asked");
  for (const Goal& goal : goals) {
    const bool ok = goal.at_least ? goal.reached >= goal.goal : goal.reached <= goal.goal;
    std::printf("%-78s %10.4g %4s %7.4g %s\n", goal.what.c_str(), goal.reached,
                goal.at_least ? ">=" : "<=", goal.goal, ok ? "" : "missed");
  }
}

double worst_caught(const Results& results, const std::string& protocol, const std::string& kind) {
  double worst = 1;
  for (const Row& row : results.rows())
    if (row.data == "ceiling fan" && row.protocol == protocol && row.kind == kind && row.condition != "all")
      worst = std::min(worst, mean(row.caught));
  return worst;
}

/// Mean over sets of the AUC of the best single peer, each peer on rows as they are or standardised,
/// whichever serves it better.
double best_peer(const std::filesystem::path& prepared, std::string& name) {
  std::ifstream file(prepared / "peers.json");
  std::map<std::string, std::pair<std::vector<double>, std::vector<double>>> peers;
  for (const auto& row : nlohmann::json::parse(file)) {
    auto& [raw, standardised] = peers[row["peer"].get<std::string>()];
    raw.push_back(row["raw"]);
    standardised.push_back(row["standardised"]);
  }
  double best = 0;
  for (const auto& [peer, found] : peers) {
    const double reached = std::max(mean(found.first), mean(found.second));
    std::printf("%-20s mean AUC %.4f on rows as they are, %.4f standardised\n", peer.c_str(),
                mean(found.first), mean(found.second));
    if (reached > best) name = peer;
    best = std::max(best, reached);
  }
  return best;
}

double mean_over_benchmarks(const Results& results, const std::string& kind) {
  std::vector<double> found;
  for (const Row& row : results.rows())
    if (row.protocol == "half" && row.kind == kind && row.condition == "all") found.push_back(mean(row.auc));
  return mean(found);
}

/// What `automatic` loses in AUC against the best kind in hindsight, for each set of data.
std::vector<double> regrets(const Results& results) {
  std::vector<double> regrets;
  for (const Row& own : results.rows()) {
    const bool counts = own.protocol == "honest" || own.protocol == "blocks" || own.protocol == "half";
    if (own.kind != "automatic" || own.condition != "all" || !counts) continue;
    double best = 0;
    for (const Row& row : results.rows())
      if (row.data == own.data && row.protocol == own.protocol && row.condition == "all")
        best = std::max(best, mean(row.auc));
    regrets.push_back(best - mean(own.auc));
  }
  return regrets;
}

std::vector<Goal> goals(const Results& results, double peer, const std::string& peer_name) {
  const std::string fan = "ceiling fan";
  std::vector<Goal> goals;
  const Row digits = results.find("digits", "honest", "soft");
  goals.push_back({"digits, honest, soft: mean AUC", mean(digits.auc), true, 0.985});
  goals.push_back({"digits, honest, soft: mean missed of 360", mean(digits.missed), false, 95});
  goals.push_back({"digits, honest, soft: mean false alarms", mean(digits.false_alarm), false, 0.012});
  goals.push_back({"fan, blocks, mahalanobis: mean AUC", mean(results.find(fan, "blocks", "mahalanobis").auc),
                   true, 0.99});
  goals.push_back({"fan, blocks, mahalanobis: caught of the hardest fault",
                   worst_caught(results, "blocks", "mahalanobis"), true, 0.6});
  goals.push_back({"fan, voting, mahalanobis: caught of the hardest fault",
                   worst_caught(results, "voting", "mahalanobis"), true, 0.99});
  goals.push_back({"fan, voting, mahalanobis: false alarms",
                   mean(results.find(fan, "voting", "mahalanobis").false_alarm), false, 0.01});
  goals.push_back(
      {"fan, time, mahalanobis: AUC", mean(results.find(fan, "time", "mahalanobis").auc), true, 0.99});
  double voted = 0;
  for (const Row& row : results.rows())
    if (row.protocol.rfind("time, ", 0) == 0 && row.kind == "mahalanobis" && row.condition == "all")
      voted = std::max(voted, mean(row.false_alarm));
  goals.push_back({"fan, time, mahalanobis: voted false alarms, worst speed", voted, false, 0.02});
  for (const char* data : {"drill press", "pump"})
    goals.push_back({std::string(data) + ", blocks, mahalanobis: AUC",
                     mean(results.find(data, "blocks", "mahalanobis").auc), true, 0.9995});
  goals.push_back({"ADBench, half, tails: mean AUC, over " + peer_name + " + 0.005",
                   mean_over_benchmarks(results, "tails"), true, peer + 0.005});
  goals.push_back({"ADBench, half, automatic: mean AUC, over the same",
                   mean_over_benchmarks(results, "automatic"), true, peer + 0.005});
  const std::vector<double> lost = regrets(results);
  goals.push_back({"automatic: mean regret in AUC", mean(lost), false, 0.02});
  goals.push_back(
      {"automatic: worst regret in AUC", *std::max_element(lost.begin(), lost.end()), false, 0.06});
  return goals;
}

struct Options {
  std::string data, fan, prepared, json = "build/detection.json", only, set;
  int splits = 0;  ///< 0: as many as each protocol has
};

/// `soft` on the digits by their number of principal components and the subspaces that it looks at.
Results by_components(const Machine& digits, int splits) {
  std::vector<Kind> all;
  for (const int components : {12, 16, 20, 24, 28, 32, 40})
    for (const int subspaces : {1, 2, 3}) {
      all.push_back(chosen(kinds(components, 384), "soft").front());
      all.back().name += ", " + std::to_string(components) + " in " + std::to_string(subspaces);
      all.back().options.scorer.soft_subspaces = subspaces;
    }
  Results results;
  honest(digits, all, splits, results);
  return results;
}

Results measured(const Options& options) {
  Results results;
  const auto wanted = [&](const std::string& set) { return options.set.empty() || options.set == set; };
  const auto splits = [&](int usual) { return options.splits > 0 ? options.splits : usual; };
  if (wanted("digits")) {
    const Machine digits = read_digits(options.data);
    const std::vector<Kind> all = chosen(kinds(20, 384), options.only);
    notebook(digits, all, results);
    honest(digits, all, splits(20), results);
  }
  const std::vector<Kind> all = chosen(kinds(0, 256), options.only);
  if (wanted("fan")) {
    const FanRecordings recordings = thrum::read_conditions(options.fan);
    // Bands and tapers that catch most with fewest false alarms in `--set tones`, which looks at no fault.
    const Machine fan = ceiling_fan(recordings, fan_signal(thrum::SpectrumKind::sine_tapers, 64, 12));
    blocks(fan, all, splits(4), results);
    in_time(fan, all, results);
    Machine before = ceiling_fan(recordings, fan_signal(thrum::SpectrumKind::hann, 16));
    before.name = "fan, Hann";
    std::vector<Kind> two = chosen(kinds(0, 256), "radius"), other = chosen(kinds(0, 256), "mahalanobis");
    two.insert(two.end(), other.begin(), other.end());
    blocks(before, two, splits(4), results);
  }
  if (wanted("drill")) blocks(read_drill_press(options.data), all, splits(4), results);
  if (wanted("pump")) blocks(read_pump(options.data), all, splits(4), results);
  if (wanted("adbench"))
    for (const Benchmark& benchmark : read_benchmarks(options.prepared)) half(benchmark, all, results);
  return results;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"How well the kinds of anomaly score tell faults from normal operation, on real data"};
  Options options;
  app.add_option("--data", options.data, "folder of the data sets")->required();
  app.add_option("--fan", options.fan, "folder of the unpacked ceiling fan")->required();
  app.add_option("--prepared", options.prepared, "folder that prepare.py wrote")->required();
  app.add_option("--json", options.json, "file for the figures");
  app.add_option("--kind", options.only, "only this kind");
  app.add_option(
      "--set", options.set,
      "only digits, fan, drill, pump or adbench; components: soft on the digits by principal components and "
      "subspaces; features: what each kind of feature gains on the fan; "
      "tones: how many bands and tapers notice most slow tones on the balanced fan");
  app.add_option("--splits", options.splits, "splits of each protocol");
  CLI11_PARSE(app, argc, argv);
  try {
    if (options.set == "features") {
      print_feature_gains(thrum::read_conditions(options.fan), std::max(1, options.splits), std::cout);
      return 0;
    }
    if (options.set == "tones") {
      print_caught_tones(thrum::read_conditions(options.fan), options.splits > 0 ? options.splits : 4,
                         std::cout);
      return 0;
    }
    if (options.set == "components") {
      by_components(read_digits(options.data), options.splits > 0 ? options.splits : 20).print(std::cout);
      return 0;
    }
    const Results results = measured(options);
    results.print(std::cout);
    results.write_json(options.json);
    if (!options.only.empty() || !options.set.empty()) return 0;
    std::string peer_name;
    std::cout << '\n';
    const double peer = best_peer(options.prepared, peer_name);
    print(goals(results, peer, peer_name));
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
