#ifndef THRUM_TESTS_SCORING_MODELS_HPP
#define THRUM_TESTS_SCORING_MODELS_HPP

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "thrum/core/random.hpp"
#include "thrum/detection/detector_model.hpp"
#include "thrum/detection/verdict.hpp"
#include "thrum/input.hpp"

// Models that nobody learned, so that their numbers are the same everywhere, and rows for them.

namespace thrum_test {

/// What a model has. One without components does not project.
struct ModelShape {
  int features, components, clusters;
  bool scales;
  std::uint32_t parts;
  bool one_ellipsoid = false;

  std::string name() const {
    return std::to_string(features) + " features, " + std::to_string(components) + " components, " +
           std::to_string(clusters) + " clusters, parts " + std::to_string(parts);
  }
};

inline std::vector<ModelShape> model_shapes() {
  using namespace thrum;
  std::vector<ModelShape> shapes;
  for (const std::uint32_t parts :
       {std::uint32_t{radius_part}, std::uint32_t{full_ellipsoid_part},
        std::uint32_t{diagonal_ellipsoid_part}, std::uint32_t{soft_part}, std::uint32_t{tails_part},
        low_rank_ellipsoid_part | tails_part, full_ellipsoid_part | soft_part | tails_part}) {
    shapes.push_back({33, 12, 4, true, parts});
    shapes.push_back({5, 3, 2, false, parts});
    shapes.push_back({17, 0, 7, true, parts});
    shapes.push_back({2, 0, 1, false, parts});
    shapes.push_back({300, 5, 3, true, parts});
    shapes.push_back({261, 0, 5, false, parts});
  }
  shapes.push_back({33, 12, 4, true, low_rank_ellipsoid_part, true});
  shapes.push_back({6, 0, 3, false, full_ellipsoid_part | tails_part, true});
  return shapes;
}

/// A model of random numbers, which it owns.
template <typename Scalar>
class RandomModel {
 public:
  explicit RandomModel(const ModelShape& shape) {
    using thrum::Index;
    const Index d = shape.features, p = shape.components, z = p > 0 ? p : d, k = shape.clusters;
    model_.features = shape.features;
    if (shape.scales) model_.scaling = {normal(d, 1), positive(d), shape.features};
    if (p > 0)
      model_.projection = {normal(d, 1), normal(d * p, 0.3), nullptr, shape.features, shape.components};
    auto& anomaly = model_.anomaly;
    anomaly.features = static_cast<int>(z);
    anomaly.clusters = shape.clusters;
    anomaly.parts = shape.parts;
    anomaly.threshold = Scalar(1.7);
    anomaly.centers = normal(z * k, 2);
    anomaly.inverse_squared_radius = positive(k);
    anomaly.score_table = table();
    if ((shape.parts & thrum::ellipsoid_parts) != 0) add_ellipsoids(z, shape.one_ellipsoid ? 1 : k);
    if ((shape.parts & thrum::soft_part) != 0) {
      anomaly.soft.count = 11;
      anomaly.soft.centers = normal(z * 11, 2);
      anomaly.soft.log_weights = normal(11, 1);
      anomaly.soft.inverse_width[0] = Scalar(0.1);
      if (z >= 2) anomaly.soft.inverse_width[1] = Scalar(0.2);
      if (z >= 4) anomaly.soft.inverse_width[2] = Scalar(0.3);
      anomaly.soft_table = table();
    }
    if ((shape.parts & thrum::tails_part) != 0) {
      anomaly.tails.tables = tables(2 * z);
      anomaly.tails_table = table();
    }
  }

  const thrum::DetectorModel<Scalar>& model() const { return model_; }

