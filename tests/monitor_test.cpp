#include "thrum/detection/monitor.hpp"

#include <algorithm>
#include <deque>
#include <string>

#include "catch.hpp"
#include "thrum/core/random.hpp"
#include "thrum/core/scalar.hpp"

using thrum::Monitor;
using thrum::MonitorOptions;
using thrum::State;

namespace {

/// a, n, ?, s and i are alarm, normal, unknown, sensor_fault and idle.
constexpr char letters[] = "?nasi";  // in the order of State

State state_of(char letter) { return static_cast<State>(std::string(letters).find(letter)); }

/// On either side of 1, where verdicts part; that of an unknown one counts for nothing.
float score_of(char letter) { return letter == 'n' ? 1.0f : 1.001f; }

char letter_of(State state) { return letters[static_cast<int>(state)]; }

/// The states after each verdict.
std::string watched(const MonitorOptions& options, const std::string& verdicts) {
  Monitor monitor;
  std::string states;
  for (const char verdict : verdicts) {
    states += letter_of(monitor.update(options, state_of(verdict), score_of(verdict)));
    REQUIRE(letter_of(monitor.state()) == states.back());
  }
  return states;
}

/// The rule as it is written down, over a list of the latest verdicts.
std::string oracle(const MonitorOptions& options, const std::string& verdicts) {
  std::deque<char> latest;
  std::string states;
  bool raised = false;
  int since = 1 << 20;  // windows since it was raised or dropped, that one included; never before the start
  for (const char verdict : verdicts) {
    if (verdict == 'i') {
      states += raised ? 'a' : 'i';
      continue;
    }
    latest.push_back(verdict);
    if (static_cast<int>(latest.size()) > options.window) latest.pop_front();
    int alarms = 0, known = 0;
    for (const char each : latest) {
      if (each == 'a') ++alarms;
      if (each == 'a' || each == 'n') ++known;
    }
    const bool before = raised;
    if (alarms >= options.votes && (raised || since >= options.cool_down)) raised = true;
    if (alarms <= options.release && since >= options.minimum_duration) raised = false;
    since = raised == before ? since + 1 : 1;
    states += raised ? 'a' : known >= options.votes ? 'n' : verdict == 's' ? 's' : '?';
  }
  return states;
}

}  // namespace

TEST_CASE("an alarm takes m of the last n verdicts") {
  const MonitorOptions options{3, 5, 1};
  CHECK(watched(options, "nnnnaannnn") == "??nnnnnnnn");
  CHECK(watched(options, "nnnnaaannn") == "??nnnnaaaa");
  // Three alarms, but never three in five windows.
  CHECK(watched(options, "annnannnan") == "??nnnnnnnn");
  CHECK(watched(options, "aaa") == "??a");
}

TEST_CASE("an alarm stays until no more than `release` of the last n are alarms") {
  CHECK(watched({3, 5, 0}, "aaannnnnn") == "??aaaaann");
  CHECK(watched({3, 5, 1}, "aaannnnnn") == "??aaaannn");
  CHECK(watched({3, 5, 2}, "aaannnnnn") == "??aaannnn");
  // Without hysteresis it would flicker here.
  CHECK(watched({3, 4, 1}, "aaanaanaana") == "??aaaaaaaaa");
}

TEST_CASE("unknown verdicts vote for nothing and do not pass for normal") {
  const MonitorOptions options{3, 5, 1};
  CHECK(watched(options, "??????") == "??????");
  CHECK(watched(options, "nn????n??") == "?????????");
  CHECK(watched(options, "nnn??????") == "??nnn????");
  // They neither raise an alarm nor hold it for ever.
  CHECK(watched(options, "aa?a") == "???a");
  CHECK(watched(options, "aaa??????") == "??aaaa???");
}

