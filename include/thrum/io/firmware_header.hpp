#ifndef THRUM_IO_FIRMWARE_HEADER_HPP
#define THRUM_IO_FIRMWARE_HEADER_HPP

#include <stdint.h>

#include <cstddef>
#include <fstream>
#include <ios>
#include <locale>
#include <optional>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

#include "thrum/algorithm/anomaly.hpp"
#include "thrum/algorithm/class_bounds.hpp"
#include "thrum/algorithm/quantised.hpp"
#include "thrum/calibration.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/detection/detector_model.hpp"
#include "thrum/detection/model_settings.hpp"
#include "thrum/errors.hpp"
#include "thrum/features/spectrum.hpp"
#include "thrum/io/firmware_model.hpp"
#include "thrum/quantised_detector.hpp"
#include "thrum/version.hpp"

namespace thrum {

struct FirmwareHeaderOptions {
  int self_tests =
      8;  ///< feature rows with expected scores for the check at boot, >= 8; each costs 4 d bytes
  std::optional<double> measured_false_alarm_rate = std::nullopt;  ///< on held-out normals; for the comment
};

/// Bytes of a model's arrays in flash, without code: scaling, directions, classes, what the scorer's parts
/// need, and self-tests.
template <typename Classes>
Index model_flash_bytes(const DetectorModel<float, Classes>& model) {
  Index bytes = sizeof(float);  // the threshold
  for_each_array(model, [&](const char*, const auto* values, Index size) {
    if (values != nullptr) bytes += size * static_cast<Index>(sizeof(*values));
  });
  return bytes;
}

/// Bytes that a fixed::Detector (int16 samples, slack of one hop) or a fixed::RowDetector of this model takes
/// in RAM, on a 32-bit processor.
template <typename Classes>
Index firmware_ram_bytes(const DetectorModel<float, Classes>& model) {
  const Index scratch = model.scratch_size() * 4;
  if (!model.has_signal) return scratch;
  const Index positions = 36, monitor = 12, check = 4, verdict = 28, stage = 4, owner = 4, clock = 20;
  const Index term = model.signal.arithmetic == Arithmetic::integer ? 8 : 20;
  const Index extraction = 8 + term * (model.signal.correlation ? model.signal.channels : 1);
  const Index samples =
      static_cast<Index>(model.signal.window + model.signal.hop) * model.signal.channels * 2;
  const Index floats = (model.features + feature_scratch_size(model.signal)) * 4;
  return positions + monitor + check + verdict + stage + owner + clock + extraction + scratch + floats +
         (samples + 3) / 4 * 4;
}

namespace detail {

/// Text for the header: no locale of the program may put a comma or a thousands' separator into it.
inline std::ostringstream plain_text() {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  return text;
}

inline std::string hex_float(float value) {
  std::ostringstream text = plain_text();
  text << std::hexfloat << value << 'f';
  return text.str();
}

/// As a literal, since char is unsigned on Arm and a letter of UTF-8 would be negative elsewhere.
inline std::string character(char letter) {
  constexpr const char* digits = "0123456789abcdef";
  const auto code = static_cast<unsigned char>(letter);
  return letter == '\0' ? std::string("0")
                        : std::string("'\\x") + digits[code / 16] + digits[code % 16] + "'";
}

/// For a comment: an odd byte, or a backslash at the end of the line, must not reach into the code.
inline std::string in_comment(const char* text) {
  std::string shown;
  for (; *text != '\0'; ++text) {
    const bool control = static_cast<unsigned char>(*text) < 0x20 || *text == 0x7f;
    shown += control || *text == '\\' ? '?' : *text;
  }
  return shown;
}

inline const char* type_name(float) { return "float"; }
inline const char* type_name(int8_t) { return "int8_t"; }
inline const char* type_name(uint8_t) { return "uint8_t"; }
inline const char* type_name(uint16_t) { return "uint16_t"; }
inline const char* type_name(int16_t) { return "int16_t"; }
inline const char* type_name(int32_t) { return "int32_t"; }
inline const char* type_name(uint32_t) { return "uint32_t"; }

inline std::string literal(float value) { return hex_float(value); }
inline std::string literal(uint32_t value) { return std::to_string(value) + "u"; }
inline std::string literal(int32_t value) { return std::to_string(value); }

/// Writes the parts of a model header.
class ModelHeaderWriter {
 public:
  ModelHeaderWriter(std::ostream& out, const std::string& name) : out_(out), name_(name) {}

