#include "firmware_under_test.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"

using thrum::contiguous;
using thrum::Index;
using thrum::Nearest;

namespace {

/// Classes with their biases, and rows to be judged against them.
template <typename Scalar>
class Classes {
 public:
  Classes(int features, int clusters) : random_(static_cast<std::uint32_t>(1000 * features + clusters)) {
    model_.features = features;
    model_.clusters = clusters;
    centers_.resize(static_cast<std::size_t>(features * clusters));
    weights_.assign(static_cast<std::size_t>(clusters), Scalar(1));
    for (Scalar& entry : centers_) entry = number();
  }

  Scalar& center(int f, int j) { return centers_[static_cast<std::size_t>(f * model_.clusters + j)]; }
  Scalar& weight(int j) { return weights_[static_cast<std::size_t>(j)]; }
  /// In [-2, 2), with all the digits of its type.
  Scalar number() {
    const std::uint64_t high = bits(), low = bits();
    return static_cast<Scalar>(std::ldexp(static_cast<double>(high << 21 | low >> 11), -51)) - 2;
  }
  int random_class() { return static_cast<int>(bits() >> 8) % model_.clusters; }
  void change_centers(const std::function<Scalar(Scalar)>& change) {
    for (Scalar& entry : centers_) entry = change(entry);
  }
  /// The row half way between two classes.
  std::vector<Scalar> half_way(int i, int j) {
    std::vector<Scalar> row;
    for (int f = 0; f < model_.features; ++f) row.push_back(center(f, i) / 2 + center(f, j) / 2);
    return row;
  }
  std::vector<Scalar> row_of(const std::function<Scalar(int)>& of_feature) const {
    std::vector<Scalar> row;
    for (int f = 0; f < model_.features; ++f) row.push_back(of_feature(f));
    return row;
  }

  /// Valid until the next change.
  const thrum::AnomalyModel<Scalar>& model() {
    bias_.resize(weights_.size());
    model_.centers = centers_.data();
    model_.inverse_squared_radius = weights_.data();
    REQUIRE(thrum::class_biases(model_.centers, model_.features, model_.clusters, bias_.data()));
    model_.bias = bias_.data();
    return model_;
  }

 private:
  std::uint32_t bits() {
    random_ = random_ * 1664525u + 1013904223u;
    return random_;
  }

  std::uint32_t random_;
  std::vector<Scalar> centers_, weights_, bias_;
  thrum::AnomalyModel<Scalar> model_;
};

template <typename Scalar>
bool same_bits(Scalar a, Scalar b) {
  return std::memcmp(&a, &b, sizeof(a)) == 0;
}

/// By all distances.
template <typename Scalar>
Nearest<Scalar> expected(const thrum::AnomalyModel<Scalar>& model, const std::vector<Scalar>& row) {
  Nearest<Scalar> nearest{0, std::numeric_limits<Scalar>::infinity()};
  thrum::for_each_squared_distance(contiguous(row.data(), model.features), model.centers, model.clusters,
                                   [&](Index j, Scalar squared) {
                                     const Scalar in_radii = squared * model.inverse_squared_radius[j];
                                     if (in_radii < nearest.squared_distance)
                                       nearest = {static_cast<int>(j), in_radii};
                                   });
  return nearest;
}

template <typename Scalar>
Nearest<Scalar> by_bounds(const thrum::AnomalyModel<Scalar>& model, const std::vector<Scalar>& row) {
  const Scalar square = thrum::detail::sum_of_squares(row.data(), model.features);
  std::vector<Scalar> bounds(static_cast<std::size_t>(model.clusters));
  return thrum::nearest_class_by_bounds(model, row.data(), thrum::detail::half_square(square, model.features),
                                        bounds.data());
}

template <typename Scalar>
bool agree(const thrum::AnomalyModel<Scalar>& model, const std::vector<Scalar>& row) {
  const Nearest<Scalar> found = by_bounds(model, row), wanted = expected(model, row);
  return found.cluster == wanted.cluster && same_bits(found.squared_distance, wanted.squared_distance);
}

/// How many bounds of the row are above half of what they bound, when |x|^2 / 2 is taken for half_square.
template <typename Scalar>
int broken_bounds(const thrum::AnomalyModel<Scalar>& model, const std::vector<Scalar>& row,
                  Scalar half_square) {
  std::vector<Scalar> bounds(static_cast<std::size_t>(model.clusters));
  thrum::detail::bound_classes(model, row.data(), half_square, bounds.data());
  int broken = 0;
  for (int j = 0; j < model.clusters; ++j) {
    const Nearest<Scalar> own{j, thrum::detail::squared_radii(model, row.data(), j)};
    broken += bounds[static_cast<std::size_t>(j)] > thrum::detail::largest_bound(own) ? 1 : 0;
  }
  return broken;
}
template <typename Scalar>
int broken_bounds(const thrum::AnomalyModel<Scalar>& model, const std::vector<Scalar>& row) {
  const Scalar square = thrum::detail::sum_of_squares(row.data(), model.features);
  return broken_bounds(model, row, thrum::detail::half_square(square, model.features));
}

constexpr int sizes[][2] = {{1, 16}, {2, 24}, {3, 32}, {7, 30}, {33, 32}, {33, 41}, {256, 16}, {300, 26}};

}  // namespace

