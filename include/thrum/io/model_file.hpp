#ifndef THRUM_IO_MODEL_FILE_HPP
#define THRUM_IO_MODEL_FILE_HPP

#include <algorithm>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "thrum/algorithm/anomaly.hpp"
#include "thrum/algorithm/tail_table.hpp"
#include "thrum/calibration.hpp"
#include "thrum/core/crc32.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/status.hpp"
#include "thrum/detection/detector_model.hpp"
#include "thrum/detection/model_settings.hpp"
#include "thrum/errors.hpp"
#include "thrum/feature_extractor.hpp"
#include "thrum/features/options.hpp"
#include "thrum/stored_detector.hpp"

// Fitted detectors as files. Needs the JSON library of Niels Lohmann (Debian: nlohmann-json3-dev) and
// exceptions, hence not part of thrum.hpp.
//
// A model file is JSON:
//
//   {
//     "thrum_model": 1,                        version of the format
//     "features": 4,                           d, of a row
//     "feature_names": [...],                  for the reader; with a signal only
//     "monitor": {"votes", "window", "release", "threshold"},   may have "minimum_duration", "cool_down"
//     "signal": {...},                         members of FeatureOptions; absent: bare rows. What is about
//                                              faults of sensors and standstill may be left out
//     "scaling": {"offset", "factor"},         absent: rows are not scaled
//     "projection": {"components", "mean", "basis", "variance"},   absent: not projected; variance: whitens
//     "anomaly": {"parts": ["radius"], "classes": 3, "threshold": 1, "centers": [...], ...},
//     "calibration": {"asked", "samples", "threshold", "alarms", "bound"},   absent: none
//     "checksum": 3421780262
//   }
//
// Arrays have the names and the order of the model's (for_each_array): bases and centres feature by feature;
// "score_table" may be absent, then there are no tail probabilities.
// The checksum is the CRC-32 of the content, not of the text: of every key and value in the order of keys,
// numbers as little-endian doubles, strings as their bytes, true and false as one byte, the checksum left
// out. So another program can write such a file, and a formatter may touch it.

namespace thrum {

/// Version of model files that write_model() writes and read_model() reads.
constexpr int model_file_version = 1;

namespace detail {

using Json = nlohmann::ordered_json;

/// Name of a part in a model file, bit by bit.
constexpr const char* part_names[] = {"radius", "full_ellipsoid", "diagonal_ellipsoid", "low_rank_ellipsoid",
                                      "soft",   "tails"};

/// Where an array of a model stands in a file, and the parts that have it.
struct ArrayPlace {
  const char* name;
  const char* group;  ///< "" for what is not in files
  uint32_t parts;     ///< 0: no part but another stage
};

inline ArrayPlace place_of_array(const std::string& name) {
  constexpr uint32_t scaled = diagonal_ellipsoid_part | low_rank_ellipsoid_part;
  constexpr uint32_t with_factor = full_ellipsoid_part | low_rank_ellipsoid_part;
  constexpr ArrayPlace places[] = {
      {"offset", "/scaling/", 0},
      {"factor", "/scaling/", 0},
      {"mean", "/projection/", 0},
      {"basis", "/projection/", 0},
      {"variance", "/projection/", 0},
      {"centers", "/anomaly/", every_part},
      {"inverse_squared_radius", "/anomaly/", every_part},
      {"ellipsoid_center", "/anomaly/", ellipsoid_parts},
      {"ellipsoid_scale", "/anomaly/", scaled},
      {"ellipsoid_factor", "/anomaly/", with_factor},
      {"ellipsoid_weight", "/anomaly/", low_rank_ellipsoid_part},
      {"ellipsoid_tables", "/anomaly/", ellipsoid_parts},
      {"soft_centers", "/anomaly/", soft_part},
      {"soft_log_weights", "/anomaly/", soft_part},
      {"soft_table", "/anomaly/", soft_part},
      {"tails", "/anomaly/", tails_part},
      {"tails_table", "/anomaly/", tails_part},
      {"score_table", "/anomaly/", every_part},
  };
  for (const ArrayPlace& place : places)
    if (name == place.name) return place;
  return {"", "", 0};
}

/// Where a setting stands in a file.
inline std::string pointer_of(const SettingName& setting) {
  const std::string group = setting.group;
  if (group == "channel") return joined("/signal/channel/", setting.channel, "/", setting.name);
  return (group == "sensors" ? "/signal/sensors/" : "/" + group + "/") + setting.name;
}

/// Calls visit(pointer, value) for everything in a calibration.
template <typename Found, typename Visit>
void for_each_setting_of_calibration(Found& calibration, Visit& visit) {
  visit("/calibration/asked", calibration.asked);
  visit("/calibration/samples", calibration.samples);
  visit("/calibration/threshold", calibration.threshold);
  visit("/calibration/alarms", calibration.alarms);
  visit("/calibration/bound", calibration.bound);
}

constexpr const char* name_of(SpectrumKind kind) {
  return kind == SpectrumKind::hann ? "hann" : "sine_tapers";
}

constexpr const char* name_of(Arithmetic arithmetic) {
  return arithmetic == Arithmetic::floating ? "floating" : "integer";
}

/// Adds the content of a document to a checksum. False where it is nested deeper than any model file.
inline bool add_content(Crc32& crc, const Json& value, int depth = 0) {
  const auto add_text = [&crc](const std::string& text) {
    for (const char letter : text) crc.add_byte(static_cast<uint8_t>(letter));
  };
  if (depth > 8) return false;
  if (value.is_string()) add_text(value.get_ref<const std::string&>());
  if (value.is_number()) crc.add(value.get<double>());
  if (value.is_boolean()) crc.add_byte(value.get<bool>() ? 1 : 0);
  if (value.is_array()) {
    return std::all_of(value.begin(), value.end(),
                       [&](const Json& element) { return add_content(crc, element, depth + 1); });
  }
  std::vector<std::string> keys;
  if (value.is_object())
    for (const auto& member : value.items())
      if (depth > 0 || member.key() != "checksum") keys.push_back(member.key());
  std::sort(keys.begin(), keys.end());
  for (const std::string& key : keys) {
    add_text(key);
    if (!add_content(crc, value.at(key), depth + 1)) return false;
  }
  return true;
}

/// Puts settings into a document.
class SettingWriter {
 public:
  explicit SettingWriter(Json& document) : document_(document) {}

