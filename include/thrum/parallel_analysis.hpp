#ifndef THRUM_PARALLEL_ANALYSIS_HPP
#define THRUM_PARALLEL_ANALYSIS_HPP

#include <stdint.h>

#include <Eigen/Core>
#include <utility>

#include "thrum/algorithm/quantile.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/random.hpp"
#include "thrum/errors.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/matrices.hpp"
#include "thrum/input.hpp"
#include "thrum/pca.hpp"

namespace thrum {

struct ParallelAnalysisOptions {
  int permutations = 100;  ///< >= 1; the 95 % quantile of few is uncertain
  double quantile = 0.95;  ///< in (0, 1): of the permuted variances
  uint64_t seed = 0;
};

/// What `parallel_analysis` finds.
struct ParallelAnalysis {
  int components = 0;          ///< how many leading variances exceed their thresholds; may be 0
  Eigen::VectorXd variances;   ///< min(n, d): those of the data, largest first
  Eigen::VectorXd thresholds;  ///< min(n, d): quantiles of those of permuted data
};

inline namespace THRUM_BUILD {
namespace host {

/// Shuffles every column on its own, which leaves its values and takes what ties it to the others.
template <typename Scalar>
inline void permute_columns(Matrix<Scalar>& x, Random& random) {
  for (Index f = 0; f < x.cols(); ++f)
    for (Index i = x.rows() - 1; i > 0; --i) std::swap(x(i, f), x(random.index(i + 1), f));
}

template <typename Scalar>
inline Eigen::VectorXd all_variances(MatrixView<const Scalar> x) {
  PCA<Scalar> pca;
  pca.fit(x);
  return pca.explained_variance();
}

}  // namespace host

/// How many components are more than chance: the leading ones whose variance exceeds the quantile of that of
/// the same component of data whose columns are permuted, each on its own (Horn, Psychometrika 30, 1965;
/// permutations as in Buja and Eyuboglu, Multivariate Behavioral Research 27, 1992). Scale x first, unless
/// its columns have one unit. x: n x d, finite, n >= 2; throws std::invalid_argument otherwise. As long as
/// `permutations` fits of all components; allocates a copy of x.
template <typename Samples>
inline ParallelAnalysis parallel_analysis(const Samples& x, ParallelAnalysisOptions options = {}) {
  constexpr const char* who = "thrum::parallel_analysis";
  detail::require(options.permutations >= 1, who, ": permutations is ", options.permutations,
                  ", expected at least 1");
  detail::require(options.quantile > 0 && options.quantile < 1, who, ": quantile is ", options.quantile,
                  ", expected a number in (0, 1)");
  const MatrixInput input(x);
  ParallelAnalysis found;
  found.variances = host::all_variances(input.view());
  auto permuted = host::copied(input.view());
  Random random(options.seed);
  Eigen::MatrixXd chance(options.permutations, found.variances.size());
  for (Index i = 0; i < chance.rows(); ++i) {
    host::permute_columns(permuted, random);
    chance.row(i) = host::all_variances(MatrixInput(permuted).view());
  }
  found.thresholds.resize(found.variances.size());
  for (Index c = 0; c < chance.cols(); ++c)
    found.thresholds[c] =
        quantile(contiguous<const double>(chance.col(c).data(), chance.rows()), options.quantile);
  while (found.components < found.variances.size() &&
         found.variances[found.components] > found.thresholds[found.components])
    ++found.components;
  return found;
}

}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_PARALLEL_ANALYSIS_HPP
