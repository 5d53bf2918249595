#include "thrum/clustering_metrics.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "sample_data.hpp"
#include "thrum/kmeans.hpp"

using thrum::adjusted_rand_index;
using thrum::calinski_harabasz;
using thrum::davies_bouldin;
using thrum::elbow;
using thrum::Index;
using thrum::Matrix;
using thrum::normalized_mutual_information;
using thrum::silhouette;
using thrum::silhouette_samples;
using thrum::Vector;
using thrum_test::contains;
using thrum_test::refusal;

namespace {

using Labels = Vector<int>;

template <typename Scalar>
constexpr double epsilon = static_cast<double>(std::numeric_limits<Scalar>::epsilon());

/// n integers from a function of the position.
template <typename Label>
Labels labels_of(Index rows, Label label) {
  Labels labels(rows);
  for (Index i = 0; i < rows; ++i) labels[i] = static_cast<int>(label(i));
  return labels;
}

Labels integers(std::initializer_list<int> values) {
  return Eigen::Map<const Labels>(values.begin(), static_cast<Index>(values.size()));
}

Vector<double> numbers(std::initializer_list<double> values) {
  return Eigen::Map<const Vector<double>>(values.begin(), static_cast<Index>(values.size()));
}

template <typename Scalar>
Matrix<Scalar> column(std::initializer_list<double> values) {
  return numbers(values).cast<Scalar>();
}

Labels random_labels(thrum::Random& random, Index rows, int clusters) {
  return labels_of(rows, [&](Index) { return random.index(clusters); });
}

/// The labels that k-means gives the table from its first three rows: tests/oracle/algorithms.py.
Labels oracle_labels() {
  return integers({0, 1, 2, 2, 0, 2, 0, 2, 1, 0, 0, 1, 2, 0, 2, 1, 1, 1, 0, 2, 1, 1, 0, 0});
}

/// Labels that have nothing to do with the table, and one sample alone.
Labels other_labels() {
  return labels_of(24, [](Index i) { return i == 23 ? 13 : i * i % 5; });
}

/// 700 samples around four centres that overlap: two clusters of more samples than a chunk of 256 or a tile
/// of 64, in either of which some lie in the midst of the other, one of two samples and one of a single one.
template <typename Scalar>
struct Uneven {
  Matrix<Scalar> x = thrum_test::blobs<Scalar>(51, 700, 3, 4) / Scalar(4);
  Labels labels = labels_of(700, [](Index i) {
    if (i == 6) return 3;
    if (i == 77 || i == 690) return 2;
    return i % 40 == 0 ? 1 : i % 4 < 2 ? 0 : 1;
  });
};

/// Silhouettes by the definition, in double.
template <typename Scalar>
Vector<double> plain_silhouettes(const Matrix<Scalar>& x, const Labels& labels) {
  const Eigen::MatrixXd points = x.template cast<double>();
  const Index clusters = labels.maxCoeff() + 1;
  Vector<double> widths(x.rows());
  for (Index i = 0; i < x.rows(); ++i) {
    Vector<double> sums = Vector<double>::Zero(clusters), counts = Vector<double>::Zero(clusters);
    for (Index j = 0; j < x.rows(); ++j) {
      if (j == i) continue;
      sums[labels[j]] += (points.row(i) - points.row(j)).norm();
      counts[labels[j]] += 1;
    }
    const double a = sums[labels[i]] / counts[labels[i]];
    double b = std::numeric_limits<double>::infinity();
    for (Index c = 0; c < clusters; ++c)
      if (c != labels[i] && counts[c] > 0) b = (std::min)(b, sums[c] / counts[c]);
    widths[i] = counts[labels[i]] > 0 ? (b - a) / (std::max)(a, b) : 0.0;
  }
  return widths;
}

/// The three metrics of samples, for laws that hold for each.
template <typename Samples>
Eigen::Vector3d all_metrics(const Samples& x, const thrum::IntegerInput& labels) {
  return {silhouette(x, labels.view()), calinski_harabasz(x, labels.view()),
          davies_bouldin(x, labels.view())};
}

/// The largest difference, relative where the metric has no scale of its own.
double difference(const Eigen::Vector3d& a, const Eigen::Vector3d& b) {
  return (a - b).cwiseAbs().cwiseQuotient(Eigen::Vector3d(1, std::fabs(b[1]), std::fabs(b[2]))).maxCoeff();
}

}  // namespace

// ---- known answers

