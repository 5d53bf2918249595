#include <cstdio>
#include <exception>
#include <fstream>
#include <string>

#include "detectors.hpp"
#include "thrum/io/firmware_header.hpp"

// Writes the model headers that firmware_header_test.cpp includes, into the folder it is given.

namespace {

/// A header as another version of thrum would have written it.
void write_for_another_schema(const std::string& path) {
  std::string text = thrum::firmware_header("wrong_schema", thrum_test::row_detector());
  const std::string check = "thrum::model_schema == ";
  text.insert(text.find(check) + check.size(), "1000 + ");
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

int main(int argc, char* argv[]) {
  if (argc != 2) return 2;
  const std::string folder = std::string(argv[1]) + "/";
  try {
    thrum::FirmwareHeaderOptions options;
    options.self_tests = 11;
    options.measured_false_alarm_rate = 0.04;
    thrum::write_firmware_header(folder + "stream_model.hpp", "stream_model", thrum_test::stream_detector(),
                                 options);
    thrum::write_firmware_header(folder + "row_model.hpp", "row_model", thrum_test::row_detector());
    thrum::write_firmware_header(folder + "whitened_model.hpp", "whitened_model",
                                 thrum_test::whitened_detector());
    thrum::write_firmware_header(folder + "large_model.hpp", "large_model", thrum_test::large_detector());
    thrum::write_firmware_header(folder + "watchful_model.hpp", "watchful_model",
                                 thrum_test::watchful_detector());
    using thrum::AnomalyKind;
    using thrum::EllipsoidForm;
    const struct {
      const char* name;
      AnomalyKind kind;
      EllipsoidForm form;
    } kinds[] = {{"full_model", AnomalyKind::mahalanobis, EllipsoidForm::full},
                 {"diagonal_model", AnomalyKind::mahalanobis, EllipsoidForm::diagonal},
                 {"low_rank_model", AnomalyKind::mahalanobis, EllipsoidForm::low_rank},
                 {"soft_model", AnomalyKind::soft, EllipsoidForm::full},
                 {"tails_model", AnomalyKind::tails, EllipsoidForm::full},
                 {"residual_model", AnomalyKind::residual, EllipsoidForm::full},
                 {"automatic_model", AnomalyKind::automatic, EllipsoidForm::full}};
    for (const auto& one : kinds)
      thrum::write_firmware_header(folder + one.name + ".hpp", one.name,
                                   thrum_test::detector_of_kind(one.kind, one.form));
    write_for_another_schema(folder + "wrong_schema.hpp");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
