// The README's use of a model file: what stands between the marks is quoted there. Works where the file lies,
// and exits with 1 where it does not alarm at what scikit-learn does.

#include <cstddef>
#include <iostream>
#include <vector>

#include "thrum/io/npy.hpp"

// [readme]
#include <thrum/io/firmware_header.hpp>
#include <thrum/io/model_file.hpp>

bool judge(const thrum::StoredDetector<float>& pump);

int main() {
  const auto pump = thrum::read_model<float>("pump.json");
  thrum::write_firmware_header("pump.hpp", "pump", pump);  // for the Cortex-M
  return judge(pump) ? 0 : 1;
}
// [readme]

bool judge(const thrum::StoredDetector<float>& pump) {
  const auto rows = thrum::read_npy<float>("pump_rows.npy");
  const auto alarms = thrum::read_npy<float>("pump_alarms.npy");
  const std::vector<thrum::Verdict> verdicts = pump.verdicts(rows);
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    std::cout << to_string(verdicts[i].state) << ", score " << verdicts[i].score << '\n';
    const bool alarm = alarms(static_cast<Eigen::Index>(i), 0) > 0;
    if (alarm != (verdicts[i].state == thrum::State::alarm)) return false;
  }
  return true;
}
