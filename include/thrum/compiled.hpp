#ifndef THRUM_COMPILED_HPP
#define THRUM_COMPILED_HPP

// What files compiled with THRUM_COMPILED leave out: the members of the classes and the vector kernels.
// Include it in one file of a program, and compile that with the flags of the others.

#include "thrum/host/build.hpp"
#include "thrum/host/kernels.hpp"
#include "thrum/impl/anomaly_scorer.hpp"
#include "thrum/impl/class_ellipsoids.hpp"
#include "thrum/impl/density_of_clusters.hpp"
#include "thrum/impl/detector.hpp"
#include "thrum/impl/kmeans.hpp"
#include "thrum/impl/pca.hpp"
#include "thrum/impl/scaler.hpp"
#include "thrum/impl/stored_detector.hpp"
#include "thrum/impl/tails_of_features.hpp"

namespace thrum {
inline namespace THRUM_BUILD {

template class KMeans<float>;
template class KMeans<double>;
template class PCA<float>;
template class PCA<double>;
template class Scaler<float>;
template class Scaler<double>;
template class AnomalyScorer<float>;
template class AnomalyScorer<double>;
template class Detector<float>;
template class Detector<double>;
template class StoredDetector<float>;
template class StoredDetector<double>;

namespace host {

template class ClassEllipsoids<float>;
template class ClassEllipsoids<double>;
template class DensityOfClusters<float>;
template class DensityOfClusters<double>;
template class TailsOfFeatures<float>;
template class TailsOfFeatures<double>;

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

#endif  // THRUM_COMPILED_HPP
