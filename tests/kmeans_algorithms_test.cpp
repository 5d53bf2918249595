#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "plain_assignment.hpp"
#include "sample_data.hpp"
#include "thrum/host/assignment.hpp"
#include "thrum/host/column_summary.hpp"
#include "thrum/host/mini_batch.hpp"
#include "thrum/kmeans.hpp"

using thrum::FitIteration;
using thrum::FitReport;
using thrum::Index;
using thrum::KMeans;
using thrum::KMeansAlgorithm;
using thrum::KMeansOptions;
using thrum::KMeansSeeding;
using thrum::Matrix;
using thrum::StopReason;
using thrum::Vector;
using thrum_test::blobs;
using thrum_test::contains;
using thrum_test::noise;
using thrum_test::PlainAssignment;
using thrum_test::refusal;

namespace {

/// A K-means problem: samples, weights or none, first centres.
template <typename Scalar>
struct Problem {
  Matrix<Scalar> x, first;
  Vector<Scalar> weights;
  int max_iterations = 30;
};

/// Shapes and kinds of data in turn: noise, blobs, few distinct values (ties and duplicates), a common
/// offset; with or without weights, some of them 0; centres among the samples or far away (empty clusters).
template <typename Scalar>
Problem<Scalar> random_problem(thrum::Random& random) {
  const Index rows = 1 + random.index(random.index(8) == 0 ? 1500 : 120);
  const Index cols = 1 + random.index(random.index(8) == 0 ? 300 : 9);
  const Index clusters = 1 + random.index(random.index(8) == 0 ? 80 : 12);
  Problem<Scalar> problem;
  const Index kind = random.index(4);
  problem.x = kind == 1 ? blobs<Scalar>(random.bits(), rows, cols, 4) : noise<Scalar>(random, rows, cols);
  if (kind == 2) problem.x = (problem.x * Scalar(1.5)).array().round().matrix();
  if (kind == 3) problem.x.array() += Scalar(1e4);
  problem.first.resize(clusters, cols);
  for (Index j = 0; j < clusters; ++j) problem.first.row(j) = problem.x.row(random.index(rows));
  if (random.index(3) == 0) problem.first.row(random.index(clusters)).array() += Scalar(1000);
  if (random.index(2) == 0) {
    problem.weights.resize(rows);
    for (Index i = 0; i < rows; ++i) problem.weights[i] = static_cast<Scalar>(random.index(4));
    problem.weights[0] = 1;
  }
  problem.max_iterations = 1 + static_cast<int>(random.index(40));
  return problem;
}

KMeansOptions options_of(Index clusters, int max_iterations, KMeansAlgorithm algorithm,
                         std::size_t memory = 0) {
  KMeansOptions options;
  options.clusters = static_cast<int>(clusters);
  options.max_iterations = max_iterations;
  options.tolerance = 0;
  options.algorithm = algorithm;
  options.memory_limit = memory;
  return options;
}

template <typename Scalar>
bool same_bits(const Matrix<Scalar>& a, const Matrix<Scalar>& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() &&
         std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(Scalar)) == 0;
}

/// Bytes a sample that leave room for `groups` groups of bounds.
template <typename Scalar>
std::size_t memory_for(Index rows, std::size_t groups) {
  return static_cast<std::size_t>(rows) * (sizeof(int) + (1 + groups) * sizeof(Scalar));
}

/// Bytes that leave room for samples in 16 bits.
template <typename Scalar>
std::size_t memory_for_coarse(const Matrix<Scalar>& x) {
  return static_cast<std::size_t>(x.rows() * (4 + (x.cols() + 1) / 2 * 4));
}

/// An assignment that has all ranges that it needs.
template <typename Scalar>
thrum::host::Assignment<Scalar> assignment_of(const Matrix<Scalar>& x, Index clusters,
                                              thrum::host::AssignmentPlan plan) {
  const thrum::host::ColumnRanges ranges = thrum::host::column_ranges(thrum::view(x));
  return {thrum::view(x), {}, clusters, ranges, thrum::host::SampleGrid(ranges, 1.0), plan};
}

}  // namespace

// ---- exact means exact