TEMPLATE_TEST_CASE("the nearest class by bounds is the one by all distances, bit for bit", "", float,
                   double) {
  for (const auto& size : sizes) {
    Classes<TestType> classes(size[0], size[1]);
    CAPTURE(size[0], size[1]);
    for (int j = 0; j < size[1]; ++j) classes.weight(j) = 1 + TestType(0.2) * std::abs(classes.number());
    const auto& model = classes.model();
    bool all = true;
    int broken = 0;
    for (int i = 0; i < 300; ++i) {
      const TestType width = std::pow(TestType(10), TestType(i % 20) - 9);
      const auto row = classes.row_of([&](int) { return width * classes.number(); });
      all = all && agree(model, row);
      broken += broken_bounds(model, row);
    }
    CHECK(all);
    CHECK(broken == 0);
  }
}

TEMPLATE_TEST_CASE("rows half way between classes, and a last bit beside it, get the label of all distances",
                   "", float, double) {
  for (const auto& size : sizes) {
    Classes<TestType> classes(size[0], size[1]);
    CAPTURE(size[0], size[1]);
    bool all = true;
    for (int i = 0; i < 200; ++i) {
      auto row = classes.half_way(classes.random_class(), classes.random_class());
      all = all && agree(classes.model(), row);
      TestType& moved = row[static_cast<std::size_t>(i % size[0])];
      moved = std::nextafter(moved, i % 2 == 0 ? TestType(-9) : TestType(9));
      all = all && agree(classes.model(), row);
    }
    CHECK(all);
  }
}

TEMPLATE_TEST_CASE("of equal centres the lowest wins, wherever bounds begin to look", "", float, double) {
  Classes<TestType> classes(33, 40);
  for (int f = 0; f < 33; ++f)
    for (const int copy : {39, 17, 12}) classes.center(f, copy) = classes.center(f, 5);
  const auto row = classes.row_of([&](int f) { return classes.center(f, 5) + TestType(0.01); });
  CHECK(by_bounds(classes.model(), row).cluster == 5);
  CHECK(agree(classes.model(), row));
  for (int f = 0; f < 33; ++f)
    for (int j = 0; j < 40; ++j) classes.center(f, j) = 3;
  CHECK(by_bounds(classes.model(), row).cluster == 0);
  CHECK(agree(classes.model(), row));
}

TEMPLATE_TEST_CASE("centres far from the origin for their spread get the label of all distances", "", float,
                   double) {
  for (const TestType away : {TestType(1e2), TestType(1e4), TestType(1e6)}) {
    Classes<TestType> classes(33, 32);
    classes.change_centers([&](TestType entry) { return away + entry / 8; });
    bool all = true;
    int broken = 0;
    for (int i = 0; i < 200; ++i) {
      const auto row = classes.row_of([&](int) { return away + classes.number() / 8; });
      all = all && agree(classes.model(), row);
      broken += broken_bounds(classes.model(), row);
    }
    CAPTURE(away);
    CHECK(all);
    CHECK(broken == 0);
  }
}

TEMPLATE_TEST_CASE("bounds that are not lessened by their rounding are broken", "", float, double) {
  Classes<TestType> classes(33, 32);
  classes.change_centers([](TestType entry) { return 100 + entry / 8; });
  thrum::AnomalyModel<TestType> model = classes.model();
  std::vector<TestType> bias;
  for (int j = 0; j < 32; ++j) {
    TestType square = 0;
    for (int f = 0; f < 33; ++f) square += classes.center(f, j) * classes.center(f, j);
    bias.push_back(-square / 2);
  }
  model.bias = bias.data();
  int broken = 0;
  for (int i = 0; i < 200; ++i) {
    const auto row = classes.row_of([&](int f) { return classes.center(f, i % 32) + classes.number() / 64; });
    const TestType half = thrum::detail::sum_of_squares(row.data(), 33) / 2;
    broken += broken_bounds(model, row, half);
  }
  CHECK(broken > 100);
}

TEMPLATE_TEST_CASE("classes of all radii there may be get the label of all distances", "", float, double) {
  Classes<TestType> classes(9, 32);
  for (int j = 0; j < 32; ++j) {
    const TestType radius = std::pow(thrum::least_radius<TestType>(), 1 - TestType(j) / 16);
    classes.weight(j) = 1 / (radius * radius);
  }
  bool all = true;
  for (int i = 0; i < 300; ++i) {
    const TestType width = std::pow(TestType(10), TestType(i % 40) - 20);
    const auto row =
        classes.row_of([&](int f) { return classes.center(f, i % 32) + width * classes.number(); });
    all = all && agree(classes.model(), row);
  }
  CHECK(all);
}

