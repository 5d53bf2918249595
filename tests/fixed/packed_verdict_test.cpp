#include "firmware_under_test.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "catch.hpp"

using thrum::SensorFault;
using thrum::State;
using thrum::Status;
using thrum::Verdict;

namespace {

struct Packed {
  std::uint8_t bytes[thrum::packed_verdict_size];
};

Packed packed(const Verdict& verdict) {
  Packed packed;
  pack(verdict, packed.bytes);
  return packed;
}

bool same_but_share(const Verdict& a, const Verdict& b) {
  return a.status == b.status && a.state == b.state && a.fault == b.fault && a.cluster == b.cluster &&
         a.feature == b.feature && a.channel == b.channel &&
         thrum::bits_of(a.score) == thrum::bits_of(b.score) &&
         thrum::bits_of(a.tail_probability) == thrum::bits_of(b.tail_probability);
}

Verdict alarm() {
  Verdict verdict;
  verdict.status = Status::ok;
  verdict.state = State::alarm;
  verdict.score = 1.5f;
  verdict.tail_probability = 0.25f;
  verdict.cluster = 3;
  verdict.feature = 258;
  verdict.channel = 15;
  verdict.share = 0.5f;
  return verdict;
}

}  // namespace

TEST_CASE("a packed verdict has the bytes that its layout says, low ones first") {
  // State 2, status 1 and channel + 1 = 16: 2 + 8 + 16384 = 0x400a. Share 32768 of 65535.
  const std::uint8_t expected[16] = {0x0a, 0x40, 4, 0, 3, 1, 0, 0x80, 0, 0, 0xc0, 0x3f, 0, 0, 0x80, 0x3e};
  CHECK(std::memcmp(packed(alarm()).bytes, expected, 16) == 0);
}

TEST_CASE("a verdict that was packed and unpacked is the same, its share to half a step") {
  for (int state = 0; state <= 4; ++state)
    for (int status = 0; status <= 7; ++status)
      for (int fault = 0; fault <= 5; ++fault)
        for (const int channel : {-1, 0, 15})
          for (const int number : {-1, 0, 255, 256, 65534})
            for (const float score : {0.0f, 1.0f, 1e-40f, 3.4e38f, std::numeric_limits<float>::infinity()})
              for (const float share : {0.0f, 0.3333f, 1e-5f, 1.0f}) {
                Verdict verdict;
                verdict.state = static_cast<State>(state);
                verdict.status = static_cast<Status>(status);
                verdict.fault = static_cast<SensorFault>(fault);
                verdict.channel = channel;
                verdict.cluster = number;
                verdict.feature = 65534 - (number + 1);
                verdict.score = score;
                verdict.tail_probability = share;
                verdict.share = share;
                Verdict back;
                const Packed once = packed(verdict);
                if (unpack(once.bytes, back) != Status::ok || !same_but_share(verdict, back) ||
                    !(std::fabs(back.share - share) <= 0.5f / 65535 + 1e-7f) ||
                    std::memcmp(packed(back).bytes, once.bytes, 16) != 0)
                  FAIL("state " << state << ", status " << status << ", fault " << fault << ", number "
                                << number);
              }
}

TEST_CASE("what has no room in a packed verdict is the largest that has") {
  Verdict verdict = alarm(), back;
  verdict.cluster = 65535;
  verdict.feature = std::numeric_limits<int>::max();
  verdict.share = 7;
  CHECK(unpack(packed(verdict).bytes, back) == Status::ok);
  CHECK(back.cluster == 65534);
  CHECK(back.feature == 65534);
  CHECK(back.share == 1);
  verdict.share = -1;
  CHECK(unpack(packed(verdict).bytes, back) == Status::ok);
  CHECK(back.share == 0);
  verdict.share = std::numeric_limits<float>::quiet_NaN();
  CHECK(unpack(packed(verdict).bytes, back) == Status::ok);
  CHECK(back.share >= 0);
  CHECK(back.share <= 1);
}

TEST_CASE("bytes that no verdict has are refused, and the verdict stays as it was") {
  const auto with = [](int place, int value) {
    Packed bytes = packed(alarm());
    bytes.bytes[place] = static_cast<std::uint8_t>(value);
    return bytes;
  };
  CHECK(sizeof(Packed) == 16);
  Verdict verdict = alarm();
  CHECK(unpack(with(0, 0x0a).bytes, verdict) == Status::ok);  // as it is
  for (const Packed& wrong : {with(0, 0x0d),                  // state 5
                              with(0, 0x4a),                  // status 9
                              with(1, 0x43),                  // fault 6
                              with(1, 0x44),                  // channel 16
                              with(1, 0xc0),                  // the highest bit
                              with(11, 0xbf),                 // score -1.5
                              with(11, 0x7f),                 // score NaN
                              with(15, 0x40),                 // probability above 1
                              with(15, 0xbe)}) {
    verdict.score = 9;
    CHECK(unpack(wrong.bytes, verdict) == Status::out_of_range);
    CHECK(verdict.score == 9);
    CHECK(verdict.state == State::alarm);
  }
}

TEST_CASE("any bytes are refused or come back from the verdict they make") {
  std::uint32_t random = 1;
  int taken = 0;
  for (int round = 0; round < 200000; ++round) {
    Packed bytes;
    for (std::uint8_t& byte : bytes.bytes) {
      random = random * 1664525u + 1013904223u;
      byte = static_cast<std::uint8_t>(random >> 24);
    }
    if (round % 2 == 0) bytes.bytes[15] &= 0x3e;  // or few would be taken
    Verdict verdict;
    if (unpack(bytes.bytes, verdict) != Status::ok) continue;
    ++taken;
    if (std::memcmp(packed(verdict).bytes, bytes.bytes, 16) != 0) FAIL("round " << round);
  }
  CHECK(taken > 1000);
}