TEMPLATE_TEST_CASE(
    "every exact algorithm finds the bits of the plainest one, on thousands of random problems", "", float,
    double) {
  thrum::Random random(201);
  for (int round = 0; round < 1200; ++round) {
    const Problem<TestType> problem = random_problem<TestType>(random);
    const Index rows = problem.x.rows(), clusters = problem.first.rows();
    if (clusters > rows) continue;
    PlainAssignment<TestType> plain(problem.x, problem.weights, clusters);
    Matrix<TestType> centers = problem.first;
    const auto expected = thrum::lloyd(plain, {problem.max_iterations, 0}, thrum::view(centers),
                                       [](const thrum::LloydReport&, double) { return true; });
    const KMeansOptions choices[] = {
        options_of(clusters, problem.max_iterations, KMeansAlgorithm::lloyd),
        options_of(clusters, problem.max_iterations, KMeansAlgorithm::automatic),
        options_of(clusters, problem.max_iterations, KMeansAlgorithm::coarse, memory_for_coarse(problem.x)),
        options_of(clusters, problem.max_iterations, KMeansAlgorithm::bounds, memory_for<TestType>(rows, 1)),
        options_of(clusters, problem.max_iterations, KMeansAlgorithm::bounds, memory_for<TestType>(rows, 40)),
        options_of(clusters, problem.max_iterations, KMeansAlgorithm::automatic,
                   1),  // not even labels are kept
    };
    for (const KMeansOptions& options : choices) {
      KMeans<TestType> kmeans(options);
      const FitReport report = kmeans.fit_from(problem.first, problem.x, problem.weights);
      INFO("round " << round << ": " << rows << " x " << problem.x.cols() << ", k = " << clusters);
      REQUIRE(same_bits(kmeans.centers(), centers));
      REQUIRE(report.inertia == expected.inertia);
      REQUIRE(report.iterations == expected.iterations);
      REQUIRE(report.stop == expected.stop);
      REQUIRE(report.refilled_clusters == expected.refilled_clusters);
      REQUIRE(report.empty_clusters == expected.empty_clusters);
      for (Index j = 0; j < clusters; ++j) REQUIRE(kmeans.counts()[j] == plain.weight(j));
    }
  }
}

TEMPLATE_TEST_CASE("the comparison with the plainest algorithm would see one sample that is a little off", "",
                   float, double) {
  const Matrix<TestType> x = blobs<TestType>(202, 200, 3, 4);
  const Vector<TestType> none;
  PlainAssignment<TestType> plain(x, none, 2);
  Matrix<TestType> centers = x.topRows(2);
  plain.assign(thrum::view(centers));
  const double before = plain.mean(0, 0);
  Matrix<TestType> other = x;
  other(0, 0) *= TestType(1.0001);
  PlainAssignment<TestType> changed(other, none, 2);
  changed.assign(thrum::view(centers));
  CHECK(changed.mean(0, 0) != before);
}

TEMPLATE_TEST_CASE("more groups of bounds than one are exact too, where there are enough centres for them",
                   "", float, double) {
  thrum::Random random(203);
  for (const Index cols : {2, 40}) {
    const Matrix<TestType> x = noise<TestType>(random, 3000, cols);
    const Matrix<TestType> first = x.topRows(300);
    KMeans<TestType> lloyd(options_of(300, 25, KMeansAlgorithm::lloyd));
    lloyd.fit_from(first, x);
    for (const std::size_t groups : {1u, 2u, 3u, 5u}) {
      KMeans<TestType> bounds(
          options_of(300, 25, KMeansAlgorithm::bounds, memory_for<TestType>(3000, groups)));
      bounds.fit_from(first, x);
      CHECK(same_bits(bounds.centers(), lloyd.centers()));
      CHECK(bounds.inertia() == lloyd.inertia());
    }
  }
}

TEST_CASE("bounds spare most distances once labels settle") {
  const Matrix<float> x = blobs<float>(204, 20000, 16, 8);
  auto assignment = assignment_of(x, 8, thrum::host::plan_bounds(sizeof(float), 8, 24));
  Matrix<float> centers = x.topRows(8);
  Index last = 0;
  thrum::lloyd(assignment, {100, 0}, thrum::view(centers), [&](const thrum::LloydReport&, double) {
    last = assignment.distances_computed();
    return true;
  });
  CHECK(last < 20000 * 8 / 20);
}