TEMPLATE_TEST_CASE("four numbers on a line have the silhouettes, ratio and index that one finds by hand", "",
                   float, double) {
  const Matrix<TestType> x = column<TestType>({0, 2, 10, 14});
  const Labels labels = integers({0, 0, 1, 1});
  // a: 2, 2, 4, 4; b: 12, 10, 9, 13. Quotients in double: one rounding each, and one of the expected value.
  const Vector<double> expected = numbers({10.0 / 12, 8.0 / 10, 5.0 / 9, 9.0 / 13});
  CHECK((silhouette_samples(x, labels) - expected).cwiseAbs().maxCoeff() <= epsilon<double>);
  CHECK(std::fabs(silhouette(x, labels) - expected.mean()) <= 4 * epsilon<double>);
  // Means 1 and 12 around 6.5: B = 2 * 2 * 5.5^2 = 121, W = 2 + 8 = 10, over 1 and 2 degrees of freedom.
  CHECK(calinski_harabasz(x, labels) == Approx(24.2).epsilon(4 * epsilon<double>));
  CHECK(davies_bouldin(x, labels) == Approx((1.0 + 2.0) / 11).epsilon(4 * epsilon<double>));
}

TEMPLATE_TEST_CASE("metrics of a table are those of exact arithmetic", "", float, double) {
  // tests/oracle/clustering_metrics.py. The table is exact in float, and so are its squared distances; their
  // roots are rounded by half an epsilon, a and b then by as much of max(a, b), their difference by twice
  // that. On top come sums of at most 24 doubles, here and in the oracle.
  const Matrix<TestType> x = thrum_test::oracle_table<TestType>();
  const double slack = epsilon<TestType> + 32 * epsilon<double>, in_double = 64 * epsilon<double>;
  const Vector<double> by_means =
      numbers({0.584269922421412,     0.07405508804068305, 0.24979379915195785, 0.13627693727535078,
               0.5215792971593681,    0.42169364398902576, 0.30097274645275135, 0.3534853802730044,
               -0.024193450459316222, 0.5656359087411931,  0.19118470102154506, 0.19419663034213902,
               -0.1005722991452999,   0.4230936481619961,  0.40178912512462467, 0.27411440765718686,
               0.10784827851977052,   0.2577538852401889,  0.545078779087333,   0.24783657669435655,
               -0.1504530711968941,   0.24483658551678647, 0.2435756401292632,  0.584269922421412});
  CHECK((silhouette_samples(x, oracle_labels()) - by_means).cwiseAbs().maxCoeff() <= slack);
  CHECK(std::fabs(silhouette(x, oracle_labels()) - 0.27700508677582664) <= slack);
  CHECK(calinski_harabasz(x, oracle_labels()) == Approx(12.304820202075593).epsilon(in_double));
  CHECK(davies_bouldin(x, oracle_labels()) == Approx(1.2829950301871988).epsilon(in_double));

  const Vector<double> by_number = numbers({-1.0,
                                            -0.20013404912706959,
                                            -0.05354364341928208,
                                            0.014803711209644436,
                                            -0.7468270132244244,
                                            -0.14874136016736453,
                                            -0.3632149808022671,
                                            0.005592696041783832,
                                            -0.07697525025807467,
                                            -0.8798123507185261,
                                            -0.160869996497437,
                                            -0.11644111881216201,
                                            0.07690995868421906,
                                            -0.4828995692889665,
                                            -0.19579362125373936,
                                            -0.1475600608938528,
                                            -0.1346367256537999,
                                            -0.07199338595814224,
                                            -0.7752428728860687,
                                            -0.21270828922257962,
                                            -0.16770346193299382,
                                            -0.1322352233289003,
                                            -0.22904190765640972,
                                            0.0});
  CHECK((silhouette_samples(x, other_labels()) - by_number).cwiseAbs().maxCoeff() <= slack);
  CHECK(std::fabs(silhouette(x, other_labels()) + 0.2582945214652672) <= slack);
  // The means lie close together: their differences, of about 0.1, are right to an epsilon of 2.
  CHECK(calinski_harabasz(x, other_labels()) == Approx(0.404997591193768).epsilon(20 * in_double));
  CHECK(davies_bouldin(x, other_labels()) == Approx(20.697228731142232).epsilon(20 * in_double));
}

TEST_CASE("pairs of clusterings have the indices of exact arithmetic") {
  // tests/oracle/clustering_metrics.py. Indices: a handful of roundings. Information: logarithms right to an
  // epsilon, of at most a dozen shares.
  const auto check = [](const Labels& a, const Labels& b, double index, double information) {
    CHECK(std::fabs(adjusted_rand_index(a, b) - index) <= 4 * epsilon<double>);
    CHECK(std::fabs(normalized_mutual_information(a, b) - information) <= 16 * epsilon<double>);
  };
  check(oracle_labels(), other_labels(), -449.0 / 8038, 0.06815109730073557);
  check(integers({0, 0, 1, 1}), integers({0, 0, 1, 2}), 4.0 / 7, 0.8);
  check(integers({0, 0, 1, 1}), integers({0, 1, 0, 1}), -0.5, 0);
  check(integers({0, 0, 0, 1, 1, 1, 2, 2, 2}), integers({0, 0, 1, 1, 1, 1, 2, 2, 0}), 5.0 / 14,
        0.5895098274473044);
}

