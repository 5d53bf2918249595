#ifndef THRUM_SERIES_HPP
#define THRUM_SERIES_HPP

#include <Eigen/Core>
#include <initializer_list>
#include <type_traits>
#include <vector>

#include "thrum/core/matrix_view.hpp"

namespace thrum {

/// An argument with one value for each row, in the order of time: any dense Eigen vector, VectorView or
/// std::vector whose values fit Value exactly (float into double). Holds a copy; O(n).
template <typename Value>
class Series {
 public:
  Series() = default;
  Series(std::initializer_list<Value> values) : values_(values) {}

  template <typename Given>
  Series(const std::vector<Given>& values) {
    take(contiguous(values.data(), static_cast<Index>(values.size())));
  }

  template <typename Given>
  Series(VectorView<Given> values) {
    take(values);
  }

  template <typename Derived>
  Series(const Eigen::DenseBase<Derived>& values) {
    static_assert(Derived::IsVectorAtCompileTime, "expected a vector");
    const Eigen::Matrix<typename Derived::Scalar, Eigen::Dynamic, 1> column = values.derived().reshaped();
    take(contiguous(column.data(), column.size()));
  }

  Index size() const { return static_cast<Index>(values_.size()); }
  bool empty() const { return values_.empty(); }
  Value operator[](Index i) const { return values_[static_cast<std::size_t>(i)]; }
  VectorView<const Value> view() const { return contiguous(values_.data(), size()); }
  const std::vector<Value>& values() const { return values_; }

 private:
  template <typename Given>
  void take(VectorView<Given> values) {
    static_assert(std::is_integral<Given>::value == std::is_integral<Value>::value,
                  "scores are floating-point numbers, labels are integers");
    values_.reserve(static_cast<std::size_t>(values.size));
    for (Index i = 0; i < values.size; ++i) values_.push_back(static_cast<Value>(values[i]));
  }

  std::vector<Value> values_;
};

/// Anomaly scores, larger is worse.
using Scores = Series<double>;

/// Working classes, folds or blocks (stretches without a gap, such as recordings): one number for each row.
using Labels = Series<int>;

namespace detail {

/// A stretch of rows in time without a gap: [first, end).
struct Run {
  Index first;
  Index end;

  Index size() const { return end - first; }
};

/// Where the label changes, a run ends; without labels all rows are one.
inline std::vector<Run> runs_of(const Labels& blocks, Index rows) {
  std::vector<Run> runs;
  for (Index i = 0; i < rows; ++i) {
    const bool starts = runs.empty() || (!blocks.empty() && blocks[i] != blocks[i - 1]);
    if (starts) runs.push_back({i, i});
    runs.back().end = i + 1;
  }
  return runs;
}

}  // namespace detail

}  // namespace thrum

#endif  // THRUM_SERIES_HPP