TEMPLATE_TEST_CASE("samples in 16 bits decide nearly all labels, whatever the offset and the scale", "",
                   float, double) {
  thrum::Random random(210);
  for (const Index cols : {1, 2, 5, 8, 40}) {
    for (const double scale : {1e-6, 1.0, 1e6}) {
      const Matrix<TestType> samples =
          ((noise<TestType>(random, 20000, cols).array() + TestType(100)) * static_cast<TestType>(scale))
              .matrix();
      auto assignment = assignment_of(samples, 16, {0, 0, true});
      Matrix<TestType> centers = samples.topRows(16);
      for (int times = 0; times < 2; ++times) {
        assignment.assign(thrum::view(centers));
        INFO(cols << " features, scale " << scale);
        CHECK(assignment.distances_computed() > 0);
        CHECK(assignment.distances_computed() < 20000 * 16 / 5);
      }
    }
  }
}

TEST_CASE("where samples in 16 bits cannot tell, all distances are computed") {
  Matrix<float> x = blobs<float>(211, 3000, 4, 6);
  const auto rows = static_cast<Index>(3000);
  SECTION("one sample a million times as far out as all others") { x(17, 2) = 1e7f; }
  SECTION("values so small that squares underflow") { x *= 1e-25f; }
  SECTION("values so small that a step has no reciprocal") { x *= 1e-38f; }
  auto coarse = assignment_of(x, 6, {0, 0, true});
  auto plain = assignment_of(x, 6, {});
  const Matrix<float> centers = x.topRows(6);
  for (int times = 0; times < 2; ++times) {
    CHECK(coarse.assign(thrum::view(centers)) == plain.assign(thrum::view(centers)));
    CHECK(coarse.distances_computed() == rows * 6);
    for (Index j = 0; j < 6; ++j) {
      CHECK(coarse.weight(j) == plain.weight(j));
      for (Index f = 0; f < 4 && plain.weight(j) > 0; ++f) CHECK(coarse.mean(j, f) == plain.mean(j, f));
    }
  }
}

TEMPLATE_TEST_CASE("the order of the rows does not matter, not a bit", "", float, double) {
  const Matrix<TestType> x = blobs<TestType>(205, 1000, 5, 6) * TestType(0.37);
  const Matrix<TestType> first = x.topRows(6);
  KMeans<TestType> forwards(options_of(6, 300, KMeansAlgorithm::automatic)), backwards = forwards;
  forwards.fit_from(first, x);
  backwards.fit_from(first, x.colwise().reverse());
  CHECK(same_bits(forwards.centers(), backwards.centers()));
}

TEMPLATE_TEST_CASE("blocks, strides and column order have the bits of a plain matrix, for every algorithm",
                   "", float, double) {
  thrum::Random random(206);
  for (const Index cols : {1, 2, 3, 4, 5, 8, 13, 70}) {
    const Matrix<TestType> x = noise<TestType>(random, 700, cols);
    const Eigen::Matrix<TestType, Eigen::Dynamic, Eigen::Dynamic> by_column = x;
    Matrix<TestType> larger = Matrix<TestType>::Zero(710, cols + 3);
    larger.block(4, 2, 700, cols) = x;
    std::vector<TestType> spread(static_cast<std::size_t>(700 * cols * 2 + 1));
    const thrum::MatrixView<TestType> strided{spread.data(), 700, cols, 2 * cols, 2};
    for (Index i = 0; i < 700; ++i)
      for (Index f = 0; f < cols; ++f) strided(i, f) = x(i, f);
    for (const KMeansAlgorithm algorithm :
         {KMeansAlgorithm::lloyd, KMeansAlgorithm::coarse, KMeansAlgorithm::bounds,
          KMeansAlgorithm::mini_batch, KMeansAlgorithm::bisecting}) {
      KMeansOptions options = options_of(7, 20, algorithm);
      options.batch_size = 100;
      KMeans<TestType> expected(options), columns(options), block(options), view(options);
      expected.fit(x);
      columns.fit(by_column);
      block.fit(larger.block(4, 2, 700, cols));
      view.fit(strided);
      CHECK(expected == columns);
      CHECK(expected == block);
      CHECK(expected == view);
      CHECK(expected.predict(x) == columns.predict(by_column));
      CHECK(expected.predict(x) == view.predict(strided));
      CHECK(same_bits(expected.transform(x), columns.transform(by_column)));
      CHECK(same_bits(expected.transform(x), block.transform(larger.block(4, 2, 700, cols))));
    }
  }
}

