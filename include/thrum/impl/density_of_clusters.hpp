#ifndef THRUM_IMPL_DENSITY_OF_CLUSTERS_HPP
#define THRUM_IMPL_DENSITY_OF_CLUSTERS_HPP

#include <Eigen/Core>
#include <cmath>
#include <vector>

#include "thrum/algorithm/anomaly.hpp"
#include "thrum/algorithm/moments.hpp"
#include "thrum/algorithm/soft_clusters.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/column_summary.hpp"
#include "thrum/host/density_of_clusters.hpp"
#include "thrum/host/folds.hpp"
#include "thrum/host/matrices.hpp"
#include "thrum/host/panel_table.hpp"
#include "thrum/host/row_loop.hpp"
#include "thrum/input.hpp"
#include "thrum/kmeans.hpp"

// The members of host::DensityOfClusters.

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

template <typename Scalar>
void DensityOfClusters<Scalar>::prepare(MatrixView<const Scalar> x, const std::vector<int>&,
                                        const ClassFolds& folds) {
  const Eigen::MatrixXd variances = variances_to_try(x);
  Eigen::MatrixXd losses = Eigen::MatrixXd::Zero(variances.rows(), variances.cols());
  for (int fold = 0; fold < 2; ++fold) {
    const std::vector<Index> rest = folds.outside(fold), held_out = folds.inside(fold);
    if (rest.empty() || held_out.empty()) continue;
    DensityOfClusters part(centers_, subspaces_);
    part.fit(rows_of(x, rest), {});
    for (int s = 0; s < losses.cols(); ++s) losses.col(s) += part.losses(x, held_out, s, variances.col(s));
  }
  inverse_widths_ = {};
  for (int s = 0; s < losses.cols(); ++s) {
    Index best = 0;
    losses.col(s).minCoeff(&best);
    inverse_widths_[array_size(s)] = inverse_width(variances(best, s));
  }
}

template <typename Scalar>
Eigen::MatrixXd DensityOfClusters<Scalar>::variances_to_try(MatrixView<const Scalar> x) const {
  constexpr Index widths = 41;
  const std::vector<Moments<double>> columns = column_moments(x, {});
  int subspaces = subspaces_;
  while (features_in_subspace(x.cols, subspaces - 1) == 0) --subspaces;
  Eigen::MatrixXd variances(widths, subspaces);
  for (int s = 0; s < subspaces; ++s) {
    double total = 0;
    for (Index f = 0; f < features_in_subspace(x.cols, s); ++f) total += columns[array_size(f)].variance();
    if (!(total > 0)) total = static_cast<double>(ScalarTraits<Scalar>::epsilon());
    for (Index w = 0; w < widths; ++w)
      variances(w, s) =
          total * std::pow(10.0, -3.0 * static_cast<double>(w) / static_cast<double>(widths - 1));
  }
  return variances;
}

template <typename Scalar>
Eigen::VectorXd DensityOfClusters<Scalar>::losses(MatrixView<const Scalar> x,
                                                  const std::vector<Index>& held_out, int subspace,
                                                  const Eigen::VectorXd& variances) const {
  constexpr Index most_rows = 4096;
  const Index features = features_in_subspace(x.cols, subspace), widths = variances.size();
  const Index step = static_cast<Index>(held_out.size()) / most_rows + 1;
  const Index count = (static_cast<Index>(held_out.size()) - 1) / step + 1;
  Eigen::MatrixXd negative_logs(count, widths);
  for_each_row<Scalar>(count, operations(widths, features, model().count), 0, [&](Index i, Scalar*) {
    SoftClustersModel<Scalar> tried = model();
    for (Index w = 0; w < widths; ++w) {
      tried.inverse_width[subspace] = inverse_width(variances[w]);
      const auto row = x.row(held_out[array_size(i * step)]);
      negative_logs(i, w) = static_cast<double>(density_at(tried, row, subspace).negative_log);
    }
  });
  return negative_logs.colwise().sum().transpose() +
         0.5 * static_cast<double>(features * count) * variances.array().log().matrix();
}

template <typename Scalar>
void DensityOfClusters<Scalar>::fit(const MatrixInput<Scalar>& x, const std::vector<int>&) {
  const MatrixView<const Scalar> rows = x.view();
  KMeansOptions options;
  options.clusters = static_cast<int>(larger(Index{1}, smaller(Index{centers_}, rows.rows / 3)));
  options.max_iterations = 25;
  KMeans<Scalar> kmeans(options);
  kmeans.fit(rows);
  const Vector<int> labels = kmeans.predict(rows);
  Vector<double> members = Vector<double>::Constant(options.clusters, 0.5);  // a centre may be left without
  for (const int label : labels) members[label] += 1;
  log_weights_ = (members / members.sum()).array().log().matrix().template cast<Scalar>();
  by_feature_.resize(options.clusters * rows.cols);
  copy_by_feature(thrum::view(kmeans.centers()), by_feature_.data());
}

template <typename Scalar>
void DensityOfClusters<Scalar>::measure(VectorView<const Scalar> x, Scalar*, VectorView<Scalar> value) const {
  value[0] = negative_log_density(model(), x);
}

template <typename Scalar>
Scalar DensityOfClusters<Scalar>::inverse_width(double variance) {
  constexpr double least = static_cast<double>(least_radius<Scalar>());
  return static_cast<Scalar>(0.5 / larger(variance, least * least));
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_IMPL_DENSITY_OF_CLUSTERS_HPP
