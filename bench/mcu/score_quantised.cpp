// Scores of a feature row in integers: 33 features, 32 classes, scaling, nearest and radius included, from
// floats to the float score. BENCH_STORED: int16_t or int8_t. With BENCH_OBVIOUS, the loop one would write on
// the row that is scaled already.

#include <math.h>
#include <stdint.h>

#include "kernel.hpp"
#include "thrum_firmware.hpp"

namespace {

constexpr int d = 33;
constexpr int k = 32;
using Stored = BENCH_STORED;
using Coordinate = thrum::QuantisedCoordinate<Stored>;

struct ModelData {
  float scale[d] = {};
  int32_t offset[d] = {};
  int16_t factor[d] = {};
  alignas(8) Coordinate centers[thrum::integer_rows_size<Coordinate>(d, k)] = {};
  uint32_t classes[2 * k] = {};
  constexpr ModelData() {
    BenchNoise noise;
    for (float& value : scale) value = 0x1p13f;  // rows reach from -8 to 8
    for (int32_t& value : offset) value = static_cast<int32_t>(1000 * noise.next());
    for (int16_t& value : factor) value = static_cast<int16_t>(12000 + 4000 * noise.next());
    // Each centre is nearer to the zero row than the one before: every one is the nearest so far.
    constexpr int range = 1 << thrum::quantised_bits<Stored>(d);
    for (int j = 0; j < k; ++j) {
      uint32_t squares = 0;
      for (int f = 0; f < d; ++f) {
        const int entry = range / 2 + (k - j) * range / (4 * k) + static_cast<int>(3 * noise.next());
        centers[j * thrum::integer_row_size(d) + f] = static_cast<Coordinate>(entry);
        squares += static_cast<uint32_t>(entry * entry);
      }
      classes[2 * j] = (squares + 1) / 2;
      classes[2 * j + 1] = static_cast<uint32_t>(65000 + 500 * noise.next()) << 16;
    }
  }
};
constexpr ModelData bench_data;

constexpr thrum::QuantisedClasses<Stored, d, k> model_of_data() {
  thrum::QuantisedClasses<Stored, d, k> model;
  model.scale = bench_data.scale;
  model.offset = bench_data.offset;
  model.factor = bench_data.factor;
  model.centers = bench_data.centers;
  model.classes = bench_data.classes;
  model.unit = 0.001f;
  model.step = 0.01f;
  return model;
}
constexpr thrum::QuantisedClasses<Stored, d, k> bench_model = model_of_data();

}  // namespace

#include "score_rows.hpp"

#if defined(BENCH_OBVIOUS)
static Coordinate scaled[d];

void bench_run() {
  for (int f = 0; f < d; ++f) scaled[f] = static_cast<Coordinate>(bench_row[f]);
  uint32_t best = UINT32_MAX;
  for (int j = 0; j < k; ++j) {
    uint32_t sum = 0;
    for (int f = 0; f < d; ++f) {
      const int32_t difference = scaled[f] - bench_data.centers[j * thrum::integer_row_size(d) + f];
      sum += static_cast<uint32_t>(difference * difference);
    }
    sum = static_cast<uint32_t>(uint64_t{sum} * bench_data.classes[2 * j + 1] >> 32);
    if (sum < best) best = sum;
  }
  bench_result = sqrtf(static_cast<float>(best));
}
#else
static float scratch[bench_model.scratch_size()];

void bench_run() {
  const thrum::VectorView<const float> row = thrum::contiguous<const float>(bench_row, d);
  const thrum::Score<float> score = thrum::anomaly_score(bench_model, row, scratch);
  bench_result = score.value;
  __asm__ volatile("" : : "g"(score.cluster));  // wanted too, else the compiler leaves it out
}
#endif
