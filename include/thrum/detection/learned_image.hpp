#ifndef THRUM_DETECTION_LEARNED_IMAGE_HPP
#define THRUM_DETECTION_LEARNED_IMAGE_HPP

#include <stddef.h>
#include <stdint.h>

#include "thrum/core/crc32.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/detection/model_image.hpp"
#include "thrum/detection/model_settings.hpp"
#include "thrum/detection/self_test.hpp"
#include "thrum/features/options.hpp"

// What a device has learned, as bytes: little-endian words of 32 bits, the head, numbers, and last a CRC-32
// of all bytes before. Two slots of flash, written in turn, survive a power cut at any byte: the one that was
// cut off has no valid CRC.

namespace thrum {

/// Version of the image's layout.
constexpr uint32_t learned_schema = 1;
constexpr uint32_t learned_magic = 0x6c726874;  ///< "thrl"

/// Where words stand in the image of what was learned.
enum LearnedHead : uint32_t {
  learned_magic_word,
  learned_size_word,         ///< bytes of the whole image
  learned_schema_word,       ///< learned_schema
  learned_fingerprint_word,  ///< fingerprint_of(signal): rows of other features mean something else
  learned_sequence_word,     ///< one more with each image that a device writes
  learned_features_word,     ///< d
  learned_classes_word,      ///< k
  learned_first_bin_word,    ///< of the sketch, those before it are empty
  learned_bins_word,         ///< of the sketch, so many follow
  learned_head_words,
};

/// CRC-32 of everything that says how feature rows come from samples. O(1), some 10,000 instructions.
inline uint32_t fingerprint_of(const FeatureOptions& signal) {
  Crc32 crc;
  detail::AddToChecksum add{crc};
  detail::for_each_signal_setting(signal, add);
  return crc.value();
}

/// Of an image of what was learned, whole: its sequence number.
inline uint32_t sequence_of(const void* image) {
  return detail::image_word(static_cast<const uint8_t*>(image) + learned_sequence_word * 4);
}

/// Whether an image of what was learned is whole. bytes: how many may be read there. O(size), about 30
/// instructions a byte.
inline bool is_whole_learned_image(const void* image, size_t bytes) {
  return image != nullptr && detail::is_whole_image(static_cast<const uint8_t*>(image), bytes, learned_magic);
}

namespace detail {

/// Puts words into memory one after the other, and adds them to a CRC.
class WordWriter {
 public:
  explicit WordWriter(uint8_t* at) : at_(at) {}

  void word(uint32_t word) {
    crc_.add(word);
    for (int i = 0; i < 4; ++i) *at_++ = static_cast<uint8_t>(word >> 8 * i);
  }
  void operator()(int value) { word(static_cast<uint32_t>(value)); }
  void operator()(uint32_t value) { word(value); }
  void operator()(float value) { word(bits_of(value)); }
  void operator()(const float* values, Index size) {
    for (Index i = 0; i < size; ++i) (*this)(values[i]);
  }
  void end() { word(crc_.value()); }

 private:
  uint8_t* at_;
  Crc32 crc_;
};

}  // namespace detail

}  // namespace thrum

#endif  // THRUM_DETECTION_LEARNED_IMAGE_HPP