TEMPLATE_TEST_CASE("metrics of iris are those of exact arithmetic", "[real-data]", float, double) {
  // tests/oracle/clustering_metrics.py. In float the entries are rounded by 3e-7 of up to 8, against
  // distances of about 0.7: 1e-6 of them, and of differences of silhouettes; twice that of squares. In double
  // by 4e-16, to which come sums of 150.
  const Matrix<TestType> x = thrum_test::iris().template cast<TestType>();
  const double slack = sizeof(TestType) == sizeof(float) ? 2e-6 : 1e-13;
  const Labels species = labels_of(150, [](Index i) { return i / 50; });
  CHECK(difference(all_metrics(x, species), {0.5032506980665507, 486.3208393185571, 0.751742807390137}) <=
        slack);

  thrum::KMeansOptions options{3};
  options.restarts = 10;
  options.tolerance = 0;
  thrum::KMeans<TestType> kmeans(options);
  const Labels labels = kmeans.fit_predict(x);
  CHECK(difference(all_metrics(x, labels), {0.5525919445499755, 560.3999242466404, 0.6623228649898693}) <=
        slack);
  CHECK(std::fabs(adjusted_rand_index(labels, species) - 0.7302382722834697) <= 4 * epsilon<double>);
  CHECK(std::fabs(normalized_mutual_information(labels, species) - 0.7581756800057784) <=
        16 * epsilon<double>);
}

// ---- laws: metrics of samples

TEMPLATE_TEST_CASE("silhouettes over many chunks and tiles are those of the definition", "", float, double) {
  const Uneven<TestType> data;
  REQUIRE((data.labels.array() == 0).count() > 256);
  REQUIRE((data.labels.array() == 1).count() > 256);
  const Vector<double> expected = plain_silhouettes(data.x, data.labels);
  // A distance in three features is right to (3 + 2) / 4 + 1 / 2 epsilon, the difference of two means to
  // twice that; and sums of 700 doubles to 700 roundings.
  const double slack = 4 * epsilon<TestType> + 700 * epsilon<double>;
  CHECK((silhouette_samples(data.x, data.labels) - expected).cwiseAbs().maxCoeff() <= slack);
  CHECK(std::fabs(silhouette(data.x, data.labels) - expected.mean()) <= slack);
  // The check is one that can fail: one sample in another cluster is told.
  Labels changed = data.labels;
  changed[100] = 1 - changed[100];
  CHECK((silhouette_samples(data.x, changed) - expected).cwiseAbs().maxCoeff() > slack);
}

TEMPLATE_TEST_CASE("what clusters are called changes no bit, however large and sparse the names", "", float,
                   double) {
  const Uneven<TestType> data;
  const Eigen::Vector3d expected = all_metrics(data.x, data.labels);
  const Vector<double> widths = silhouette_samples(data.x, data.labels);
  const Labels reference = labels_of(700, [](Index i) { return i % 3; });
  const double index = adjusted_rand_index(data.labels, reference);
  const double information = normalized_mutual_information(data.labels, reference);
  const int names[][4] = {
      {3, 2, 1, 0}, {1, 3, 0, 2}, {7, 100, 0, 5}, {std::numeric_limits<int>::max(), 0, 9, 1}};
  for (const auto& name : names) {
    const Labels renamed = labels_of(700, [&](Index i) { return name[data.labels[i]]; });
    CHECK(all_metrics(data.x, renamed) == expected);
    CHECK(silhouette_samples(data.x, renamed) == widths);
    CHECK(silhouette(data.x, renamed, {50, 3}) == silhouette(data.x, data.labels, {50, 3}));
    CHECK(adjusted_rand_index(renamed, data.labels) == 1);
    CHECK(normalized_mutual_information(renamed, data.labels) == 1);
    CHECK(adjusted_rand_index(renamed, reference) == index);
    CHECK(normalized_mutual_information(renamed, reference) == information);
  }
}

TEMPLATE_TEST_CASE("the order of the samples changes nothing beyond rounding", "", float, double) {
  const Uneven<TestType> data;
  const Matrix<TestType> reversed = data.x.colwise().reverse();
  const Labels labels = data.labels.reverse();
  const Vector<double> back = silhouette_samples(reversed, labels).reverse();
  CHECK((back - silhouette_samples(data.x, data.labels)).cwiseAbs().maxCoeff() <= 700 * epsilon<double>);
  CHECK(difference(all_metrics(reversed, labels), all_metrics(data.x, data.labels)) <= 700 * epsilon<double>);
}

