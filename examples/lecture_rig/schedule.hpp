#ifndef THRUM_EXAMPLES_LECTURE_RIG_SCHEDULE_HPP
#define THRUM_EXAMPLES_LECTURE_RIG_SCHEDULE_HPP

#include <cstddef>
#include <cstdint>
#include <vector>

#include "../rig/rig.hpp"

namespace lecture_rig {

/// What the machine does while it is watched: it runs slowly, from half the time to the fault on fast, and
/// with the fault until the end.
struct Schedule {
  double seconds = 60;
  double fault_at = 40;  ///< seconds; 0 < fault_at < seconds
  rig::Fault fault = rig::Fault::outer_race;

  std::size_t frames() const { return frames_in(seconds); }
  std::size_t first_fast_frame() const { return frames_in(fault_at / 2); }
  std::size_t first_faulty_frame() const { return frames_in(fault_at); }

 private:
  static std::size_t frames_in(double time) {
    return static_cast<std::size_t>(time * rig::Options::sampling_rate);
  }
};

/// All of it as the sensors deliver it, frames x 8. The change of speed is abrupt. A fault changes nothing
/// but what it adds (see rig::record), so that it sets in without any other step.
inline std::vector<std::int16_t> record(const Schedule& schedule, std::uint64_t seed) {
  const auto samples = [](std::size_t frames) {
    return static_cast<std::ptrdiff_t>(frames * rig::Options::channels);
  };
  const std::size_t fast_frames = schedule.frames() - schedule.first_fast_frame();
  const std::ptrdiff_t healthy = samples(schedule.first_faulty_frame() - schedule.first_fast_frame());

  std::vector<std::int16_t> all = rig::record(0, rig::Fault::none, schedule.first_fast_frame(), seed);
  const std::vector<std::int16_t> fast = rig::record(1, rig::Fault::none, fast_frames, seed);
  const std::vector<std::int16_t> faulty = rig::record(1, schedule.fault, fast_frames, seed);
  all.insert(all.end(), fast.begin(), fast.begin() + healthy);
  all.insert(all.end(), faulty.begin() + healthy, faulty.end());
  return all;
}

}  // namespace lecture_rig

#endif  // THRUM_EXAMPLES_LECTURE_RIG_SCHEDULE_HPP
