#ifndef THRUM_ROW_SOURCE_HPP
#define THRUM_ROW_SOURCE_HPP

#include "thrum/core/matrix_view.hpp"

namespace thrum {

/// Rows that need not fit into memory: they are handed out block after block, in passes from the first row to
/// the last. Implement it for your own files; a memory-mapped one is `MappedRows` (thrum/io/mapped_npy.hpp).
template <typename Scalar>
class RowSource {
 public:
  virtual ~RowSource() = default;

  virtual Index rows() const = 0;
  virtual Index cols() const = 0;

  /// At least one row from `first` on, at most `most`; the same rows each time. Valid until the next call.
  virtual MatrixView<const Scalar> block(Index first, Index most) = 0;
};

/// The rows of a matrix in memory, which must live as long as this.
template <typename Scalar>
class MatrixSource : public RowSource<Scalar> {
 public:
  explicit MatrixSource(MatrixView<const Scalar> x) : x_(x) {}

  Index rows() const override { return x_.rows; }
  Index cols() const override { return x_.cols; }
  MatrixView<const Scalar> block(Index first, Index most) override { return x_.middle_rows(first, most); }

 private:
  MatrixView<const Scalar> x_;
};

}  // namespace thrum

#endif  // THRUM_ROW_SOURCE_HPP
