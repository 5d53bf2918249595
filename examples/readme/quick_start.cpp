// The README's first program: what stands between the marks is quoted there.

#include "../rig/rig.hpp"

// [readme]
#include <thrum/thrum.hpp>

#include <iostream>

thrum::Matrix<std::int16_t> record(rig::Fault fault);  // frames x channels, as the sensor delivers them

int main() {
  thrum::FeatureOptions signal;  // which features are taken of which windows; travels with the model
  signal.channels = 8;
  signal.sampling_rate = 20000;
  const auto normal = thrum::extract_windows(signal, record(rig::Fault::none));  // windows x features

  thrum::DetectorOptions options;
  options.kmeans.clusters = 1;                            // ways of running well
  options.pca.reset();                                    // every stage can be left out
  options.scorer.kind = thrum::AnomalyKind::mahalanobis;  // by covariance, not by distance alone
  options.scorer.max_flash_bytes = 65536;                 // as much of it as there is room for
  options.signal = signal;
  thrum::Detector<float> detector(options);
  detector.fit(normal.topRows(600));
  detector.calibrate(normal.bottomRows(300), 0.01);  // 1 % false alarms

  const auto names = thrum::feature_names(signal);
  for (const thrum::Verdict& verdict :
       detector.verdicts(thrum::extract_windows(signal, record(rig::Fault::inner_race))))
    if (verdict.state == thrum::State::alarm)
      std::cout << "score " << verdict.score << ", look at " << names[std::size_t(verdict.feature)] << '\n';

  thrum::write_firmware_header("machine.hpp", "machine", detector);  // for the Cortex-M
}
// [readme]

thrum::Matrix<std::int16_t> record(rig::Fault fault) {
  thrum::Matrix<std::int16_t> recording(0, rig::Options::channels);
  const int runs = fault == rig::Fault::none ? 15 : 1;
  for (int run = 0; run < runs; ++run) {
    const std::size_t frames = fault == rig::Fault::none ? 32768 : 8192;
    const auto samples =
        rig::record(0, fault, frames, static_cast<std::uint64_t>(run + (runs == 1 ? 100 : 0)));
    const auto rows = recording.rows();
    recording.conservativeResize(rows + static_cast<Eigen::Index>(frames), Eigen::NoChange);
    recording.bottomRows(static_cast<Eigen::Index>(frames)) = Eigen::Map<const thrum::Matrix<std::int16_t>>(
        samples.data(), static_cast<Eigen::Index>(frames), rig::Options::channels);
  }
  return recording;
}