  /// An array, or nothing for a null pointer.
  template <typename Number>
  void array(const char* what, const Number* values, Index size) {
    if (values == nullptr) return;
    constexpr bool integer = !std::is_same<Number, float>::value;
    out_ << (integer ? "alignas(8) inline constexpr " : "inline constexpr ") << type_name(*values) << ' '
         << what << "[" << size << "] = {";
    for (Index i = 0; i < size; ++i) {
      out_ << (i % (integer ? 16 : 8) == 0 ? "\n    " : " ") << literal(values[i]) << ',';
    }
    out_ << "\n};\n";
  }

  /// How the model names an array.
  template <typename Number>
  std::string reference(const char* what, const Number* values) const {
    return values == nullptr ? "nullptr" : name_ + "_data::" + what;
  }

  void signal(const FeatureOptions& signal) {
    out_ << "    {" << signal.channels << ", " << signal.window << ", " << signal.hop << ", "
         << hex_float(signal.sampling_rate) << ",  // channels, window, hop, sampling rate\n     ";
    for (const bool flag :
         {signal.mean, signal.rms, signal.median_absolute_deviation, signal.peak_to_peak, signal.crest_factor,
          signal.skewness, signal.kurtosis, signal.zero_crossings, signal.correlation})
      out_ << (flag ? "true," : "false,");
    out_ << "  // which features\n     " << signal.bands << ", " << hex_float(signal.lowest_hz) << ", "
         << hex_float(signal.highest_hz) << ", " << hex_float(signal.energy_floor)
         << ",  // bands, lowest and highest Hz, floor\n     thrum::SpectrumKind("
         << static_cast<int>(signal.spectrum) << "), " << signal.tapers << ",  // spectrum, tapers\n     "
         << signal.envelope_bands << ", " << hex_float(signal.envelope_lowest_hz) << ", "
         << hex_float(signal.envelope_highest_hz) << ", " << hex_float(signal.envelope_limit_hz)
         << ",  // envelope\n     " << signal.spectral_kurtosis_bands << ", "
         << signal.spectral_kurtosis_block << ",  // spectral kurtosis\n     {";
    for (int c = 0; c < signal.channels; ++c) {
      const ChannelOptions& channel = signal.channel[c];
      out_ << "{" << hex_float(channel.counts_per_unit) << ", " << hex_float(channel.full_scale) << ", {";
      for (const char letter : channel.unit) out_ << character(letter) << ",";
      out_ << "}, " << hex_float(channel.flat_range) << ", " << hex_float(channel.idle_level) << "},\n      ";
    }
    out_ << "},\n     {" << signal.sensors.stuck_frames << ", " << signal.sensors.clipped_frames << ", "
         << hex_float(signal.sensors.rate_tolerance) << ", " << hex_float(signal.sensors.run_up)
         << "},  // sensors: stuck, clipped, rate tolerance, run-up\n     " << signal.inputs
         << ", thrum::Arithmetic(" << static_cast<int>(signal.arithmetic) << ")},  // inputs, arithmetic\n";
  }