  void operator()(const std::string& pointer, SpectrumKind kind) { put(pointer, name_of(kind)); }
  void operator()(const std::string& pointer, Arithmetic arithmetic) { put(pointer, name_of(arithmetic)); }
  void operator()(const std::string& pointer, const char (&unit)[8]) {
    require(is_utf8(unit), "thrum::write_model: ", pointer, " is not UTF-8, which JSON asks for");
    put(pointer, std::string(unit));
  }
  template <typename Scalar>
  void operator()(const std::string& pointer, const std::vector<Scalar>& values) {
    for (const Scalar value : values) require_finite(pointer, value);
    put(pointer, values);
  }
  template <typename Value>
  void operator()(const std::string& pointer, const Value& value) {
    if constexpr (std::is_floating_point<Value>::value) require_finite(pointer, value);
    put(pointer, value);
  }

 private:
  template <typename Scalar>
  static void require_finite(const std::string& pointer, Scalar value) {
    require(is_finite(value), "thrum::write_model: ", pointer, " is ", value, ", expected a finite number");
  }

  template <typename Value>
  void put(const std::string& pointer, const Value& value) {
    document_[Json::json_pointer(pointer)] = value;
  }

  static bool is_utf8(const char* text) {
    try {
      Json(text).dump();
      return true;
    } catch (const Json::exception&) {
      return false;
    }
  }

  Json& document_;
};

template <typename Scalar>
Json document_of(const DetectorModel<Scalar>& model, const std::optional<Calibration>& calibration) {
  Json document = {{"thrum_model", model_file_version}, {"features", model.features}};
  if (model.has_signal) document["feature_names"] = feature_names(model.signal);
  for (unsigned bit = 0; bit < std::size(part_names); ++bit)
    if ((model.anomaly.parts >> bit & 1) != 0) document["anomaly"]["parts"].push_back(part_names[bit]);
  SettingWriter write(document);
  for_each_setting(model, [&write](const SettingName& setting, const auto& value) {
    using Value = std::decay_t<decltype(value)>;
    if constexpr (std::is_arithmetic<Value>::value || std::is_enum<Value>::value)
      if (setting.optional && value == Value{}) return;
    write(pointer_of(setting), value);
  });
  for_each_array(model, [&](const std::string& name, const Scalar* values, Index size) {
    const std::string group = place_of_array(name).group;
    if (values != nullptr && !group.empty()) write(group + name, std::vector<Scalar>(values, values + size));
  });
  if (calibration) for_each_setting_of_calibration(*calibration, write);
  Crc32 crc;
  add_content(crc, document);
  document["checksum"] = crc.value();
  return document;
}

/// A line for each member of the document and of its objects, so that files can be read and compared.
inline std::string text_of(const Json& document) {
  std::string text = "{";
  const char* between = "\n";
  for (const auto& member : document.items()) {
    text += between + ("  " + Json(member.key()).dump()) + ": ";
    between = ",\n";
    if (!member.value().is_object()) {
      text += member.value().dump();
      continue;
    }
    const char* within = "{\n";
    for (const auto& inner : member.value().items()) {
      text += within + ("    " + Json(inner.key()).dump()) + ": " + inner.value().dump();
      within = ",\n";
    }
    text += "\n  }";
  }
  return text + "\n}\n";
}

/// Reads one model file; complaints name it, and the place in it.
template <typename Scalar>
class ModelReader {
 public:
  explicit ModelReader(const std::filesystem::path& path) : path_(path.string()) {
    std::ifstream file(path, std::ios::binary);
    if (!file) fail_file(path_ + ": cannot be opened");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (file.bad()) fail_file(path_ + ": cannot be read");
    try {
      document_ = Json::parse(text);
    } catch (const Json::exception& error) {
      fail_file(path_ + ": " + error.what());
    }
  }

