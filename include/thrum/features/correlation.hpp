#ifndef THRUM_FEATURES_CORRELATION_HPP
#define THRUM_FEATURES_CORRELATION_HPP

#include <stdint.h>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/features/statistics.hpp"
#include "thrum/features/window_stream.hpp"
#if defined(__ARM_FEATURE_SIMD32)
#include <arm_acle.h>
#endif

// Correlations of all pairs of channels. Those of int16 samples are taken from sums of products that are
// exact integers, so every form below has the same bits; those of float samples from the normalised signals.

namespace thrum {

namespace detail {

/// What a correlation needs to know of a channel: how to normalise it, its sum of squares then, and the sum
/// of its samples when those are int16.
struct CorrelationTerm {
  float first;
  float mean;
  float inverse_peak;
  float squares;
  int32_t sum;
};

/// The same where features are computed in integers.
struct IntegerCorrelationTerm {
  int32_t sum;
  float root;  ///< of frames^2 times the variance
};

inline float correlation_of(float covariance, float scale) {
  return scale > 0.0f ? larger(-1.0f, smaller(1.0f, covariance / scale)) : 0.0f;
}

/// Pearson's correlation, from the sum of products of two normalised signals.
inline float correlation_of(float products, const CorrelationTerm& a, const CorrelationTerm& b) {
  return correlation_of(products, square_root(a.squares * b.squares));
}

/// The same from frames^2 times the covariance of int16 samples.
inline float correlation_of(int64_t covariance, float frames, const CorrelationTerm& a,
                            const CorrelationTerm& b) {
  return correlation_of(static_cast<float>(covariance) * a.inverse_peak * b.inverse_peak / frames, a, b);
}
inline float correlation_of(int64_t covariance, float, const IntegerCorrelationTerm& a,
                            const IntegerCorrelationTerm& b) {
  return correlation_of(static_cast<float>(covariance), a.root * b.root);
}

/// The place of a pair of channels, a < b, among all pairs.
constexpr Index pair_place(Index a, Index b, Index channels) {
  return a * (2 * channels - a - 1) / 2 + b - a - 1;
}

// ---- float samples

/// Writes the correlations of all pairs. Frames are normalised a block at a time into `block` (`block_size`
/// floats, at least one frame), so that each sample is converted once however many pairs there are; the sums
/// grow where the correlations will stand.
template <int>
inline void write_correlations(const WindowView<float>& window, const CorrelationTerm* terms, float* block,
                               Index block_size, float* correlations) {
  const Index channels = window.channels();
  const Index pairs = channels * (channels - 1) / 2;
  const Index block_frames = smaller(block_size / channels, samples_per_partial_sum);
  for (Index p = 0; p < pairs; ++p) correlations[p] = 0.0f;

  for (Index begin = 0; begin < window.frames(); begin += block_frames) {
    const Index frames = smaller(block_frames, window.frames() - begin);
    for (Index i = 0; i < frames; ++i) {
      const VectorView<const float> frame = window.frame(begin + i);
      for (Index c = 0; c < channels; ++c)
        block[c * block_frames + i] = (frame[c] - terms[c].first - terms[c].mean) * terms[c].inverse_peak;
    }
    float* sum = correlations;
    for (Index a = 0; a < channels; ++a) {
      for (Index b = a + 1; b < channels; ++b) {
        const float* const y_a = block + a * block_frames;
        const float* const y_b = block + b * block_frames;
        float products = 0;
        for (Index i = 0; i < frames; ++i) products += y_a[i] * y_b[i];
        *sum++ += products;
      }
    }
  }
  for (Index a = 0; a < channels; ++a)
    for (Index b = a + 1; b < channels; ++b, ++correlations)
      *correlations = correlation_of(*correlations, terms[a], terms[b]);
}

// ---- int16 samples

#if defined(__ARM_FEATURE_DSP) && defined(__ARM_FEATURE_SIMD32)

/// Samples of two channels in one frame.
typedef int16x2_t SamplePair;

[[gnu::always_inline]] inline SamplePair pair_of(int16_t first, int16_t second) {
  return static_cast<uint16_t>(first) | second * 65536;
}
[[gnu::always_inline]] inline SamplePair neighbours_at(const int16_t* first) {
  SamplePair pair;
  __builtin_memcpy(&pair, first, sizeof(pair));
  return pair;
}

/// Sums of the products of two neighbouring channels with each other, and of two others.
struct InnerProducts {
  int64_t twice_a = 0, twice_b = 0;
  [[gnu::always_inline]] void add(SamplePair a, SamplePair b) {
    twice_a = __smlaldx(a, a, twice_a);
    twice_b = __smlaldx(b, b, twice_b);
  }
  int64_t product(int which) const { return (which == 0 ? twice_a : twice_b) / 2; }
};

/// Sums of the products of two channels with two others, by sum and difference: two products an instruction.
struct OuterProducts {
  int64_t sum = 0, difference = 0, crossed_sum = 0, crossed_difference = 0;

