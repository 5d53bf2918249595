#include "thrum/host/kernels.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

template const PanelKernels<float>& panel_kernels<float>();
template const PanelKernels<double>& panel_kernels<double>();
template const ClusteringKernels<float>& clustering_kernels<float>();
template const ClusteringKernels<double>& clustering_kernels<double>();
template const ProductKernels<float>& product_kernels<float>();
template const ProductKernels<double>& product_kernels<double>();
template const ScoringKernels<float>& scoring_kernels<float>();
template const ScoringKernels<double>& scoring_kernels<double>();

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum
