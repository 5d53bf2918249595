#ifndef THRUM_IO_MODEL_IMAGE_HPP
#define THRUM_IO_MODEL_IMAGE_HPP

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <ios>
#include <string>
#include <type_traits>
#include <vector>

#include "thrum/core/crc32.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/detection/capacity.hpp"
#include "thrum/detection/detector_model.hpp"
#include "thrum/detection/model_image.hpp"
#include "thrum/detection/model_settings.hpp"
#include "thrum/errors.hpp"
#include "thrum/features/spectrum.hpp"
#include "thrum/io/firmware_model.hpp"

namespace thrum {

namespace detail {

/// Writes the bytes of an image, the same on any machine.
class ImageWriter {
 public:
  template <typename Number>
  void operator()(Number value) {
    if constexpr (std::is_same<Number, float>::value)
      put<4>(bits_of(value));
    else
      put<4>(static_cast<std::uint32_t>(value));
  }
  template <typename Number>
  void operator()(const SettingName&, Number value) {
    (*this)(value);
  }
  void operator()(const SettingName&, const char (&unit)[8]) {
    for (const char letter : unit) bytes_.push_back(static_cast<std::uint8_t>(letter));
  }

  /// Leaves a word to be set later.
  void skip_word() { put<4>(0); }
  void set_word(std::size_t place, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) bytes_[4 * place + i] = static_cast<std::uint8_t>(value >> 8 * i);
  }

  /// Writes an array, or nothing for a null pointer.
  template <typename Number>
  void array(const Number* values, Index size) {
    arrays_ |= values != nullptr ? 1u << count_ : 0;
    ++count_;
    if (values == nullptr) return;
    bytes_.resize(aligned_in_image(bytes_.size()));
    for (Index i = 0; i < size; ++i) {
      if constexpr (std::is_same<Number, float>::value)
        put<4>(bits_of(values[i]));
      else
        put<sizeof(Number)>(static_cast<std::uint32_t>(values[i]));
    }
  }

  std::vector<std::uint8_t> finish() {
    bytes_.resize(aligned_in_image(bytes_.size() + 4) - 4);
    set_word(image_arrays_word, arrays_);
    set_word(image_size_word, static_cast<std::uint32_t>(bytes_.size() + 4));
    Crc32 crc;
    for (const std::uint8_t byte : bytes_) crc.add_byte(byte);
    put<4>(crc.value());
    return bytes_;
  }

 private:
  template <int size>
  void put(std::uint32_t word) {
    for (int i = 0; i < size; ++i) bytes_.push_back(static_cast<std::uint8_t>(word >> 8 * i));
  }

  std::vector<std::uint8_t> bytes_;
  std::uint32_t arrays_ = 0;
  int count_ = 0;
};

template <typename Number>
void write_feature_table(const FeatureOptions& signal, ImageWriter& write) {
  std::vector<Number> table(array_size(feature_table_size(signal)));
  fill_feature_table(signal, table.data());
  write.array(table.data(), static_cast<Index>(table.size()));
}

template <typename Classes>
std::vector<std::uint8_t> image_of(const DetectorModel<float, Classes>& model) {
  ImageWriter write;
  for (std::uint32_t word = 0; word < image_head_words; ++word) write.skip_word();
  write.set_word(image_magic_word, image_magic);
  write.set_word(image_schema_word, model.schema);
  write.set_word(image_numbers_word, static_cast<std::uint32_t>(numbers_of(model.anomaly)));
  write.set_word(image_fingerprint_word, model.checksum);
  write.set_word(image_tolerance_word, bits_of(model.self_tests.tolerance));
  for_each_stage(model, [&write](auto value) { write(value); });
  for_each_setting(model, [&write](const SettingName& name, const auto& value) { write(name, value); });
  for_each_array(model, [&write](const char*, const auto* values, Index size) { write.array(values, size); });
  if (model.signal.arithmetic == Arithmetic::integer)
    write_feature_table<std::int32_t>(model.signal, write);
  else
    write_feature_table<float>(model.signal, write);
  return write.finish();
}

}  // namespace detail

/// A fitted detector of samples as an image: bytes that firmware uses where they lie, see
/// fixed::Detector::use(). From the same model as firmware_header(), with the same fingerprint, and as
/// exact; the same bytes on every machine. detector, self_tests: as there. Throws std::invalid_argument as
/// that does, and when the detector was fitted on bare rows. Layout: detection/model_image.hpp.
template <typename FittedDetector>
std::vector<std::uint8_t> model_image(const FittedDetector& detector, int self_tests = 8) {
  constexpr const char* who = "thrum::model_image";
  const detail::FirmwareModel firmware(who, detector, self_tests);
  detail::require(firmware.model().has_signal, who,
                  ": detector was fitted on bare feature rows, expected one with DetectorOptions::signal");
  return detail::image_of(firmware.model());
}

/// Writes model_image() to a file. Throws std::runtime_error when the file cannot be written.
template <typename FittedDetector>
void write_model_image(const std::string& path, const FittedDetector& detector, int self_tests = 8) {
  const std::vector<std::uint8_t> image = model_image(detector, self_tests);
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(image.data()), static_cast<std::streamsize>(image.size()));
  file.flush();
  if (!file) detail::fail_file(path + ": cannot be written");
}

}  // namespace thrum

#endif  // THRUM_IO_MODEL_IMAGE_HPP
