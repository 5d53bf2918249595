#ifndef THRUM_TESTS_PLAIN_ASSIGNMENT_HPP
#define THRUM_TESTS_PLAIN_ASSIGNMENT_HPP

#include <cstdint>
#include <vector>

#include "thrum/core/distance.hpp"
#include "thrum/core/exact_sum.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/ordered_sum.hpp"
#include "thrum/input.hpp"

namespace thrum_test {

/// The policy of thrum::lloyd() as plainly as it can be written: one sample after the other, every distance,
/// every sum from nothing. What the fast ones must agree with, bit for bit.
template <typename Scalar>
class PlainAssignment {
 public:
  PlainAssignment(const thrum::Matrix<Scalar>& x, const thrum::Vector<Scalar>& weights, thrum::Index clusters)
      : x_(x), weights_(weights), clusters_(clusters), labels_(static_cast<std::size_t>(x.rows()), -1) {
    const double heaviest = weights.size() == 0 ? 1.0 : static_cast<double>(weights.maxCoeff());
    for (thrum::Index f = 0; f < x.cols(); ++f)
      grids_.push_back(
          thrum::FixedPointGrid::spanning(static_cast<double>(x.col(f).cwiseAbs().maxCoeff()) * heaviest));
    weight_grid_ = thrum::FixedPointGrid::spanning(heaviest);
  }

  thrum::Index assign(thrum::MatrixView<const Scalar> centers) {
    std::vector<Scalar> by_feature(static_cast<std::size_t>(clusters_ * x_.cols()));
    thrum::copy_by_feature(centers, by_feature.data());
    squared_.assign(labels_.size(), Scalar(0));
    sums_.assign(by_feature.size(), {});
    cluster_weights_.assign(static_cast<std::size_t>(clusters_), {});
    thrum::Index changed = 0;
    for (thrum::Index i = 0; i < x_.rows(); ++i) {
      const auto nearest = thrum::nearest_center(thrum::view(x_).row(i), by_feature.data(), clusters_);
      int& label = labels_[static_cast<std::size_t>(i)];
      changed += label == nearest.cluster ? 0 : 1;
      label = nearest.cluster;
      squared_[static_cast<std::size_t>(i)] = nearest.squared_distance;
      const double w = weight_of_row(i);
      for (thrum::Index f = 0; f < x_.cols(); ++f)
        grids_[static_cast<std::size_t>(f)].add(static_cast<double>(x_(i, f)) * w,
                                                sums_[static_cast<std::size_t>(label * x_.cols() + f)]);
      weight_grid_.add(w, cluster_weights_[static_cast<std::size_t>(label)]);
    }
    return changed;
  }

  double weight(thrum::Index j) const {
    return weight_grid_.value(cluster_weights_[static_cast<std::size_t>(j)]);
  }
  double mean(thrum::Index j, thrum::Index f) const {
    return grids_[static_cast<std::size_t>(f)].value(sums_[static_cast<std::size_t>(j * x_.cols() + f)]) /
           weight(j);
  }
  Scalar value(thrum::Index row, thrum::Index f) const { return x_(row, f); }

  thrum::Index farthest_row() const {
    thrum::Index farthest = -1;
    for (thrum::Index i = 0; i < x_.rows(); ++i) {
      const Scalar squared = squared_[static_cast<std::size_t>(i)];
      if (squared > (farthest < 0 ? Scalar(0) : squared_[static_cast<std::size_t>(farthest)]) &&
          weight_of_row(i) > 0)
        farthest = i;
    }
    return farthest;
  }
  void exclude(thrum::Index row) { squared_[static_cast<std::size_t>(row)] = 0; }

  double inertia() const {
    return thrum::ordered_sum<double>(x_.rows(), [this](thrum::Index i) {
      return weight_of_row(i) * static_cast<double>(squared_[static_cast<std::size_t>(i)]);
    });
  }

 private:
  double weight_of_row(thrum::Index i) const {
    return weights_.size() == 0 ? 1.0 : static_cast<double>(weights_[i]);
  }

  const thrum::Matrix<Scalar>& x_;
  const thrum::Vector<Scalar>& weights_;
  thrum::Index clusters_;
  std::vector<int> labels_;
  std::vector<Scalar> squared_;
  std::vector<thrum::FixedPointGrid> grids_;
  thrum::FixedPointGrid weight_grid_;
  std::vector<thrum::ExactSum> sums_, cluster_weights_;
};

}  // namespace thrum_test

#endif  // THRUM_TESTS_PLAIN_ASSIGNMENT_HPP
