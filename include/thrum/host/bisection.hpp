#ifndef THRUM_HOST_BISECTION_HPP
#define THRUM_HOST_BISECTION_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include "thrum/algorithm/moments.hpp"
#include "thrum/core/distance.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/weights.hpp"
#include "thrum/host/aligned_array.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/clustering_table.hpp"
#include "thrum/host/column_summary.hpp"
#include "thrum/host/labelling.hpp"
#include "thrum/host/matrices.hpp"
#include "thrum/host/seeding.hpp"
#include "thrum/input.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

namespace detail {

/// A cluster that may be split: its rows, of those that weigh anything, and their inertia.
struct Part {
  std::vector<Index> rows;
  double inertia = 0;
};

/// All rows as one cluster, whose inertia does not matter.
template <typename Scalar>
inline Part whole(MatrixView<const Scalar> x, VectorView<const Scalar> weights) {
  Part part;
  for (Index i = 0; i < x.rows; ++i)
    if (weight_of(weights, i) > 0) part.rows.push_back(i);
  part.inertia = (std::numeric_limits<double>::max)();
  return part;
}

template <typename Scalar>
inline void fill_with_mean(MatrixView<const Scalar> x, VectorView<const Scalar> weights,
                           MatrixView<Scalar> centers) {
  const std::vector<Moments<double>> columns = host::column_moments(x, weights);
  for (Index j = 0; j < centers.rows; ++j)
    for (Index f = 0; f < x.cols; ++f) centers(j, f) = static_cast<Scalar>(columns[array_size(f)].mean);
}

template <typename Scalar>
inline Vector<Scalar> weights_of(VectorView<const Scalar> weights, const std::vector<Index>& rows) {
  Vector<Scalar> picked(weights.size == 0 ? 0 : static_cast<Index>(rows.size()));
  for (Index i = 0; i < picked.size(); ++i) picked[i] = weights[rows[array_size(i)]];
  return picked;
}

/// The parts that rows fall into; centers: 2 x d; labels: the nearest of them for each row.
template <typename Scalar>
inline std::array<Part, 2> parts_of(MatrixView<const Scalar> x, VectorView<const Scalar> weights,
                                    const std::vector<Index>& rows, MatrixView<const Scalar> centers,
                                    const Vector<int>& labels) {
  std::array<Part, 2> parts;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const int label = labels[static_cast<Index>(i)];
    Part& part = parts[array_size(label)];
    part.rows.push_back(rows[i]);
    part.inertia += static_cast<double>(weight_of(weights, rows[i])) *
                    static_cast<double>(squared_distance(x.row(rows[i]), centers.row(label)));
  }
  return parts;
}

}  // namespace detail

/// Bisecting K-means (Steinbach, Karypis and Kumar, KDD workshop on text mining, 2000) over x, n x d, into
/// centers, k x d: splits the cluster of the largest inertia in two until there are k. When nothing is left
/// to split, the other centres are the mean of all rows. fit_two(rows, weights) returns the centres, 2 x d,
/// of a K-means of these. Allocates a copy of the cluster that is being split.
template <typename Scalar, typename FitTwo>
inline void bisect(MatrixView<const Scalar> x, VectorView<const Scalar> weights, MatrixView<Scalar> centers,
                   FitTwo fit_two) {
  detail::fill_with_mean(x, weights, centers);
  std::vector<detail::Part> parts{detail::whole(x, weights)};
  const AlignedArray<Scalar> packed(packed_size(2, x.cols));
  while (static_cast<Index>(parts.size()) < centers.rows) {
    const auto widest = std::max_element(parts.begin(), parts.end(),
                                         [](const auto& a, const auto& b) { return a.inertia < b.inertia; });
    if (widest->rows.size() < 2 || !(widest->inertia > 0)) return;
    const Matrix<Scalar> rows = rows_of(x, widest->rows);
    const Matrix<Scalar> two = fit_two(rows, detail::weights_of(weights, widest->rows));
    const MatrixView<const Scalar> halves = thrum::view(two);
    Vector<int> labels(rows.rows());
    find_nearest(thrum::view(rows), pack_centers(halves, packed.data()), thrum::detail::vector_view(labels),
                 static_cast<Scalar*>(nullptr));
    copy_row(halves, 0, centers, widest - parts.begin());
    copy_row(halves, 1, centers, static_cast<Index>(parts.size()));
    auto split = detail::parts_of(x, weights, widest->rows, halves, labels);
    *widest = std::move(split[0]);
    parts.push_back(std::move(split[1]));
  }
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_BISECTION_HPP
