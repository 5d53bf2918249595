#include "feature_gains.hpp"

#include <algorithm>
#include <iomanip>
#include <ostream>

#include "../feature_kinds.hpp"
#include "protocols.hpp"
#include "results.hpp"

namespace {

struct Reached {
  double auc = 0, hardest = 0;
};

Reached reached(const FanRecordings& recordings, const thrum::FeatureOptions& signal, int splits) {
  const std::vector<Kind> all = chosen(kinds(0, 256), "mahalanobis");
  Results results;
  const Machine fan = ceiling_fan(recordings, signal);
  blocks(fan, all, splits, results);
  Reached reached{mean(results.find(fan.name, "blocks", "mahalanobis").auc), 1};
  for (const Row& row : results.rows())
    if (row.protocol == "blocks" && row.condition != "all")
      reached.hardest = std::min(reached.hardest, mean(row.caught));
  return reached;
}

thrum::FeatureOptions no_features() {
  thrum::FeatureOptions signal = fan_signal(thrum::SpectrumKind::sine_tapers, 32);
  for_each_feature_kind([&](const char*, auto set) { set(signal, false); });
  return signal;
}

}  // namespace

void print_feature_gains(const FanRecordings& recordings, int splits, std::ostream& out) {
  out << "| feature                             | alone   | gained  | hardest |\n|---|---|---|---|\n";
  for_each_feature_kind([&](const char* name, auto set) {
    thrum::FeatureOptions with = fan_signal(thrum::SpectrumKind::sine_tapers, 32), without = with;
    thrum::FeatureOptions alone = no_features();
    set(with, true);
    set(without, false);
    set(alone, true);
    out << "| " << std::left << std::setw(36) << name;
    if (check(with) != thrum::Status::ok) {
      out << "|         |         |         |" << std::endl;
      return;
    }
    const Reached all = reached(recordings, with, splits), others = reached(recordings, without, splits);
    out << std::fixed << std::setprecision(4) << "| " << reached(recordings, alone, splits).auc << "  | "
        << std::showpos << all.auc - others.auc << " | " << all.hardest - others.hardest << " |"
        << std::noshowpos << std::endl;
  });
}
