#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "sample_data.hpp"
#include "thrum/anomaly_scorer.hpp"
#include "thrum/choose_clusters.hpp"
#include "thrum/detector.hpp"
#include "thrum/host/class_shape.hpp"

using thrum::AnomalyKind;
using thrum::AnomalyScorer;
using thrum::AnomalyScorerOptions;
using thrum::EllipsoidForm;
using thrum::Index;
using thrum::Matrix;
using thrum::Shrinkage;
using thrum::Vector;
using thrum_test::contains;
using thrum_test::noise;
using thrum_test::refusal;

namespace {

constexpr AnomalyKind every_kind[] = {AnomalyKind::radius, AnomalyKind::mahalanobis, AnomalyKind::soft,
                                      AnomalyKind::tails,  AnomalyKind::residual,    AnomalyKind::automatic};

AnomalyScorerOptions of_kind(AnomalyKind kind) {
  AnomalyScorerOptions options;
  options.kind = kind;
  options.soft_centers = 16;
  return options;
}

template <typename Scalar>
AnomalyScorer<Scalar> fitted(const AnomalyScorerOptions& options, const Matrix<Scalar>& x, int classes = 1) {
  thrum::KMeansOptions clusters;
  clusters.clusters = classes;
  thrum::KMeans<Scalar> kmeans(clusters);
  kmeans.fit(x);
  AnomalyScorer<Scalar> scorer(options);
  scorer.fit(x, kmeans.centers());
  return scorer;
}

/// The table of tests/oracle/shrinkage.py whose columns are related.
template <typename Scalar>
Matrix<Scalar> related_table() {
  const Matrix<Scalar> x = thrum_test::oracle_table<Scalar>();
  Matrix<Scalar> related(x.rows(), 3);
  related.col(0) = x.col(0);
  related.col(1) = x.col(0) + x.col(1) / 4;
  related.col(2) = x.col(2) - x.col(0);
  return related;
}

/// Six channels that two causes drive, and a little noise of their own.
template <typename Scalar>
Matrix<Scalar> driven_channels(std::uint64_t seed, Index rows) {
  thrum::Random random(seed);
  const Matrix<Scalar> causes = noise<Scalar>(random, rows, 2);
  Matrix<Scalar> x = Scalar(0.3) * noise<Scalar>(random, rows, 6);
  for (Index f = 0; f < 6; ++f)
    x.col(f) += causes.col(0) * static_cast<Scalar>(1 + f % 3) / 2 + causes.col(1) * (f % 2 == 0 ? 1 : -1);
  return x;
}

/// A tight class at 0 and a wide one at 40, by turns.
Matrix<double> tight_and_wide(std::uint64_t seed, Index rows) {
  thrum::Random random(seed);
  Matrix<double> x = noise<double>(random, rows, 4);
  for (Index i = 0; i < rows; ++i)
    if (i % 2 == 1) {
      x.row(i) *= 4;
      x(i, 0) *= 3;
      x.row(i).array() += 40;
    }
  return x;
}

double largest_difference(const Matrix<double>& a, const Matrix<double>& b) {
  return (a - b).cwiseAbs().maxCoeff();
}

}  // namespace

// ---- mahalanobis

TEST_CASE("the shares that Ledoit-Wolf and OAS propose are those of the oracle") {
  const Eigen::VectorXd least = Eigen::VectorXd::Constant(3, 1e-9);
  const auto related = thrum::host::shape_of(related_table<double>(), least);
  CHECK(std::fabs(related.ledoit_wolf - 0.06471945670070603) < 1e-12);
  CHECK(std::fabs(related.oas - 0.10203135606454385) < 1e-12);
  const auto unrelated = thrum::host::shape_of(thrum_test::oracle_table<double>(), least);
  CHECK(unrelated.ledoit_wolf == 1);
  CHECK(unrelated.oas == 1);
}

