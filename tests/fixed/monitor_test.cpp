#include "firmware_under_test.hpp"

#include <cstring>

#include "catch.hpp"

using thrum::MonitorOptions;
using thrum::State;

namespace {

/// On either side of 1, where verdicts part.
float score_of(State verdict) { return verdict == State::alarm ? 1.5f : 1.0f; }

}  // namespace

TEST_CASE("a fixed monitor is all zero at start, knows nothing, and is twelve bytes") {
  static const thrum::fixed::Monitor monitor{};
  const unsigned char zero[sizeof(monitor)] = {};
  CHECK(sizeof(monitor) == 12);
  CHECK(std::memcmp(static_cast<const void*>(&monitor), zero, sizeof(monitor)) == 0);
  CHECK(monitor.state() == State::unknown);
}

TEST_CASE("a fixed monitor votes m of n with hysteresis") {
  constexpr MonitorOptions options{2, 3, 0};
  static_assert(options.valid(), "checked at compile time on the chip");
  thrum::fixed::Monitor monitor, other;
  const State a = State::alarm, n = State::normal, u = State::unknown;
  const State verdicts[] = {u, n, n, a, n, a, n, n, n, u, u};
  const State states[] = {u, u, n, n, n, a, a, a, n, n, u};
  for (int i = 0; i < 11; ++i)
    CHECK(monitor.update(options, verdicts[i], score_of(verdicts[i])) == states[i]);
  CHECK(other.state() == u);
  other.update(options, a, 2);
  other.update(options, a, 2);
  CHECK(other.state() == a);
  CHECK(monitor.state() == u);
  other.reset();
  CHECK(other.state() == u);
}

TEST_CASE("a monitor works in a constant expression") {
  constexpr State state = [] {
    thrum::fixed::Monitor monitor;
    monitor.update({1, 1, 0, 3}, State::normal, 3);
    return monitor.update({1, 1, 0, 3}, State::alarm, 4);
  }();
  static_assert(state == State::alarm, "one of one");
  CHECK(state == State::alarm);
}
