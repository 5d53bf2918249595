#ifndef THRUM_HOST_HELD_OUT_SURPRISES_HPP
#define THRUM_HOST_HELD_OUT_SURPRISES_HPP

#include <Eigen/Core>
#include <utility>
#include <vector>

#include "thrum/algorithm/tail_table.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/folds.hpp"
#include "thrum/host/matrices.hpp"
#include "thrum/host/parallel.hpp"
#include "thrum/host/row_loop.hpp"
#include "thrum/host/surprise_table.hpp"
#include "thrum/input.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// Learns the parts of a score, and tables of the surprise of what each says of rows that it has not seen.
template <typename Scalar>
class HeldOutSurprises {
 public:
  /// x: n x d, must live as long as this; missing: as fill_tail_table says.
  HeldOutSurprises(MatrixView<const Scalar> x, ClassFolds folds, Index missing)
      : x_(x), folds_(std::move(folds)), missing_(missing), sum_(Vector<Scalar>::Zero(x.rows)) {}

  /// Fits a part to all rows. Returns its tables, one for each of what the part measures; labels: the one
  /// that a row belongs to. Costs six fits and whatever the part prepares.
  template <typename Part>
  Vector<Scalar> learn(Part& part, const std::vector<int>& labels) {
    part.prepare(x_, labels, folds_);
    const Matrix<Scalar> measured = measure_held_out(part, labels);
    part.fit(x_, labels);
    Vector<Scalar> tables = tables_of(measured, labels);
    add_least_surprises(measured, tables);
    return tables;
  }

  /// The table of the mean surprise of the parts that were learned.
  Vector<Scalar> table_of_mean() const {
    const Vector<Scalar> mean = sum_ / static_cast<Scalar>(parts_);
    return surprise_table(thrum::detail::vector_view(mean), {}, missing_);
  }

 private:
  /// What a part measures in each row, fitted to the folds that the row is not in.
  template <typename Part>
  Matrix<Scalar> measure_held_out(const Part& part, const std::vector<int>& labels) const {
    Matrix<Scalar> measured(x_.rows, part.count());
    const double cost = operations(x_.cols, x_.cols, part.count());
    for (int fold = 0; fold < ClassFolds::count; ++fold) {
      const std::vector<Index> rest = folds_.outside(fold), held_out = folds_.inside(fold);
      Part fitted = part;
      if (rest.empty() || x_.rows < ClassFolds::count)
        fitted.fit(x_, labels);  // too few rows to hold any out
      else
        fitted.fit(rows_of(x_, rest), labels_of(labels, rest));
      for_each_row<Scalar>(static_cast<Index>(held_out.size()), cost, x_.cols, [&](Index i, Scalar* scratch) {
        const Index row = held_out[array_size(i)];
        fitted.measure(x_.row(row), scratch, thrum::view(measured).row(row));
      });
    }
    return measured;
  }

  /// A table for each column, from the rows that belong to it; of fewer than 8, from all rows' own columns.
  Vector<Scalar> tables_of(const Matrix<Scalar>& measured, const std::vector<int>& labels) const {
    constexpr std::size_t fewest = 8;
    const bool one = measured.cols() == 1;
    std::vector<std::vector<Scalar>> own(array_size(measured.cols()));
    std::vector<Scalar> all;
    for (Index i = 0; i < measured.rows(); ++i) {
      const Index j = one ? 0 : labels[array_size(i)];
      own[array_size(j)].push_back(measured(i, j));
      all.push_back(measured(i, j));
    }
    Vector<Scalar> tables(measured.cols() * tail_table_size);
    for (Index j = 0; j < measured.cols(); ++j) {
      const std::vector<Scalar>& values = own[array_size(j)].size() < fewest ? all : own[array_size(j)];
      const Index count = static_cast<Index>(values.size());
      tables.segment(j * tail_table_size, tail_table_size) =
          surprise_table(contiguous(values.data(), count), {}, missing_ * count / measured.rows());
    }
    return tables;
  }

  void add_least_surprises(const Matrix<Scalar>& measured, const Vector<Scalar>& tables) {
    for (Index i = 0; i < measured.rows(); ++i) {
      Scalar least = surprise(tables.data(), measured(i, 0));
      for (Index j = 1; j < measured.cols(); ++j)
        least = smaller(least, surprise(tables.data() + j * tail_table_size, measured(i, j)));
      sum_[i] += least;
    }
    ++parts_;
  }

  MatrixView<const Scalar> x_;
  ClassFolds folds_;
  Index missing_;
  Vector<Scalar> sum_;  ///< n: surprises of every row under the parts that had not seen it
  int parts_ = 0;
};

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_HELD_OUT_SURPRISES_HPP
