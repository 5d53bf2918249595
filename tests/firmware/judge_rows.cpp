// In place of the firmware's program: judges feature rows, and writes all it says of them.
//
// Reads `recordings`, float32, model.features a row, and writes `features`, what said.hpp says of each; so
// run.sh calls the files it is given.

#include "thrum_firmware.hpp"
//
#include THRUM_MODEL_HEADER

#include <stdint.h>

#include "line.hpp"
#include "said.hpp"
#include "semihosting.hpp"
#include "startup.hpp"

namespace {

constexpr const auto& model = THRUM_MODEL_NAME;

thrum::fixed::RowDetector<model> detector;
thrum::fixed::HealthIndex health;
float row[model.features];
float shares[model.features];
uint32_t words[said::words_of_row(model.features)];

int fail(const char* what) {
  Line().text(what).end();
  return 1;
}

}  // namespace

int firmware_main() {
  if (detector.self_test() != thrum::Status::ok) return fail("the self-test failed");
  const uint32_t input = semihosting::open("recordings", semihosting::Mode::read);
  const uint32_t output = semihosting::open("features", semihosting::Mode::write);
  if (input == semihosting::no_file || output == semihosting::no_file) return fail("a file is missing");
  while (semihosting::read(input, row, sizeof(row)) == sizeof(row)) {
    const thrum::Verdict verdict = detector.judge(row);
    detector.shares(row, shares);
    said::put(verdict, shares, model.features, health, words);
    if (!semihosting::write(output, words, sizeof(words))) return fail("a file cannot be written");
  }
  semihosting::close(output);
  return 0;
}