TEMPLATE_TEST_CASE("a doubled scale changes no bit of any metric", "", float, double) {
  const Uneven<TestType> data;
  CHECK(all_metrics(data.x * TestType(2), data.labels) == all_metrics(data.x, data.labels));
  CHECK(all_metrics(data.x / TestType(1024), data.labels) == all_metrics(data.x, data.labels));
}

TEMPLATE_TEST_CASE("a shift that is exact takes no digit from any metric", "", float, double) {
  // Multiples of 1/16 below 8 plus 65536 are floats; their means are right to an epsilon of 65536, which
  // differences of means of at least 1/16 feel 2^20 times stronger.
  const Uneven<TestType> data;
  const Matrix<TestType> x = (data.x * TestType(16)).array().round() / TestType(16);
  const Matrix<TestType> shifted = x.array() + TestType(65536);
  CHECK(silhouette_samples(shifted, data.labels) == silhouette_samples(x, data.labels));
  CHECK(difference(all_metrics(shifted, data.labels), all_metrics(x, data.labels)) <= 2e6 * epsilon<double>);
}

TEMPLATE_TEST_CASE("clusters that are apart score better than samples dealt out in turn", "", float, double) {
  const Matrix<TestType> x = thrum_test::blobs<TestType>(52, 300, 2, 3);
  const Eigen::Vector3d apart = all_metrics(x, labels_of(300, [](Index i) { return i % 3; }));
  const Eigen::Vector3d mixed = all_metrics(x, labels_of(300, [](Index i) { return i / 3 % 3; }));
  CHECK(apart[0] > 0.5);
  CHECK(mixed[0] < 0.1);
  CHECK(apart[1] > 100 * mixed[1]);
  CHECK(apart[2] < 0.1 * mixed[2]);
}

TEMPLATE_TEST_CASE("metrics have the same bits for every form of matrix and labels", "", float, double) {
  const Uneven<TestType> data;
  const Eigen::Vector3d expected = all_metrics(data.x, data.labels);
  const Eigen::Matrix<TestType, Eigen::Dynamic, Eigen::Dynamic> by_columns = data.x;
  Matrix<TestType> larger = Matrix<TestType>::Constant(705, 5, TestType(77));
  larger.block(3, 1, 700, 3) = data.x;
  CHECK(all_metrics(by_columns, data.labels) == expected);
  CHECK(all_metrics(larger.block(3, 1, 700, 3), data.labels) == expected);
  CHECK(all_metrics(data.x * TestType(1), data.labels) == expected);
  CHECK(all_metrics(data.x.array(), data.labels) == expected);
  CHECK(all_metrics(thrum::view(by_columns), data.labels) == expected);
  thrum::MatrixView<TestType> inner = thrum::view(larger);
  inner = {inner.data + 3 * inner.row_stride + 1, 700, 3, inner.row_stride, inner.col_stride};
  CHECK(all_metrics(inner, data.labels) == expected);
  CHECK(silhouette_samples(by_columns, data.labels) == silhouette_samples(data.x, data.labels));

  Labels writable = data.labels;
  const Eigen::Matrix<int, 1, Eigen::Dynamic> row = data.labels.transpose();
  Matrix<int> table(700, 3);
  table << data.labels, data.labels, data.labels;
  CHECK(all_metrics(data.x, row) == expected);
  CHECK(all_metrics(data.x, table.col(1)) == expected);
  CHECK(all_metrics(data.x, table.transpose().row(1)) == expected);
  CHECK(all_metrics(data.x, data.labels + Labels::Ones(700)) == expected);
  CHECK(all_metrics(data.x, (row.array() * 2).matrix()) == expected);
  CHECK(all_metrics(data.x, data.labels.array()) == expected);
  CHECK(all_metrics(data.x, thrum::VectorView<int>{writable.data(), 700, 1}) == expected);
  CHECK(adjusted_rand_index(table.col(2), row * 3) == 1);
}

// ---- few, equal and lonely samples

TEMPLATE_TEST_CASE("a sample alone in its cluster has silhouette 0, and so have all that are", "", float,
                   double) {
  const Matrix<TestType> x = column<TestType>({0, 1, 5, 9});
  const Vector<double> widths = silhouette_samples(x, integers({0, 0, 1, 2}));
  CHECK(widths[0] == Approx(0.8).epsilon(epsilon<double>));
  CHECK(widths[1] == Approx(0.75).epsilon(epsilon<double>));
  CHECK(widths[2] == 0);
  CHECK(widths[3] == 0);
  CHECK(silhouette_samples(x, integers({3, 1, 0, 2})) == Vector<double>::Zero(4));
  CHECK(silhouette(x, integers({3, 1, 0, 2})) == 0);
  CHECK(davies_bouldin(x, integers({3, 1, 0, 2})) == 0);
}

