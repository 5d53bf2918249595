#ifndef THRUM_FIXED_HEALTH_INDEX_HPP
#define THRUM_FIXED_HEALTH_INDEX_HPP

#include "thrum/detection/health_index.hpp"

namespace thrum {
namespace fixed {

/// The health index is 36 bytes on either wing.
using HealthIndex = thrum::HealthIndex;

}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_HEALTH_INDEX_HPP
