#ifndef THRUM_TESTS_FIRMWARE_SAID_HPP
#define THRUM_TESTS_FIRMWARE_SAID_HPP

#include <stdint.h>

// What laptop and firmware say of a feature row, as words of 32 bits. Included after thrum, of whichever
// wing.

namespace said {

constexpr const char* names[] = {"status",  "state",  "score", "tail probability",  "class", "feature",
                                 "channel", "health", "trend", "error of the trend"};
constexpr int words_of_verdict = sizeof(names) / sizeof(names[0]);

/// Words on a row of d features: names, then the share of each feature.
constexpr int words_of_row(int features) { return words_of_verdict + features; }

/// Takes the verdict into the health index, and puts both and the shares, d values, into words_of_row(d)
/// words.
inline void put(const thrum::Verdict& verdict, const float* shares, int features, thrum::HealthIndex& health,
                uint32_t* words) {
  if (is_scored(verdict.state)) health.update(thrum::HealthOptions{}, verdict.tail_probability);
  *words++ = static_cast<uint32_t>(verdict.status);
  *words++ = static_cast<uint32_t>(verdict.state);
  *words++ = thrum::bits_of(verdict.score);
  *words++ = thrum::bits_of(verdict.tail_probability);
  *words++ = static_cast<uint32_t>(verdict.cluster);
  *words++ = static_cast<uint32_t>(verdict.feature);
  *words++ = static_cast<uint32_t>(verdict.channel);
  *words++ = thrum::bits_of(health.value());
  *words++ = thrum::bits_of(health.trend());
  *words++ = thrum::bits_of(health.trend_error());
  for (int f = 0; f < features; ++f) *words++ = thrum::bits_of(shares[f]);
}

}  // namespace said

#endif  // THRUM_TESTS_FIRMWARE_SAID_HPP
