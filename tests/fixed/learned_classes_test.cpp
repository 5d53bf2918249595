#include "firmware_under_test.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "catch.hpp"
#include "generator.hpp"

using thrum::LearningState;
using thrum::Status;

namespace {

constexpr thrum::FeatureOptions signal_options(float sampling_rate) {
  thrum::FeatureOptions options;
  options.window = options.hop = 16;
  options.sampling_rate = sampling_rate;
  options.median_absolute_deviation = options.skewness = options.zero_crossings = false;
  options.bands = 2;
  return options;
}
constexpr thrum::LearningCapacity capacity{signal_options(100), 60, 3};
constexpr thrum::LearningCapacity faster{signal_options(200), 60, 3};

using Learner = thrum::fixed::Learner<capacity>;
using Learned = thrum::fixed::LearnedClasses<capacity>;
constexpr int d = Learned::d;
using Row = std::array<float, d>;

/// Machines of a kind run in several ways, `gap` apart in each feature; each varies by `spread` and is
/// mounted in a way of its own, which moves every row by `shift`.
struct Machine {
  std::uint64_t seed;
  double shift = 0, spread = 1;
  int ways = 2;
  static constexpr double gap = 12;

  double middle(int way) const { return 100 + shift + gap * way; }
  Row row(int way, thrum_test::Generator& random) const {
    Row row;
    for (float& value : row) value = static_cast<float>(middle(way) + spread * random.normal());
    return row;
  }
  /// In every way in turn.
  std::vector<Row> rows(int count) const {
    thrum_test::Generator random(seed);
    std::vector<Row> all;
    for (int i = 0; i < count; ++i) all.push_back(row(i % ways, random));
    return all;
  }
};

void take(Learner& learner, const std::vector<Row>& rows) {
  Row scratch;
  for (const Row& row : rows) learner.take(row.data(), scratch.data());
  while (learner.step()) {
  }
  REQUIRE(learner.state() == LearningState::watching);
}

Learned learned_by(const Machine& machine) {
  thrum::LearningOptions options;
  options.classes = machine.ways;
  options.false_alarm_rate = 0.02f;
  Learner learner;
  REQUIRE(learner.learn(options) == Status::ok);
  take(learner, machine.rows(capacity.windows));
  return learner.learned();
}

Learned merged(const std::vector<Machine>& machines) {
  Learned all = learned_by(machines[0]);
  for (std::size_t i = 1; i < machines.size(); ++i) REQUIRE(all.merge(learned_by(machines[i])) == Status::ok);
  return all;
}

std::vector<std::uint8_t> image_of(Learned& learned) {
  std::vector<std::uint8_t> image(Learned::most_image_bytes());
  std::size_t written = 0;
  REQUIRE(learned.save(image.data(), image.size(), written) == Status::ok);
  image.resize(written);
  return image;
}

// In the features' own units.
double center(const Learned& learned, int j, int f) {
  const auto at = static_cast<std::size_t>(f);
  return static_cast<double>(learned.scaling().offset[at]) +
         static_cast<double>(learned.center(j)[at]) / static_cast<double>(learned.scaling().factor[at]);
}
double mean(const Learned& learned, int j, int f) {
  const auto at = static_cast<std::size_t>(f);
  return static_cast<double>(learned.scaling().offset[at]) +
         static_cast<double>(learned.mean(j)[at]) / static_cast<double>(learned.scaling().factor[at]);
}
double deviation(const Learned& learned, int j, int f) {
  const auto at = static_cast<std::size_t>(f);
  return 1 / (static_cast<double>(learned.inverse_deviation(j)[at]) *
              static_cast<double>(learned.scaling().factor[at]));
}
/// The class whose mean is nearest to a value that all features have.
int class_at(const Learned& learned, double middle) {
  int nearest = 0;
  for (int j = 1; j < learned.classes(); ++j)
    if (std::fabs(mean(learned, j, 0) - middle) < std::fabs(mean(learned, nearest, 0) - middle)) nearest = j;
  return nearest;
}

const std::vector<Machine> fleet = {{1, 0, 1}, {2, 1.5, 0.5}, {3, -2, 2}, {4, 3, 1}};

}  // namespace

