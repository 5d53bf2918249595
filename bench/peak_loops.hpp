// The loops of machine_peaks.hpp for one instruction set. Has no include guard: they are included once for
// each target, with THRUM_BENCH_TARGET set to the name of a namespace and THRUM_BENCH_BYTES to the width of a
// vector.

#include <cstddef>
#include <cstdint>
#include <cstring>

#if !defined(THRUM_BENCH_TARGET)
#define THRUM_BENCH_TARGET alone
#define THRUM_BENCH_BYTES 16
#endif

namespace peaks {
namespace THRUM_BENCH_TARGET {

using Floats [[gnu::vector_size(THRUM_BENCH_BYTES)]] = float;
using Words [[gnu::vector_size(THRUM_BENCH_BYTES)]] = std::uint64_t;

/// Chains of multiply-adds that do not wait for each other: enough to hide how long one takes, and few enough
/// for 16 registers.
constexpr int chains = 12;

/// A multiplication and an addition for each float of all chains.
constexpr double operations_per_round = 2.0 * chains * THRUM_BENCH_BYTES / sizeof(float);

/// Returns something that depends on all of it, so that nothing is left out.
inline float multiply_add(long rounds) {
  const Floats factor = Floats{} + 0.999F, term = Floats{} + 0.001F;
  Floats chain[chains];
  for (int c = 0; c < chains; ++c) chain[c] = Floats{} + static_cast<float>(rounds + c);
  for (long round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
    for (int c = 0; c < chains; ++c) chain[c] = chain[c] * factor + term;
  }
  Floats sum = {};
  for (const Floats& end : chain) sum += end;
  return sum[0];
}

/// Reads whole blocks of `chains` vectors; what is left at the end is not read.
inline std::uint64_t sum(const char* data, std::size_t bytes) {
  constexpr std::size_t width = THRUM_BENCH_BYTES, block = chains * width;
  Words sums[chains] = {};
  for (const char* at = data; at + block <= data + bytes; at += block) {
#pragma GCC unroll 12
    for (std::size_t c = 0; c < chains; ++c) {
      Words words;
      std::memcpy(&words, at + c * width, width);
      sums[c] += words;
    }
  }
  Words total = {};
  for (const Words& part : sums) total += part;
  return total[0];
}

}  // namespace THRUM_BENCH_TARGET
}  // namespace peaks

#undef THRUM_BENCH_TARGET
#undef THRUM_BENCH_BYTES