TEMPLATE_TEST_CASE("rows that are tiny, huge or overflow get the label of all distances", "", float, double) {
  using Limits = std::numeric_limits<TestType>;
  for (const TestType scale : {TestType(0), Limits::denorm_min(), Limits::min(), std::sqrt(Limits::min()),
                               TestType(1), std::sqrt(Limits::max()) / 1024}) {
    for (const int features : {1, 5, 33}) {
      Classes<TestType> classes(features, 32);
      classes.change_centers([&](TestType entry) { return entry * scale; });
      CAPTURE(scale, features);
      bool all = true;
      for (int exponent = Limits::min_exponent - 30; exponent < Limits::max_exponent; ++exponent) {
        const TestType size = std::ldexp(TestType(1), exponent);
        const auto all_large = classes.row_of([&](int) {
          const TestType drawn = classes.number() * size;
          return std::abs(drawn) <= Limits::max() ? drawn : Limits::max();
        });
        const auto one_large =
            classes.row_of([&](int f) { return f == features - 1 ? -size : classes.center(f, 3); });
        all = all && agree(classes.model(), all_large) && agree(classes.model(), one_large);
      }
      CHECK(all);
    }
  }
}

TEST_CASE("a row beyond every class is infinitely far from class 0") {
  Classes<float> classes(33, 32);
  auto row = classes.row_of([&](int f) { return classes.center(f, 7); });
  CHECK(by_bounds(classes.model(), row).cluster == 7);
  row[32] = 1e30f;
  const Nearest<float> nearest = by_bounds(classes.model(), row);
  CHECK(nearest.cluster == 0);
  CHECK(nearest.squared_distance == std::numeric_limits<float>::infinity());
}

TEST_CASE("where every bound overflows, class 0 is infinitely far") {
  Classes<float> classes(33, 32);
  for (int j = 0; j < 32; ++j) classes.weight(j) = 1e36f;
  const auto row = classes.row_of([&](int) { return 100 + classes.number(); });
  CHECK(by_bounds(classes.model(), row).cluster == 0);
  CHECK(agree(classes.model(), row));
}

TEST_CASE("biases are refused where bounds do not pay or are not proven") {
  const auto has_biases = [](int clusters, float number) {
    const std::vector<float> centers(static_cast<std::size_t>(3 * clusters), number);
    std::vector<float> bias(static_cast<std::size_t>(clusters));
    return thrum::class_biases(centers.data(), 3, clusters, bias.data());
  };
  CHECK_FALSE(has_biases(1, 1));
  CHECK_FALSE(has_biases(15, 1));
  CHECK(has_biases(16, 1));
  CHECK_FALSE(has_biases(17, 1));
  CHECK_FALSE(has_biases(23, 1));
  CHECK(has_biases(24, 1));
  CHECK(has_biases(32, 1e18f));
  CHECK_FALSE(has_biases(32, 1e19f));
  CHECK_FALSE(has_biases(32, std::numeric_limits<float>::infinity()));
  float bias[16];
  CHECK_FALSE(thrum::class_biases(bias, (1 << 20) + 1, 16, bias));
}

TEMPLATE_TEST_CASE("a row scores the same with biases and without, through every stage and stride", "", float,
                   double) {
  constexpr int d = 13, p = 6;
  for (const bool scales : {false, true})
    for (const bool projects : {false, true}) {
      Classes<TestType> classes(projects ? p : d, 24);
      thrum::DetectorModel<TestType> model;
      std::vector<TestType> offset(d, TestType(0.25)), factor(d, TestType(1.5)), mean(d, TestType(0.1)),
          basis(d * p);
      for (TestType& entry : basis) entry = classes.number() / 4;
      model.features = d;
      if (scales) model.scaling = {offset.data(), factor.data(), d};
      if (projects) model.projection = {mean.data(), basis.data(), nullptr, d, p};
      model.anomaly = classes.model();
      thrum::DetectorModel<TestType> plain = model;
      plain.anomaly.bias = nullptr;
      REQUIRE(model.scratch_size() == plain.scratch_size() + 24);
      std::vector<TestType> scratch(static_cast<std::size_t>(model.scratch_size()));
      bool all = true;
      for (int i = 0; i < 200; ++i) {
        std::vector<TestType> row(2 * d);
        for (TestType& entry : row) entry = classes.number() * (i % 50 == 0 ? TestType(1e18) : 1);
        if (i % 40 == 1) row[4] = std::numeric_limits<TestType>::max();
        if (i % 40 == 2) row[6] = std::numeric_limits<TestType>::quiet_NaN();
        for (const Index stride : {1, 2}) {
          const thrum::VectorView<const TestType> x{row.data(), d, stride};
          const auto found = thrum::score_row(model, x, scratch.data());
          const auto wanted = thrum::score_row(plain, x, scratch.data());
          all = all && found.status == wanted.status && found.cluster == wanted.cluster &&
                same_bits(found.value, wanted.value);
        }
      }
      CAPTURE(scales, projects);
      CHECK(all);
    }
}