 private:
  void add_ellipsoids(thrum::Index z, thrum::Index count) {
    auto& anomaly = model_.anomaly;
    anomaly.ellipsoid_count = static_cast<int>(count);
    anomaly.ellipsoids.center = normal(count * z, 2);
    anomaly.ellipsoid_tables = tables(count);
    if ((anomaly.parts & thrum::full_ellipsoid_part) != 0) {
      anomaly.ellipsoids.factor = normal(count * thrum::triangle_size(z), 0.5);
      return;
    }
    anomaly.ellipsoids.scale = positive(count * z);
    if ((anomaly.parts & thrum::low_rank_ellipsoid_part) == 0) return;
    const thrum::Index rank = z > 6 ? 6 : 1;
    anomaly.ellipsoids.rank = static_cast<int>(rank);
    anomaly.ellipsoids.factor = normal(count * z * rank, 0.5);
    anomaly.ellipsoids.weight = positive(count * (1 + rank));
  }

  const Scalar* keep(std::vector<Scalar>&& numbers) {
    arrays_.push_back(std::move(numbers));
    return arrays_.back().data();
  }
  const Scalar* normal(thrum::Index size, double deviation) {
    std::vector<Scalar> numbers;
    for (thrum::Index i = 0; i < size; ++i)
      numbers.push_back(static_cast<Scalar>(deviation * random_.normal()));
    return keep(std::move(numbers));
  }
  const Scalar* positive(thrum::Index size) {
    std::vector<Scalar> numbers;
    for (thrum::Index i = 0; i < size; ++i) numbers.push_back(static_cast<Scalar>(0.2 + random_.uniform()));
    return keep(std::move(numbers));
  }
  const Scalar* table() { return tables(1); }
  /// Rising knots around zero, of which some are equal, and a slope.
  const Scalar* tables(thrum::Index count) {
    std::vector<Scalar> numbers;
    for (thrum::Index i = 0; i < count; ++i) {
      double knot = random_.normal() - 4;
      for (int level = 0; level <= thrum::tail_levels; ++level) {
        numbers.push_back(static_cast<Scalar>(knot));
        if (level != 4) knot += 2 * random_.uniform();
      }
      numbers.push_back(static_cast<Scalar>(random_.uniform()));
    }
    return keep(std::move(numbers));
  }

  thrum::Random random_{9};
  std::vector<std::vector<Scalar>> arrays_;
  thrum::DetectorModel<Scalar> model_;
};

/// Ordinary rows; with `hostile`, among them some that are not finite or off every scale.
template <typename Scalar>
thrum::Matrix<Scalar> rows_to_judge(thrum::Index rows, thrum::Index cols, bool hostile) {
  thrum::Random random(31);
  thrum::Matrix<Scalar> x(rows, cols);
  for (thrum::Index i = 0; i < rows; ++i)
    for (thrum::Index f = 0; f < cols; ++f) x(i, f) = static_cast<Scalar>(2 * random.normal());
  const Scalar largest = thrum::ScalarTraits<Scalar>::largest();
  const Scalar values[] = {thrum::not_a_number<Scalar>(),
                           -thrum::positive_infinity<Scalar>(),
                           -largest,
                           largest / 2,
                           -largest / 1024,
                           thrum::square_root(largest),
                           Scalar(0),
                           Scalar(1e-37)};
  for (thrum::Index i = 3; hostile && i < rows; i += 5) x(i, i * 7 % cols) = values[i / 5 % 8];
  return x;
}

template <typename Type>
bool same_bits(const Type& a, const Type& b) {
  return std::memcmp(&a, &b, sizeof(a)) == 0;
}

/// The score of a row as it is judged alone; NaN for one that is not finite.
template <typename Scalar>
Scalar score_of_one_row(const thrum::DetectorModel<Scalar>& model, thrum::VectorView<const Scalar> row,
                        std::vector<Scalar>& scratch) {
  scratch.resize(static_cast<std::size_t>(model.scratch_size()));
  const thrum::Score<Scalar> score = thrum::score_row(model, row, scratch.data());
  return score.status == thrum::Status::non_finite ? thrum::not_a_number<Scalar>() : score.value;
}

}  // namespace thrum_test

#endif  // THRUM_TESTS_SCORING_MODELS_HPP