TEST_CASE("float labels are those of double arithmetic on data with a common offset of 1e4 deviations") {
  const Matrix<float> x = (blobs<float>(207, 5000, 8, 10).array() + 1e4f * 6).matrix();
  for (const KMeansAlgorithm algorithm :
       {KMeansAlgorithm::lloyd, KMeansAlgorithm::coarse, KMeansAlgorithm::bounds}) {
    KMeans<float> kmeans(options_of(10, 100, algorithm));
    const Vector<int> labels = kmeans.fit_predict(x);
    const Eigen::MatrixXd points = x.cast<double>(), centers = kmeans.centers().cast<double>();
    double inertia = 0;
    for (Index i = 0; i < x.rows(); ++i) {
      Index nearest = 0;
      inertia += (centers.rowwise() - points.row(i)).rowwise().squaredNorm().minCoeff(&nearest);
      REQUIRE(labels[i] == nearest);
    }
    CHECK(std::fabs(kmeans.inertia() / inertia - 1) <= 1e-5);
  }
}

TEMPLATE_TEST_CASE("ties go to the lowest centre in every kernel, also across tiles and groups", "", float,
                   double) {
  // 600 features cross the partial sums, 70 centres the tiles and two groups; all centres but a few are the
  // same point.
  for (const Index cols : {1, 3, 600}) {
    Matrix<TestType> centers = Matrix<TestType>::Constant(70, cols, TestType(5));
    centers.row(3).setConstant(1);
    centers.row(66).setConstant(1);
    centers.row(68).setConstant(-1);
    Matrix<TestType> x = Matrix<TestType>::Zero(40, cols);
    x.row(7).setConstant(5);
    KMeans<TestType> kmeans(options_of(70, 1, KMeansAlgorithm::bounds));
    kmeans.start_from(centers);
    const Vector<int> labels = kmeans.predict(x);
    CHECK(labels[0] == 3);
    CHECK(labels[7] == 0);
    CHECK(labels[39] == 3);
  }
}

// ---- weights

TEMPLATE_TEST_CASE("from given centres a weight of N is N repeats, in every exact algorithm", "", float,
                   double) {
  const Matrix<TestType> x = blobs<TestType>(208, 300, 3, 4);
  Vector<TestType> weights(300);
  Matrix<TestType> repeated(0, 3);
  for (Index i = 0; i < 300; ++i) {
    weights[i] = static_cast<TestType>(i % 4);
    for (Index copy = 0; copy < i % 4; ++copy) {
      repeated.conservativeResize(repeated.rows() + 1, 3);
      repeated.row(repeated.rows() - 1) = x.row(i);
    }
  }
  for (const KMeansAlgorithm algorithm :
       {KMeansAlgorithm::lloyd, KMeansAlgorithm::coarse, KMeansAlgorithm::bounds}) {
    KMeans<TestType> weighted(options_of(5, 300, algorithm)), copies = weighted;
    weighted.fit_from(x.topRows(5), x, weights);
    copies.fit_from(x.topRows(5), repeated);
    // Products with small whole numbers are exact but for the bits that the grid cuts off.
    CHECK((weighted.centers() - copies.centers()).cwiseAbs().maxCoeff() <=
          64 * std::numeric_limits<TestType>::epsilon());
    CHECK(weighted.counts() == copies.counts());
  }
}

TEST_CASE("mini-batches see a sample of weight 3 three times as often") {
  // Two points for one centre: in the long run it lies at their weighted mean, 0.75.
  Matrix<double> x(2, 1);
  x << 0, 1;
  const Vector<double> weights = (Vector<double>(2) << 1, 3).finished();
  thrum::Random random(9);
  Matrix<double> centers(1, 1);
  centers << 0.5;
  thrum::host::mini_batch<double>(
      thrum::view(static_cast<const Matrix<double>&>(x)), thrum::contiguous<const double>(weights.data(), 2),
      {20000, -1}, 2, random, thrum::view(centers), [](const thrum::LloydReport&, double) { return true; });
  // It stops when nothing is gained any more, after some tens of draws.
  CHECK(centers(0, 0) > 0.5);
  CHECK(centers(0, 0) < 1.0);
}

// ---- mini-batch and bisecting

