#ifndef THRUM_TESTS_COMPILED_KERNELS_HPP
#define THRUM_TESTS_COMPILED_KERNELS_HPP

#include "thrum/host/kernels.hpp"

// The vector kernels, in an object of their own: compiled in every test anew, with sanitizers, they took most
// of the time of a build.

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

extern template const KernelTable<float>& kernels<float>();
extern template const KernelTable<double>& kernels<double>();
extern template const ScoringKernels<float>& scoring_kernels<float>();
extern template const ScoringKernels<double>& scoring_kernels<double>();

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_TESTS_COMPILED_KERNELS_HPP