TEMPLATE_TEST_CASE("clusters of one point each are perfect, clusters in one place are not told apart", "",
                   float, double) {
  const Matrix<TestType> points = column<TestType>({-3, -3, 5, 5, 5});
  const Labels labels = integers({0, 0, 1, 1, 1});
  CHECK(silhouette_samples(points, labels) == Vector<double>::Ones(5));
  CHECK(calinski_harabasz(points, labels) == std::numeric_limits<double>::infinity());
  CHECK(davies_bouldin(points, labels) == 0);

  const Matrix<TestType> one_place = Matrix<TestType>::Constant(5, 2, TestType(1e6));
  CHECK(silhouette_samples(one_place, labels) == Vector<double>::Zero(5));
  CHECK(calinski_harabasz(one_place, labels) == 0);
  CHECK(davies_bouldin(one_place, labels) == std::numeric_limits<double>::infinity());

  const Matrix<TestType> around = column<TestType>({-1, 1, -2, 0, 2});
  CHECK(calinski_harabasz(around, labels) == 0);
  CHECK(davies_bouldin(around, labels) == std::numeric_limits<double>::infinity());
}

// ---- the sampled silhouette

TEMPLATE_TEST_CASE("a silhouette of as many samples as there are, or more, is that of all", "", float,
                   double) {
  const Uneven<TestType> data;
  const double all = silhouette(data.x, data.labels);
  CHECK(silhouette(data.x, data.labels, {0, 5}) == all);
  CHECK(silhouette(data.x, data.labels, {700, 5}) == all);
  CHECK(silhouette(data.x, data.labels, {100000, 5}) == all);
  CHECK(silhouette(data.x, data.labels, {699, 5}) != all);
}

TEMPLATE_TEST_CASE("a sampled silhouette is the mean of exact silhouettes, near that of all", "", float,
                   double) {
  const Uneven<TestType> data;
  const Vector<double> widths = silhouette_samples(data.x, data.labels);
  const Index m = 40;
  int near = 0, draws = 200;
  double sum = 0;
  for (int seed = 0; seed < draws; ++seed) {
    const thrum::SilhouetteOptions options{m, static_cast<std::uint64_t>(seed)};
    const double sampled = silhouette(data.x, data.labels, options);
    const Vector<Index> rows = thrum::host::draw_rows(700, m, options.seed);
    double expected = 0;
    for (Index i = 0; i < m; ++i) expected += widths[rows[i]];
    REQUIRE(std::fabs(sampled - expected / static_cast<double>(m)) <= 40 * epsilon<double>);
    REQUIRE(silhouette(data.x, data.labels, options) == sampled);
    near += std::fabs(sampled - widths.mean()) <= 2 / std::sqrt(static_cast<double>(m));
    sum += sampled;
  }
  CHECK(near >= 190);
  // Without a bias: four standard errors of the mean of all draws.
  const double deviation = std::sqrt((widths.array() - widths.mean()).square().mean());
  CHECK(std::fabs(sum / draws - widths.mean()) <= 4 * deviation / std::sqrt(static_cast<double>(draws * m)));
  CHECK(silhouette(data.x, data.labels, {m, 1}) != silhouette(data.x, data.labels, {m, 2}));
}

TEST_CASE("rows are drawn without replacement, in rising order, and every pair as often") {
  Eigen::MatrixXi together = Eigen::MatrixXi::Zero(10, 10);
  const int draws = 10000;
  for (int seed = 0; seed < draws; ++seed) {
    const Vector<Index> rows = thrum::host::draw_rows(10, 3, static_cast<std::uint64_t>(seed));
    REQUIRE((rows[0] >= 0 && rows[0] < rows[1] && rows[1] < rows[2] && rows[2] < 10));
    for (Index i = 0; i < 3; ++i)
      for (Index j = 0; j <= i; ++j) ++together(rows[i], rows[j]);
  }
  // Binomial with shares 3 / 10 and 3 / 10 * 2 / 9: five standard deviations.
  const auto is_fair = [&](int count, double share) {
    return std::fabs(count - draws * share) <= 5 * std::sqrt(draws * share * (1 - share));
  };
  for (Index i = 0; i < 10; ++i)
    for (Index j = 0; j <= i; ++j) CHECK(is_fair(together(i, j), i == j ? 0.3 : 0.2 / 3));
}

// ---- laws: pairs of clusterings

TEST_CASE("indices of two clusterings are symmetric to the last bit, and 1 for a clustering and itself") {
  thrum::Random random(53);
  for (int trial = 0; trial < 50; ++trial) {
    const Index n = 1 + random.index(600);
    const Labels a = random_labels(random, n, 1 + static_cast<int>(random.index(9)));
    const Labels b = random_labels(random, n, 1 + static_cast<int>(random.index(9)));
    CHECK(adjusted_rand_index(a, b) == adjusted_rand_index(b, a));
    CHECK(normalized_mutual_information(a, b) == normalized_mutual_information(b, a));
    CHECK(adjusted_rand_index(a, a) == 1);
    CHECK(normalized_mutual_information(a, a) == 1);
    CHECK(adjusted_rand_index(a, b) >= -0.5);
    CHECK(adjusted_rand_index(a, b) <= 1);
    CHECK(normalized_mutual_information(a, b) >= 0);
    CHECK(normalized_mutual_information(a, b) <= 1);
  }
}

TEST_CASE("unrelated clusterings have an adjusted Rand index about 0, on either side") {
  // Five clusters each, n = 1000: the index is about (c - 16) / 4n, where c is chi squared with 16 degrees of
  // freedom: of mean 16, variance 32, and above 52 once in 100000 draws.
  thrum::Random random(54);
  const int trials = 100;
  double sum = 0, least = 1;
  for (int trial = 0; trial < trials; ++trial) {
    const Labels a = random_labels(random, 1000, 5), b = random_labels(random, 1000, 5);
    const double index = adjusted_rand_index(a, b);
    CHECK(std::fabs(index) <= 36.0 / 4000);
    sum += index;
    least = (std::min)(least, index);
  }
  CHECK(least < 0);
  CHECK(std::fabs(sum / trials) <= 4 * std::sqrt(32.0 / trials) / 4000);
  // Twin: a fifth of the labels in common are told from chance.
  const Labels a = random_labels(random, 1000, 5);
  Labels b = random_labels(random, 1000, 5);
  b.head(200) = a.head(200);
  CHECK(adjusted_rand_index(a, b) > 36.0 / 4000);
}

TEST_CASE("more agreement is a higher index") {
  thrum::Random random(55);
  const Labels a = random_labels(random, 2000, 4), chance = random_labels(random, 2000, 4);
  double index = -1, information = -1;
  for (Index common = 0; common <= 2000; common += 250) {
    Labels b = chance;
    b.head(common) = a.head(common);
    CHECK(adjusted_rand_index(a, b) > index);
    CHECK(normalized_mutual_information(a, b) > information);
    index = adjusted_rand_index(a, b);
    information = normalized_mutual_information(a, b);
  }
  CHECK(index == 1);
  CHECK(information == 1);
}

TEST_CASE("one cluster and samples all alone agree with themselves and tell nothing of anything else") {
  const Labels one = Labels::Zero(6), alone = integers({5, 3, 1, 0, 2, 4}),
               halves = integers({0, 0, 0, 1, 1, 1});
  for (const Labels& trivial : {one, alone}) {
    CHECK(adjusted_rand_index(trivial, trivial) == 1);
    CHECK(normalized_mutual_information(trivial, trivial) == 1);
    CHECK(adjusted_rand_index(trivial, halves) == 0);
  }
  CHECK(adjusted_rand_index(one, alone) == 0);
  CHECK(normalized_mutual_information(one, halves) == 0);
  CHECK(normalized_mutual_information(one, alone) == 0);
  // I = H(halves) = log 2, of log 2 and log 6: two roundings of logarithms and of what is made of them.
  CHECK(normalized_mutual_information(alone, halves) ==
        Approx(2 * std::log(2) / std::log(12)).epsilon(8 * epsilon<double>));
  CHECK(adjusted_rand_index(integers({7}), integers({0})) == 1);
  CHECK(normalized_mutual_information(integers({7}), integers({0})) == 1);
}

TEST_CASE("pairs of many samples are counted without overflow") {
  CHECK(thrum::host::pairs_of(4294967295) == 9223372030412324865);
  CHECK(thrum::host::pairs_of(4294967294) == 9223372026117357571);
  CHECK(thrum::host::pairs_of(1) == 0);
  // Halves against quarters of n = 2^20, whose 5.5e11 pairs would not fit 32 bits: of the pairs, about 1/2
  // are together in the halves and 1/4 in the quarters, all of which are in both, so that the index is
  // (1/4 - 1/8) / (3/8 - 1/8) = 1/2 but for the pairs of a sample and itself, which are 1/n of all.
  const Index n = 1 << 20;
  const Labels halves = labels_of(n, [=](Index i) { return 2 * i / n; });
  const Labels quarters = labels_of(n, [=](Index i) { return 4 * i / n; });
  CHECK(std::fabs(adjusted_rand_index(halves, quarters) - 0.5) <= 4.0 / static_cast<double>(n));
  // I = log 2, entropies log 2 and log 4. Four terms of exact shares.
  CHECK(normalized_mutual_information(halves, quarters) == Approx(2.0 / 3).epsilon(8 * epsilon<double>));
}

// ---- elbow

namespace {

/// Numbers of clusters first ... last and an inertia that falls as k^-2 up to `bend` and as k^(-1/2) from
/// there.
struct Curve {
  Labels clusters;
  Vector<double> inertia;

  Curve(int first, int last, double bend, double unit = 1) {
    clusters = labels_of(last - first + 1, [=](Index i) { return first + i; });
    inertia = clusters.cast<double>().unaryExpr([=](double k) {
      return unit * (k < bend ? std::pow(k, -2.0) : std::pow(bend, -1.5) * std::pow(k, -0.5));
    });
  }
  std::optional<Index> elbow() const { return thrum::elbow(clusters, inertia); }
};

}  // namespace

TEST_CASE("the elbow is where the curve bends, wherever it begins and ends, in any unit") {
  for (const int bend : {4, 7, 15})
    for (const int first : {1, 2, 3})
      for (const int last : {16, 30, 100})
        for (const double unit : {1e-200, 1.0, 1e200}) {
          const Curve curve(first, last, bend, unit);
          REQUIRE(curve.elbow());
          CHECK(curve.clusters[*curve.elbow()] == bend);
        }
  // Numbers of clusters may leave gaps.
  const Labels some = integers({1, 2, 4, 6, 9, 20, 50});
  CHECK(elbow(some, numbers({60, 50, 40, 10, 9.5, 8, 7})) == Index{3});
}

TEST_CASE("of the points below the chord the farthest is the elbow, however few they are") {
  // In powers of two the inertias are 6, x, y, 0 over 0, 1, 2, 3: the chord falls by 2 a step, through 4
  // and 2.
  const Labels four = integers({1, 2, 4, 8});
  CHECK(elbow(four, numbers({64, 16, 2, 1})) == Index{2});
  CHECK(elbow(four, numbers({64, 8, 3, 1})) == Index{1});
  CHECK(elbow(four, numbers({64, 15, 2, 1})) == Index{2});
  CHECK(elbow(four, numbers({64, 15, 5, 1})) == Index{1});
  CHECK_FALSE(elbow(four, numbers({64, 17, 5, 1})));
}

TEST_CASE("a curve that is straight, flat, rising, short or bent upwards has no elbow") {
  // Straight: what structureless data in d dimensions give.
  for (int d = 1; d <= 10; ++d) {
    const Labels clusters = labels_of(40, [](Index i) { return i + 1; });
    Vector<double> inertia =
        clusters.cast<double>().unaryExpr([=](double k) { return std::pow(k, -2.0 / d); });
    CHECK_FALSE(elbow(clusters, inertia));
    inertia[11] *= 1 - 1e-7;  // as float data may have it
    CHECK_FALSE(elbow(clusters, inertia));
    inertia[11] *= 1 - 1e-5;  // the twin that is no rounding any more
    CHECK(elbow(clusters, inertia) == Index{11});
  }
  const Labels four = integers({1, 2, 3, 4});
  CHECK_FALSE(elbow(four, numbers({5, 5, 5, 5})));
  CHECK_FALSE(elbow(four, numbers({5, 1, 2, 5})));
  CHECK_FALSE(elbow(four, numbers({5, 4, 6, 7})));
  CHECK_FALSE(elbow(four, numbers({100, 99, 90, 10})));
  CHECK_FALSE(elbow(Labels(), Vector<double>()));
  CHECK_FALSE(elbow(integers({3}), numbers({1})));
  CHECK_FALSE(elbow(integers({3, 4}), numbers({1, 0.1})));
}

TEST_CASE("the first number of clusters that leaves no inertia is the elbow, unless it is an end") {
  const Labels five = integers({1, 2, 3, 4, 5});
  CHECK(elbow(five, numbers({9, 1, 0, 0, 0})) == Index{2});
  CHECK(elbow(five, numbers({9, 8, 7, 0, 0})) == Index{3});
  CHECK(elbow(five, numbers({9, 8, 7, 1e-320, 0})) == Index{3});
  CHECK_FALSE(elbow(five, numbers({9, 1, 1, 1, 0})));
  CHECK_FALSE(elbow(five, numbers({0, 0, 0, 0, 0})));
}

TEST_CASE("the elbow takes inertia and clusters in any form") {
  const Curve curve(1, 20, 6);
  const Eigen::RowVectorXd row = curve.inertia.transpose();
  CHECK(elbow(curve.clusters.transpose(), row) == curve.elbow());
  CHECK(elbow(curve.clusters * 1, curve.inertia * 3.0) == curve.elbow());
}

