#ifndef THRUM_THRUM_HPP
#define THRUM_THRUM_HPP

// The laptop wing, whole: learning over Eigen matrices, recordings in, firmware header out.

#include "thrum/anomaly_scorer.hpp"
#include "thrum/calibration.hpp"
#include "thrum/calibration_report.hpp"
#include "thrum/choose_clusters.hpp"
#include "thrum/clustering_metrics.hpp"
#include "thrum/confidence.hpp"
#include "thrum/detection/health_index.hpp"
#include "thrum/detection/packed_verdict.hpp"
#include "thrum/detector.hpp"
#include "thrum/feature_extractor.hpp"
#include "thrum/huge_pages.hpp"
#include "thrum/input.hpp"
#include "thrum/io/firmware_header.hpp"
#include "thrum/io/mapped_npy.hpp"
#include "thrum/io/model_image.hpp"
#include "thrum/io/npy.hpp"
#include "thrum/io/recording.hpp"
#include "thrum/io/sampling.hpp"
#include "thrum/kmeans.hpp"
#include "thrum/monitor_calibration.hpp"
#include "thrum/parallel_analysis.hpp"
#include "thrum/pca.hpp"
#include "thrum/quantised_detector.hpp"
#include "thrum/scaler.hpp"
#include "thrum/score_series.hpp"
#include "thrum/series.hpp"
#include "thrum/stored_detector.hpp"
#include "thrum/tail_threshold.hpp"
#include "thrum/tone_sensitivity.hpp"
#include "thrum/version.hpp"

#endif  // THRUM_THRUM_HPP