  StoredDetector<Scalar> read() {
    const int version = integer("/thrum_model", 0, std::numeric_limits<int>::max());
    if (version != model_file_version)
      complain("/thrum_model", "is ", version, ", expected ", model_file_version,
               ", the version that this thrum reads");
    read_stages();
    for_each_setting(model_, [this](const SettingName& setting, auto& value) {
      const std::string pointer = pointer_of(setting);
      if (!setting.optional || has(pointer)) (*this)(pointer, value);
    });
    check_settings();
    read_arrays();
    std::optional<Calibration> calibration;
    if (has("/calibration")) for_each_setting_of_calibration(calibration.emplace(), *this);
    check_content();
    return StoredDetector<Scalar>(model_, calibration);
  }

  // ---- settings, by type

  void operator()(const std::string& pointer, bool& value) {
    const Json& found = member(pointer);
    if (!found.is_boolean()) complain(pointer, "is ", shown(found), ", expected true or false");
    value = found.get<bool>();
  }
  void operator()(const std::string& pointer, int& value) {
    value = integer(pointer, 0, std::numeric_limits<int>::max());
  }
  void operator()(const std::string& pointer, Index& value) {
    value = integer(pointer, Index{0}, std::numeric_limits<Index>::max());
  }
  void operator()(const std::string& pointer, float& value) { value = number<float>(pointer); }
  void operator()(const std::string& pointer, double& value) { value = number<double>(pointer); }
  void operator()(const std::string& pointer, SpectrumKind& kind) {
    one_of(pointer, kind, SpectrumKind::hann, SpectrumKind::sine_tapers);
  }
  void operator()(const std::string& pointer, Arithmetic& arithmetic) {
    one_of(pointer, arithmetic, Arithmetic::floating, Arithmetic::integer);
  }
  void operator()(const std::string& pointer, char (&unit)[8]) {
    const std::string name = text(pointer);
    if (name.size() >= sizeof(unit))
      complain(pointer, "has ", name.size(), " bytes, expected at most ", sizeof(unit) - 1);
    std::copy(name.begin(), name.end(), unit);
  }

 private:
  /// So that products of three sizes are far from overflow; no machine has as many of anything.
  static constexpr int largest_size = 1000000;

  template <typename... Parts>
  [[noreturn]] void complain(const std::string& pointer, const Parts&... parts) const {
    fail_file(joined(path_, ": ", pointer, " ", parts...));
  }

  static std::string shown(const Json& value) {
    return value.is_structured() ? std::string("an ") + value.type_name() : value.dump();
  }

  /// Reads one of two names.
  template <typename Enumeration>
  void one_of(const std::string& pointer, Enumeration& value, Enumeration first, Enumeration second) const {
    const std::string name = text(pointer);
    if (name != name_of(first) && name != name_of(second))
      complain(pointer, "is \"", name, "\", expected \"", name_of(first), "\" or \"", name_of(second), "\"");
    value = name == name_of(first) ? first : second;
  }

  bool has(const std::string& pointer) const { return document_.contains(Json::json_pointer(pointer)); }

  const Json& member(const std::string& pointer) const {
    if (!has(pointer)) complain(pointer, "is missing");
    return document_.at(Json::json_pointer(pointer));
  }

  std::string text(const std::string& pointer) const {
    const Json& value = member(pointer);
    if (!value.is_string()) complain(pointer, "is ", shown(value), ", expected a string");
    return value.get<std::string>();
  }