TEST_CASE("machines merge in any order into the same but for rounding") {
  const Learned forwards = merged(fleet);
  for (const std::array<std::size_t, 4> order : {std::array<std::size_t, 4>{3, 2, 1, 0}, {2, 0, 3, 1}}) {
    const Learned other = merged({fleet[order[0]], fleet[order[1]], fleet[order[2]], fleet[order[3]]});
    CHECK(other.distances() == forwards.distances());
    CHECK(other.threshold() == forwards.threshold());
    for (int way = 0; way < 2; ++way) {
      const int a = class_at(forwards, Machine::gap * way + 100),
                b = class_at(other, Machine::gap * way + 100);
      CHECK(forwards.count(a) == other.count(b));
      for (int f = 0; f < d; ++f) {
        // Of a dozen roundings each, of numbers up to 100 and of scales below 10.
        CHECK(std::fabs(mean(forwards, a, f) - mean(other, b, f)) < 1e-4);
        CHECK(std::fabs(deviation(forwards, a, f) / deviation(other, b, f) - 1) < 1e-5);
      }
    }
  }
}

TEST_CASE("counts and distances of machines add up") {
  const Learned all = merged(fleet);
  float counts[2] = {};
  Learned::Distances distances;
  for (const Machine& machine : fleet) {
    const Learned one = learned_by(machine);
    distances.merge(one.distances());
    for (int way = 0; way < 2; ++way) counts[way] += one.count(class_at(one, machine.middle(way)));
  }
  CHECK(all.distances() == distances);
  CHECK(all.distances().count() == fleet.size() * capacity.windows);
  for (int way = 0; way < 2; ++way) CHECK(all.count(class_at(all, Machine::gap * way + 100)) == counts[way]);
}

TEST_CASE("merged means are those of all rows and merged deviations those within machines") {
  const Learned all = merged(fleet);
  double within[2][d] = {}, means[2][d] = {}, pooled[d] = {};
  const double each = capacity.windows / 2.0, together = each * static_cast<double>(fleet.size());
  for (const Machine& machine : fleet) {
    const std::vector<Row> rows = machine.rows(capacity.windows);
    for (std::size_t way = 0; way < 2; ++way)
      for (std::size_t f = 0; f < d; ++f) {
        double sum = 0, squares = 0;
        for (std::size_t i = way; i < rows.size(); i += 2) sum += static_cast<double>(rows[i][f]);
        for (std::size_t i = way; i < rows.size(); i += 2)
          squares += std::pow(static_cast<double>(rows[i][f]) - sum / each, 2);
        means[way][f] += sum / together;
        within[way][f] += squares;
        pooled[f] += squares / (2 * together - 2);
      }
  }
  const double prior = 32;  // samples, see DiagonalClasses
  for (int way = 0; way < 2; ++way) {
    const int j = class_at(all, Machine::gap * way + 100);
    for (int f = 0; f < d; ++f) {
      const double variance = (within[way][f] + prior * pooled[f]) / (together + prior);
      CHECK(std::fabs(mean(all, j, f) - means[way][f]) < 1e-4);
      CHECK(std::fabs(deviation(all, j, f) / std::sqrt(variance) - 1) < 1e-4);
      CHECK(deviation(all, j, f) < 0.8 * std::hypot(std::sqrt(variance), 1.9));  // machines are apart, too
    }
  }
}

TEST_CASE("a copy of oneself moves no mean and changes no deviation but by what more samples are worth") {
  const Learned one = learned_by(fleet[0]);
  Learned twice = one, different = one;
  REQUIRE(twice.merge(one) == Status::ok);
  REQUIRE(different.merge(learned_by(fleet[2])) == Status::ok);
  CHECK(twice.threshold() <= one.threshold());
  const double samples = capacity.windows / 2.0;
  for (int j = 0; j < 2; ++j) {
    CHECK(twice.count(j) == 2 * one.count(j));
    for (int f = 0; f < d; ++f) {
      CHECK(std::fabs(mean(twice, j, f) - mean(one, j, f)) < 1e-4);
      // The class's own variance s and that of all, p, have the weights n and 32, and then 2 n and 32. Of the
      // sums p is (2 n - 2)-th, and then the (4 n - 2)-th: at most 1 / (2 n - 1) less. s and p are one half
      // apart at most, here.
      const double change = 0.5 * (32 / (samples + 32) - 32 / (2 * samples + 32)) + 1 / (2 * samples - 1);
      const double ratio = std::pow(deviation(twice, j, f) / deviation(one, j, f), 2);
      CHECK(std::fabs(ratio - 1) < change);
      CHECK(std::pow(deviation(different, j, f) / deviation(one, j, f), 2) - 1 > 2 * change);
    }
  }
}

TEST_CASE("classes find each other when a machine is mounted so that all are nearest to the same") {
  const double shift = 0.75 * Machine::gap;
  const Machine near{1}, far{2, shift};
  const Learned all = merged({near, far});
  const Learned one = learned_by(near), other = learned_by(far);
  CHECK(class_at(one, far.middle(0)) == class_at(one, far.middle(1)));
  for (int way = 0; way < 2; ++way) {
    const int j = class_at(all, near.middle(way) + shift / 2);
    CHECK(all.count(j) == static_cast<float>(capacity.windows));
    for (int f = 0; f < d; ++f) {
      const double expected =
          (mean(one, class_at(one, near.middle(way)), f) + mean(other, class_at(other, far.middle(way)), f)) /
          2;
      CHECK(std::fabs(mean(all, j, f) - expected) < 1e-4);
    }
  }
}

TEST_CASE("machines of fewer and of more ways of running merge") {
  const Machine two{1}, three{2, 0, 1, 3};
  const Learned into_three = merged({three, two}), into_two = merged({two, three});
  REQUIRE(into_three.classes() == 3);
  REQUIRE(into_two.classes() == 2);
  CHECK(into_three.count(class_at(into_three, two.middle(0))) == 50);
  CHECK(into_three.count(class_at(into_three, two.middle(1))) == 50);
  CHECK(into_three.count(class_at(into_three, three.middle(2))) == 20);
  CHECK(into_two.count(0) + into_two.count(1) == 120);
  CHECK(into_two.count(class_at(into_two, two.middle(1))) == 70);
}

TEST_CASE("who knows nothing is not merged and nothing changes") {
  Learned nothing, one = learned_by(fleet[0]);
  const std::vector<std::uint8_t> before = image_of(one);
  CHECK(nothing.merge(one) == Status::not_fitted);
  CHECK(nothing.classes() == 0);
  CHECK(one.merge(nothing) == Status::not_fitted);
  Learned again;
  REQUIRE(again.load(before.data(), before.size()) == Status::ok);
  CHECK(image_of(one) == image_of(again));
}

TEST_CASE("what a machine has drifted does not move the mean of all") {
  const Learned one = learned_by(fleet[0]);
  Learned drifted = one;
  Row row, scratch;
  for (int f = 0; f < d; ++f) row[static_cast<std::size_t>(f)] = static_cast<float>(mean(one, 0, f) + 2);
  for (int i = 0; i < 500; ++i) drifted.follow(0, row.data(), scratch.data());
  REQUIRE(drifted.drift(0) > 0.1f);
  REQUIRE(drifted.merge(one) == Status::ok);
  CHECK(drifted.drift(0) == 0);
  for (int f = 0; f < d; ++f) CHECK(std::fabs(mean(drifted, 0, f) - mean(one, 0, f)) < 1e-4);
}

TEST_CASE("images of other features are refused and what was known stays") {
  thrum::fixed::Learner<faster> other;
  thrum::LearningOptions options;
  options.false_alarm_rate = 0.02f;
  Learned one = learned_by(fleet[0]);
  const std::vector<std::uint8_t> image = image_of(one);
  CHECK(other.load(image.data(), image.size()) == Status::unsupported);
  CHECK(other.learn_from(options, image.data(), image.size()) == Status::unsupported);
  CHECK(other.state() == LearningState::not_started);
  Learner same;
  CHECK(same.load(image.data(), image.size()) == Status::ok);
}

TEST_CASE("merged machines go to an image and back") {
  Learned all = merged(fleet), again;
  const std::vector<std::uint8_t> image = image_of(all);
  REQUIRE(again.load(image.data(), image.size()) == Status::ok);
  for (int j = 0; j < 2; ++j)
    for (int f = 0; f < d; ++f) {
      CHECK(again.mean(j)[f] == all.mean(j)[f]);
      CHECK(again.inverse_deviation(j)[f] == all.inverse_deviation(j)[f]);
    }
  CHECK(again.threshold() == all.threshold());
}

TEST_CASE("from the start of others a machine learns where it is by a tenth of the windows") {
  // So far from the others that a third of the rows of one class would go to the other.
  const Machine further{9, 0.47 * Machine::gap, 1};
  Learned start = merged(fleet);
  const std::vector<std::uint8_t> image = image_of(start);
  thrum::LearningOptions options;
  options.false_alarm_rate = 0.02f;
  options.windows = 120;
  Learner learner;
  REQUIRE(learner.learn_from(options, image.data(), image.size()) == Status::ok);
  CHECK(learner.windows_needed() == 12);
  take(learner, further.rows(12));
  CHECK(learner.windows_collected() == 12);

  const Learned& moved = learner.learned();
  CHECK(moved.threshold() > start.threshold());
  for (int way = 0; way < 2; ++way) {
    const int j = class_at(moved, further.middle(way));
    for (int f = 0; f < d; ++f) {
      // Six rows of deviation 1: beyond 5 / sqrt(6) by chance in 1 of a million.
      CHECK(std::fabs(mean(moved, j, f) - further.middle(way)) < 5 / std::sqrt(6.0));
      CHECK(center(moved, j, f) == mean(moved, j, f));
    }
  }
  const auto alarms = [&](Learner& judge, const Machine& machine) {
    int count = 0;
    Row scratch;
    for (const Row& row : machine.rows(500))
      if (judge.take(row.data(), scratch.data()).state == thrum::State::alarm) ++count;
    return count;
  };
  CHECK(alarms(learner, further) <= 15);
  CHECK(alarms(learner, {10, further.shift + 6, 1}) == 500);
  Learner unmoved;
  REQUIRE(unmoved.load(image.data(), image.size()) == Status::ok);
  CHECK(alarms(unmoved, further) >= 250);
}

TEST_CASE("rows nearer to the mean of another class than to their own are told apart once classes move") {
  const Machine further{9, 0.55 * Machine::gap, 1};
  Learned start = merged({{1, 0, 1}, {2, 0, 1}});
  const std::vector<std::uint8_t> image = image_of(start);
  const std::vector<Row> rows = further.rows(12);
  int astray = 0;
  for (std::size_t i = 0; i < rows.size(); i += 2) {  // of the lower way
    Row scratch;
    const int nearest = start.judge(rows[i].data(), scratch.data()).cluster;
    astray += nearest == class_at(start, further.middle(1)) ? 1 : 0;
  }
  thrum::LearningOptions options;
  options.false_alarm_rate = 0.02f;
  options.windows = 120;
  Learner learner;
  REQUIRE(learner.learn_from(options, image.data(), image.size()) == Status::ok);
  take(learner, rows);
  CHECK(astray > 0);
  for (int way = 0; way < 2; ++way)
    CHECK(std::fabs(mean(learner.learned(), class_at(learner.learned(), further.middle(way)), 0) -
                    further.middle(way)) < 5 / std::sqrt(6.0));
}

TEST_CASE("a class that had no row moves as the others do") {
  const Machine further{9, 3, 1, 1};  // in the lower way only
  Learned start = merged({{1}, {2}});
  const std::vector<std::uint8_t> image = image_of(start);
  thrum::LearningOptions options;
  options.false_alarm_rate = 0.02f;
  Learner learner;
  REQUIRE(learner.learn_from(options, image.data(), image.size()) == Status::ok);
  take(learner, further.rows(6));
  const Learned& moved = learner.learned();
  const int low = class_at(moved, 100), high = class_at(moved, 100 + Machine::gap);
  for (int f = 0; f < d; ++f) {
    const double move = mean(moved, low, f) - mean(start, low, f);
    CHECK(std::fabs(move - 3) < 5 / std::sqrt(6.0));
    CHECK(std::fabs(mean(moved, high, f) - mean(start, high, f) - move) < 1e-4);
  }
}
