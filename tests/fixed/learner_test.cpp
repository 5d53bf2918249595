#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

#include "catch.hpp"
#include "firmware_under_test.hpp"
#include "generator.hpp"

using thrum::FeatureOptions;
using thrum::Index;
using thrum::LearningCapacity;
using thrum::LearningOptions;
using thrum::LearningState;
using thrum::Obstacle;
using thrum::State;
using thrum::Status;
using thrum::Verdict;

namespace {

// One channel, six features of time; windows that overlap by half, so that each is learned from.

constexpr FeatureOptions small_signal(int hop) {
  FeatureOptions signal;
  signal.window = 64;
  signal.hop = hop;
  signal.sampling_rate = 640;
  signal.bands = 0;
  return signal;
}

constexpr LearningCapacity capacity{small_signal(32), 80, 3};
constexpr LearningCapacity larger_capacity{small_signal(32), 120, 5};
constexpr LearningCapacity other_signal{small_signal(16), 80, 3};
constexpr LearningCapacity one_class{small_signal(32), 80, 1};
constexpr int d = thrum::feature_count(capacity.signal);

using Learner = thrum::fixed::Learner<capacity>;
using Row = std::vector<float>;

/// Rows of a machine with two ways of running well, in turn by chance; its features have scales from 0.01 to
/// 1000. `shift`: of all features, in deviations.
class Machine {
 public:
  explicit Machine(std::uint64_t seed) : random_(seed) {}

  Row next(double shift = 0) {
    const int mode = static_cast<int>(random_.index(2));
    Row row;
    for (int f = 0; f < d; ++f) row.push_back(value(f, 8 * ((mode + f) % 2) + shift + random_.normal()));
    return row;
  }
  /// Of one of them, without noise.
  static Row typical(int mode) {
    Row row;
    for (int f = 0; f < d; ++f) row.push_back(value(f, 8 * ((mode + f) % 2)));
    return row;
  }
  static float value(int f, double deviations) {
    const double scale = std::pow(10.0, f - 2);
    return static_cast<float>(scale * (20 + deviations));
  }