TEMPLATE_TEST_CASE("squared Mahalanobis distances are those of the oracle in every form that can hold them",
                   "[kinds]", float, double) {
  const double tolerance = sizeof(TestType) == 4 ? 1e-4 : 1e-11;
  Matrix<TestType> points(3, 3);
  points << 0, 0, 0, 1, 2, 3, -4, 0, 0.5;
  const struct {
    EllipsoidForm form;
    double share, expected[3];
  } cases[] = {
      {EllipsoidForm::full, 0.1, {0.5402518225316207, 4.0389948802557045, 24.429754791080754}},
      {EllipsoidForm::full, 1, {0.19037221385136244, 1.200555310041675, 5.6441772401448835}},
      {EllipsoidForm::diagonal, 0.1, {0.19037221385136244, 1.200555310041675, 5.6441772401448835}},
      // With one direction left over, its variance is the mean of what is left over: nothing is lost.
      {EllipsoidForm::low_rank, 0.1, {0.5402518225316207, 4.0389948802557045, 24.429754791080754}},
  };
  for (const auto& one : cases) {
    AnomalyScorerOptions options = of_kind(AnomalyKind::mahalanobis);
    options.form = one.form;
    options.rank = 2;
    options.shrinkage = Shrinkage::fixed;
    options.shrinkage_share = one.share;
    const auto scorer = fitted<TestType>(options, related_table<TestType>());
    const Matrix<TestType> shares = scorer.shares(points);
    for (Index i = 0; i < 3; ++i) {
      const double squared = static_cast<double>(shares.row(i).sum());
      CHECK(std::fabs(squared - one.expected[i]) < tolerance * one.expected[i]);
    }
  }
}

TEST_CASE("the shrinkage that was used is reported, whatever chose it") {
  const Eigen::VectorXd least = Eigen::VectorXd::Constant(3, 1e-9);
  const auto shape = thrum::host::shape_of(related_table<double>(), least);
  AnomalyScorerOptions options = of_kind(AnomalyKind::mahalanobis);
  options.shrinkage_share = 0.25;
  const auto share = [&](Shrinkage shrinkage, int classes = 1) {
    options.shrinkage = shrinkage;
    return fitted<double>(options, related_table<double>(), classes).shrinkage_share();
  };
  CHECK(share(Shrinkage::ledoit_wolf) == shape.ledoit_wolf);
  CHECK(share(Shrinkage::oas) == shape.oas);
  CHECK(share(Shrinkage::fixed) == 0.25);
  CHECK(share(Shrinkage::fixed, 2) == 0.25);
  CHECK(share(Shrinkage::oas, 2) > 0);
  CHECK(share(Shrinkage::oas, 2) <= 1);
  options.form = EllipsoidForm::diagonal;
  CHECK(share(Shrinkage::held_out) == 1);
  CHECK(fitted<double>(of_kind(AnomalyKind::tails), related_table<double>()).shrinkage_share() == 0);
}

TEST_CASE("held-out rows choose little shrinkage where features are related, and much where they are not") {
  const auto related = fitted<double>(of_kind(AnomalyKind::mahalanobis), driven_channels<double>(1, 500));
  CHECK(related.shrinkage_share() < 0.03);
  thrum::Random random(2);
  const auto unrelated = fitted<double>(of_kind(AnomalyKind::mahalanobis), noise<double>(random, 60, 6));
  CHECK(unrelated.shrinkage_share() > 0.2);
}

TEST_CASE(
    "nearly collinear features, and rows that are all equal, have factors that are numbers under any "
    "shrinkage") {
  Matrix<float> x = driven_channels<float>(3, 400);
  x.col(5) = x.col(4) * 1e6f + x.col(3) * 1e-3f;
  x.col(0).setConstant(0.1f);
  const Matrix<float> equal = Matrix<float>::Constant(40, 3, 2.5f);
  for (const Shrinkage shrinkage : {Shrinkage::held_out, Shrinkage::ledoit_wolf, Shrinkage::oas}) {
    AnomalyScorerOptions options = of_kind(AnomalyKind::mahalanobis);
    options.shrinkage = shrinkage;
    CHECK(fitted<float>(options, x).score(x).allFinite());
    const auto scorer = fitted<float>(options, equal);
    CHECK(scorer.score(equal).maxCoeff() < 1);
    CHECK(scorer.score(Matrix<float>::Constant(1, 3, 2.6f))[0] > 5);
  }
}

// ---- residual