TEMPLATE_TEST_CASE("mini-batches and bisection find blobs, and report what belongs to the centres", "", float,
                   double) {
  const Matrix<TestType> x = blobs<TestType>(209, 6000, 4, 5);
  KMeans<TestType> exact(options_of(5, 300, KMeansAlgorithm::lloyd));
  exact.fit(x);
  for (const KMeansAlgorithm algorithm : {KMeansAlgorithm::mini_batch, KMeansAlgorithm::bisecting}) {
    KMeansOptions options = options_of(5, 100, algorithm);
    options.batch_size = 512;
    KMeans<TestType> kmeans(options);
    const FitReport report = kmeans.fit(x);
    CHECK(report.converged());
    CHECK(report.empty_clusters == 0);
    CHECK(kmeans.counts().sum() == 6000);
    CHECK(report.inertia <= 1.05 * exact.inertia());
    KMeans<TestType> again(options);
    again.fit(x);
    CHECK(again == kmeans);
  }
}

TEMPLATE_TEST_CASE("bisection of fewer distinct samples than clusters ends, with empty clusters", "", float,
                   double) {
  Matrix<TestType> x(40, 2);
  for (Index i = 0; i < 40; ++i) x.row(i).setConstant(static_cast<TestType>(i % 3));
  KMeans<TestType> kmeans(options_of(6, 300, KMeansAlgorithm::bisecting));
  const FitReport report = kmeans.fit(x);
  CHECK(report.inertia == 0);
  CHECK(report.empty_clusters == 3);
}

// ---- seeding

TEMPLATE_TEST_CASE("k-means|| finds seeds about as good as k-means++, different rows of x", "", float,
                   double) {
  const Matrix<TestType> x = blobs<TestType>(210, 4000, 3, 30);
  const auto potential = [&](KMeansSeeding seeding, std::uint64_t seed) {
    KMeansOptions options = options_of(30, 1, KMeansAlgorithm::lloyd);
    options.seeding = seeding;
    options.seed = seed;
    KMeans<TestType> kmeans(options);
    const Matrix<TestType> centers = kmeans.seed_centers(x);
    kmeans.start_from(centers);
    return static_cast<double>(kmeans.transform(x).rowwise().minCoeff().squaredNorm());
  };
  double parallel = 0, plus_plus = 0, random = 0;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    parallel += potential(KMeansSeeding::parallel, seed);
    plus_plus += potential(KMeansSeeding::plus_plus, seed);
    random += potential(KMeansSeeding::random, seed);
  }
  CHECK(parallel <= 1.5 * plus_plus);
  CHECK(random > 1.5 * plus_plus);  // so that the comparison means something
}

TEMPLATE_TEST_CASE("seeding gives k rows of x for any shape, and repeats only where it must", "", float,
                   double) {
  thrum::Random random(211);
  for (const KMeansSeeding seeding :
       {KMeansSeeding::plus_plus, KMeansSeeding::parallel, KMeansSeeding::random}) {
    for (const Index rows : {1, 2, 31, 33, 257, 600}) {
      const Matrix<TestType> x = noise<TestType>(random, rows, 3);
      KMeansOptions options = options_of((rows + 1) / 2, 1, KMeansAlgorithm::lloyd);
      options.seeding = seeding;
      const Matrix<TestType> centers = KMeans<TestType>(options).seed_centers(x);
      for (Index j = 0; j < centers.rows(); ++j) {
        CHECK((x.rowwise() - centers.row(j)).rowwise().squaredNorm().minCoeff() == 0);
        for (Index other = 0; other < j; ++other)
          CHECK((centers.row(j) - centers.row(other)).squaredNorm() > 0);
      }
    }
  }
}

// ---- history, progress, limits

TEMPLATE_TEST_CASE("the history holds every iteration, and its inertia never rises", "", float, double) {
  const Matrix<TestType> x = blobs<TestType>(212, 2000, 4, 9);
  KMeansOptions options = options_of(12, 300, KMeansAlgorithm::bounds);
  options.record_history = true;
  KMeans<TestType> kmeans(options);
  const FitReport report = kmeans.fit(x);
  REQUIRE(report.history.size() == static_cast<std::size_t>(report.iterations));
  for (std::size_t i = 0; i < report.history.size(); ++i) {
    CHECK(report.history[i].iteration == static_cast<int>(i) + 1);
    if (i > 0) CHECK(report.history[i].inertia <= report.history[i - 1].inertia * (1 + 1e-6));
  }
  CHECK(report.history.back().inertia == report.inertia);
  options.record_history = false;
  CHECK(KMeans<TestType>(options).fit(x).history.empty());
}

