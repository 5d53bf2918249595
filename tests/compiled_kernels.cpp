#include "thrum/host/kernels.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

template const KernelTable<float>& kernels<float>();
template const KernelTable<double>& kernels<double>();
template const ScoringKernels<float>& scoring_kernels<float>();
template const ScoringKernels<double>& scoring_kernels<double>();

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum
