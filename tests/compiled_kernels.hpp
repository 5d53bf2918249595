#ifndef THRUM_TESTS_COMPILED_KERNELS_HPP
#define THRUM_TESTS_COMPILED_KERNELS_HPP

#include "thrum/host/kernels.hpp"

// The vector kernels, in an object of their own: compiled in every test anew, with sanitizers, they took most
// of the time of a build.

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

extern template const PanelKernels<float>& panel_kernels<float>();
extern template const PanelKernels<double>& panel_kernels<double>();
extern template const ClusteringKernels<float>& clustering_kernels<float>();
extern template const ClusteringKernels<double>& clustering_kernels<double>();
extern template const ProductKernels<float>& product_kernels<float>();
extern template const ProductKernels<double>& product_kernels<double>();
extern template const ScoringKernels<float>& scoring_kernels<float>();
extern template const ScoringKernels<double>& scoring_kernels<double>();

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_TESTS_COMPILED_KERNELS_HPP