// ---- refusals

TEMPLATE_TEST_CASE("samples and labels that are no clustering are refused by name, place and value", "",
                   float, double) {
  const Matrix<TestType> good = thrum_test::blobs<TestType>(56, 6, 2, 2);
  const Labels labels = integers({0, 1, 0, 1, 0, 1});
  const auto refused = [](const Matrix<TestType>& x, const Labels& names, const std::string& message) {
    CHECK_THAT(refusal([&] { silhouette(x, names); }), contains("thrum::silhouette: " + message));
    CHECK_THAT(refusal([&] { silhouette_samples(x, names); }),
               contains("thrum::silhouette_samples: " + message));
    CHECK_THAT(refusal([&] { calinski_harabasz(x, names); }),
               contains("thrum::calinski_harabasz: " + message));
    CHECK_THAT(refusal([&] { davies_bouldin(x, names); }), contains("thrum::davies_bouldin: " + message));
  };
  Matrix<TestType> bad = good;
  bad(4, 1) = std::numeric_limits<TestType>::quiet_NaN();
  refused(bad, labels, "x(4, 1) is nan, expected a finite number");
  bad(4, 1) = -std::numeric_limits<TestType>::infinity();
  refused(bad, labels, "x(4, 1) is -inf, expected a finite number");
  bad(4, 1) = std::numeric_limits<TestType>::max();
  refused(bad, labels, "column 1 of x spans");
  refused(Matrix<TestType>(0, 2), Labels(), "x is 0 x 2, expected at least one row");
  refused(good, labels.head(5), "labels has 5 entries, expected 6");
  refused(good, integers({0, 1, 0, 1, 0, 1, 0}), "labels has 7 entries, expected 6");
  refused(good, integers({0, 1, 0, -1, 0, 1}), "labels(3) is -1, expected a label >= 0");
  refused(good, Labels::Constant(6, 4), "labels name one cluster, expected at least 2");
  refused(good.topRows(1), Labels::Zero(1), "labels name one cluster, expected at least 2");
  CHECK_THAT(
      refusal([&] {
        calinski_harabasz(good, integers({0, 1, 2, 3, 4, 5}));
      }),
      contains(
          "thrum::calinski_harabasz: labels name 6 clusters, expected fewer than the number of rows, 6"));
  CHECK_THAT(refusal([&] {
               silhouette(good, labels, {-1, 0});
             }),
             contains("thrum::silhouette: sample is -1, expected a number of rows, or 0 for all"));
}

TEST_CASE("clusterings that cannot be compared are refused by name, place and value") {
  const auto refused = [](const Labels& a, const Labels& b, const std::string& message) {
    CHECK_THAT(refusal([&] { adjusted_rand_index(a, b); }),
               contains("thrum::adjusted_rand_index: " + message));
    CHECK_THAT(refusal([&] { normalized_mutual_information(a, b); }),
               contains("thrum::normalized_mutual_information: " + message));
  };
  refused(Labels(), Labels(), "a is empty, expected at least one label");
  refused(integers({0, 1}), integers({0}), "b has 1 entries, expected 2");
  refused(integers({0, -3}), integers({0, 0}), "a(1) is -3, expected a label >= 0");
  refused(integers({0, 3}), integers({-1, 0}), "b(0) is -1, expected a label >= 0");
}

TEST_CASE("curves that are none are refused by name, place and value") {
  const auto refused = [](const Labels& clusters, const Vector<double>& inertia) {
    return refusal([&] { elbow(clusters, inertia); });
  };
  const Labels three = integers({1, 2, 3});
  CHECK_THAT(refused(three, numbers({3, 2})), contains("thrum::elbow: inertia has 2 entries, expected 3"));
  CHECK_THAT(refused(integers({0, 1, 2}), numbers({3, 2, 1})),
             contains("thrum::elbow: clusters(0) is 0, expected more than 0"));
  CHECK_THAT(refused(integers({1, 3, 3}), numbers({3, 2, 1})),
             contains("thrum::elbow: clusters(2) is 3, expected more than 3"));
  CHECK_THAT(refused(three, numbers({3, -2, 1})),
             contains("thrum::elbow: inertia(1) is -2, expected a finite number >= 0"));
  CHECK_THAT(refused(three, numbers({3, 2, std::numeric_limits<double>::infinity()})),
             contains("thrum::elbow: inertia(2) is inf, expected a finite number >= 0"));
  CHECK_THAT(refused(three, numbers({std::numeric_limits<double>::quiet_NaN(), 2, 1})),
             contains("thrum::elbow: inertia(0) is nan, expected a finite number >= 0"));
}
