// Scores feature rows (float32, from the file that the command line names) with a model in flash, and prints
// the bits of each score. Exit status: 0, 1 when the self-test failed, 2 when the file can't be used.

#include "thrum_firmware.hpp"
//
#include THRUM_MODEL_HEADER

#include <stdint.h>

#include "line.hpp"
#include "semihosting.hpp"
#include "startup.hpp"

namespace {

constexpr const auto& model = THRUM_MODEL_NAME;
constexpr uint32_t row_bytes = static_cast<uint32_t>(model.features) * sizeof(float);

thrum::fixed::RowDetector<model> detector;
float row[static_cast<unsigned>(model.features)];
char command_line[256];

}  // namespace

int firmware_main() {
  const thrum::Status status = detector.self_test();
  Line().text("self-test: ").text(to_string(status)).end();
  if (status != thrum::Status::ok) return 1;
  if (!semihosting::command_line(command_line, sizeof(command_line))) return 2;
  const char* path = command_line;
  while (*path != '\0' && *path++ != ' ') {
  }
  const uint32_t file = semihosting::open(path, semihosting::Mode::read);
  if (file == semihosting::no_file) return 2;
  while (semihosting::read(file, row, row_bytes) == row_bytes)
    Line().text("score ").hex(thrum::bits_of(detector.judge(row).score)).end();
  return 0;
}
