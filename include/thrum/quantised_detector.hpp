#ifndef THRUM_QUANTISED_DETECTOR_HPP
#define THRUM_QUANTISED_DETECTOR_HPP

#include <stdint.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "thrum/algorithm/quantised.hpp"
#include "thrum/calibration.hpp"
#include "thrum/core/integer_dot.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/detection/detector_model.hpp"
#include "thrum/detection/verdict.hpp"
#include "thrum/errors.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/row_loop.hpp"
#include "thrum/input.hpp"
#include "thrum/series.hpp"
#include "thrum/stored_detector.hpp"

namespace thrum {

struct QuantisationOptions {
  double largest_change = 0.01;  ///< share of verdicts in [0, 1] that may change; more is refused
  double reach = 2;              ///< > 1: coordinates saturate where the score is at least this, an alarm
};

/// What quantising a detector changed, on the rows it was tried on.
struct QuantisationLoss {
  Index rows = 0;
  Index changed = 0;               ///< verdicts that are normal on one side and alarm on the other
  double largest_score_error = 0;  ///< of rows that score below `reach` on both sides
  std::optional<double> auc_before = std::nullopt;  ///< with labels: of the scores, 1 is perfect
  std::optional<double> auc_after = std::nullopt;

  double changed_share() const {
    return rows > 0 ? static_cast<double>(changed) / static_cast<double>(rows) : 0;
  }
};

namespace detail {

/// Area under the ROC curve: how probable it is that a faulty row scores above a normal one, ties count half.
/// faulty: 0 for a normal row. O(n log n).
template <typename Scalar>
std::optional<double> area_under_roc(const Vector<Scalar>& scores, const Labels& faulty) {
  std::vector<Index> order(array_size(scores.size()));
  std::iota(order.begin(), order.end(), Index{0});
  std::sort(order.begin(), order.end(), [&](Index a, Index b) { return scores[a] < scores[b]; });
  double normal_below = 0, pairs = 0, faults = 0;
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    double normal_here = 0, faulty_here = 0;
    for (; end < order.size() && !(scores[order[end]] > scores[order[begin]]); ++end)
      ++(faulty[order[end]] != 0 ? faulty_here : normal_here);
    pairs += faulty_here * (normal_below + normal_here / 2);
    normal_below += normal_here;
    faults += faulty_here;
  }
  if (normal_below == 0 || faults == 0) return std::nullopt;
  return pairs / (normal_below * faults);
}

/// The arrays of QuantisedClasses.
template <typename Stored>
struct QuantisedArrays {
  std::vector<float> scale;
  std::vector<int32_t> offset;
  std::vector<int16_t> factor;
  std::vector<QuantisedCoordinate<Stored>> centers;
  std::vector<uint32_t> classes;
  std::vector<float> score_table;
};

/// Puts the classes of a fitted detector into integers. In the space of the centres, all coordinates share
/// one step, each has its own middle, that of the centres: only differences count.
template <typename Stored>
class Quantiser {
 public:
  /// scaling: what lies between the rows and the space of the centres, where that is no projection.
  Quantiser(const char* who, const AnomalyModel<float>& anomaly, const ScalingModel<float>& scaling,
            double reach)
      : who_(who), anomaly_(anomaly), scaling_(scaling), bits_(quantised_bits<Stored>(anomaly.features)) {
    double spread = 0;
    for (Index f = 0; f < anomaly.features; ++f) spread = larger(spread, half_spread(f));
    for (Index j = 0; j < anomaly.clusters; ++j) {
      narrowest_ = j == 0 ? radius(j) : smaller(narrowest_, radius(j));
      widest_ = larger(widest_, radius(j));
    }
    range_ = spread + reach * static_cast<double>(anomaly.threshold) * widest_;
    detail::require(std::isfinite(range_) && widest_ < 128 * narrowest_, who,
                    ": the radii of the classes are ", narrowest_, " to ", widest_,
                    ", expected less than 128 times the narrowest: their ratio does not fit into 16 bits");
    classes_.features = anomaly.features;
    classes_.clusters = anomaly.clusters;
    classes_.threshold = anomaly.threshold;
    classes_.step = static_cast<float>(step());
  }

