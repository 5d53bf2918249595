#include "protocols.hpp"

#include <algorithm>
#include <numeric>

#include "thrum/core/random.hpp"
#include "thrum/monitor_calibration.hpp"

using thrum::Detector;
using thrum::Index;

std::vector<Kind> kinds(int pca, int soft_centers) {
  thrum::DetectorOptions options;
  options.pca.reset();
  if (pca > 0) {
    options.scaler.reset();
    options.pca = thrum::PCAOptions{pca, 0, false};
  }
  options.most_clusters = 8;
  options.kmeans.restarts = 3;
  options.scorer.soft_centers = soft_centers;
  options.monitor = {5, 8, 1, 1};
  std::vector<Kind> all;
  const auto add = [&](const char* name, thrum::AnomalyKind kind) {
    all.push_back({name, options});
    all.back().options.scorer.kind = kind;
  };
  add("radius", thrum::AnomalyKind::radius);
  add("mahalanobis", thrum::AnomalyKind::mahalanobis);
  add("soft", thrum::AnomalyKind::soft);
  add("tails", thrum::AnomalyKind::tails);
  add("residual", thrum::AnomalyKind::residual);
  add("automatic", thrum::AnomalyKind::automatic);
  return all;
}

std::vector<Kind> chosen(std::vector<Kind> all, const std::string& only) {
  if (only.empty()) return all;
  all.erase(std::remove_if(all.begin(), all.end(), [&](const Kind& kind) { return kind.name != only; }),
            all.end());
  return all;
}

Split split_stretches(const std::vector<Condition>& conditions, int number) {
  thrum::Random random(static_cast<std::uint64_t>(number));
  constexpr Index stretch = 30, fifths = 5;
  Split split;
  Index offset = 0;
  int block = 0;
  for (const Condition& condition : conditions) {
    const Index count = condition.rows.rows() / stretch;
    std::vector<Index> order(thrum::array_size(count));
    std::iota(order.begin(), order.end(), Index{0});
    for (Index i = count; i > 1; --i)
      std::swap(order[thrum::array_size(i - 1)], order[thrum::array_size(random.index(i))]);
    for (Index s = 0; s < count; ++s, ++block) {
      const Index place = order[thrum::array_size(s)];
      const bool judged = place < count / fifths;
      const Index end = s + 1 == count ? condition.rows.rows() : (s + 1) * stretch;
      for (Index row = s * stretch; row < end; ++row)
        (judged ? split.judged : split.learned).add(offset + row, block, static_cast<int>(place % fifths));
    }
    offset += condition.rows.rows();
  }
  return split;
}

namespace {

Judged judge(const Detector<float>& detector, const Rows& normal, const std::vector<Condition>& faults) {
  Judged judged{detector.score(normal), {}};
  for (const Condition& fault : faults) judged.faults[fault.name] = detector.score(fault.rows);
  return judged;
}

/// Ratio of the m-th largest of the last n scores to the monitor's threshold, for each window from the n-th
/// of each block on: above 1 the monitor is in alarm.
Scores voted(const Scores& scores, const std::vector<int>& blocks, const thrum::MonitorOptions& monitor) {
  std::vector<float> votes;
  Index first = 0;
  for (Index i = 0; i < scores.size(); ++i) {
    if (blocks[thrum::array_size(i)] != blocks[thrum::array_size(first)]) first = i;
    if (i + 1 - first < monitor.window) continue;
    std::vector<float> latest(scores.data() + i + 1 - monitor.window, scores.data() + i + 1);
    std::sort(latest.begin(), latest.end(), std::greater<float>());
    votes.push_back(latest[thrum::array_size(monitor.votes) - 1] / monitor.threshold);
  }
  return Eigen::Map<const Scores>(votes.data(), static_cast<Index>(votes.size()));
}

/// Whether the monitor's own threshold can be told: it needs 1 / asked - 1 stretches of its window.
bool enough_to_vote(const Part& part, const thrum::MonitorOptions& monitor) {
  return static_cast<double>(part.rows.size()) * asked >= 1.2 * monitor.window;
}

Judged vote(const Judged& single, const std::vector<int>& blocks, const std::vector<Condition>& faults,
            const thrum::MonitorOptions& monitor) {
  Judged judged{voted(single.normal, blocks, monitor), {}};
  for (const Condition& fault : faults)
    judged.faults[fault.name] = voted(single.faults.at(fault.name), fault.blocks, monitor);
  return judged;
}

}  // namespace

