#ifndef THRUM_HOST_FOLDS_HPP
#define THRUM_HOST_FOLDS_HPP

#include <cstddef>
#include <vector>

#include "thrum/core/matrix_view.hpp"
#include "thrum/host/build.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// Rows held out in turn: each class is cut into stretches of rows in order, dealt to the folds in turn. So
/// neighbours in time, which windows that overlap make alike, are held out together, every class is in every
/// fold, and a slow drift is in what the others learn.
class ClassFolds {
 public:
  static constexpr int count = 5, stretches = 5 * count;

  /// labels: n, the class of each row, in [0, classes).
  ClassFolds(const std::vector<int>& labels, Index classes) : fold_(labels.size()) {
    std::vector<Index> members(array_size(classes)), seen(array_size(classes));
    for (const int label : labels) ++members[array_size(label)];
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const std::size_t j = array_size(labels[i]);
      fold_[i] = static_cast<int>(seen[j]++ * stretches / members[j] % count);
    }
  }

  /// The rows in a fold, or those that are not, in order.
  std::vector<Index> inside(int fold) const { return rows(fold, true); }
  std::vector<Index> outside(int fold) const { return rows(fold, false); }

 private:
  std::vector<Index> rows(int fold, bool inside) const {
    std::vector<Index> rows;
    for (std::size_t i = 0; i < fold_.size(); ++i)
      if ((fold_[i] == fold) == inside) rows.push_back(static_cast<Index>(i));
    return rows;
  }

  std::vector<int> fold_;
};

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_FOLDS_HPP