TEST_CASE("the residual's error and T^2 are those of the principal components, and both are their sum") {
  const Matrix<double> x = driven_channels<double>(4, 300), rows = driven_channels<double>(5, 20);
  const Eigen::RowVectorXd mean = x.colwise().mean();
  const Eigen::RowVectorXd deviation =
      ((x.rowwise() - mean).colwise().squaredNorm() / static_cast<double>(x.rows())).cwiseSqrt();
  const Matrix<double> z = (x.rowwise() - mean).array().rowwise() / deviation.array();
  const Matrix<double> y = (rows.rowwise() - mean).array().rowwise() / deviation.array();
  const Eigen::MatrixXd correlations = z.transpose() * z / static_cast<double>(x.rows());
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(correlations);
  const double share = 0.05;
  const Eigen::ArrayXd variances = (1 - share) * solver.eigenvalues().array() + share;
  const Eigen::MatrixXd t = y * solver.eigenvectors();
  const Eigen::VectorXd error = t.leftCols(4).rowwise().squaredNorm() / variances.head(4).mean();
  const Eigen::VectorXd directions =
      (t.rightCols(2).array().square().rowwise() / variances.tail(2).transpose()).rowwise().sum();

  AnomalyScorerOptions options = of_kind(AnomalyKind::residual);
  options.rank = 2;
  options.shrinkage = Shrinkage::fixed;
  options.shrinkage_share = share;
  const auto judged_by = [&](thrum::ResidualOf what) {
    options.residual = what;
    return Eigen::VectorXd(fitted<double>(options, x, 3).shares(rows).rowwise().sum());
  };
  CHECK(largest_difference(judged_by(thrum::ResidualOf::error), error) < 1e-9);
  CHECK(largest_difference(judged_by(thrum::ResidualOf::directions), directions) < 1e-9);
  CHECK(largest_difference(judged_by(thrum::ResidualOf::both), error + directions) < 1e-9);
}

// ---- soft

namespace {

/// -log of the sum of the hills in the first features, in double.
template <typename Scalar>
double negative_log_of_hills(const thrum::SoftClustersModel<Scalar>& soft, const Vector<Scalar>& row,
                             Index features, Scalar inverse_width) {
  double sum = 0;
  for (int j = 0; j < soft.count; ++j) {
    double squared = 0;
    for (Index f = 0; f < features; ++f)
      squared += std::pow(static_cast<double>(row[f] - soft.centers[f * soft.count + j]), 2);
    sum += std::exp(static_cast<double>(soft.log_weights[j]) - squared * static_cast<double>(inverse_width));
  }
  return -std::log(sum);
}

}  // namespace

TEMPLATE_TEST_CASE("the density of many clusters is the logarithm of the sum of its hills in each subspace",
                   "[kinds]", float, double) {
  const auto x = thrum_test::blobs<TestType>(6, 300, 6, 4);
  AnomalyScorerOptions options = of_kind(AnomalyKind::soft);
  options.soft_subspaces = 3;
  const auto scorer = fitted<TestType>(options, x);
  const auto soft = scorer.model().soft;
  REQUIRE(soft.count == 16);
  CHECK(soft.inverse_width[2] > soft.inverse_width[0]);
  double weights = 0;
  for (int j = 0; j < soft.count; ++j) weights += std::exp(static_cast<double>(soft.log_weights[j]));
  CHECK(std::fabs(weights - 1) < 1e-5);
  for (Index i = 0; i < 40; ++i) {
    const Vector<TestType> row = x.row(i) * static_cast<TestType>(1 + i % 4);
    double expected = 0;
    for (const int subspace : {0, 1, 2})
      expected +=
          negative_log_of_hills(soft, row, std::vector<Index>{6, 3, 1}[static_cast<std::size_t>(subspace)],
                                soft.inverse_width[subspace]);
    if (!(expected < 400)) continue;
    const double got = static_cast<double>(
        thrum::negative_log_density(soft, thrum::contiguous<const TestType>(row.data(), 6)));
    CHECK(std::fabs(got - expected) < (sizeof(TestType) == 4 ? 1e-4 : 1e-11) * (1 + std::fabs(got)));
  }
}

TEST_CASE("densities are looked at in as many subspaces as was asked for and have features") {
  const auto subspaces = [](Index features, int asked) {
    AnomalyScorerOptions options = of_kind(AnomalyKind::soft);
    options.soft_subspaces = asked;
    const auto scorer = fitted<double>(options, thrum_test::blobs<double>(6, 100, features, 2));
    const auto soft = scorer.model().soft;
    return std::count_if(std::begin(soft.inverse_width), std::end(soft.inverse_width),
                         [](double width) { return width > 0; });
  };
  CHECK(subspaces(8, 0) == 1);
  CHECK(subspaces(8, 1) == 1);
  CHECK(subspaces(8, 2) == 2);
  CHECK(subspaces(8, 3) == 3);
  CHECK(subspaces(4, 3) == 3);
  CHECK(subspaces(3, 3) == 2);
  CHECK(subspaces(1, 3) == 1);
  CHECK_THAT(refusal([&] { subspaces(8, 4); }), contains("soft_subspaces is 4, expected 1 to 3, or 0"));
  CHECK_THAT(refusal([&] { subspaces(8, -1); }), contains("soft_subspaces is -1, expected 1 to 3, or 0"));
}

TEST_CASE("a detector looks at densities in the first principal components too, unless told not to") {
  const Matrix<float> x = thrum_test::blobs<float>(6, 200, 8, 3);
  thrum::DetectorOptions options;
  options.scorer = of_kind(AnomalyKind::soft);
  const auto looks_at_half = [&] {
    thrum::Detector<float> detector(options);
    detector.fit(x);
    return detector.model().anomaly.soft.inverse_width[1] > 0;
  };
  options.pca = thrum::PCAOptions{6, 0, false};
  CHECK(looks_at_half());
  options.scorer.soft_subspaces = 1;
  CHECK(!looks_at_half());
  options.pca.reset();
  options.scorer.soft_subspaces = 0;
  CHECK(!looks_at_half());
  options.scorer.soft_subspaces = 2;
  CHECK(looks_at_half());
}

TEST_CASE("the width of the soft clusters follows the units of the data") {
  const Matrix<float> x = thrum_test::blobs<float>(7, 300, 3, 4);
  const auto plain = fitted<float>(of_kind(AnomalyKind::soft), x);
  const Matrix<float> tiny = x * std::ldexp(1.0f, -24);
  const auto scaled = fitted<float>(of_kind(AnomalyKind::soft), tiny);
  const float expected = std::ldexp(plain.model().soft.inverse_width[0], 48);
  CHECK(std::fabs(scaled.model().soft.inverse_width[0] / expected - 1) < 1e-4f);
}

// ---- automatic

TEST_CASE("automatic scores the mean surprise of its three parts, and leaves out what has no room") {
  const Matrix<double> x = driven_channels<double>(8, 300), rows = 2 * driven_channels<double>(9, 30);
  const auto raw = [&](AnomalyKind kind) {
    return Eigen::VectorXd(fitted<double>(of_kind(kind), x).raw_scores(rows));
  };
  const Eigen::VectorXd mean =
      (raw(AnomalyKind::mahalanobis) + raw(AnomalyKind::soft) + raw(AnomalyKind::tails)) / 3;
  CHECK(largest_difference(raw(AnomalyKind::automatic), mean) < 1e-9);

  AnomalyScorerOptions options = of_kind(AnomalyKind::automatic);
  const auto parts_within = [&](Index bytes) {
    options.max_flash_bytes = bytes;
    return fitted<double>(options, x).model().parts;
  };
  // d = 6, k = 1: ellipsoid 6 + 21 + 12 floats, soft 16 (6 + 1) + 12, tails 6 24 + 12.
  const Index ellipsoid = 4 * 39, soft = 4 * 124, tails = 4 * 156;
  const std::uint32_t full = thrum::full_ellipsoid_part;
  CHECK(parts_within(ellipsoid) == full);
  CHECK(parts_within(ellipsoid + soft - 1) == full);
  CHECK(parts_within(ellipsoid + soft) == (full | thrum::soft_part));
  CHECK(parts_within(ellipsoid + soft + tails) == (full | thrum::soft_part | thrum::tails_part));
  const Index low_rank = 4 * (2 * 6 + 6 + 2 + 12);
  CHECK(parts_within(ellipsoid - 1) == thrum::low_rank_ellipsoid_part);
  CHECK(parts_within(low_rank) == thrum::low_rank_ellipsoid_part);
  CHECK_THAT(refusal([&] { parts_within(low_rank - 1); }),
             contains("max_flash_bytes is 127, expected at least 128"));
}

TEST_CASE("a covariance that has no room keeps as many directions as have") {
  const Matrix<double> x = driven_channels<double>(8, 300);
  AnomalyScorerOptions options = of_kind(AnomalyKind::mahalanobis);
  const auto within = [&](Index bytes) {
    options.max_flash_bytes = bytes;
    return fitted<double>(options, x).model();
  };
  // d = 6, k = 1: full 6 + 21 + 12 floats, with r directions 25 + 7 r.
  CHECK(within(4 * 39).parts == thrum::full_ellipsoid_part);
  CHECK(within(4 * 39 - 1).parts == thrum::low_rank_ellipsoid_part);
  CHECK(within(4 * 39 - 1).ellipsoids.rank == 1);
  CHECK(within(4 * 32).ellipsoids.rank == 1);
  CHECK_THAT(refusal([&] { within(4 * 32 - 1); }), contains("max_flash_bytes is 127, expected at least 128"));
  options.form = thrum::EllipsoidForm::low_rank;
  options.rank = 4;
  CHECK(within(4 * 53).ellipsoids.rank == 4);
  CHECK(within(4 * 53 - 1).ellipsoids.rank == 3);
}

// ---- every kind

TEST_CASE(
    "classes of different spread and shape have the same rate of false alarms, by radius they have not") {
  const Matrix<double> fresh = tight_and_wide(11, 20000);
  const auto rates = [&](AnomalyKind kind) {
    AnomalyScorer<double> scorer = fitted<double>(of_kind(kind), tight_and_wide(10, 4000), 2);
    scorer.calibrate(tight_and_wide(12, 4000), 0.2);
    const Vector<double> scores = scorer.score(fresh);
    std::vector<double> alarms(2);
    for (Index i = 0; i < scores.size(); ++i)
      alarms[static_cast<std::size_t>(i % 2)] += scores[i] > 1 ? 1e-4 : 0;
    return alarms;
  };
  // 10000 rows of each class: its rate is known to 0.004, and 2000 training rows place it to 0.009.
  const std::vector<double> mahalanobis = rates(AnomalyKind::mahalanobis),
                            radius = rates(AnomalyKind::radius);
  CHECK(std::fabs(mahalanobis[0] - mahalanobis[1]) < 0.04);
  CHECK(std::fabs(mahalanobis[0] - 0.2) < 0.03);
  CHECK(std::fabs(radius[0] - radius[1]) > 0.1);
}

TEST_CASE("tail probabilities are the shares of fresh normal rows that score as high, for every kind") {
  const Matrix<double> x = driven_channels<double>(13, 3000), fresh = driven_channels<double>(14, 6000);
  for (const AnomalyKind kind : every_kind) {
    CAPTURE(static_cast<int>(kind));
    const auto scorer = fitted<double>(of_kind(kind), x, 2);
    Vector<double> scores = scorer.score(fresh);
    std::sort(scores.begin(), scores.end());
    for (const double share : {0.5, 0.1, 0.01}) {
      const Vector<double> at = Vector<double>::Constant(1, scores[static_cast<Index>(6000 * (1 - share))]);
      const double told = scorer.tail_probabilities(at)[0];
      CHECK(told > share * 0.6);
      CHECK(told < share * 1.6);
    }
    CHECK(scorer.tail_probabilities(Vector<double>::Constant(1, HUGE_VAL))[0] == 0);
  }
}

TEMPLATE_TEST_CASE("every kind is a value, fits the same twice, and knows what it was fitted with", "[kinds]",
                   float, double) {
  const auto x = driven_channels<TestType>(15, 150), other_rows = driven_channels<TestType>(16, 150);
  for (const AnomalyKind kind : every_kind) {
    CAPTURE(static_cast<int>(kind));
    const auto scorer = fitted<TestType>(of_kind(kind), x, 2);
    CHECK(scorer == fitted<TestType>(of_kind(kind), x, 2));
    CHECK(scorer != fitted<TestType>(of_kind(kind), other_rows, 2));
    AnomalyScorer<TestType> copy = scorer;
    CHECK(copy.score(x) == scorer.score(x));
    const AnomalyScorer<TestType> moved = std::move(copy);
    CHECK(moved == scorer);
    CHECK(moved.score(x) == scorer.score(x));
    copy = moved;
    CHECK(copy == scorer);
  }
}