 private:
  std::ostream& out_;
  const std::string& name_;
};

template <typename Classes>
void write_summary(std::ostream& out, const std::string& name, const DetectorModel<float, Classes>& model,
                   const std::optional<Calibration>& calibration, const FirmwareHeaderOptions& options) {
  out << "// " << name << ": what a machine is like when it runs well. Written by thrum "
      << THRUM_VERSION / 10000 << '.' << THRUM_VERSION / 100 % 100 << '.' << THRUM_VERSION % 100
      << "; do not edit.\n//\n";
  out << "//   features    " << model.features << '\n';
  if (model.has_signal) {
    out << "//   signal      " << model.signal.channels << " channels at " << model.signal.sampling_rate
        << " Hz, windows of " << model.signal.window << " every " << model.signal.hop << " frames, "
        << (model.signal.channel[0].unit[0] == '\0' ? "no unit" : in_comment(model.signal.channel[0].unit))
        << '\n';
  }
  if (model.has_signal && model.signal.channel[0].counts_per_unit != 1)
    out << "//   samples     " << model.signal.channel[0].counts_per_unit
        << " counts for one unit on channel 0\n";
  if (model.projects()) out << "//   components  " << model.projection.components << '\n';
  out << "//   classes     " << model.anomaly.clusters << '\n';
  out << "//   threshold   " << model.anomaly.threshold
      << (model.anomaly.parts == radius_part ? " radii\n"
                                             : " of surprise, -log of a share of normal windows\n");
  out << "//   flash       " << model_flash_bytes(model) << " bytes for the model, of which "
      << model.self_tests.count * (model.features + 1) * 4 << " for self-tests\n";
  out << "//   RAM         " << firmware_ram_bytes(model) << " bytes\n";
  if (calibration) {
    out << "//   false alarms asked " << 100 * calibration->asked << " %";
    if (options.measured_false_alarm_rate)
      out << ", measured " << 100 * *options.measured_false_alarm_rate << " % on held-out normals";
    out << '\n';
  } else {
    out << "//   not calibrated: 1 is 1 "
        << (model.anomaly.parts == radius_part ? "radius of a class" : "of surprise") << "\n";
  }
}

template <typename Classes>
void write_arrays(ModelHeaderWriter& writer, const DetectorModel<float, Classes>& model) {
  for_each_array(model,
                 [&](const char* name, const auto* values, Index size) { writer.array(name, values, size); });
}

inline void write_anomaly(std::ostream& out, ModelHeaderWriter& writer, const AnomalyModel<float>& anomaly) {
  const EllipsoidsModel<float>& ellipsoids = anomaly.ellipsoids;
  const auto array = [&](const char* name, const float* values) {
    out << writer.reference(name, values) << ", ";
  };
  out << "    {";
  array("centers", anomaly.centers);
  array("inverse_squared_radius", anomaly.inverse_squared_radius);
  out << hex_float(anomaly.threshold) << ", " << anomaly.features << ", " << anomaly.clusters << ", "
      << anomaly.parts << "u, " << anomaly.ellipsoid_count << ",\n     {";
  array("ellipsoid_center", ellipsoids.center);
  array("ellipsoid_scale", ellipsoids.scale);
  array("ellipsoid_factor", ellipsoids.factor);
  array("ellipsoid_weight", ellipsoids.weight);
  out << ellipsoids.rank << "},\n     {";
  array("soft_centers", anomaly.soft.centers);
  array("soft_log_weights", anomaly.soft.log_weights);
  out << "{";
  for (const float width : anomaly.soft.inverse_width) out << hex_float(width) << ", ";
  out << "}, " << anomaly.soft.count << "},\n     {" << writer.reference("tails", anomaly.tails.tables)
      << "},\n     ";
  array("ellipsoid_tables", anomaly.ellipsoid_tables);
  array("soft_table", anomaly.soft_table);
  array("tails_table", anomaly.tails_table);
  array("score_table", anomaly.score_table);
  out << writer.reference("bias", anomaly.bias) << "},\n";
}

template <typename Stored>
void write_anomaly(std::ostream& out, ModelHeaderWriter& writer, const QuantisedClasses<Stored>& classes) {
  out << "    {{}, " << writer.reference("quantised_scale", classes.scale) << ", "
      << writer.reference("quantised_offset", classes.offset) << ", "
      << writer.reference("quantised_factor", classes.factor) << ", "
      << writer.reference("quantised_centers", classes.centers) << ",\n     "
      << writer.reference("classes", classes.classes) << ", "
      << writer.reference("score_table", classes.score_table) << ", " << hex_float(classes.unit) << ", "
      << hex_float(classes.step) << ", " << hex_float(classes.threshold) << "},  // unit, step, threshold\n";
}

/// How the model's type is written.
inline std::string type_of(const DetectorModel<float>&) { return "thrum::DetectorModel<float>"; }
template <typename Stored>
std::string type_of(const DetectorModel<float, QuantisedClasses<Stored>>& model) {
  return std::string("thrum::DetectorModel<float, thrum::QuantisedClasses<") + type_name(Stored{}) + ", " +
         std::to_string(model.anomaly.features) + ", " + std::to_string(model.anomaly.clusters) + ">>";
}

template <typename Classes>
void write_model(std::ostream& out, ModelHeaderWriter& writer, const std::string& name,
                 const DetectorModel<float, Classes>& model) {
  const auto& [offset, factor, scaled_features] = model.scaling;
  const ProjectionModel<float>& projection = model.projection;
  out << "inline constexpr " << type_of(model) << ' ' << name << " = {\n";
  out << "    " << model.schema << "u, " << model.checksum << "u,  // schema, checksum\n";
  out << "    " << model.features << ", " << (model.has_signal ? "true" : "false") << ",\n";
  writer.signal(model.signal);
  out << "    {" << model.monitor.votes << ", " << model.monitor.window << ", " << model.monitor.release
      << ", " << hex_float(model.monitor.threshold) << ", " << model.monitor.minimum_duration << ", "
      << model.monitor.cool_down << "},  // votes, of so many, release, threshold, durations\n";
  out << "    {" << writer.reference("offset", offset) << ", " << writer.reference("factor", factor) << ", "
      << scaled_features << "},\n";
  out << "    {" << writer.reference("mean", projection.mean) << ", "
      << writer.reference("basis", projection.basis) << ", "
      << writer.reference("variance", projection.variance) << ", " << projection.features << ", "
      << projection.components << "},\n";
  write_anomaly(out, writer, model.anomaly);
  out << "    {" << writer.reference("self_test_rows", model.self_tests.rows) << ", "
      << writer.reference("self_test_scores", model.self_tests.scores) << ", " << model.self_tests.count
      << ", " << hex_float(model.self_tests.tolerance) << "},\n};\n";
}

template <typename FittedDetector>
void write_loss(std::ostream&, const FittedDetector&) {}
template <typename Stored>
void write_loss(std::ostream& out, const QuantisedDetector<Stored>& detector) {
  const QuantisationLoss& loss = detector.loss();
  out << "//   quantised   to " << type_name(Stored{}) << ": " << loss.changed << " of " << loss.rows
      << " verdicts changed, scores by up to " << loss.largest_score_error;
  if (loss.auc_before && loss.auc_after)
    out << ", AUC from " << *loss.auc_before << " to " << *loss.auc_after;
  out << '\n';
}

/// ASCII letters, digits and underscores, in no pattern that is reserved.
inline bool is_identifier(const std::string& name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  for (const char c : name)
    if (!is_letter(c) && !is_digit(c)) return false;
  return !name.empty() && is_letter(name[0]) && name[0] != '_' && name.find("__") == std::string::npos;
}

}  // namespace detail

/// The text of a C++17 header with a fitted detector as inline constexpr data: exact (hex floats), with
/// schema, checksum and self-tests. Depends on nothing but the detector and the arguments. name: of the
/// variable, an identifier. detector: a Detector<float>, StoredDetector<float> or, for a model in integers, a
/// QuantisedDetector. Throws
/// std::invalid_argument when not fitted, on other names, or on fewer than 8 self-tests.
template <typename FittedDetector>
std::string firmware_header(const std::string& name, const FittedDetector& detector,
                            const FirmwareHeaderOptions& options = {}) {
  constexpr const char* who = "thrum::firmware_header";
  detail::require(detail::is_identifier(name), who, ": name is '", name,
                  "', expected letters, digits and single underscores, a letter first");
  const detail::FirmwareModel firmware(who, detector, options.self_tests);
  const auto& model = firmware.model();

  std::ostringstream out = detail::plain_text();
  detail::write_summary(out, name, model, detector.calibration(), options);
  detail::write_loss(out, detector);
  out << "\n#ifndef THRUM_MODEL_" << name << "\n#define THRUM_MODEL_" << name << "\n\n";
  out << "#ifndef THRUM_VERSION\n#error \"include thrum_firmware.hpp (or thrum/firmware.hpp) before this "
         "model\"\n#endif\n\n";
  out << "static_assert(thrum::model_schema == " << model_schema << ",\n              \"" << name
      << " was written for model schema " << model_schema
      << ", this thrum reads another: write the header again with this version\");\n\n";
  out << "namespace " << name << "_data {\n";
  detail::ModelHeaderWriter writer(out, name);
  detail::write_arrays(writer, model);
  out << "}  // namespace " << name << "_data\n\n";
  detail::write_model(out, writer, name, model);
  out << "\n#endif  // THRUM_MODEL_" << name << "\n";
  return out.str();
}

/// Writes firmware_header() to a file. Throws std::runtime_error when the file cannot be written.
template <typename FittedDetector>
void write_firmware_header(const std::string& path, const std::string& name, const FittedDetector& detector,
                           const FirmwareHeaderOptions& options = {}) {
  const std::string text = firmware_header(name, detector, options);
  std::ofstream file(path, std::ios::binary);
  file << text << std::flush;
  if (!file) detail::fail_file(path + ": cannot be written");
}

}  // namespace thrum

#endif  // THRUM_IO_FIRMWARE_HEADER_HPP