TEMPLATE_TEST_CASE("progress is told of each iteration, and may end the fit", "", float, double) {
  const Matrix<TestType> x = blobs<TestType>(213, 2000, 4, 9);
  for (const KMeansAlgorithm algorithm :
       {KMeansAlgorithm::lloyd, KMeansAlgorithm::bounds, KMeansAlgorithm::mini_batch}) {
    int told = 0;
    KMeansOptions options = options_of(12, 300, algorithm);
    options.batch_size = 100;
    KMeans<TestType> kmeans(options);
    const FitReport report = kmeans.fit(x, {}, [&](const FitIteration& iteration) {
      CHECK(iteration.iteration == ++told);
      return told < 2;
    });
    CHECK(told == 2);
    CHECK(report.stop == StopReason::cancelled);
    CHECK_FALSE(report.converged());
    CHECK(report.iterations == 2);
    CHECK(kmeans.fitted());
    CHECK(kmeans.counts().sum() == 2000);
  }
}

TEST_CASE("what is kept of a sample stays within the memory that it is allowed") {
  using thrum::host::bytes_per_row;
  CHECK(bytes_per_row(4, 1000, 8, 0) == 24);     // up to 32 features
  CHECK(bytes_per_row(4, 1000, 128, 0) == 512);  // as much as the data
  CHECK(bytes_per_row(4, 1000, 128, 12999) == 12);
}

TEST_CASE("bounds are as many as memory allows") {
  using thrum::host::plan_bounds;
  CHECK(plan_bounds(4, 1024, 24).groups == 4);
  CHECK(plan_bounds(4, 1024, 512).groups == 16);
  CHECK(plan_bounds(4, 1024, 12).groups == 1);  // label, upper and one lower bound
  CHECK(plan_bounds(4, 1024, 11).groups == 0);  // labels alone
  CHECK(plan_bounds(8, 1024, 20).groups == 1);
}

TEST_CASE("samples in 16 bits are kept where memory allows, beside bounds too") {
  using thrum::host::AssignmentPlan;
  using thrum::host::plan_coarse;
  CHECK(plan_coarse({}, 4, 10, 24).coarse);
  CHECK_FALSE(plan_coarse({}, 4, 11, 24).coarse);
  AssignmentPlan bounds;
  bounds.groups = 2;
  CHECK(plan_coarse(bounds, 4, 3, 24).coarse);  // label, three bounds, four integers of which one is unused
  CHECK_FALSE(plan_coarse(bounds, 4, 3, 23).coarse);
}

TEST_CASE("integers give way to bounds once labels settle, with the same bits") {
  const Matrix<float> x = blobs<float>(212, 20000, 40, 90);
  const Matrix<float> first = x.topRows(50);
  auto both =
      assignment_of(x, 50, thrum::host::plan_coarse(thrum::host::plan_bounds(4, 50, 160), 4, 40, 160));
  auto plain = assignment_of(x, 50, {});
  Matrix<float> centers[2] = {first, first};
  const auto run = [](auto& assignment, Matrix<float>& of, std::vector<Index>& computed) {
    return thrum::lloyd(assignment, {40, 0}, thrum::view(of), [&](const thrum::LloydReport&, double) {
      computed.push_back(assignment.distances_computed());
      return true;
    });
  };
  std::vector<Index> computed, all;
  const thrum::LloydReport report = run(both, centers[0], computed), expected = run(plain, centers[1], all);
  CHECK(same_bits(centers[0], centers[1]));
  CHECK(report.inertia == expected.inertia);
  CHECK(report.iterations == expected.iterations);
  CHECK(computed.front() < all.front() / 10);                                 // integers
  CHECK(*std::max_element(computed.begin(), computed.end()) == all.front());  // bounds begin
  CHECK(computed.back() < all.back() / 2);                                    // bounds
}

// ---- running models