  template <typename Integer>
  Integer integer(const std::string& pointer, Integer least, Integer most) const {
    const Json& value = member(pointer);
    const bool known =
        value.is_number_integer() && (!value.is_number_unsigned() || value.get<std::uint64_t>() <= INT64_MAX);
    const std::int64_t found = known ? value.get<std::int64_t>() : 0;
    if (!known || found < least || found > most)
      complain(pointer, "is ", shown(value), ", expected an integer from ", least, " to ", most);
    return static_cast<Integer>(found);
  }

  template <typename Number>
  Number number(const std::string& pointer) const {
    return as_number<Number>(pointer, member(pointer));
  }

  template <typename Number>
  Number as_number(const std::string& pointer, const Json& value) const {
    if (!value.is_number()) complain(pointer, "is ", shown(value), ", expected a number");
    const double found = value.get<double>();
    if (!(absolute(found) <= static_cast<double>(ScalarTraits<Number>::largest())))
      complain(pointer, "is ", shown(value), ", expected a magnitude of at most ",
               ScalarTraits<Number>::largest());
    return static_cast<Number>(found);
  }

  /// What for_each_setting() must know.
  void read_stages() {
    model_.features = integer("/features", 1, largest_size);
    model_.has_signal = has("/signal");
    if (has("/scaling")) model_.scaling.features = model_.features;
    if (has("/projection")) model_.projection.features = model_.features;
    model_.anomaly.parts = 0;
    const Json& parts = member("/anomaly/parts");
    for (const Json& part : parts)
      for (unsigned bit = 0; bit < std::size(part_names); ++bit)
        if (part == part_names[bit]) model_.anomaly.parts |= 1u << bit;
    if (!parts.is_array() || !are_known_together(model_.anomaly.parts, parts.size()))
      complain("/anomaly/parts", "is ", parts.dump(),
               ", expected [\"radius\"], or some of \"soft\", \"tails\" and one kind of ellipsoid");
  }

  static bool are_known_together(uint32_t parts, std::size_t count) {
    std::size_t bits = 0, ellipsoids = 0;
    for (uint32_t bit = 1; bit < every_part; bit *= 2) {
      bits += (parts & bit) != 0 ? 1 : 0;
      ellipsoids += (parts & bit & ellipsoid_parts) != 0 ? 1 : 0;
    }
    return bits > 0 && bits == count && ellipsoids <= 1 && (bits == 1 || (parts & radius_part) == 0);
  }

  void check_size(const std::string& pointer, int value, int most) const {
    if (value < 1 || value > most) complain(pointer, "is ", value, ", expected an integer from 1 to ", most);
  }

  template <typename Number>
  void check_positive(const std::string& pointer, Number value) const {
    if (!(value > 0)) complain(pointer, "is ", value, ", expected a positive number");
  }

  void check_subspace(const std::string& pointer, int subspace) const {
    const Scalar width = model_.anomaly.soft.inverse_width[subspace];
    if (!(width >= 0)) complain(pointer, "is ", width, ", expected a positive number, or 0");
    if (width > 0 && features_in_subspace(model_.anomaly.features, subspace) == 0)
      complain(pointer, "is ", width, ", expected 0 for ", model_.anomaly.features, " features");
  }

  void check_settings() {
    AnomalyModel<Scalar>& anomaly = model_.anomaly;
    if (!model_.monitor.valid())
      complain("/monitor",
               "is not valid, expected 1 <= votes <= window <= 32, release < votes, a positive "
               "threshold and durations of at most 65535");
    if (model_.has_signal) check_signal();
    if (model_.projects())
      check_size("/projection/components", model_.projection.components, model_.features);
    anomaly.features = model_.projects() ? model_.projection.components : model_.features;
    check_size("/anomaly/classes", anomaly.clusters, largest_size);
    check_positive("/anomaly/threshold", anomaly.threshold);
    if ((anomaly.parts & ellipsoid_parts) != 0 && anomaly.ellipsoid_count != anomaly.clusters &&
        anomaly.ellipsoid_count != 1)
      complain("/anomaly/ellipsoid_count", "is ", anomaly.ellipsoid_count, ", expected 1, or ",
               anomaly.clusters, ", one for each class");
    if ((anomaly.parts & low_rank_ellipsoid_part) != 0)
      check_size("/anomaly/ellipsoid_rank", anomaly.ellipsoids.rank, anomaly.features);
    if ((anomaly.parts & soft_part) == 0) return;
    check_size("/anomaly/soft_count", anomaly.soft.count, largest_size);
    check_positive("/anomaly/soft_inverse_width", anomaly.soft.inverse_width[0]);
    check_subspace("/anomaly/soft_inverse_width_of_half", 1);
    check_subspace("/anomaly/soft_inverse_width_of_quarter", 2);
  }