 private:
  thrum_test::Generator random_;
};

template <typename SomeLearner>
Verdict take(SomeLearner& learner, const Row& row) {
  float scratch[d];
  return learner.take(row.data(), scratch);
}

LearningOptions options_of(float rate) {
  LearningOptions options;
  options.false_alarm_rate = rate;
  return options;
}

/// A learner that has learned a machine.
template <typename SomeLearner = Learner>
std::unique_ptr<SomeLearner> learned(std::uint64_t seed, const LearningOptions& options = options_of(0.02f)) {
  auto learner = std::make_unique<SomeLearner>();
  Machine machine(seed);
  REQUIRE(learner->learn(options) == Status::ok);
  while (learner->state() == LearningState::collecting) take(*learner, machine.next());
  while (learner->step()) {
  }
  REQUIRE(learner->state() == LearningState::watching);
  return learner;
}

double alarm_share(Learner& learner, Machine& machine, int rows, double shift = 0) {
  int alarms = 0;
  for (int i = 0; i < rows; ++i) alarms += take(learner, machine.next(shift)).state == State::alarm ? 1 : 0;
  return static_cast<double>(alarms) / rows;
}

std::vector<std::uint8_t> saved(Learner& learner) {
  std::vector<std::uint8_t> image(Learner::Classes::most_image_bytes());
  std::size_t written = 0;
  REQUIRE(learner.save(image.data(), image.size(), written) == Status::ok);
  image.resize(written);
  return image;
}

void put_word(std::vector<std::uint8_t>& image, std::size_t word, std::uint32_t value) {
  for (int i = 0; i < 4; ++i)
    image[word * 4 + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(value >> 8 * i);
}

/// Makes an image whole again after a change.
void renew_crc(std::vector<std::uint8_t>& image) {
  thrum::Crc32 crc;
  for (std::size_t i = 0; i + 4 < image.size(); ++i) crc.add_byte(image[i]);
  put_word(image, image.size() / 4 - 1, crc.value());
}

/// Whether both judge rows of a machine alike, to the last bit.
bool same_judgement(Learner& a, Learner& b) {
  Machine machine(99);
  for (int i = 0; i < 50; ++i) {
    const Row row = machine.next(i % 5);
    const Verdict of_a = take(a, row), of_b = take(b, row);
    if (of_a.state != of_b.state || thrum::bits_of(of_a.score) != thrum::bits_of(of_b.score) ||
        of_a.cluster != of_b.cluster || of_a.feature != of_b.feature)
      return false;
  }
  return true;
}

}  // namespace

// ---- what is asked for

TEST_CASE("as many windows are needed as the rate of false alarms asks for") {
  CHECK(thrum::windows_for_rate(0.5f) == 1);
  CHECK(thrum::windows_for_rate(0.1f) == 9);
  CHECK(thrum::windows_for_rate(0.01f) == 99);
  CHECK(thrum::windows_for_rate(0.001f) == 999);
  // Windows of 64 frames that come every 32 are each learned from, every 16 each second, every 5 each
  // seventh.
  CHECK(thrum::windows_apart(small_signal(64)) == 1);
  CHECK(thrum::windows_apart(small_signal(32)) == 1);
  CHECK(thrum::windows_apart(small_signal(16)) == 2);
  CHECK(thrum::windows_apart(small_signal(5)) == 7);
}

TEST_CASE("what cannot be learned is refused before it begins, and nothing changes") {
  const auto learner = learned(1);
  const std::vector<std::uint8_t> before = saved(*learner);
  const auto refused = [&](Status status, auto change) {
    LearningOptions options;
    change(options);
    CHECK(learner->learn(options) == status);
    CHECK(learner->learn_from(options, before.data(), before.size()) == status);
    CHECK(learner->state() == LearningState::watching);
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  refused(Status::wrong_size, [](auto& options) { options.false_alarm_rate = 0.012f; });  // needs 83 windows
  refused(Status::wrong_size, [](auto& options) { options.classes = 4; });
  refused(Status::out_of_range, [](auto& options) { options.false_alarm_rate = 0; });
  refused(Status::out_of_range, [](auto& options) { options.false_alarm_rate = 0.6f; });
  refused(Status::out_of_range, [&](auto& options) { options.false_alarm_rate = nan; });
  refused(Status::out_of_range, [](auto& options) { options.classes = 0; });
  refused(Status::out_of_range, [](auto& options) { options.windows = 0x80000000u; });
  refused(Status::out_of_range, [](auto& options) { options.monitor.votes = 33; });
  refused(Status::out_of_range, [](auto& options) { options.drift.time_constant = 5; });
  refused(Status::out_of_range, [](auto& options) { options.drift.limit = 1.5f; });
  refused(Status::out_of_range, [&](auto& options) { options.drift.limit = nan; });
  CHECK(learner->learn(options_of(0.0125f)) == Status::ok);  // 79
}

TEST_CASE("the memory of a learner says how many windows it is for") {
  CHECK(Learner::windows_in(sizeof(Learner)) == capacity.windows);
  CHECK(Learner::windows_in(sizeof(Learner) + 10 * Learner::bytes_per_window) == capacity.windows + 10);
  CHECK(Learner::windows_in(100) == 0);
}

// ---- from nothing to watching

TEST_CASE("a learner collects, learns in steps and watches") {
  Learner learner;
  CHECK(learner.state() == LearningState::not_started);
  CHECK(learner.relearn() == Status::not_fitted);
  CHECK(learner.progress() == 0);
  CHECK_FALSE(learner.step());
  REQUIRE(learner.learn(options_of(0.02f)) == Status::ok);
  CHECK(learner.windows_needed() == 80);
  CHECK(learner.seconds_needed() == 4);  // 80 windows, one every 32 frames of 640 a second

  Machine machine(3);
  for (int i = 0; i < 80; ++i) {
    CHECK(learner.state() == LearningState::collecting);
    CHECK(learner.progress() == Approx(i / 80.0));
    const Verdict verdict = take(learner, machine.next());
    CHECK(verdict.state == State::unknown);
    CHECK(verdict.status == Status::not_fitted);
  }
  CHECK(learner.state() == LearningState::learning);
  CHECK(learner.windows_needed() == 0);
  int steps = 1;
  float before = 0;
  while (learner.step()) {
    ++steps;
    CHECK(learner.progress() >= before);
    CHECK(learner.progress() < 1);
    before = learner.progress();
    CHECK(take(learner, machine.next()).state == State::unknown);  // windows come meanwhile
  }
  // 8 rows a step, 2 while distances are measured: spread, scales, a check, two tries, an acceptance, at
  // least two assignments, moments; distances.
  CHECK(steps > 9 * 80 / 8 + 80 / 2);
  CHECK(before > 0.5f);
  CHECK(learner.progress() == 1);
  REQUIRE(learner.state() == LearningState::watching);
  CHECK(learner.obstacle() == Obstacle::none);
  REQUIRE(learner.learned().classes() == 2);
  CHECK(learner.learned().count(0) + learner.learned().count(1) == 80);
  CHECK(learner.learned().distances().count() == 80);

  Row far = Machine::typical(0);
  far[3] = Machine::value(3, 60);
  const Verdict verdict = take(learner, far);
  CHECK(verdict.state == State::alarm);
  CHECK(verdict.feature == 3);
  CHECK(verdict.channel == 0);
  CHECK(take(learner, Machine::typical(1)).state == State::normal);
  CHECK(learner.learned().windows_watched() == 2);
}

TEST_CASE("means and deviations of the classes are those of the machine") {
  const auto learner = learned<thrum::fixed::Learner<larger_capacity>>(4, options_of(0.01f));
  const auto scaling = learner->learned().scaling();
  int found = 0;
  for (int mode = 0; mode < 2; ++mode) {
    const Row typical = Machine::typical(mode);
    for (int j = 0; j < learner->learned().classes(); ++j) {
      bool near = true;
      for (int f = 0; f < d; ++f) {
        const double unit = std::pow(10.0, f - 2);
        const double mean = static_cast<double>(scaling.offset[f]) +
                            static_cast<double>(learner->learned().mean(j)[f] / scaling.factor[f]);
        const double deviation =
            1 / static_cast<double>(learner->learned().inverse_deviation(j)[f] * scaling.factor[f]);
        // About 60 rows a class, of deviation 1: the mean is off by 0.13, the deviation by 0.09.
        near = near &&
               std::abs(mean - static_cast<double>(typical[static_cast<std::size_t>(f)])) < 0.6 * unit &&
               deviation > 0.7 * unit && deviation < 1.35 * unit;
      }
      found += near ? 1 : 0;
    }
  }
  CHECK(found == 2);
}

TEST_CASE("further windows are alarms as often as was asked for") {
  for (const float rate : {0.02f, 0.1f}) {
    double sum = 0;
    constexpr int machines = 25;
    for (int seed = 0; seed < machines; ++seed) {
      const auto learner = learned(static_cast<std::uint64_t>(seed + 10), options_of(rate));
      Machine machine(static_cast<std::uint64_t>(seed + 100));
      sum += alarm_share(*learner, machine, 400);
    }
    // Conformal: at most the rate in the mean over machines, whose shares deviate by root(rate (1 - rate) /
    // 82), plus the clustering, which has seen the rows. Not far below it either: the sketch is at most 3 %
    // too wide.
    const double deviation = std::sqrt(static_cast<double>(rate * (1 - rate)) / 82 / machines);
    CHECK(sum / machines < 1.3 * static_cast<double>(rate) + 3 * deviation);
    CHECK(sum / machines > 0.3 * static_cast<double>(rate));
  }
}

TEST_CASE("of more windows than there is room for, all parts of the time are learned") {
  LearningOptions options = options_of(0.02f);
  options.windows = 4000;
  options.classes = 1;
  Learner learner;
  REQUIRE(learner.learn(options) == Status::ok);
  thrum_test::Generator random(5);
  for (int i = 0; i < 4000; ++i) {
    Row row;
    for (int f = 0; f < d; ++f) row.push_back(static_cast<float>(random.normal() + 2.0 * i / 4000));
    take(learner, row);
  }
  while (learner.step()) {
  }
  REQUIRE(learner.state() == LearningState::watching);
  CHECK(learner.windows_collected() == 4000);
  // The first 80 rows have mean 0, the last 80 mean 2; of 80 at random it deviates by 0.13.
  for (int f = 0; f < d; ++f) CHECK(learner.learned().scaling().offset[f] == Approx(1).margin(0.5));
}

TEST_CASE("of windows that overlap by more than half only some are collected") {
  static thrum::fixed::Learner<other_signal> learner;
  REQUIRE(learner.learn(options_of(0.02f)) == Status::ok);
  Machine machine(6);
  for (int i = 0; i < 10; ++i) take(learner, machine.next());
  CHECK(learner.windows_collected() == 5);
  CHECK(learner.seconds_needed() == Approx(75 * 32 / 640.0));
}

TEST_CASE("a learner that begins anew forgets what it knew") {
  const auto learner = learned(7);
  REQUIRE(learner->relearn() == Status::ok);
  CHECK(learner->state() == LearningState::collecting);
  std::size_t written = 0;
  std::uint8_t image[4096];
  CHECK(learner->save(image, sizeof(image), written) == Status::not_fitted);
  Machine machine(8);
  while (learner->state() == LearningState::collecting) take(*learner, machine.next(30));
  while (learner->step()) {
  }
  CHECK(alarm_share(*learner, machine, 100, 30) < 0.15);
  CHECK(alarm_share(*learner, machine, 100, 0) == 1);
}

// ---- what is not fit to learn from

TEST_CASE("a machine that drifts or jumps while it is watched is refused, and the feature is told") {
  for (const bool jumps : {false, true}) {
    Learner learner;
    REQUIRE(learner.learn(options_of(0.02f)) == Status::ok);
    Machine machine(9);
    for (int i = 0; i < 80; ++i) {
      Row row = machine.next();
      row[4] = Machine::value(4, jumps ? (i < 40 ? 0 : 9) : 0.25 * i);
      take(learner, row);
    }
    while (learner.step()) {
    }
    CHECK(learner.state() == LearningState::refused);
    CHECK(learner.obstacle() == Obstacle::drifting);
    CHECK(learner.drifting_feature() == 4);
    CHECK(take(learner, machine.next()).state == State::unknown);
    const std::vector<std::uint8_t> known = saved(*learned(1));
    Learner loaded = learner;
    CHECK(loaded.load(known.data(), known.size()) == Status::ok);
    CHECK(loaded.obstacle() == Obstacle::none);
    CHECK(learner.relearn() == Status::ok);
    CHECK(learner.obstacle() == Obstacle::none);
    CHECK(learner.drifting_feature() == -1);
  }
}

TEST_CASE("what hardly varies is refused") {
  for (const int different_rows : {1, 2}) {  // one is fewer than there are classes; two leave nothing to vary
    Learner learner;
    LearningOptions options = options_of(0.02f);
    options.classes = different_rows == 1 ? 2 : 3;
    REQUIRE(learner.learn(options) == Status::ok);
    for (int i = 0; i < 80; ++i) take(learner, Machine::typical(i % different_rows));
    while (learner.step()) {
    }
    CHECK(learner.state() == LearningState::refused);
    CHECK(learner.obstacle() == Obstacle::unvaried);
  }
}

TEST_CASE("a feature that never varied is no reason to refuse, and tells when it changes") {
  Learner learner;
  REQUIRE(learner.learn(options_of(0.02f)) == Status::ok);
  Machine machine(11);
  const auto next = [&] {
    Row row = machine.next();
    row[0] = 0;
    row[5] = 3.5f;
    return row;
  };
  for (int i = 0; i < 80; ++i) take(learner, next());
  while (learner.step()) {
  }
  REQUIRE(learner.state() == LearningState::watching);
  Row row = next();
  row[5] = 4;
  const Verdict verdict = take(learner, row);
  CHECK(verdict.state == State::alarm);
  CHECK(verdict.feature == 5);
}

TEST_CASE("rows that are not finite or off scale are not collected, and lose nothing") {
  const float nan = std::numeric_limits<float>::quiet_NaN(),
              infinity = std::numeric_limits<float>::infinity();
  Learner learner, undisturbed;
  REQUIRE(learner.learn(options_of(0.02f)) == Status::ok);
  REQUIRE(undisturbed.learn(options_of(0.02f)) == Status::ok);
  Machine machine(12);
  for (int i = 0; i < 80; ++i) {
    const Row good = machine.next();
    for (const float bad : {nan, -infinity, std::numeric_limits<float>::max()}) {
      Row row = good;
      row[static_cast<std::size_t>(i % d)] = bad;
      CHECK(take(learner, row).status == Status::non_finite);
      CHECK(learner.obstacle() == Obstacle::unusable);
      CHECK(learner.windows_collected() == static_cast<std::uint32_t>(i));
    }
    take(learner, good);
    CHECK(learner.obstacle() == Obstacle::none);
    take(undisturbed, good);
  }
  while (learner.step()) {
  }
  while (undisturbed.step()) {
  }
  CHECK(saved(learner) == saved(undisturbed));
  Row row = machine.next();
  row[2] = nan;
  CHECK(take(learner, row).state == State::unknown);
}

// ---- slow changes

TEST_CASE("warming within the limit is followed") {
  const auto learner = learned(13);
  Machine machine(14), still(15);
  // 1.2 deviations of each feature, together 2.9: within 0.4 of the threshold, which is some 4.5.
  double alarms = 0;
  constexpr int parts = 60;
  for (int part = 0; part < parts; ++part)
    alarms += alarm_share(*learner, machine, 200, 1.2 * (std::min)(1.0, part / 40.0)) / parts;
  CHECK(alarms < 0.06);
  LearningOptions never = options_of(0.02f);
  never.drift.time_constant = 0;
  const auto stubborn = learned(13, never);
  CHECK(alarm_share(*stubborn, still, 2000, 1.2) > 3 * alarm_share(*learner, machine, 2000, 1.2));
  CHECK(stubborn->learned().drift(0) == 0);
  CHECK(learner->learned().drift(0) > 0.1f);
}

TEST_CASE("wear is not learned, however slow it is") {
  const auto learner = learned(16);
  Machine machine(17);
  // A deviation of three features in 5000 windows, over ten time constants of a deviation each.
  double share = 0;
  int windows = 0;
  for (; share < 0.9 && windows < 200000; windows += 500) {
    int alarms = 0;
    for (int i = 0; i < 500; ++i) {
      Row row = machine.next();
      for (const int f : {1, 2, 3})
        row[static_cast<std::size_t>(f)] += Machine::value(f, (windows + i) / 5000.0) - Machine::value(f, 0);
      alarms += take(*learner, row).state == State::alarm ? 1 : 0;
    }
    share = alarms / 500.0;
    for (int j = 0; j < learner->learned().classes(); ++j) CHECK(learner->learned().drift(j) < 0.4001f);
  }
  CHECK(windows < 40000);  // 8 deviations of each of the three
}

TEST_CASE("a machine that was mounted anew is an alarm until it is learned anew") {
  const auto learner = learned(18);
  Machine machine(19);
  CHECK(alarm_share(*learner, machine, 5000, 15) == 1);
  REQUIRE(learner->relearn() == Status::ok);
  while (learner->state() == LearningState::collecting) take(*learner, machine.next(15));
  while (learner->step()) {
  }
  CHECK(alarm_share(*learner, machine, 1000, 15) < 0.1);
}

// ---- what a person vouches for

TEST_CASE("a row that a person vouches for is normal from then on, and more of it make it a class") {
  const auto learner = learned(20);
  float scratch[d];
  Machine machine(21);
  const auto third_way = [&] { return machine.next(25); };  // both modes, moved
  Row row = Machine::typical(0);
  for (int f = 0; f < d; ++f) row[static_cast<std::size_t>(f)] = Machine::value(f, 30);
  CHECK(take(*learner, row).state == State::alarm);
  CHECK(learner->vouch(row.data(), scratch) == Status::ok);
  CHECK(take(*learner, row).state == State::normal);
  REQUIRE(learner->learned().classes() == 3);
  CHECK(learner->learned().count(2) == 1);
  CHECK(learner->vouch(row.data(), scratch) == Status::ok);
  CHECK(learner->learned().count(2) == 2);
  CHECK(take(*learner, Machine::typical(0)).state == State::normal);
  CHECK(take(*learner, Machine::typical(1)).state == State::normal);

  // There is no room for a fourth way, and nothing changes.
  const Row other = third_way();
  Row far = other;
  for (float& value : far) value *= 3;
  const std::vector<std::uint8_t> before = saved(*learner);
  CHECK(learner->vouch(far.data(), scratch) == Status::wrong_size);
  far[0] = std::numeric_limits<float>::quiet_NaN();
  CHECK(learner->vouch(far.data(), scratch) == Status::non_finite);
  std::vector<std::uint8_t> after = saved(*learner);
  put_word(after, thrum::learned_sequence_word, 1);
  renew_crc(after);
  CHECK(after == before);
  Learner collecting;
  REQUIRE(collecting.learn(options_of(0.02f)) == Status::ok);
  CHECK(collecting.vouch(row.data(), scratch) == Status::not_fitted);
}

TEST_CASE("a person who comes later vouches for the latest row that was an alarm, once") {
  const auto learner = learned(20);
  float scratch[d];
  CHECK(learner->vouch_for_alarm(scratch) == Status::not_fitted);
  CHECK(take(*learner, Machine::typical(0)).state == State::normal);
  CHECK(learner->vouch_for_alarm(scratch) == Status::not_fitted);
  Row row = Machine::typical(0), earlier = row;
  for (int f = 0; f < d; ++f) {
    row[static_cast<std::size_t>(f)] = Machine::value(f, 30);
    earlier[static_cast<std::size_t>(f)] = Machine::value(f, -30);
  }
  CHECK(take(*learner, earlier).state == State::alarm);
  CHECK(take(*learner, row).state == State::alarm);
  CHECK(take(*learner, Machine::typical(0)).state == State::normal);
  CHECK(take(*learner, Machine::typical(1)).state == State::normal);
  CHECK(learner->vouch_for_alarm(scratch) == Status::ok);
  CHECK(learner->learned().classes() == 3);
  CHECK(take(*learner, row).state == State::normal);
  CHECK(learner->vouch_for_alarm(scratch) == Status::not_fitted);
  // There is no room for another, and it stays the one that is vouched for.
  CHECK(take(*learner, earlier).state == State::alarm);
  CHECK(learner->vouch_for_alarm(scratch) == Status::wrong_size);
  CHECK(learner->vouch_for_alarm(scratch) == Status::wrong_size);

  // What was learned anew or loaded has seen no alarm.
  const std::vector<std::uint8_t> image = saved(*learner);
  REQUIRE(learner->load(image.data(), image.size()) == Status::ok);
  CHECK(learner->vouch_for_alarm(scratch) == Status::not_fitted);
  CHECK(take(*learner, earlier).state == State::alarm);
  REQUIRE(learner->relearn() == Status::ok);
  CHECK(learner->vouch_for_alarm(scratch) == Status::not_fitted);
}

// ---- images

TEST_CASE("what was learned goes to an image and comes back whole") {
  const auto learner = learned(22);
  Machine machine(23);
  alarm_share(*learner, machine, 300, 0.5);  // some drift
  const std::vector<std::uint8_t> image = saved(*learner);
  CHECK(image.size() < Learner::Classes::most_image_bytes());
  Learner other;
  REQUIRE(other.load(image.data(), image.size()) == Status::ok);
  CHECK(other.state() == LearningState::watching);
  CHECK(other.progress() == 1);
  CHECK(other.learned().windows_watched() == learner->learned().windows_watched());
  CHECK(other.learned().options().false_alarm_rate == 0.02f);
  CHECK(other.learned().distances() == learner->learned().distances());
  CHECK(saved(other) == saved(*learner));
  CHECK(same_judgement(*learner, other));

  std::size_t written = 77;
  std::vector<std::uint8_t> small(image.size() - 1, 0xee);
  CHECK(learner->save(small.data(), small.size(), written) == Status::wrong_size);
  CHECK(written == 77);
  CHECK(std::count(small.begin(), small.end(), 0xee) == static_cast<std::ptrdiff_t>(small.size()));

  // More room for windows and classes is no other device.
  thrum::fixed::Learner<larger_capacity> larger;
  CHECK(larger.load(image.data(), image.size()) == Status::ok);
  CHECK(larger.learned().threshold() == learner->learned().threshold());
}

TEST_CASE("an image that is cut off, changed, foreign or senseless is refused, and the running state kept") {
  const auto learner = learned(24), untouched = learned(24);
  const std::vector<std::uint8_t> image = saved(*learned(25));
  const auto refuses = [&](const std::vector<std::uint8_t>& bad, std::size_t bytes) {
    const Status status = learner->load(bad.data(), bytes);
    if (status == Status::ok) return Status::ok;
    return learner->learn_from(options_of(0.02f), bad.data(), bytes) == status ? status : Status::ok;
  };
  bool all_cut = true, all_flipped = true;
  for (std::size_t bytes = 0; bytes < image.size(); ++bytes)
    all_cut = all_cut && refuses(image, bytes) == Status::corrupt_model;
  for (std::size_t bit = 0; bit < 8 * image.size(); ++bit) {
    std::vector<std::uint8_t> flipped = image;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ 1u << bit % 8);
    all_flipped = all_flipped && refuses(flipped, flipped.size()) == Status::corrupt_model;
  }
  CHECK(all_cut);
  CHECK(all_flipped);
  CHECK(learner->load(nullptr, 0) == Status::corrupt_model);

  const auto refused = [&](Status status, std::size_t word, std::uint32_t value) {
    std::vector<std::uint8_t> bad = image;
    put_word(bad, word, value);
    renew_crc(bad);
    CHECK(refuses(bad, bad.size()) == status);
  };
  constexpr std::size_t settings = thrum::learned_head_words, arrays = settings + 14;
  refused(Status::unsupported, thrum::learned_schema_word, thrum::learned_schema + 1);
  refused(Status::unsupported, thrum::learned_features_word, d + 1);
  refused(Status::wrong_size, thrum::learned_classes_word, 4);
  refused(Status::wrong_size, thrum::learned_classes_word, 0);
  refused(Status::out_of_range, thrum::learned_classes_word, 1);
  refused(Status::out_of_range, thrum::learned_bins_word, 0xffffffffu);
  refused(Status::out_of_range, thrum::learned_first_bin_word, 0xffffffffu);
  refused(Status::out_of_range, settings + 2, 0x7fc00000u);    // the rate is NaN
  refused(Status::out_of_range, settings + 12, 0);             // the threshold
  refused(Status::out_of_range, arrays, 0x7f800000u);          // the first offset is infinite
  refused(Status::out_of_range, arrays + d, 0);                // the first factor
  refused(Status::out_of_range, arrays + 2 * d, 0xbf800000u);  // the first count is -1

  CHECK(thrum::fixed::Learner<other_signal>().load(image.data(), image.size()) == Status::unsupported);
  CHECK(thrum::fixed::Learner<one_class>().load(image.data(), image.size()) == Status::wrong_size);
  CHECK(same_judgement(*learner, *untouched));
}

TEST_CASE("a loss of power at any byte of a write leaves the old state or the new one") {
  const auto learner = learned(26);
  Machine machine(27);
  constexpr std::size_t bytes = 4096;
  std::vector<std::uint8_t> slots[2];
  for (auto& slot : slots) slot.assign(bytes, 0xff);
  CHECK(Learner::Classes::newest(slots[0].data(), slots[1].data(), bytes) == nullptr);
  std::vector<std::uint8_t> old = saved(*learner);  // sequence 1
  std::copy(old.begin(), old.end(), slots[0].begin());
  bool never_lost = true;
  for (int write = 0; write < 4; ++write) {
    alarm_share(*learner, machine, 20);
    std::vector<std::uint8_t> image = saved(*learner);
    const auto& kept = slots[write % 2];
    auto& target = slots[(write + 1) % 2];
    const std::vector<std::uint8_t> before = target;
    for (std::size_t cut = 0; cut <= image.size(); ++cut) {
      target = before;
      std::copy_n(image.begin(), cut, target.begin());
      const void* const found = Learner::Classes::newest(slots[0].data(), slots[1].data(), bytes);
      // The last byte may happen to be what was there.
      const bool complete = std::equal(image.begin(), image.end(), target.begin());
      never_lost = never_lost && found == (complete ? target.data() : kept.data());
    }
    Learner restarted;
    CHECK(restarted.load(Learner::Classes::newest(slots[0].data(), slots[1].data(), bytes), bytes) ==
          Status::ok);
    CHECK(restarted.learned().windows_watched() == learner->learned().windows_watched());
  }
  CHECK(never_lost);
}

TEST_CASE("the newest of two images is found when sequence numbers wrap") {
  std::vector<std::uint8_t> a = saved(*learned(28)), b = a;
  const auto set_sequence = [](std::vector<std::uint8_t>& image, std::uint32_t sequence) {
    put_word(image, thrum::learned_sequence_word, sequence);
    renew_crc(image);
  };
  set_sequence(a, 0xffffffffu);
  set_sequence(b, 0);
  CHECK(Learner::Classes::newest(a.data(), b.data(), a.size()) == b.data());
  CHECK(Learner::Classes::newest(b.data(), a.data(), a.size()) == b.data());
  set_sequence(a, 5);
  set_sequence(b, 4);
  CHECK(Learner::Classes::newest(a.data(), b.data(), a.size()) == a.data());
  b[100] = static_cast<std::uint8_t>(b[100] + 1);
  CHECK(Learner::Classes::newest(b.data(), a.data(), a.size()) == a.data());
  CHECK(Learner::Classes::newest(nullptr, a.data(), a.size()) == a.data());
  // That of another firmware stands for an empty slot, whatever its number.
  put_word(b, thrum::learned_fingerprint_word, 1);
  set_sequence(b, 6);
  CHECK(Learner::Classes::newest(b.data(), a.data(), a.size()) == a.data());
}

TEST_CASE("after 2^32 windows a learner still watches and saves") {
  std::vector<std::uint8_t> image = saved(*learned(29));
  put_word(image, thrum::learned_head_words + 13, 0xfffffffeu);  // windows watched
  put_word(image, thrum::learned_sequence_word, 0xffffffffu);
  renew_crc(image);
  Learner learner;
  REQUIRE(learner.load(image.data(), image.size()) == Status::ok);
  Machine machine(30);
  for (int i = 0; i < 3; ++i) CHECK(take(learner, Machine::typical(i % 2)).state == State::normal);
  CHECK(learner.learned().windows_watched() == 0xffffffffu);
  const std::vector<std::uint8_t> next = saved(learner);
  CHECK(thrum::sequence_of(next.data()) == 0);
  CHECK(Learner::Classes::newest(image.data(), next.data(), (std::min)(image.size(), next.size())) ==
        next.data());
}

// ---- from the stream of samples

namespace {

constexpr LearningCapacity stream_capacity = [] {
  LearningCapacity of_stream{small_signal(32), 40, 3};
  of_stream.signal.sensors.stuck_frames = 16;
  of_stream.signal.channel[0].idle_level = 20;
  return of_stream;
}();
using Detector = thrum::fixed::LearningDetector<stream_capacity>;

/// Noise of so many counts; 0: the sensor is stuck.
void write_window(Detector& detector, thrum_test::Generator& random, double level) {
  std::int16_t frames[32];
  for (std::int16_t& frame : frames) frame = static_cast<std::int16_t>(level * random.normal() + 3);
  detector.write(frames, 32);
}

}  // namespace

TEST_CASE("a detector learns from its samples, and goes on with what it had saved") {
  static Detector detector;
  thrum_test::Generator random(31);
  write_window(detector, random, 100);
  CHECK_FALSE(detector.poll());  // nobody has asked it to learn
  CHECK(detector.self_test() == Status::not_fitted);
  CHECK(detector.relearn() == Status::not_fitted);
  CHECK(detector.this_is_normal() == Status::not_fitted);
  REQUIRE(detector.learn(options_of(0.05f)) == Status::ok);
  CHECK(detector.fingerprint() != 0);

  const auto run = [&](int windows, double level) {
    int alarms = 0;
    for (int i = 0; i < windows; ++i) {
      write_window(detector, random, level);
      while (detector.poll()) alarms += detector.verdict().state == State::alarm ? 1 : 0;
    }
    return alarms;
  };
  run(11, 100);
  CHECK(detector.learner().windows_collected() == 10);
  // A sensor that dies, and a machine that stands still, lose nothing and teach nothing.
  run(10, 0);
  CHECK(detector.verdict().state == State::sensor_fault);
  CHECK(detector.learner().obstacle() == Obstacle::sensor_fault);
  run(10, 5);
  CHECK(detector.verdict().state == State::idle);
  CHECK(detector.learner().obstacle() == Obstacle::idle);
  CHECK(detector.learner().windows_collected() <= 12);  // the windows that are half of each
  run(200, 100);
  REQUIRE(detector.learner().state() == LearningState::watching);
  CHECK(detector.self_test() == Status::ok);
  CHECK(detector.state() == State::normal);
  CHECK(run(200, 100) < 40);
  CHECK(run(20, 300) >= 18);
  CHECK(detector.state() == State::alarm);

  static std::uint8_t image[thrum::fixed::LearnedClasses<stream_capacity>::most_image_bytes()];
  std::size_t written = 0;
  REQUIRE(detector.save(image, sizeof(image), written) == Status::ok);
  static Detector after_reset;
  CHECK(after_reset.load(image, written - 1) == Status::corrupt_model);
  CHECK_FALSE(after_reset.poll());
  REQUIRE(after_reset.load(image, written) == Status::ok);
  CHECK(after_reset.fingerprint() == detector.fingerprint());
  for (int i = 0; i < 3; ++i) {
    const thrum_test::Generator before = random;
    write_window(detector, random, 100);
    random = before;
    write_window(after_reset, random, 100);
    const bool judged = detector.poll();
    if (i > 0) CHECK(after_reset.poll() == judged);
  }
  CHECK(after_reset.verdict().score == detector.verdict().score);

  // Only a window that has a score can be vouched for.
  CHECK(detector.load(image, written) == Status::ok);
  CHECK(detector.this_is_normal() == Status::not_fitted);
  run(4, 0);
  CHECK(detector.verdict().state == State::sensor_fault);
  CHECK(detector.this_is_normal() == Status::not_fitted);
  CHECK(detector.learner().learned().classes() == 2);
  run(4, 300);
  CHECK(detector.verdict().state == State::alarm);
  CHECK(detector.this_is_normal() == Status::ok);
  CHECK(detector.learner().learned().classes() == 3);
  run(4, 300);
  CHECK(detector.verdict().cluster == 2);

  // Nor for an alarm there was not; and later for one there was.
  CHECK(detector.load(image, written) == Status::ok);
  CHECK(detector.that_was_normal() == Status::not_fitted);
  run(4, 300);
  CHECK(detector.verdict().state == State::alarm);
  run(4, 0);
  CHECK(detector.that_was_normal() == Status::ok);
  CHECK(detector.learner().learned().classes() == 3);
}

TEST_CASE("a detector whose memory outlives a reset goes on learning") {
  static Detector detector;
  thrum_test::Generator random(32);
  CHECK_FALSE(detector.resume());
  REQUIRE(detector.learn(options_of(0.05f)) == Status::ok);
  for (int i = 0; i < 11; ++i) {
    write_window(detector, random, 100);
    detector.poll();
  }
  const std::uint32_t collected = detector.learner().windows_collected();
  CHECK(collected > 5);
  CHECK(detector.resume());
  CHECK(detector.learner().windows_collected() == collected);
  CHECK(detector.learner().state() == LearningState::collecting);
}
