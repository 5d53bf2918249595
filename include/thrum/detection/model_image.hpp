#ifndef THRUM_DETECTION_MODEL_IMAGE_HPP
#define THRUM_DETECTION_MODEL_IMAGE_HPP

#include <stddef.h>
#include <stdint.h>

#include "thrum/core/crc32.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/status.hpp"
#include "thrum/detection/capacity.hpp"
#include "thrum/detection/detector_model.hpp"
#include "thrum/detection/model_settings.hpp"
#include "thrum/features/options.hpp"
#include "thrum/features/spectrum.hpp"

// A model as bytes that are used where they lie, in flash. Little-endian words of 32 bits:
//
//   magic  size  schema  numbers  fingerprint  arrays  tolerance     the head, see ImageHead
//   stages and settings, a word each, units two                      for_each_stage, for_each_setting
//   arrays, each from a multiple of 8 bytes on                       for_each_array; those of the head's bits
//   the table that features are extracted with                       fill_feature_table, likewise
//   padding to a multiple of 8 bytes, the last 4 of which are        a CRC-32 of all bytes before
//
// Integers of the arrays have their own size.

namespace thrum {

/// Where words stand in an image.
enum ImageHead : uint32_t {
  image_magic_word,
  image_size_word,         ///< bytes of the whole image
  image_schema_word,       ///< model_schema
  image_numbers_word,      ///< ClassNumbers
  image_fingerprint_word,  ///< checksum of the model: that of a header written of it
  image_arrays_word,       ///< a bit for each array that there is, in order
  image_tolerance_word,    ///< of the self-tests, a float
  image_head_words,
};

constexpr uint32_t image_magic = 0x6d726874;  ///< "thrm"
constexpr size_t image_alignment = 8;         ///< bytes

namespace detail {

constexpr size_t aligned_in_image(size_t place) {
  return (place + image_alignment - 1) / image_alignment * image_alignment;
}

inline uint32_t image_word(const uint8_t* at) {
  return uint32_t{at[0]} | uint32_t{at[1]} << 8 | uint32_t{at[2]} << 16 | uint32_t{at[3]} << 24;
}

/// Reads words one after the other.
class ImageWords {
 public:
  explicit ImageWords(const uint8_t* at) : at_(at) {}

  uint32_t next() {
    at_ += 4;
    return image_word(at_ - 4);
  }

  // ---- a stage or setting, by type

  void operator()(int& value) { value = static_cast<int>(next()); }
  void operator()(uint32_t& value) { value = next(); }
  void operator()(const uint32_t&) { next(); }  // what the type of the model says already
  void operator()(bool& value) { value = next() != 0; }
  void operator()(float& value) { value = from_bits<float>(next()); }
  void operator()(SpectrumKind& kind) { kind = static_cast<SpectrumKind>(next()); }
  void operator()(Arithmetic& arithmetic) { arithmetic = static_cast<Arithmetic>(next()); }
  void operator()(char (&unit)[8]) {
    for (int i = 0; i < 8; ++i) unit[i] = static_cast<char>(at_[i]);
    at_ += 8;
  }
  template <typename Value>
  void operator()(const SettingName&, Value& value) {
    (*this)(value);
  }
  void operator()(float* values, Index size) {
    for (Index i = 0; i < size; ++i) (*this)(values[i]);
  }

  const uint8_t* at() const { return at_; }

 private:
  const uint8_t* at_;
};

/// Whether an image is whole: head, size and CRC. bytes: how many there are, of which the first `size` are
/// looked at. magic: its first word, of the kind of image; the second is its size. O(size).
inline bool is_whole_image(const uint8_t* image, size_t bytes, uint32_t magic) {
  if (bytes < (image_head_words + 1) * 4 || image_word(image) != magic) return false;
  const size_t size = image_word(image + image_size_word * 4);
  if (size < (image_head_words + 1) * 4 || size > bytes) return false;
  Crc32 crc;
  for (size_t i = 0; i + 4 < size; ++i) crc.add_byte(image[i]);
  return image_word(image + size - 4) == crc.value();
}

}  // namespace detail

/// A model and the table that its features are extracted with, which lie in an image. Number: what the table
/// consists of, which is for the caller to compare with the model's arithmetic.
template <typename Classes, typename Number = float>
struct ModelInImage {
  DetectorModel<float, Classes> model{};
  const Number* feature_table = nullptr;
};

/// Reads an image and points into it. image: as write_model_image() wrote it, from a multiple of 8 bytes on;
/// bytes: how many may be read there, at least its size. `found` is complete when the result is ok.
/// corrupt_model: it is no image, or not whole, or a bit of it has changed. unsupported: it was written for
/// another schema or other numbers, or this processor is big-endian. out_of_range: it lies at an odd place.
/// The CRC tells an accident, not a forger: let the loader check a signature where that matters. O(bytes),
/// about 30 instructions each; allocates nothing.
template <typename Classes, typename Number>
inline Status open_image(const void* image, size_t bytes, ModelInImage<Classes, Number>& found) {
  const uint8_t* const begin = static_cast<const uint8_t*>(image);
  if (begin == nullptr || !detail::is_whole_image(begin, bytes, image_magic)) return Status::corrupt_model;
  DetectorModel<float, Classes>& model = found.model;
  const auto head = [begin](ImageHead word) { return detail::image_word(begin + word * 4); };
  if (head(image_schema_word) != model_schema ||
      head(image_numbers_word) != static_cast<uint32_t>(numbers_of(model.anomaly)))
    return Status::unsupported;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  return Status::unsupported;
#endif
  if (reinterpret_cast<uintptr_t>(begin) % image_alignment != 0) return Status::out_of_range;

  model.checksum = head(image_fingerprint_word);
  model.self_tests.tolerance = from_bits<float>(head(image_tolerance_word));
  detail::ImageWords words(begin + image_head_words * 4);
  for_each_stage(model, [&words](auto& value) { words(value); });
  for_each_setting(model, [&words](const SettingName&, auto& value) { words(value); });
  model.anomaly.features = model.projects() ? model.projection.components : model.features;

  size_t place = static_cast<size_t>(words.at() - begin);
  uint32_t present = head(image_arrays_word);
  const auto take = [&](const char*, auto& values, Index size) {
    if ((present & 1u) != 0) {
      place = detail::aligned_in_image(place);
      values = reinterpret_cast<decltype(values + 0)>(begin + place);
      place += static_cast<size_t>(size) * sizeof(*values);
    }
    present >>= 1;
  };
  for_each_array(model, take);
  take("", found.feature_table, model.has_signal ? feature_table_size(model.signal) : 0);
  return detail::aligned_in_image(place + 4) == head(image_size_word) ? Status::ok : Status::corrupt_model;
}

}  // namespace thrum

#endif  // THRUM_DETECTION_MODEL_IMAGE_HPP