TEMPLATE_TEST_CASE("hostile training data and hostile rows do no harm to any kind", "[kinds]", float,
                   double) {
  thrum::Random random(17);
  Matrix<TestType> constant_column = noise<TestType>(random, 50, 3);
  constant_column.col(1).setConstant(3);
  std::vector<Matrix<TestType>> sets = {Matrix<TestType>::Ones(1, 3),   Matrix<TestType>::Ones(30, 3),
                                        noise<TestType>(random, 2, 3),  noise<TestType>(random, 7, 3),
                                        noise<TestType>(random, 50, 3), constant_column};
  for (const AnomalyKind kind : every_kind) {
    for (const Matrix<TestType>& x : sets) {
      for (const int classes : {1, 7}) {  // as many as there are rows, too
        if (classes > x.rows() || (classes > 1 && x.rows() == 30)) continue;
        CAPTURE(static_cast<int>(kind), x.rows(), classes);
        const auto scorer = fitted<TestType>(of_kind(kind), x, classes);
        CHECK(scorer.score(x).allFinite());
        const TestType far = sizeof(TestType) == 4 ? TestType(1e30) : TestType(1e300);
        Matrix<TestType> rows(3, 3);
        rows << far, 0, 0, -far, far, far, far, -far, 3;
        const Vector<TestType> scores = scorer.score(rows);
        for (Index i = 0; i < 3; ++i) CHECK(scores[i] > 1);
      }
    }
    if (kind == AnomalyKind::residual) continue;
    const Matrix<TestType> one_feature = noise<TestType>(random, 60, 1);
    const auto scorer = fitted<TestType>(of_kind(kind), one_feature, 2);
    CHECK(scorer.score(Matrix<TestType>::Constant(1, 1, 100))[0] > 2);
  }
}

// ---- in a detector

namespace {

thrum::DetectorOptions detector_options(AnomalyKind kind, int pca) {
  thrum::DetectorOptions options;
  options.scorer = of_kind(kind);
  options.kmeans.clusters = 1;
  options.pca = std::nullopt;
  if (pca > 0) options.pca = thrum::PCAOptions{5, 0, pca == 2};
  return options;
}

}  // namespace

TEST_CASE("shares of features add up through scaling and PCA to those of the components, for every kind") {
  const Matrix<double> x = driven_channels<double>(18, 300), rows = 2 * driven_channels<double>(19, 20);
  for (const AnomalyKind kind : every_kind)
    for (const int pca : {0, 1, 2}) {
      CAPTURE(static_cast<int>(kind), pca);
      thrum::Detector<double> detector(detector_options(kind, pca));
      detector.fit(x);
      const Matrix<double> components = detector.scorer().shares(detector.to_cluster_space(rows));
      const Eigen::VectorXd sums = detector.shares(rows).rowwise().sum();
      CHECK(largest_difference(sums, components.rowwise().sum()) < 1e-9 * (1 + sums.cwiseAbs().maxCoeff()));
    }
}

TEST_CASE(
    "a fall is what the squared distance loses when one feature takes the value that suits the others best") {
  const Matrix<double> x = driven_channels<double>(18, 300), rows = 2 * driven_channels<double>(19, 10);
  for (const EllipsoidForm form : {EllipsoidForm::full, EllipsoidForm::diagonal, EllipsoidForm::low_rank})
    for (const int pca : {0, 1, 2}) {
      CAPTURE(static_cast<int>(form), pca);
      thrum::DetectorOptions options = detector_options(AnomalyKind::mahalanobis, pca);
      options.scorer.form = form;
      options.scorer.rank = 2;
      thrum::Detector<double> detector(options);
      detector.fit(x);
      const auto model = detector.model();
      const auto squared = [&](const Matrix<double>& row) { return detector.shares(row).sum(); };
      std::vector<double> scratch(static_cast<std::size_t>(model.scratch_size()));
      for (Index i = 0; i < rows.rows(); ++i) {
        const auto row = thrum::view(rows).row(i);
        const auto score = thrum::score_row(model, row, scratch.data());
        thrum::for_each_fall(model, row, score, scratch.data(), [&](Index f, double fall) {
          // The squared distance is a parabola in f, told by three of its points.
          Matrix<double> less = rows.row(i), more = rows.row(i);
          less(0, f) -= 1;
          more(0, f) += 1;
          const double here = squared(rows.row(i)), rise = squared(more) - squared(less);
          const double bend = squared(more) + squared(less) - 2 * here;
          CHECK(std::fabs(fall - rise * rise / (8 * bend)) < 1e-9 * (1 + here));
          CHECK(fall <= here * (1 + 1e-12));
        });
      }
    }
}

