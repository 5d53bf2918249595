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

/// a, n and ? are alarm, normal and unknown.
State state_of(char letter) {
  return letter == 'a' ? State::alarm : letter == 'n' ? State::normal : State::unknown;
}

/// On either side of 1, where verdicts part; that of an unknown one counts for nothing.
float score_of(char letter) { return letter == 'n' ? 1.0f : 1.001f; }

char letter_of(State state) { return state == State::alarm ? 'a' : state == State::normal ? 'n' : '?'; }

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
  for (const char verdict : verdicts) {
    latest.push_back(verdict);
    if (static_cast<int>(latest.size()) > options.window) latest.pop_front();
    int alarms = 0, known = 0;
    for (const char each : latest) {
      if (each == 'a') ++alarms;
      if (each != '?') ++known;
    }
    if (alarms >= options.votes) raised = true;
    if (alarms <= options.release) raised = false;
    states += raised ? 'a' : known >= options.votes ? 'n' : '?';
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
    REQUIRE(options.valid());
    std::string verdicts;
    // Long stretches, so that wide windows fill.
    while (verdicts.size() < 200)
      verdicts += std::string(static_cast<std::size_t>(random.index(20)), "an?"[random.index(3)]);
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
        MonitorOptions{3, 5, 1, thrum::not_a_number<float>()}})
    CHECK_FALSE(wrong.valid());
  CHECK(MonitorOptions{3, 5, 1} == MonitorOptions{});
  CHECK(MonitorOptions{3, 5, 2} != MonitorOptions{});
  CHECK(MonitorOptions{3, 5, 1, 2} != MonitorOptions{});
}
