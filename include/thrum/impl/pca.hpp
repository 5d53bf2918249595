#ifndef THRUM_IMPL_PCA_HPP
#define THRUM_IMPL_PCA_HPP

#include <Eigen/Core>
#include <cmath>
#include <utility>
#include <vector>

#include "thrum/algorithm/moments.hpp"
#include "thrum/algorithm/projection.hpp"
#include "thrum/algorithm/symmetric_eigen.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/errors.hpp"
#include "thrum/host/block_lanczos.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/column_summary.hpp"
#include "thrum/host/dense.hpp"
#include "thrum/host/gram.hpp"
#include "thrum/host/leading_eigenvectors.hpp"
#include "thrum/host/matrices.hpp"
#include "thrum/host/panel_table.hpp"
#include "thrum/host/panels.hpp"
#include "thrum/host/parallel.hpp"
#include "thrum/host/product_moments.hpp"
#include "thrum/host/products_of_samples.hpp"
#include "thrum/host/projections.hpp"
#include "thrum/host/random_subspace.hpp"
#include "thrum/input.hpp"
#include "thrum/pca.hpp"

// The members of PCA.

namespace thrum {
inline namespace THRUM_BUILD {

template <typename Scalar>
void PCA<Scalar>::fit(const MatrixInput<Scalar>& x, const VectorInput<Scalar>& weights) {
  const MatrixView<const Scalar> data = x.view();
  check_fit(data, weights.view());
  PCA fitted(options_);
  if (options_.solver == PCASolver::randomized)
    fitted.learn_from_random_subspace(data, weights.view());
  else if (by_gram(data))
    fitted.learn_from_gram(data, weights.view());
  else
    fitted.learn(host::product_moments("thrum::PCA::fit", data, weights.view()), data.rows);
  *this = std::move(fitted);
}

template <typename Scalar>
void PCA<Scalar>::partial_fit(const MatrixInput<Scalar>& x, const VectorInput<Scalar>& weights) {
  constexpr const char* who = "thrum::PCA::partial_fit";
  detail::require(!fitted() || moments_.features() > 0, who,
                  ": fitted by fit, which keeps no moments; start with partial_fit");
  detail::require_not_empty(who, x.view());
  if (fitted()) detail::require_columns(who, "x", x.view(), mean_.size());
  detail::require_weights(who, weights.view(), x.view().rows);
  PCA more(options_);
  more.rows_ = rows_ + x.view().rows;
  check_options(who, smaller(more.rows_, x.view().cols));
  more.moments_ = moments_;
  more.moments_.merge(host::product_moments(who, x.view(), weights.view()));
  more.learn_from_moments(who);
  *this = std::move(more);
}

template <typename Scalar>
void PCA<Scalar>::merge(const PCA& other) {
  constexpr const char* who = "thrum::PCA::merge";
  detail::require(moments_.features() > 0 && other.moments_.features() > 0, who,
                  ": a model has no moments, expected both to be fitted by partial_fit");
  detail::require(mean_.size() == other.mean_.size(), who, ": other has ", other.mean_.size(),
                  " features, expected ", mean_.size());
  PCA more(options_);
  more.rows_ = rows_ + other.rows_;
  more.moments_ = moments_;
  more.moments_.merge(other.moments_);
  more.learn_from_moments(who);
  *this = std::move(more);
}

template <typename Scalar>
Matrix<Scalar> PCA<Scalar>::transform(const MatrixInput<Scalar>& x) const {
  constexpr const char* who = "thrum::PCA::transform";
  check_shape(who, "x", x.view(), mean_.size());
  Matrix<Scalar> z = host::uninitialized<Scalar>(x.view().rows, components_count());
  host::project_rows(model(), x.view(), thrum::view(z));
  // What is not finite leaves no coordinate of its row finite.
  if (!host::all_finite(thrum::view(std::as_const(z)))) check_finite(who, "x", x.view());
  return z;
}

template <typename Scalar>
void PCA<Scalar>::transform(const MatrixInput<Scalar>& x, MatrixView<Scalar> z) const {
  constexpr const char* who = "thrum::PCA::transform";
  check_shape(who, "x", x.view(), mean_.size());
  detail::require_shape(who, "the result", z, x.view().rows, components_count());
  if (host::is_read_once(x.view(), z.cols)) {
    const Matrix<Scalar> found = transform(x);
    host::parallel_for(z.rows, host::worker_count(host::operations(z.rows, z.cols, 1)), [&](Index i, int) {
      for (Index c = 0; c < z.cols; ++c) z(i, c) = found(i, c);
    });
    return;
  }
  check_finite(who, "x", x.view());
  host::project_rows(model(), x.view(), z);
}

template <typename Scalar>
Matrix<Scalar> PCA<Scalar>::inverse_transform(const MatrixInput<Scalar>& z) const {
  check("thrum::PCA::inverse_transform", "z", z.view(), components_count());
  Matrix<Scalar> x(z.view().rows, mean_.size());
  const MatrixView<const Scalar> coordinates = z.view();
  const int workers = host::worker_count(host::operations(x.rows(), x.cols(), coordinates.cols));
  host::parallel_for(x.rows(), workers,
                     [&](Index i, int) { unproject(model(), coordinates.row(i), thrum::view(x).row(i)); });
  return x;
}

template <typename Scalar>
Eigen::VectorXd PCA<Scalar>::score_samples(const MatrixInput<Scalar>& x) const {
  constexpr const char* who = "thrum::PCA::score_samples";
  check(who, "x", x.view(), mean_.size());
  const Index d = mean_.size(), p = components_count();
  const bool all = p == d;
  detail::require(explained_variance_[p - 1] > 0 && (all || noise_variance_ > 0), who, ": noise_variance is ",
                  noise_variance_, " and the last explained variance ", explained_variance_[p - 1],
                  ", expected more than 0");
  constexpr double log_two_pi = 1.8378770664093454836;
  const double noise = all ? 1.0 : noise_variance_;
  const double constant = static_cast<double>(d) * log_two_pi + explained_variance_.array().log().sum() +
                          static_cast<double>(d - p) * std::log(noise);
  const Eigen::MatrixXd directions = components_.template cast<double>();
  const Eigen::VectorXd mean = mean_.template cast<double>();
  const MatrixView<const Scalar> rows = x.view();
  Eigen::VectorXd scores(rows.rows);
  host::parallel_for(rows.rows, host::worker_count(host::operations(rows.rows, d, p)), [&](Index i, int) {
    Eigen::VectorXd rest(d);
    for (Index f = 0; f < d; ++f) rest[f] = static_cast<double>(rows(i, f)) - mean[f];
    const Eigen::VectorXd z = directions * rest;
    rest -= directions.transpose() * z;
    const double along = (z.array().square() / explained_variance_.array()).sum();
    scores[i] = -0.5 * (constant + along + (all ? 0.0 : rest.squaredNorm() / noise));
  });
  return scores;
}

template <typename Scalar>
Eigen::VectorXd PCA<Scalar>::explained_variance_ratio() const {
  return explained_variance_ / (total_variance_ > 0 ? total_variance_ : 1.0);
}

template <typename Scalar>
Eigen::VectorXd PCA<Scalar>::singular_values() const {
  return (explained_variance_ * (weight_ - 1)).cwiseSqrt();
}

template <typename Scalar>
ProjectionModel<Scalar> PCA<Scalar>::model() const {
  return {mean_.data(), basis_.data(), options_.whiten ? variance_.data() : nullptr,
          static_cast<int>(mean_.size()), static_cast<int>(components_count())};
}

template <typename Scalar>
void PCA<Scalar>::check_fit(MatrixView<const Scalar> x, VectorView<const Scalar> weights) const {
  constexpr const char* who = "thrum::PCA::fit";
  detail::require_not_empty(who, x);
  detail::require(x.rows >= 2, who, ": x has 1 row, expected at least 2: one row has no variance");
  detail::require_weights(who, weights, x.rows);
  check_options(who, smaller(x.rows, x.cols));
  detail::require(options_.solver != PCASolver::randomized || options_.components > 0, who,
                  ": components is 0, expected a count for the randomized solver");
}

template <typename Scalar>
void PCA<Scalar>::check_options(const char* who, Index most) const {
  detail::require(options_.components >= 0 && options_.components <= most, who, ": components is ",
                  options_.components, ", expected 1 to min(n, d) = ", most, ", or 0 for not asked");
  detail::require(options_.variance_share >= 0 && options_.variance_share <= 1, who, ": variance_share is ",
                  options_.variance_share, ", expected a number in (0, 1], or 0 for not asked");
  detail::require(options_.components == 0 || options_.variance_share == 0, who,
                  ": components and variance_share are both set, expected one of them");
}

template <typename Scalar>
void PCA<Scalar>::require_repeats(const char* who, double weight) {
  detail::require(weight > 1, who, ": weights sum to ", weight,
                  ", expected more than 1: they count repeats, and one sample has no variance");
}

template <typename Scalar>
void PCA<Scalar>::check(const char* who, const char* argument, MatrixView<const Scalar> x,
                        Index columns) const {
  check_shape(who, argument, x, columns);
  check_finite(who, argument, x);
}

template <typename Scalar>
void PCA<Scalar>::check_shape(const char* who, const char* argument, MatrixView<const Scalar> x,
                              Index columns) const {
  detail::require(fitted(), who, ": not fitted");
  detail::require_columns(who, argument, x, columns);
}

template <typename Scalar>
void PCA<Scalar>::check_finite(const char* who, const char* argument, MatrixView<const Scalar> x) {
  if (!host::all_finite(x)) detail::require_finite(who, argument, x);
}

template <typename Scalar>
void PCA<Scalar>::learn(host::ProductMoments&& moments, Index samples) {
  require_repeats("thrum::PCA::fit", moments.weight);
  moments.products /= moments.weight - 1;
  const Index d = moments.features();
  const double relative = rounding(d, samples, d);
  Spectrum spectrum = decomposed(std::move(moments.products), smaller(samples, d), relative);
  keep(spectrum, moments.mean, moments.weight, samples, relative);
}

template <typename Scalar>
void PCA<Scalar>::learn_from_moments(const char* who) {
  detail::require(rows_ >= 2, who, ": x has 1 row, expected at least 2: one row has no variance");
  host::ProductMoments moments = moments_;
  learn(std::move(moments), rows_);
}

template <typename Scalar>
typename PCA<Scalar>::ColumnMoments PCA<Scalar>::column_moments(MatrixView<const Scalar> x,
                                                                VectorView<const Scalar> weights) {
  const std::vector<Moments<double>> columns = host::summarize_columns("thrum::PCA::fit", x, weights).moments;
  ColumnMoments moments{Vector<double>(x.cols), columns[0].weight, 0};
  require_repeats("thrum::PCA::fit", moments.weight);
  for (Index f = 0; f < x.cols; ++f) {
    moments.mean[f] = columns[array_size(f)].mean;
    moments.total_variance += columns[array_size(f)].squared_deviations / (moments.weight - 1);
  }
  return moments;
}

template <typename Scalar>
void PCA<Scalar>::learn_from_random_subspace(MatrixView<const Scalar> x, VectorView<const Scalar> weights) {
  const ColumnMoments moments = column_moments(x, weights);
  host::LeadingDirections found = host::random_subspace(x, weights, moments.mean, options_.components);
  Spectrum spectrum{found.values / (moments.weight - 1), std::move(found.directions), moments.total_variance};
  keep(spectrum, moments.mean, moments.weight, x.rows,
       rounding(host::least_for_float_products, x.rows, x.cols));
}

template <typename Scalar>
void PCA<Scalar>::learn_from_gram(MatrixView<const Scalar> x, VectorView<const Scalar> weights) {
  const ColumnMoments moments = column_moments(x, weights);
  Vector<double> roots(weights.size);
  for (Index i = 0; i < weights.size; ++i) roots[i] = square_root(static_cast<double>(weights[i]));
  Matrix<double> gram = host::gram_matrix(x, moments.mean);
  for (Index i = 0; i < weights.size; ++i)
    gram.row(i).head(i + 1).array() *= roots[i] * roots.head(i + 1).transpose().array();
  const double relative = rounding(x.rows, x.cols, x.cols);
  Spectrum spectrum = decomposed(std::move(gram), smaller(x.rows, x.cols), relative);
  spectrum.variances /= moments.weight - 1;
  spectrum.total /= moments.weight - 1;
  if (weights.size > 0) spectrum.directions = roots.asDiagonal() * spectrum.directions;
  spectrum.directions = host::combinations(x, moments.mean, spectrum.directions).transpose();
  orthonormalize(spectrum, relative);
  keep(spectrum, moments.mean, moments.weight, x.rows, relative);
}

template <typename Scalar>
typename PCA<Scalar>::Spectrum PCA<Scalar>::decomposed(Matrix<double>&& matrix, Index most,
                                                       double relative) const {
  constexpr Index least_for_some = 64;  // below, all eigenvectors take no longer than some
  const auto are_many = [](Index some, Index size) { return 4 * some > size; };  // take as long as all
  const bool all = options_.components == 0 && options_.variance_share == 0;
  if (all || matrix.rows() < least_for_some || are_many(options_.components, matrix.rows())) {
    Spectrum spectrum = all_of(std::move(matrix));
    spectrum.directions = spectrum.directions.leftCols(kept_count(spectrum, most, relative)).eval();
    return spectrum;
  }
  const double total = larger(0.0, matrix.trace());
  if (options_.components > 0 && host::BlockLanczos::suits(matrix.rows(), options_.components)) {
    const double tolerance =
        sizeof(Scalar) == sizeof(float) ? 0.1 * relative : ScalarTraits<double>::epsilon();
    host::Eigenpairs pairs = host::BlockLanczos(matrix, options_.components).leading(tolerance);
    if (pairs.found()) return {pairs.values.cwiseMax(0.0), std::move(pairs.vectors), total};
  }
  const host::Tridiagonal tridiagonal(std::move(matrix));
  if (options_.components > 0) {
    const Vector<double> values = tridiagonal.leading_eigenvalues(options_.components);
    return {values.cwiseMax(0.0), tridiagonal.eigenvectors(values), total};
  }
  const Vector<double> values = tridiagonal.eigenvalues();
  Spectrum spectrum{values.cwiseMax(0.0), {}, values.cwiseMax(0.0).sum()};
  const Index kept = kept_count(spectrum, most, relative);
  spectrum.directions = are_many(kept, tridiagonal.size()) ? tridiagonal.eigenpairs().vectors.leftCols(kept)
                                                           : tridiagonal.eigenvectors(values.head(kept));
  return spectrum;
}

template <typename Scalar>
typename PCA<Scalar>::Spectrum PCA<Scalar>::all_of(Matrix<double>&& lower_triangle) {
  host::Eigenpairs found = host::all_eigenpairs(std::move(lower_triangle));
  const Vector<double> variances = found.values.cwiseMax(0.0);
  if (sizeof(Scalar) == sizeof(float)) return {variances, std::move(found.vectors), variances.sum()};
  // Orthonormal to some ten roundings, and so to one.
  const Matrix<double> inner = host::product(thrum::view(found.vectors).transposed(), found.vectors);
  return {variances, 1.5 * found.vectors - 0.5 * host::product(found.vectors, inner), variances.sum()};
}

template <typename Scalar>
void PCA<Scalar>::orthonormalize(Spectrum& spectrum, double relative) {
  Matrix<double> directions = spectrum.directions.transpose();
  for (Index c = 0; c < directions.rows(); ++c)
    if (!(spectrum.variances[c] > relative * spectrum.variances[0])) directions.row(c).setZero();
  host::orthonormalize(directions);
  spectrum.directions = directions.transpose();
}

template <typename Scalar>
double PCA<Scalar>::rounding(Index size, Index terms, Index features) {
  if (host::float_products<Scalar>(size, terms)) return static_cast<double>(ScalarTraits<Scalar>::epsilon());
  return ScalarTraits<double>::epsilon() * static_cast<double>(features);
}

template <typename Scalar>
Index PCA<Scalar>::kept_count(const Spectrum& spectrum, Index most, double relative) const {
  if (options_.components > 0) return options_.components;
  if (options_.variance_share == 0) return most;
  double sum = 0;
  for (Index c = 0; c < most; ++c) {
    sum += spectrum.variances[c];
    if (sum + relative * spectrum.variances[0] >= options_.variance_share * spectrum.total) return c + 1;
  }
  return most;
}

template <typename Scalar>
double PCA<Scalar>::mean_of_rest(const Spectrum& spectrum, Index p, Index most) {
  if (p == most) return 0;
  if (spectrum.variances.size() >= most) return spectrum.variances.segment(p, most - p).mean();
  return larger(0.0, spectrum.total - spectrum.variances.head(p).sum()) / static_cast<double>(most - p);
}

template <typename Scalar>
void PCA<Scalar>::keep(Spectrum& spectrum, const Vector<double>& mean, double weight, Index samples,
                       double relative) {
  const Index p = spectrum.directions.cols();
  weight_ = weight;
  mean_ = mean.template cast<Scalar>();
  total_variance_ = spectrum.total;
  explained_variance_ = spectrum.variances.head(p);
  noise_variance_ = mean_of_rest(spectrum, p, smaller(samples, static_cast<Index>(mean.size())));
  for (Index c = 0; c < p; ++c) fix_sign(thrum::view(spectrum.directions).col(c));
  components_ = spectrum.directions.transpose().template cast<Scalar>();
  variance_ = explained_variance_.template cast<Scalar>();
  basis_ = spectrum.directions.template cast<Scalar>();
  if (!options_.whiten) return;
  const double least = relative * explained_variance_[0];
  for (Index c = 0; c < p; ++c) {
    const double variance = explained_variance_[c];
    basis_.col(c) *= static_cast<Scalar>(variance > least ? 1.0 / square_root(variance) : 0.0);
  }
}

}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_IMPL_PCA_HPP