namespace {

/// How often, of 300 rows with a fault of a size on one channel, the channel is named: by the culprit, and by
/// the largest share.
struct Named {
  double culprit = 0, largest_share = 0;
};

Named named(const thrum::DetectorOptions& options, double size) {
  thrum::Detector<double> detector(options);
  detector.fit(driven_channels<double>(20, 600));
  Matrix<double> faulty = driven_channels<double>(21, 300);
  for (Index i = 0; i < faulty.rows(); ++i) faulty(i, i % 6) += i % 12 < 6 ? size : -size;
  const Matrix<double> shares = detector.shares(faulty);
  const auto model = detector.model();
  std::vector<double> scratch(static_cast<std::size_t>(model.scratch_size()));
  Named named;
  for (Index i = 0; i < faulty.rows(); ++i) {
    const auto row = thrum::view(std::as_const(faulty)).row(i);
    const auto score = thrum::score_row(model, row, scratch.data());
    Index largest = 0;
    shares.row(i).maxCoeff(&largest);
    named.culprit += (thrum::find_culprit(model, row, score, scratch.data()).feature == i % 6) / 300.0;
    named.largest_share += (largest == i % 6) / 300.0;
  }
  return named;
}

}  // namespace

TEST_CASE("a fault on one of several correlated channels is named with that channel") {
  // Mahalanobis sees a fault of the size of what the channel varies by anyway; the others larger ones.
  const Named by_mahalanobis = named(detector_options(AnomalyKind::mahalanobis, 0), 2);
  CHECK(by_mahalanobis.culprit >= 0.97);
  CHECK(by_mahalanobis.largest_share < 0.8);  // the twin
  CHECK(named(detector_options(AnomalyKind::residual, 0), 5).culprit >= 0.9);
  for (const AnomalyKind kind :
       {AnomalyKind::radius, AnomalyKind::soft, AnomalyKind::tails, AnomalyKind::automatic}) {
    CAPTURE(static_cast<int>(kind));
    CHECK(named(detector_options(kind, 0), 10).culprit >= 0.9);
  }
  CHECK(named(detector_options(AnomalyKind::radius, 0), 2).culprit < 0.8);  // distances alone do not see it
  // Where a direction is left out, the shares of a large fault stay spread over the others; the falls do not.
  thrum::DetectorOptions reduced = detector_options(AnomalyKind::mahalanobis, 0);
  reduced.pca = thrum::PCAOptions{4, 0, false};
  CHECK(named(reduced, 20).culprit >= 0.95);
  CHECK(named(reduced, 20).largest_share < named(reduced, 20).culprit - 0.1);
}

TEST_CASE("bad rows among the training data are left out, and the model is that without them") {
  Matrix<double> x = driven_channels<double>(22, 600);
  std::vector<Index> bad;
  for (Index i = 20; i < 600; i += 24) {  // 25 of 600
    x.row(i).array() += 15;
    x(i, 1) -= 40;
    bad.push_back(i);
  }
  for (const AnomalyKind kind : {AnomalyKind::radius, AnomalyKind::mahalanobis, AnomalyKind::tails}) {
    CAPTURE(static_cast<int>(kind));
    thrum::Detector<double> detector(detector_options(kind, 0));
    detector.fit(x);
    CHECK(std::includes(detector.trimmed().begin(), detector.trimmed().end(), bad.begin(), bad.end()));
    CHECK(detector.trimmed().size() <= bad.size() + 3);

    std::vector<Index> rest;
    for (Index i = 0; i < 600; ++i)
      if (!std::binary_search(detector.trimmed().begin(), detector.trimmed().end(), i)) rest.push_back(i);
    thrum::DetectorOptions options = detector_options(kind, 0);
    options.bad_share = 0;
    thrum::Detector<double> without(options);
    without.fit(thrum::host::rows_of(thrum::view(std::as_const(x)), rest));
    CHECK(detector.scorer() == without.scorer());
    CHECK(without.trimmed().empty());
  }
}

TEST_CASE("of clean data hardly a row is left out") {
  std::size_t trimmed = 0;
  for (std::uint64_t seed = 30; seed < 36; ++seed) {
    thrum::Detector<double> detector(detector_options(AnomalyKind::mahalanobis, 0));
    detector.fit(driven_channels<double>(seed, 500));
    trimmed += detector.trimmed().size();
  }
  CHECK(trimmed <= 2);  // of 3000 in six fits, where a twentieth of a row is expected in each
}

