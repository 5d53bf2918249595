#include <Eigen/Core>
#include <vector>

#include "catch.hpp"
#include "scoring_models.hpp"
#include "thrum/anomaly_scorer.hpp"
#include "thrum/detector.hpp"
#include "thrum/host/kernels.hpp"
#include "thrum/host/panel_table.hpp"
#include "thrum/host/scoring_table.hpp"
#include "thrum/stored_detector.hpp"

using thrum::Index;
using thrum::Matrix;
using thrum::StoredDetector;
using thrum::Vector;
using thrum::Verdict;
using thrum_test::model_shapes;
using thrum_test::ModelShape;
using thrum_test::RandomModel;
using thrum_test::same_bits;

namespace {

/// The first row whose score is another one than when it is judged alone; -1: none.
template <typename Scalar>
Index first_other_score(const thrum::DetectorModel<Scalar>& model, const Matrix<Scalar>& x,
                        const Vector<Scalar>& scores) {
  std::vector<Scalar> scratch;
  for (Index i = 0; i < x.rows(); ++i)
    if (!same_bits(scores[i], thrum_test::score_of_one_row(model, thrum::view(x).row(i), scratch))) return i;
  return -1;
}

bool same(const Verdict& a, const Verdict& b) {
  return a.status == b.status && a.state == b.state && same_bits(a.score, b.score) &&
         same_bits(a.tail_probability, b.tail_probability) && a.cluster == b.cluster &&
         a.feature == b.feature && a.channel == b.channel;
}

template <typename Scalar>
Index first_other_verdict(const thrum::DetectorModel<Scalar>& model, const Matrix<Scalar>& x,
                          const std::vector<Verdict>& verdicts) {
  std::vector<Scalar> scratch(static_cast<std::size_t>(model.scratch_size()));
  for (Index i = 0; i < x.rows(); ++i)
    if (!same(verdicts[static_cast<std::size_t>(i)],
              thrum::judge(model, thrum::view(x).row(i), scratch.data())))
      return i;
  return -1;
}

}  // namespace

// These tests are built with -ffp-contract=off, without which no bits are promised.

TEMPLATE_TEST_CASE("many rows get the scores and verdicts that each gets alone, bit for bit, of every kind",
                   "[bulk]", float, double) {
  for (const ModelShape& shape : model_shapes()) {
    const RandomModel<TestType> random(shape);
    const StoredDetector<TestType> detector(random.model());
    for (const Index rows : {1, 2, 31, 32, 33, 600}) {
      INFO(shape.name() << ", " << rows << " rows");
      const Matrix<TestType> x = thrum_test::rows_to_judge<TestType>(rows, shape.features, rows > 1);
      CHECK(first_other_score<TestType>(random.model(), x, detector.score(x)) == -1);
      CHECK(first_other_verdict<TestType>(random.model(), x, detector.verdicts(x)) == -1);
    }
  }
}

TEMPLATE_TEST_CASE("storage order, strides and threads change no bit of many scores", "[bulk]", float,
                   double) {
  for (const ModelShape& shape : model_shapes()) {
    INFO(shape.name());
    const RandomModel<TestType> random(shape);
    const StoredDetector<TestType> detector(random.model());
    const Matrix<TestType> x = thrum_test::rows_to_judge<TestType>(1111, shape.features, true);
    const Eigen::Matrix<TestType, Eigen::Dynamic, Eigen::Dynamic> by_columns = x;
    CHECK(first_other_score<TestType>(random.model(), x, detector.score(by_columns)) == -1);
    Matrix<TestType> wider(2 * x.rows(), x.cols() + 3);
    wider.setConstant(thrum::not_a_number<TestType>());
    const thrum::MatrixView<TestType> apart{wider.data() + 1, x.rows(), x.cols(), 2 * wider.cols(), 1};
    for (Index i = 0; i < x.rows(); ++i)
      for (Index f = 0; f < x.cols(); ++f) apart(i, f) = x(i, f);
    CHECK(first_other_score<TestType>(random.model(), x,
                                      detector.score(thrum::MatrixView<const TestType>(apart))) == -1);
  }
}

TEMPLATE_TEST_CASE("a scorer of any kind gives many rows the scores and classes that each gets alone",
                   "[bulk]", float, double) {
  using thrum::AnomalyKind;
  using thrum::EllipsoidForm;
  const Matrix<TestType> x = thrum_test::rows_to_judge<TestType>(301, 9, false), centers = x.topRows(3);
  thrum::AnomalyScorerOptions options;
  options.soft_centers = 20;
  for (const EllipsoidForm form : {EllipsoidForm::full, EllipsoidForm::diagonal, EllipsoidForm::low_rank})
    for (const AnomalyKind kind : {AnomalyKind::radius, AnomalyKind::mahalanobis, AnomalyKind::soft,
                                   AnomalyKind::tails, AnomalyKind::residual, AnomalyKind::automatic}) {
      INFO("kind " << static_cast<int>(kind) << ", form " << static_cast<int>(form));
      options.kind = kind;
      options.form = form;
      thrum::AnomalyScorer<TestType> scorer(options);
      scorer.fit(x, centers);
      scorer.set_threshold(1.3);
      const thrum::AnomalyModel<TestType> model = scorer.model();
      const Vector<TestType> scores = scorer.score(x);
      const Vector<int> classes = scorer.classes(x);
      std::vector<TestType> scratch(static_cast<std::size_t>(model.scratch_size()));
      for (Index i = 0; i < x.rows(); ++i) {
        const auto expected = thrum::anomaly_score(model, thrum::view(x).row(i), scratch.data());
        REQUIRE(same_bits(scores[i], expected.value));
        REQUIRE(classes[i] == expected.cluster);
      }
    }
}

TEMPLATE_TEST_CASE("a model that is a little off does not score the same", "[bulk]", float, double) {
  for (const ModelShape& shape : model_shapes()) {
    INFO(shape.name());
    const RandomModel<TestType> random(shape);
    thrum::DetectorModel<TestType> other = random.model();
    other.anomaly.threshold *= 1 + 2 * thrum::ScalarTraits<TestType>::epsilon();
    const Matrix<TestType> x = thrum_test::rows_to_judge<TestType>(40, shape.features, false);
    CHECK(first_other_score<TestType>(other, x, StoredDetector<TestType>(random.model()).score(x)) >= 0);
  }
}

TEMPLATE_TEST_CASE("no rows have no scores", "[bulk]", float, double) {
  const RandomModel<TestType> random(model_shapes().front());
  const StoredDetector<TestType> detector(random.model());
  const Matrix<TestType> none(0, random.model().features);
  CHECK(detector.score(none).size() == 0);
  CHECK(detector.verdicts(none).empty());
}

namespace {

/// The kernels of an instruction set against the functions for one row.
template <typename Scalar>
void check_kernels(const thrum::host::ScoringKernels<Scalar>& kernels) {
  constexpr Index stride = 64;
  for (const ModelShape& shape : model_shapes()) {
    INFO(shape.name());
    const RandomModel<Scalar> random(shape);
    const thrum::DetectorModel<Scalar>& model = random.model();
    const Matrix<Scalar> x = thrum_test::rows_to_judge<Scalar>(45, shape.features, true);
    const Index d = shape.features, z = model.anomaly.features;
    std::vector<Scalar> panel(static_cast<std::size_t>(stride * d)), projected(panel.size()),
        scratch(static_cast<std::size_t>(thrum::host::scoring_scratch(model.anomaly))), largest(stride),
        values(stride);
    std::vector<int> classes(stride), parts(stride);
    thrum::host::panel_kernels<Scalar>().load_rows(thrum::view(x), x.rows(), panel.data(), stride);
    thrum::host::Panel<Scalar> rows{panel.data(), stride, stride, d};
    kernels.standardize(model.scaling, model.projection, rows, panel.data(), largest.data());
    if (model.projects()) {
      kernels.project(model.projection, rows, projected.data());
      rows.data = projected.data();
    }
    rows.features = z;
    kernels.scores(model.anomaly, rows, scratch.data(), {values.data(), classes.data(), parts.data()});

    std::vector<Scalar> one(static_cast<std::size_t>(model.scratch_size()));
    for (Index i = 0; i < x.rows(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      const auto expected = thrum::score_row(model, thrum::view(x).row(i), one.data());
      INFO("row " << i);
      REQUIRE(stride % kernels.rows_at_once == 0);
      REQUIRE(thrum::is_finite(largest[at]) == (expected.status != thrum::Status::non_finite));
      if (expected.cluster < 0) continue;
      REQUIRE(same_bits(values[at], expected.value));
      REQUIRE(classes[at] == expected.cluster);
      REQUIRE(static_cast<std::uint32_t>(parts[at]) == expected.part);
    }
  }
}

}  // namespace

TEMPLATE_TEST_CASE("every instruction set gives the scores of single rows, bit for bit", "[bulk]", float,
                   double) {
  check_kernels(thrum::host::compiled_for::scoring_kernels<TestType>());
#if defined(THRUM_DISPATCH)
  if (thrum::host::has_avx2()) check_kernels(thrum::host::avx2::scoring_kernels<TestType>());
  if (thrum::host::has_avx512()) check_kernels(thrum::host::avx512::scoring_kernels<TestType>());
#endif
}