TEMPLATE_TEST_CASE("a running model is at the mean of all it has seen", "", float, double) {
  Matrix<TestType> first(2, 1), batch(3, 1);
  first << 0, 10;
  batch << 1, 2, 12;
  KMeans<TestType> kmeans(options_of(2, 1, KMeansAlgorithm::automatic));
  kmeans.start_from(first);
  CHECK(kmeans.counts().sum() == 0);
  kmeans.partial_fit(batch);
  CHECK(kmeans.centers()(0, 0) == TestType(1.5));
  CHECK(kmeans.centers()(1, 0) == 12);
  CHECK(kmeans.counts()[0] == 2);
  CHECK(kmeans.inertia() == 1 + 4 + 4);
  kmeans.partial_fit(batch.topRows(2) * TestType(2), Vector<TestType>::Constant(2, TestType(3)));
  // 1.5 twice, 2 and 4 three times each.
  CHECK(kmeans.centers()(0, 0) == TestType(21.0 / 8));
  CHECK(kmeans.counts()[0] == 8);
  CHECK(kmeans.predict(batch) == Eigen::Vector3i(0, 0, 1));
}

TEMPLATE_TEST_CASE("with a half-life the past fades by half in as many samples", "", float, double) {
  KMeansOptions options = options_of(1, 1, KMeansAlgorithm::automatic);
  options.half_life = 2;
  KMeans<TestType> kmeans(options);
  Matrix<TestType> first(1, 1), batch(2, 1);
  first << 0;
  batch << 4, 4;
  kmeans.start_from(first);
  kmeans.partial_fit(batch);
  CHECK(kmeans.counts()[0] == 2);
  CHECK(kmeans.centers()(0, 0) == 4);
  kmeans.partial_fit(batch * TestType(4));
  CHECK(kmeans.counts()[0] == 3);  // half of 2, and 2
  CHECK(kmeans.centers()(0, 0) == TestType(12));
}

TEMPLATE_TEST_CASE("a running model that is not fitted seeds itself from its first batch", "", float,
                   double) {
  const Matrix<TestType> x = blobs<TestType>(214, 500, 3, 4);
  KMeans<TestType> kmeans(options_of(4, 1, KMeansAlgorithm::automatic));
  kmeans.partial_fit(x);
  CHECK(kmeans.fitted());
  CHECK(kmeans.counts().sum() == 500);
  CHECK_THAT(
      refusal([&] { KMeans<TestType>(options_of(4, 1, KMeansAlgorithm::lloyd)).partial_fit(x.topRows(3)); }),
      contains("expected at most the number of rows, 3"));
}

TEMPLATE_TEST_CASE("merged parts are the whole, in any order", "", float, double) {
  const Matrix<TestType> x = blobs<TestType>(215, 900, 3, 4);
  KMeans<TestType> start(options_of(4, 1, KMeansAlgorithm::automatic));
  start.start_from(x.topRows(4));
  KMeans<TestType> whole = start, a = start, b = start, c = start;
  whole.partial_fit(x);
  a.partial_fit(x.topRows(200));
  b.partial_fit(x.middleRows(200, 300));
  c.partial_fit(x.bottomRows(400));
  KMeans<TestType> forwards = a, backwards = c;
  forwards.merge(b);
  forwards.merge(c);
  b.merge(a);
  backwards.merge(b);
  // Coordinates below 32; each step rounds a centre once.
  const TestType slack = 32 * 4 * std::numeric_limits<TestType>::epsilon();
  CHECK((forwards.centers() - whole.centers()).cwiseAbs().maxCoeff() <= slack);
  CHECK((backwards.centers() - whole.centers()).cwiseAbs().maxCoeff() <= slack);
  CHECK(forwards.counts() == whole.counts());
  CHECK(backwards.counts() == whole.counts());
  // What went before the parts is not counted twice.
  KMeans<TestType> fitted(options_of(4, 300, KMeansAlgorithm::automatic));
  fitted.fit(x);
  KMeans<TestType> left = fitted, right = fitted, both = fitted;
  left.partial_fit(x.topRows(100));
  right.partial_fit(x.bottomRows(50));
  left.merge(right);
  CHECK(left.counts().sum() == 1050);
}