TEST_CASE("faults of sensors vote for nothing, and are the state once too few windows are known") {
  const MonitorOptions options{3, 5, 1};
  CHECK(watched(options, "nnnssssss") == "??nnnssss");
  CHECK(watched(options, "aasa") == "??sa");
  CHECK(watched(options, "aaasssnnn") == "??aaaa??n");
  CHECK(watched(options, "nnsnn") == "??snn");
}

TEST_CASE("idle windows are as if they had not been, and an alarm outlasts them") {
  const MonitorOptions options{3, 5, 1};
  CHECK(watched(options, "iiii") == "iiii");
  CHECK(watched(options, "nniiin") == "??iiin");
  CHECK(watched(options, "aaiiiia") == "??iiiia");
  CHECK(watched(options, "aaaiiiiiiiinnnn") == "??aaaaaaaaaaaan");
  // The votes are what they are without the idle ones, whatever their number.
  CHECK(watched({2, 3, 0, 1, 4, 5}, "aaiiinnnniaa") == "?aaaaaaaninn");
}

TEST_CASE("an alarm lasts its minimum duration, and none follows within the cool-down") {
  CHECK(watched({1, 1, 0, 1, 3, 0}, "nannnn") == "naaann");
  CHECK(watched({1, 1, 0, 1, 3, 0}, "naaaann") == "naaaann");  // no longer than it must
  CHECK(watched({1, 1, 0, 1, 0, 3}, "nanaaaa") == "nannnaa");
  CHECK(watched({1, 1, 0, 1, 2, 2}, "aaaaa") == "aaaaa");
  CHECK(watched({1, 1, 0, 1, 2, 2}, "annaaannaaa") == "aannaannaaa");
  // The first alarm waits for nothing; unknown windows take their time as well.
  CHECK(watched({1, 1, 0, 1, 1, 60}, "a") == "a");
  CHECK(watched({1, 1, 0, 1, 3, 3}, "a????a?a") == "aaa??n?a");
}

TEST_CASE("a monitor waits for 65535 windows and not one less") {
  MonitorOptions options{1, 1, 0};
  options.minimum_duration = options.cool_down = 65535;
  REQUIRE(options.valid());
  Monitor monitor;
  CHECK(monitor.update(options, State::alarm, 2) == State::alarm);
  bool held = true;
  for (int i = 1; i < 65535; ++i) held = held && monitor.update(options, State::normal, 0) == State::alarm;
  CHECK(held);
  CHECK(monitor.update(options, State::normal, 0) == State::normal);
  for (int i = 1; i < 65535; ++i) held = held && monitor.update(options, State::alarm, 2) == State::normal;
  CHECK(held);
  CHECK(monitor.update(options, State::alarm, 2) == State::alarm);
}

TEST_CASE("a window of one follows every verdict") { CHECK(watched({1, 1, 0}, "na?aan?n") == "na?aan?n"); }

TEST_CASE("a window of 32 counts all of its 32") {
  const MonitorOptions all{32, 32, 0};
  const std::string alarms(32, 'a'), normals(40, 'n');
  CHECK(watched(all, alarms.substr(1)).back() == '?');
  CHECK(watched(all, alarms).back() == 'a');
  const std::string states = watched(all, alarms + normals);
  CHECK(states.substr(31, 32) == alarms);
  CHECK(states[63] == 'n');
  CHECK(watched({1, 32, 0}, "a" + normals).substr(0, 34) == alarms + "nn");
}

TEST_CASE("a monitor is the written rule on any verdicts with any valid options") {
  thrum::Random random(1);
  for (int round = 0; round < 300; ++round) {
    MonitorOptions options;
    options.window = 1 + static_cast<int>(random.index(32));
    options.votes = 1 + static_cast<int>(random.index(options.window));
    options.release = static_cast<int>(random.index(options.votes));
    if (round % 2 == 1) {
      options.minimum_duration = static_cast<int>(random.index(40));
      options.cool_down = static_cast<int>(random.index(40));
    }
    REQUIRE(options.valid());
    std::string verdicts;
    // Long stretches, so that wide windows fill.
    while (verdicts.size() < 200)
      verdicts += std::string(static_cast<std::size_t>(random.index(20)), "an?si"[random.index(5)]);
    REQUIRE(watched(options, verdicts) == oracle(options, verdicts));
  }
}