  void check_signal() const {
    if (const char* wrong = what_is_wrong(model_.signal)) complain("/signal", "is not valid: ", wrong);
    if (feature_count(model_.signal) != model_.features)
      complain("/features", "is ", model_.features, ", expected ", feature_count(model_.signal),
               ", which /signal has");
  }

  bool has_array(const ArrayPlace& place) const {
    const std::string group = place.group, name = place.name;
    if ((name == "variance" || name == "score_table") && !has(group + name)) return false;
    if (group == "/scaling/") return model_.scales();
    if (group == "/projection/") return model_.projects();
    return (model_.anomaly.parts & place.parts) != 0;
  }

  void read_arrays() {
    for_each_array(model_, [&](const std::string& name, const Scalar*& values, Index size) {
      const ArrayPlace place = place_of_array(name);
      if (!has_array(place)) return;
      arrays_.push_back(numbers(place.group + name, size));
      values = arrays_.back().data();
      check_array(place.group + name, name, arrays_.back());
    });
  }

  std::vector<Scalar> numbers(const std::string& pointer, Index size) const {
    const Json& array = member(pointer);
    if (!array.is_array()) complain(pointer, "is ", shown(array), ", expected ", size, " numbers");
    if (static_cast<Index>(array.size()) != size)
      complain(pointer, "has ", array.size(), " numbers, expected ", size);
    std::vector<Scalar> values;
    values.reserve(array.size());
    for (const Json& value : array)
      values.push_back(as_number<Scalar>(joined(pointer, "/", values.size()), value));
    return values;
  }

  void check_array(const std::string& pointer, const std::string& name,
                   const std::vector<Scalar>& values) const {
    if (name == "factor" || name == "variance" || name == "inverse_squared_radius")
      for (std::size_t i = 0; i < values.size(); ++i) check_positive(joined(pointer, "/", i), values[i]);
    if (name != "tails" && name.find("table") == std::string::npos) return;
    constexpr std::size_t size = tail_table_size, last_knot = size - 2;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::size_t place = i % size;
      if (place > 0 && place <= last_knot && !(values[i] >= values[i - 1]))
        complain(joined(pointer, "/", i), "is ", values[i], ", expected at least ", values[i - 1],
                 ", the knot before");
      if (place > last_knot) check_positive(joined(pointer, "/", i), values[i]);
    }
  }

  void check_content() const {
    const auto stated = integer<std::int64_t>("/checksum", 0, UINT32_MAX);
    Crc32 crc;
    if (!add_content(crc, document_)) fail_file(path_ + ": is nested deeper than any model file");
    if (crc.value() != stated)
      complain("/checksum", "is ", stated, ", expected ", crc.value(),
               ": the file is damaged, or was changed by hand");
  }

  std::string path_;
  Json document_;
  DetectorModel<Scalar> model_;
  std::deque<std::vector<Scalar>> arrays_;
};

}  // namespace detail

/// Writes a fitted detector as a model file, exactly: read_model() of the same Scalar returns equal numbers.
/// detector: a Detector or StoredDetector, of float or double. Throws std::invalid_argument when it is not
/// fitted or has a number that is not finite, std::runtime_error when the file cannot be written.
template <typename FittedDetector>
void write_model(const std::filesystem::path& path, const FittedDetector& detector) {
  detail::require(detector.fitted(), "thrum::write_model: detector is not fitted");
  const std::string text = detail::text_of(detail::document_of(detector.model(), detector.calibration()));
  std::ofstream file(path, std::ios::binary);
  file << text << std::flush;
  if (!file) detail::fail_file(path.string() + ": cannot be written");
}

/// Reads a model file. Numbers are rounded to Scalar: a file that was written in double may be read as float,
/// for firmware. Throws std::runtime_error when the file is missing, no JSON, of another version, or damaged:
/// "fan.json: /anomaly/centers has 11 numbers, expected 12".
template <typename Scalar>
StoredDetector<Scalar> read_model(const std::filesystem::path& path) {
  static_assert(std::is_same<Scalar, float>::value || std::is_same<Scalar, double>::value,
                "thrum works on float or double");
  return detail::ModelReader<Scalar>(path).read();
}

}  // namespace thrum

#endif  // THRUM_IO_MODEL_FILE_HPP