TEMPLATE_TEST_CASE("models that did not start together are not merged, and stay as they were", "", float,
                   double) {
  const Matrix<TestType> x = blobs<TestType>(216, 100, 2, 3);
  KMeans<TestType> a(options_of(3, 1, KMeansAlgorithm::automatic)), b = a, unfitted = a;
  a.start_from(x.topRows(3));
  b.start_from(x.bottomRows(3));
  const KMeans<TestType> before = a;
  CHECK_THAT(refusal([&] { a.merge(b); }), contains("expected the same"));
  CHECK_THAT(refusal([&] { a.merge(unfitted); }), contains("not fitted"));
  CHECK(a == before);
  KMeansOptions fading = options_of(3, 1, KMeansAlgorithm::automatic);
  fading.half_life = 10;
  KMeans<TestType> c(fading);
  c.start_from(x.topRows(3));
  CHECK_THAT(refusal([&] { a.merge(c); }), contains("half_life"));
}

// ---- rows that do not fit into memory

namespace {

/// Hands out few rows at a time, whatever it is asked for.
template <typename Scalar>
class DribblingSource : public thrum::RowSource<Scalar> {
 public:
  explicit DribblingSource(const Matrix<Scalar>& x) : x_(x) {}
  Index rows() const override { return x_.rows(); }
  Index cols() const override { return x_.cols(); }
  thrum::MatrixView<const Scalar> block(Index first, Index most) override {
    handed_ = x_.middleRows(first, thrum::smaller(most, Index{37}));
    return thrum::view(static_cast<const Matrix<Scalar>&>(handed_));
  }

 private:
  const Matrix<Scalar>& x_;
  Matrix<Scalar> handed_;
};

}  // namespace

TEMPLATE_TEST_CASE("rows from a source give the bits of rows in memory, whatever the blocks", "", float,
                   double) {
  const Matrix<TestType> x = blobs<TestType>(217, 5000, 4, 6);
  KMeans<TestType> in_memory(options_of(8, 50, KMeansAlgorithm::lloyd)), streamed = in_memory,
                                                                         dribbled = in_memory;
  in_memory.fit_from(x.topRows(8), x);
  thrum::MatrixSource<TestType> source(thrum::view(x));
  streamed.fit_from(x.topRows(8), source);
  DribblingSource<TestType> dribbling(x);
  dribbled.fit_from(x.topRows(8), dribbling);
  CHECK(streamed == in_memory);
  CHECK(dribbled == in_memory);
  CHECK(streamed.report().iterations == in_memory.report().iterations);
  int told = 0;
  KMeans<TestType> seeded(options_of(6, 50, KMeansAlgorithm::automatic));
  const FitReport report = seeded.fit(source, {}, [&](const FitIteration&) { return ++told > 0; });
  CHECK(report.iterations == told);
  CHECK(report.inertia <= 2 * in_memory.inertia());
}

TEMPLATE_TEST_CASE(
    "weighted rows from a source give the bits of rows in memory, and those of weight 0 are no seeds", "",
    float, double) {
  const Matrix<TestType> x = blobs<TestType>(219, 5000, 4, 6);
  Vector<TestType> weights(x.rows());
  for (Index i = 0; i < x.rows(); ++i) weights[i] = static_cast<TestType>(i % 4) / 2;
  KMeans<TestType> in_memory(options_of(8, 50, KMeansAlgorithm::lloyd)), streamed = in_memory;
  in_memory.fit_from(x.topRows(8), x, weights);
  DribblingSource<TestType> source(x);
  streamed.fit_from(x.topRows(8), source, weights);
  CHECK(streamed == in_memory);

  Vector<TestType> few = Vector<TestType>::Zero(x.rows());
  for (const Index row : {7, 2500, 4999}) few[row] = 1;
  KMeans<TestType> three(options_of(3, 50, KMeansAlgorithm::automatic));
  CHECK(three.fit(source, few).inertia == 0);
  CHECK_THAT(refusal([&] { three.fit(source, Vector<TestType>(weights.head(9))); }),
             contains("weights has 9 entries, expected 5000"));
}

TEST_CASE("a source with a number that is none is refused by row and column") {
  Matrix<float> x = blobs<float>(218, 5000, 3, 2);
  x(4321, 2) = std::numeric_limits<float>::quiet_NaN();
  DribblingSource<float> source(x);
  KMeans<float> kmeans(options_of(2, 5, KMeansAlgorithm::automatic));
  CHECK_THAT(refusal([&] { kmeans.fit(source); }), contains("x(4321, 2) is nan"));
  CHECK_FALSE(kmeans.fitted());
}
