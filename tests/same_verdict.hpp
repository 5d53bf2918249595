#ifndef THRUM_TESTS_SAME_VERDICT_HPP
#define THRUM_TESTS_SAME_VERDICT_HPP

#include <cstring>

namespace thrum_test {

/// Whether two verdicts are one, bit for bit. Verdict: thrum's, whichever header it came from.
template <typename Verdict>
bool same_verdict(const Verdict& a, const Verdict& b) {
  const auto same_bits = [](float x, float y) { return std::memcmp(&x, &y, sizeof(float)) == 0; };
  return a.status == b.status && a.state == b.state && a.fault == b.fault && same_bits(a.score, b.score) &&
         same_bits(a.tail_probability, b.tail_probability) && a.cluster == b.cluster &&
         a.feature == b.feature && a.channel == b.channel && same_bits(a.share, b.share);
}

}  // namespace thrum_test

#endif  // THRUM_TESTS_SAME_VERDICT_HPP