  [[gnu::always_inline]] void add(SamplePair a, SamplePair b) {
    sum = __smlald(a, b, sum);
    difference = __smlsld(a, b, difference);
    crossed_sum = __smlaldx(a, b, crossed_sum);
    crossed_difference = __smlsldx(a, b, crossed_difference);
  }
  int64_t product(int of_a, int of_b) const {
    if (of_a == of_b) return (of_a == 0 ? sum + difference : sum - difference) / 2;
    return (of_a == 0 ? crossed_sum + crossed_difference : crossed_sum - crossed_difference) / 2;
  }
};

#else

struct SamplePair {
  int32_t first, second;
};

[[gnu::always_inline]] inline SamplePair pair_of(int16_t first, int16_t second) { return {first, second}; }
[[gnu::always_inline]] inline SamplePair neighbours_at(const int16_t* first) { return {first[0], first[1]}; }

struct InnerProducts {
  int64_t sum[2] = {};
  [[gnu::always_inline]] void add(SamplePair a, SamplePair b) {
    sum[0] += a.first * a.second;
    sum[1] += b.first * b.second;
  }
  int64_t product(int which) const { return sum[which]; }
};

struct OuterProducts {
  int64_t sum[2][2] = {};
  [[gnu::always_inline]] void add(SamplePair a, SamplePair b) {
    sum[0][0] += a.first * b.first;
    sum[0][1] += a.first * b.second;
    sum[1][0] += a.second * b.first;
    sum[1][1] += a.second * b.second;
  }
  int64_t product(int of_a, int of_b) const { return sum[of_a][of_b]; }
};

#endif

/// Where samples lie in a piece of a window. packed: channels that lie next to each other, frame after frame;
/// 0 when that is known only as the program runs.
template <int packed>
struct FrameLayout {
  Index row_stride, col_stride;
  explicit FrameLayout(const MatrixView<const int16_t>& piece)
      : row_stride(packed > 0 ? packed : piece.row_stride), col_stride(packed > 0 ? 1 : piece.col_stride) {}

  [[gnu::always_inline]] SamplePair pair_at(const int16_t* sample) const {
    return packed > 0 ? neighbours_at(sample) : pair_of(sample[0], sample[col_stride]);
  }
};

/// Adds what `sums` says of four frames' samples from `a` on, and from `b` on.
template <int packed, typename Sums>
[[gnu::always_inline]] inline void add_four(FrameLayout<packed> layout, const int16_t* a, const int16_t* b,
                                            Sums& sums) {
  const Index stride = layout.row_stride;
  sums.add(layout.pair_at(a), layout.pair_at(b));
  sums.add(layout.pair_at(a + stride), layout.pair_at(b + stride));
  sums.add(layout.pair_at(a + 2 * stride), layout.pair_at(b + 2 * stride));
  sums.add(layout.pair_at(a + 3 * stride), layout.pair_at(b + 3 * stride));
}

/// The same of all frames of a piece of a window.
template <int packed, typename Sums>
[[gnu::noinline]] void add_products(const MatrixView<const int16_t>& piece, Index first_a, Index first_b,
                                    Sums& sums) {
  Sums local = sums;
  const FrameLayout<packed> layout(piece);
  const Index stride = layout.row_stride;
  const int16_t* a = piece.data + first_a * layout.col_stride;
  const int16_t* b = piece.data + first_b * layout.col_stride;
  for (const int16_t* const end = a + piece.rows / 8 * 8 * stride; a != end;
       a += 8 * stride, b += 8 * stride) {
    add_four(layout, a, b, local);
    add_four(layout, a + 4 * stride, b + 4 * stride, local);
  }
  for (Index left = piece.rows % 8; left > 0; --left, a += stride, b += stride)
    local.add(layout.pair_at(a), layout.pair_at(b));
  sums = local;
}

/// Writes the correlations of all pairs of channels, two channels with two others at a time.
template <int packed, typename Term>
class Int16Correlations {
 public:
  Int16Correlations(const WindowView<int16_t>& window, const Term* terms, float* correlations)
      : window_(window), terms_(terms), correlations_(correlations) {}

  void write() const {
    const Index channels = window_.channels();
    for (Index a = 0; a < channels; a += 4) write_inner(two_from(a), two_from(a + 2));
    for (Index a = 0; a < channels; a += 2)
      for (Index b = a + 2; b < channels; b += 2) write_outer(two_from(a), two_from(b));
  }

 private:
  /// Two neighbours from a channel on; the last two from there on where only one would be left.
  Index two_from(Index channel) const { return smaller(channel, window_.channels() - 2); }

  void write_inner(Index a, Index b) const {
    const auto products = sums<InnerProducts>(a, b);
    write_one(a, a + 1, products.product(0));
    write_one(b, b + 1, products.product(1));
  }

  void write_outer(Index a, Index b) const {
    const auto products = sums<OuterProducts>(a, b);
    for (int i = 0; i < 2; ++i)
      for (int j = 0; j < 2; ++j)
        if (a + i < b + j) write_one(a + i, b + j, products.product(i, j));
  }

  template <typename Sums>
  Sums sums(Index a, Index b) const {
    Sums result;
    add_products<packed>(window_.first, a, b, result);
    add_products<packed>(window_.second, a, b, result);
    return result;
  }

  /// n sum(xy) - sum(x) sum(y) is exact, and below 2^62.
  void write_one(Index a, Index b, int64_t products) const {
    const Term& x = terms_[a];
    const Term& y = terms_[b];
    const int64_t covariance = window_.frames() * products - int64_t{x.sum} * y.sum;
    const float frames = static_cast<float>(window_.frames());
    correlations_[pair_place(a, b, window_.channels())] = correlation_of(covariance, frames, x, y);
  }

  const WindowView<int16_t>& window_;
  const Term* terms_;
  float* correlations_;
};

/// Writes the correlations of all pairs. expected_channels: code for windows of just so many, one frame after
/// the other, is faster.
template <int expected_channels, typename Term, typename Number>
inline void write_correlations(const WindowView<int16_t>& window, const Term* terms, Number*, Index,
                               float* correlations) {
  if (window.first.row_stride == expected_channels && window.first.col_stride == 1)
    Int16Correlations<expected_channels, Term>(window, terms, correlations).write();
  else
    Int16Correlations<0, Term>(window, terms, correlations).write();
}

}  // namespace detail

}  // namespace thrum

#endif  // THRUM_FEATURES_CORRELATION_HPP
