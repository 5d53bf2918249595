#ifndef THRUM_ALGORITHM_DIAGONAL_CLASSES_HPP
#define THRUM_ALGORITHM_DIAGONAL_CLASSES_HPP

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"

namespace thrum {

/// Classes of samples, each with the mean and the variance of every feature, in memory of the caller: what is
/// learned where there are too few samples for more. Distances to them are in deviations: the root of the sum
/// over features of ((x - mean) / deviation)^2.
template <typename Scalar>
struct DiagonalClasses {
  Scalar* counts = nullptr;   ///< k, samples of each
  Scalar* means = nullptr;    ///< k x d
  Scalar* squares = nullptr;  ///< k x d, sums of squared deviations from the mean
  Scalar* pooled = nullptr;   ///< d, variances within classes, of all together
  int classes = 0;
  int features = 0;

  /// A class is thought to have so many samples more, which vary as those of all classes together: the
  /// variances of few samples are too often too small.
  static constexpr Scalar prior_samples = 32;

  /// Adds a sample to a class (Welford, Technometrics 4, 1962). O(d).
  void add(int j, ConstVectorView<Scalar> x) const {
    counts[j] += 1;
    for (Index f = 0; f < features; ++f) {
      Scalar& mean = means[j * features + f];
      const Scalar difference = x[f] - mean;
      mean += difference / counts[j];
      squares[j * features + f] += difference * (x[f] - mean);
    }
  }

  /// Finds `pooled` by squares and counts. least_deviation: for features that vary less. O(d k).
  void pool(Scalar least_deviation) const {
    Scalar freedom = 0;
    for (int j = 0; j < classes; ++j) freedom += larger(counts[j] - 1, Scalar(0));
    for (Index f = 0; f < features; ++f) {
      Scalar sum = 0;
      for (int j = 0; j < classes; ++j) sum += squares[j * features + f];
      pooled[f] = larger(sum / larger(freedom, Scalar(1)), least_deviation * least_deviation);
    }
  }

  /// Variance of feature f in class j, drawn towards the pooled one. O(1).
  Scalar variance(int j, Index f) const {
    return variance_of(squares[j * features + f], counts[j], pooled[f]);
  }

  /// Squared distance of a sample to class j. O(d).
  Scalar squared_distance(int j, ConstVectorView<Scalar> x) const {
    Scalar sum = 0;
    for (Index f = 0; f < features; ++f) {
      const Scalar difference = x[f] - means[j * features + f];
      sum = difference * difference / variance(j, f) + sum;
    }
    return sum;
  }

  /// The nearest class; ties go to the lowest. O(d k).
  int nearest(ConstVectorView<Scalar> x) const {
    int nearest = 0;
    Scalar least = squared_distance(0, x);
    for (int j = 1; j < classes; ++j) {
      const Scalar squared = squared_distance(j, x);
      if (!(squared < least)) continue;
      least = squared;
      nearest = j;
    }
    return nearest;
  }

  /// The same of a sample of class j, had the class been without it (but for `pooled`): so it is as far out
  /// as a further sample would be. Infinite where it is the only one. Means and squares without one sample
  /// follow from those with it (Chan, Golub and LeVeque, COMPSTAT 1982). O(d).
  Scalar squared_distance_without(int j, ConstVectorView<Scalar> x) const {
    const Scalar others = counts[j] - 1;
    if (!(others > 0)) return positive_infinity<Scalar>();
    const Scalar grown = counts[j] / others;
    Scalar sum = 0;
    for (Index f = 0; f < features; ++f) {
      const Scalar difference = x[f] - means[j * features + f];
      const Scalar left = larger(squares[j * features + f] - grown * difference * difference, Scalar(0));
      const Scalar apart = grown * difference;
      sum = apart * apart / variance_of(left, others, pooled[f]) + sum;
    }
    return sum;
  }

  /// The distance to the nearest class of a sample that class `own` was learned from, as that of a further
  /// sample. O(d k).
  Scalar distance_of_further(int own, ConstVectorView<Scalar> x) const {
    Scalar least = squared_distance_without(own, x);
    for (int j = 0; j < classes; ++j)
      if (j != own) least = smaller(least, squared_distance(j, x));
    return square_root(least);
  }

 private:
  static Scalar variance_of(Scalar sum, Scalar count, Scalar typical) {
    return (sum + prior_samples * typical) / (count + prior_samples);
  }
};

/// Share of the variance of n samples of a feature, mean 0 and variance 1, that a straight line over time
/// tells: 1 of a steady drift, 3/4 of a jump half way, about 1 / n of independent samples. With times less
/// their mean, products: the sum of samples times time; squares: that of squared times, > 0.
template <typename Scalar>
constexpr Scalar share_of_trend(Scalar products, Scalar squares, Index n) {
  return products / squares * products / static_cast<Scalar>(n);
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_DIAGONAL_CLASSES_HPP
