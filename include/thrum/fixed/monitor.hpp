#ifndef THRUM_FIXED_MONITOR_HPP
#define THRUM_FIXED_MONITOR_HPP

#include "thrum/detection/monitor.hpp"

namespace thrum {
namespace fixed {

/// The monitor is twelve bytes on either wing.
using Monitor = thrum::Monitor;

}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_MONITOR_HPP