  QuantisedClasses<Stored> fill(QuantisedArrays<Stored>& arrays) {
    for (Index f = 0; f < anomaly_.features; ++f) scale_feature(f, arrays);
    fill_centers(arrays);
    if (anomaly_.score_table != nullptr)
      arrays.score_table.assign(anomaly_.score_table, anomaly_.score_table + tail_table_size);
    // The weight of the narrowest radius is 65535 / 65536, of half squares moved to the left by the free
    // bits.
    const double square = std::ldexp(1.0, 17 - free_bits(anomaly_.features, bits_)) / 65535;
    classes_.unit = static_cast<float>(score_of_step() * std::sqrt(square));
    return classes_;
  }

  /// By how much a score changes where one coordinate changes by one step.
  double score_of_step() const { return step() / narrowest_ / static_cast<double>(anomaly_.threshold); }

 private:
  /// 2^bits of them from one end of the range to the other.
  double step() const { return range_ / (1 << (bits_ - 1)); }
  double radius(Index j) const {
    return 1 / std::sqrt(static_cast<double>(anomaly_.inverse_squared_radius[j]));
  }
  double center(Index f, Index j) const {
    return static_cast<double>(anomaly_.centers[f * anomaly_.clusters + j]);
  }
  std::pair<double, double> ends(Index f) const {
    double least = center(f, 0), largest = least;
    for (Index j = 1; j < anomaly_.clusters; ++j) {
      least = smaller(least, center(f, j));
      largest = larger(largest, center(f, j));
    }
    return {least, largest};
  }
  double half_spread(Index f) const { return (ends(f).second - ends(f).first) / 2; }

  double in_rows(Index f, double value) const {
    if (scaling_.features == 0) return value;
    return value / static_cast<double>(scaling_.factor[f]) + static_cast<double>(scaling_.offset[f]);
  }

  void scale_feature(Index f, QuantisedArrays<Stored>& arrays) {
    const double range = scaling_.features == 0 ? range_ : range_ / static_cast<double>(scaling_.factor[f]);
    const double middle = in_rows(f, (ends(f).first + ends(f).second) / 2);
    const int power = 15 - (range > 0 && std::isfinite(range) ? std::ilogb(range) : 1000);
    const double offset = std::ldexp(middle, power), mantissa = std::ldexp(range, power);  // in [2^15, 2^16)
    detail::require(power >= -96 && power <= 126, who_, ": feature ", f, " has a range of ", range,
                    ", expected 2^-110 ... 2^110");
    detail::require(std::abs(offset) <= std::ldexp(1.0, 29) - std::ldexp(1.0, 17), who_, ": feature ", f,
                    " lies within ", range, " of ", middle,
                    ", expected a range of at least 2^-14 of that: subtract a constant first");
    const double factor = std::round(std::ldexp(1.0, 29) / mantissa);
    // Half a step is taken off, so that rounding down rounds to the nearest.
    const double half = std::ldexp(1.0, 29 - bits_) / factor;
    arrays.scale.push_back(std::ldexp(1.0f, power));
    arrays.offset.push_back(static_cast<int32_t>(std::lround(offset - half)));
    arrays.factor.push_back(static_cast<int16_t>(factor));
  }

  void fill_centers(QuantisedArrays<Stored>& arrays) {
    const Index d = anomaly_.features, k = anomaly_.clusters;
    using Coordinate = QuantisedCoordinate<Stored>;
    const int middle = 1 << (bits_ - 1);
    arrays.centers.assign(array_size(integer_rows_size<Coordinate>(d, k)), Coordinate{0});
    for (Index j = 0; j < k; ++j) {
      uint32_t squares = 0;
      for (Index f = 0; f < d; ++f) {
        const std::size_t i = array_size(f);
        const double x = in_rows(f, center(f, j)) * static_cast<double>(arrays.scale[i]);
        const double q = std::floor((x - arrays.offset[i]) * arrays.factor[i] / std::ldexp(1.0, 30 - bits_));
        const int entry = clipped(static_cast<int>(q) + middle, 0, 2 * middle - 1);
        arrays.centers[array_size(j * integer_row_size(d) + f)] = static_cast<Coordinate>(entry);
        squares += static_cast<uint32_t>(entry * entry);
      }
      const double ratio = narrowest_ / radius(j);
      arrays.classes.push_back((squares + 1) / 2);
      arrays.classes.push_back(static_cast<uint32_t>(std::lround(65535 * ratio * ratio)) << 16);
    }
  }