TEST_CASE("fit_and_calibrate keeps the rate it was asked for on fresh rows") {
  for (const AnomalyKind kind : {AnomalyKind::radius, AnomalyKind::mahalanobis, AnomalyKind::tails}) {
    CAPTURE(static_cast<int>(kind));
    thrum::Detector<double> detector(detector_options(kind, 0));
    detector.fit_and_calibrate(driven_channels<double>(40, 800), 0.05);
    const double rate = (detector.score(driven_channels<double>(41, 8000)).array() > 1).cast<double>().mean();
    CHECK(rate > 0.025);
    CHECK(rate < 0.075);
  }
}

TEST_CASE("the likelihood of held-out rows counts one, three and four Gaussian classes") {
  for (const int classes : {1, 3, 4}) {
    thrum::Random random(50);
    Matrix<double> x = noise<double>(random, 480, 3);
    for (Index i = 0; i < x.rows(); ++i) x(i, i % classes % 3) += i % classes == 3 ? -12 : 12;
    CHECK(thrum::clusters_by_likelihood(x, 6) == classes);
  }
}

TEMPLATE_TEST_CASE("of rows that overflow the farthest feature has all the share, for every kind", "", float,
                   double) {
  const Matrix<TestType> x = driven_channels<TestType>(60, 200);
  const TestType far = std::sqrt(std::numeric_limits<TestType>::max());
  Matrix<TestType> rows = Matrix<TestType>::Zero(4, 6);
  rows(0, 2) = far * 100;
  rows.row(1).setConstant(far * 10);
  rows(1, 4) = -far * 1000;
  rows(2, 5) = std::numeric_limits<TestType>::lowest();
  rows(3, 3) = std::numeric_limits<TestType>::max();
  rows(3, 1) = std::numeric_limits<TestType>::max() / 2;
  const Index farthest[] = {2, 4, 5, 3};
  for (const AnomalyKind kind : every_kind)
    for (const EllipsoidForm form : {EllipsoidForm::full, EllipsoidForm::diagonal, EllipsoidForm::low_rank}) {
      CAPTURE(static_cast<int>(kind), static_cast<int>(form));
      AnomalyScorerOptions options = of_kind(kind);
      options.form = form;
      const Matrix<TestType> shares = fitted<TestType>(options, x).shares(rows);
      for (Index i = 0; i < rows.rows(); ++i) {
        CAPTURE(i);
        CHECK_FALSE(shares.row(i).hasNaN());
        if (shares.row(i).allFinite()) continue;  // sums of surprises may be small enough
        for (Index f = 0; f < 6; ++f)
          CHECK(shares(i, f) == (f == farthest[i] ? std::numeric_limits<TestType>::infinity() : 0));
      }
      if (kind == AnomalyKind::radius || kind == AnomalyKind::mahalanobis)
        CHECK_FALSE(shares.rowwise().sum().array().isFinite().any());
    }
}

TEST_CASE("a detector of any kind says unknown of NaN, and alarm of finite rows off every scale") {
  const Matrix<float> x = driven_channels<float>(60, 200);
  Matrix<float> rows = driven_channels<float>(61, 4);
  rows(0, 2) = std::numeric_limits<float>::quiet_NaN();
  rows(1, 3) = -std::numeric_limits<float>::infinity();
  rows(2, 4) = -1e37f;
  rows(3, 5) = std::numeric_limits<float>::max();
  for (const AnomalyKind kind : every_kind)
    for (const int pca : {0, 1, 2}) {
      CAPTURE(static_cast<int>(kind), pca);
      thrum::Detector<float> detector(detector_options(kind, pca));
      detector.fit(x);
      const std::vector<thrum::Verdict> verdicts = detector.verdicts(rows);
      CHECK(verdicts[0].state == thrum::State::unknown);
      CHECK(verdicts[1].state == thrum::State::unknown);
      CHECK(verdicts[2].state == thrum::State::alarm);
      CHECK(verdicts[2].feature == 4);
      CHECK(verdicts[3].state == thrum::State::alarm);
      CHECK(verdicts[3].feature == 5);
    }
}
