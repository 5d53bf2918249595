#ifndef THRUM_TESTS_FIXED_GENERATOR_HPP
#define THRUM_TESTS_FIXED_GENERATOR_HPP

#include <cstdint>

#include "firmware_under_test.hpp"

namespace thrum_test {

/// Numbers that are the same everywhere (Knuth's linear congruential generator).
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : state_(seed) {}
  double uniform() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<double>(state_ >> 11) / 9007199254740992.0;
  }
  thrum::Index index(thrum::Index size) {
    return static_cast<thrum::Index>(uniform() * static_cast<double>(size));
  }
  /// About Gaussian: mean 0, variance 1.
  double normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return sum;
  }

 private:
  std::uint64_t state_;
};

}  // namespace thrum_test

#endif  // THRUM_TESTS_FIXED_GENERATOR_HPP