  static int clipped(int value, int least, int largest) { return smaller(larger(value, least), largest); }

  const char* who_;
  AnomalyModel<float> anomaly_;
  ScalingModel<float> scaling_;
  int bits_;
  double narrowest_ = 0, widest_ = 0, range_ = 0;
  QuantisedClasses<Stored> classes_{};
};

}  // namespace detail

inline namespace THRUM_BUILD {

/// A fitted detector of kind `radius` whose classes are integers: for a chip without floating-point unit, or
/// with little flash. Judges as firmware does with the header written of it, bit for bit, so that what is
/// lost can be measured here. A projection, if any, stays float, in front. Stored: int16_t (q15) or int8_t.
/// Copies share the numbers, which never change.
template <typename Stored>
class QuantisedDetector {
  static_assert(std::is_same<Stored, int16_t>::value || std::is_same<Stored, int8_t>::value,
                "coordinates are stored as int16_t (q15) or int8_t");

 public:
  using Model = DetectorModel<float, QuantisedClasses<Stored>>;

  /// Quantises a fitted detector and tries it on rows: n x d, best those it was calibrated on and, with
  /// labels, faulty ones (labels: 0 for a normal row; or none). Throws std::invalid_argument when it is no
  /// Detector<float> or StoredDetector<float> of kind `radius`; when radii or features are too unlike each
  /// other for integers; and when more than options.largest_change of the verdicts change, with the figures.
  template <typename FittedDetector>
  QuantisedDetector(const FittedDetector& detector, const MatrixInput<float>& rows, const Labels& labels = {},
                    const QuantisationOptions& options = {})
      : original_(detector.model(), detector.calibration()) {
    constexpr const char* who = "thrum::QuantisedDetector";
    detail::require(detector.fitted(), who, ": detector is not fitted");
    const DetectorModel<float>& model = original_.model();
    detail::require(model.anomaly.parts == radius_part, who,
                    ": detector is not of kind `radius`, the only one that has a form in integers");
    detail::require(model.anomaly.features <= most_quantised_features, who, ": detector has ",
                    model.anomaly.features, " features or components, expected at most ",
                    most_quantised_features);
    detail::require(options.reach > 1 && options.reach <= 1000, who, ": reach is ", options.reach,
                    ", expected a number in (1, 1000]");
    detail::require(options.largest_change >= 0 && options.largest_change <= 1, who, ": largest_change is ",
                    options.largest_change, ", expected a number in [0, 1]");
    detail::require_columns(who, "rows", rows.view(), model.features);
    detail::require_labels(who, "labels", labels, rows.view().rows);
    fill(who, options.reach);
    measure(rows, labels, options.reach);
    detail::require(loss_.changed_share() <= options.largest_change, who, ": ", loss_.changed, " of ",
                    loss_.rows, " verdicts change, expected at most a share of ", options.largest_change,
                    "; the largest error of a score is ", loss_.largest_score_error);
  }

  /// As Detector::score.
  Vector<float> score(const MatrixInput<float>& x) const {
    detail::require_columns("thrum::QuantisedDetector::score", "x", x.view(), model_.features);
    Vector<float> scores(x.view().rows);
    for_each_row(x.view(), [&](Index i, float* scratch) {
      const Score<float> score = score_row(model_, x.view().row(i), scratch);
      scores[i] = score.status == Status::non_finite ? not_a_number<float>() : score.value;
    });
    return scores;
  }

  /// As Detector::verdicts.
  std::vector<Verdict> verdicts(const MatrixInput<float>& x) const {
    detail::require_columns("thrum::QuantisedDetector::verdicts", "x", x.view(), model_.features);
    std::vector<Verdict> verdicts(array_size(x.view().rows));
    for_each_row(x.view(), [&](Index i, float* scratch) {
      verdicts[array_size(i)] = judge(model_, x.view().row(i), scratch);
    });
    return verdicts;
  }

  /// As Detector::shares.
  Matrix<float> shares(const MatrixInput<float>& x) const {
    constexpr const char* who = "thrum::QuantisedDetector::shares";
    detail::require_columns(who, "x", x.view(), model_.features);
    detail::require_finite(who, "x", x.view());
    Matrix<float> shares(x.view().rows, x.view().cols);
    for_each_row(x.view(), [&](Index i, float* scratch) {
      shares_of_row(model_, x.view().row(i), scratch, thrum::view(shares).row(i));
    });
    return shares;
  }

  bool fitted() const { return true; }
  /// What quantising changed on the rows it was tried on.
  const QuantisationLoss& loss() const { return loss_; }
  /// The detector that was quantised.
  const StoredDetector<float>& original() const { return original_; }
  const std::optional<Calibration>& calibration() const { return original_.calibration(); }
  /// By how much a score may differ between builds: 0, or with a projection, whose sums may be fused, as much
  /// as a step in every component.
  float build_tolerance() const { return build_tolerance_; }
  /// A view of the model, without checksum and self-tests; valid while this object or a copy of it lives.
  const Model& model() const { return model_; }

 private:
  void fill(const char* who, double reach) {
    const DetectorModel<float>& from = original_.model();
    detail::Quantiser<Stored> quantiser(who, from.anomaly,
                                        from.projects() ? ScalingModel<float>{} : from.scaling, reach);
    auto arrays = std::make_shared<detail::QuantisedArrays<Stored>>();
    model_.features = from.features;
    model_.has_signal = from.has_signal;
    model_.signal = from.signal;
    model_.monitor = from.monitor;
    if (from.projects()) model_.scaling = from.scaling;
    model_.projection = from.projection;
    model_.anomaly = quantiser.fill(*arrays);
    model_.anomaly.scale = arrays->scale.data();
    model_.anomaly.offset = arrays->offset.data();
    model_.anomaly.factor = arrays->factor.data();
    model_.anomaly.centers = arrays->centers.data();
    model_.anomaly.classes = arrays->classes.data();
    if (!arrays->score_table.empty()) model_.anomaly.score_table = arrays->score_table.data();
    arrays_ = std::move(arrays);
    if (from.projects())
      build_tolerance_ = static_cast<float>(quantiser.score_of_step() *
                                            std::sqrt(static_cast<double>(from.anomaly.features)));
  }

  void measure(const MatrixInput<float>& rows, const Labels& labels, double reach) {
    const Vector<float> before = original_.score(rows), after = score(rows);
    loss_.rows = before.size();
    for (Index i = 0; i < before.size(); ++i) {
      if ((before[i] > 1) != (after[i] > 1)) ++loss_.changed;
      if (static_cast<double>(larger(before[i], after[i])) < reach)
        loss_.largest_score_error =
            larger(loss_.largest_score_error, static_cast<double>(absolute(after[i] - before[i])));
    }
    if (labels.empty()) return;
    loss_.auc_before = detail::area_under_roc(before, labels);
    loss_.auc_after = detail::area_under_roc(after, labels);
  }

  /// Calls body(i, scratch) for each row of x, on all threads.
  template <typename Body>
  void for_each_row(MatrixView<const float> x, Body body) const {
    const double operations =
        static_cast<double>(model_.anomaly.features) * (model_.anomaly.clusters + model_.projection.features);
    host::for_each_row<float>(x.rows, operations, model_.scratch_size(), body);
  }

  StoredDetector<float> original_;
  std::shared_ptr<const detail::QuantisedArrays<Stored>> arrays_;
  Model model_{};
  QuantisationLoss loss_;
  float build_tolerance_ = 0;
};

}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_QUANTISED_DETECTOR_HPP
