#ifndef THRUM_HOST_PRODUCT_MOMENTS_HPP
#define THRUM_HOST_PRODUCT_MOMENTS_HPP

#include <Eigen/Core>

#include "thrum/core/matrix_view.hpp"
#include "thrum/host/build.hpp"
#include "thrum/input.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// Weight, mean and sums of products of deviations from the mean of samples: what `Moments` is for one
/// feature, for d of them and all their pairs. Merged as in Chan, Golub and LeVeque (COMPSTAT 1982).
/// Empty without features.
struct ProductMoments {
  double weight = 0;
  Vector<double> mean;      ///< d
  Matrix<double> products;  ///< d x d, of which the entries on and below the diagonal count

  Index features() const { return static_cast<Index>(mean.size()); }

  /// Adds another set, as if its samples had been added here.
  void merge(const ProductMoments& other) {
    if (!(other.weight > 0)) return;
    if (!(weight > 0)) {
      *this = other;
      return;
    }
    const double total = weight + other.weight, share = other.weight / total;
    const Vector<double> step = other.mean - mean;
    for (Index i = 0; i < features(); ++i)
      products.row(i).head(i + 1) +=
          other.products.row(i).head(i + 1) + weight * share * step[i] * step.head(i + 1).transpose();
    mean += share * step;
    weight = total;
  }

  friend bool operator==(const ProductMoments& a, const ProductMoments& b) {
    if (a.weight != b.weight || a.features() != b.features() || a.mean != b.mean) return false;
    for (Index i = 0; i < a.features(); ++i)
      if (a.products.row(i).head(i + 1) != b.products.row(i).head(i + 1)) return false;
    return true;
  }
};

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_PRODUCT_MOMENTS_HPP