void notebook(const Machine& machine, const std::vector<Kind>& all, Results& results) {
  const Rows normal = stacked(machine.normal);
  for (const Kind& kind : all) {
    Detector<float> detector(kind.options);
    detector.fit(normal);
    detector.calibrate(normal, asked);
    results.add(machine.name, "notebook", kind.name, asked, judge(detector, normal, machine.faults));
  }
}

void honest(const Machine& machine, const std::vector<Kind>& all, int splits, Results& results) {
  constexpr Index learned = 1170;
  const Rows normal = stacked(machine.normal);
  for (int split = 0; split < splits; ++split) {
    const thrum::Vector<int> order = thrum::random_folds(normal.rows(), static_cast<int>(normal.rows()),
                                                         static_cast<std::uint64_t>(split));
    std::vector<Index> train, test;
    for (Index i = 0; i < normal.rows(); ++i) (order[i] < learned ? train : test).push_back(i);
    for (const Kind& kind : all) {
      Detector<float> detector(kind.options);
      detector.fit_and_calibrate(picked(normal, train), asked, thrum::random_folds(learned, 5));
      results.add(machine.name, "honest", kind.name, asked,
                  judge(detector, picked(normal, test), machine.faults));
    }
  }
}

void blocks(const Machine& machine, const std::vector<Kind>& all, int splits, Results& results) {
  const Rows normal = stacked(machine.normal);
  for (int number = 0; number < splits; ++number) {
    const Split split = split_stretches(machine.normal, number);
    for (const Kind& kind : all) {
      const Rows learned = picked(normal, split.learned.rows);
      Detector<float> detector(kind.options);
      const auto held_out = detector.held_out_scores(learned, split.learned.folds);
      detector.fit(learned);
      detector.set_threshold(thrum::cross_conformal_threshold(held_out, asked));
      const Judged judged = judge(detector, picked(normal, split.judged.rows), machine.faults);
      results.add(machine.name, "blocks", kind.name, asked, judged);
      if (!enough_to_vote(split.learned, kind.options.monitor)) continue;
      detector.calibrate_monitor(held_out, asked, split.learned.blocks);
      results.add(machine.name, "voting", kind.name, asked,
                  vote(judged, split.judged.blocks, machine.faults, detector.options().monitor));
    }
  }
}

void in_time(const Machine& machine, const std::vector<Kind>& all, Results& results) {
  const Rows normal = stacked(machine.normal);
  std::vector<Index> learned;
  Part calibrating, judged_part;
  Index offset = 0;
  for (std::size_t c = 0; c < machine.normal.size(); ++c) {
    const Index count = machine.normal[c].rows.rows();
    for (Index row = 0; row < count; ++row) {
      const int block = static_cast<int>(c);
      if (row * 5 < count * 3)
        learned.push_back(offset + row);
      else
        (row * 5 < count * 4 ? calibrating : judged_part).add(offset + row, block, 0);
    }
    offset += count;
  }
  for (const Kind& kind : all) {
    Detector<float> detector(kind.options);
    detector.fit(picked(normal, learned));
    detector.calibrate(picked(normal, calibrating.rows), asked);
    const Judged judged = judge(detector, picked(normal, judged_part.rows), machine.faults);
    results.add(machine.name, "time", kind.name, asked, judged);
    for (std::size_t c = 0; c < machine.normal.size(); ++c) {
      Judged one = judged;
      std::vector<float> own;
      for (Index i = 0; i < judged.normal.size(); ++i)
        if (judged_part.blocks[thrum::array_size(i)] == static_cast<int>(c)) own.push_back(judged.normal[i]);
      one.normal = Eigen::Map<const Scores>(own.data(), static_cast<Index>(own.size()));
      const std::vector<int> block(own.size(), 0);
      results.add(machine.name, "time, " + machine.normal[c].name, kind.name, asked,
                  vote(one, block, machine.faults, detector.options().monitor));
    }
  }
}

void half(const Benchmark& benchmark, const std::vector<Kind>& all, Results& results) {
  const Index learned = benchmark.normal.rows() / 2;
  for (const std::vector<int>& order : benchmark.orders) {
    const Rows shuffled = benchmark.normal(order, Eigen::all);
    for (const Kind& kind : all) {
      Detector<float> detector(kind.options);
      detector.fit(shuffled.topRows(learned));
      detector.calibrate(shuffled.topRows(learned), 0.05);
      const Rows normal = shuffled.bottomRows(shuffled.rows() - learned);
      results.add(benchmark.name, "half", kind.name, 0.05,
                  judge(detector, normal, {{"anomalous", benchmark.anomalous, {}}}));
    }
  }
}