TEST_CASE("a monitor alarms when the m-th largest of the last n scores is above its threshold") {
  thrum::Random random(2);
  for (int round = 0; round < 200; ++round) {
    MonitorOptions options;
    options.window = 1 + static_cast<int>(random.index(32));
    options.votes = 1 + static_cast<int>(random.index(options.window));
    options.release = options.votes - 1;  // no hysteresis: the state is the statistic
    options.threshold = static_cast<float>(1 + random.index(8)) / 4;
    Monitor monitor;
    std::deque<float> latest;
    for (int i = 0; i < 100; ++i) {
      const float score =
          i == 50 ? thrum::positive_infinity<float>() : static_cast<float>(random.index(10)) / 4;
      latest.push_back(score);
      if (static_cast<int>(latest.size()) > options.window) latest.pop_front();
      std::deque<float> sorted = latest;
      std::sort(sorted.begin(), sorted.end(), [](float a, float b) { return a > b; });
      const auto votes = static_cast<std::size_t>(options.votes);
      const bool above = sorted.size() >= votes && sorted[votes - 1] > options.threshold;
      const State verdict = score > 1 ? State::alarm : State::normal;
      REQUIRE((monitor.update(options, verdict, score) == State::alarm) == above);
    }
  }
}

TEST_CASE("a monitor forgets everything on reset, and copies go their own way") {
  const MonitorOptions options{2, 3, 0};
  Monitor monitor;
  CHECK(monitor.state() == State::unknown);
  monitor.update(options, State::alarm, 2);
  monitor.update(options, State::alarm, 2);
  Monitor copy = monitor;
  CHECK(monitor.state() == State::alarm);
  monitor.reset();
  CHECK(monitor.state() == State::unknown);
  CHECK(copy.state() == State::alarm);
  CHECK(monitor.update(options, State::alarm, 2) == State::unknown);
  CHECK(copy.update(options, State::normal, 1) == State::alarm);
}

TEST_CASE("monitor options outside their ranges are not valid") {
  CHECK(MonitorOptions{}.valid());
  CHECK(MonitorOptions{1, 1, 0}.valid());
  CHECK(MonitorOptions{32, 32, 31}.valid());
  for (const MonitorOptions& wrong :
       {MonitorOptions{0, 5, 0}, MonitorOptions{6, 5, 1}, MonitorOptions{3, 0, 1}, MonitorOptions{3, 33, 1},
        MonitorOptions{3, 5, 3}, MonitorOptions{3, 5, -1}, MonitorOptions{-1, -1, -2},
        MonitorOptions{3, 5, 1, 0}, MonitorOptions{3, 5, 1, -1},
        MonitorOptions{3, 5, 1, thrum::positive_infinity<float>()},
        MonitorOptions{3, 5, 1, thrum::not_a_number<float>()}, MonitorOptions{3, 5, 1, 1, -1, 0},
        MonitorOptions{3, 5, 1, 1, 65536, 0}, MonitorOptions{3, 5, 1, 1, 0, -1},
        MonitorOptions{3, 5, 1, 1, 0, 65536}})
    CHECK_FALSE(wrong.valid());
  CHECK(MonitorOptions{3, 5, 1} == MonitorOptions{});
  CHECK(MonitorOptions{3, 5, 2} != MonitorOptions{});
  CHECK(MonitorOptions{3, 5, 1, 2} != MonitorOptions{});
  CHECK(MonitorOptions{3, 5, 1, 1, 2, 0} != MonitorOptions{});
  CHECK(MonitorOptions{3, 5, 1, 1, 0, 2} != MonitorOptions{});
}
