#ifndef THRUM_IO_MAPPED_NPY_HPP
#define THRUM_IO_MAPPED_NPY_HPP

#if __has_include(<sys/mman.h>)  // POSIX; elsewhere there is read_npy

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/errors.hpp"
#include "thrum/io/npy.hpp"
#include "thrum/row_source.hpp"

namespace thrum {
namespace detail {

/// A file open for reading.
class ReadableFile {
 public:
  explicit ReadableFile(const std::filesystem::path& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ReadableFile(const ReadableFile&) = delete;
  ReadableFile& operator=(const ReadableFile&) = delete;
  ~ReadableFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  int descriptor() const { return descriptor_; }
  /// Bytes, or -1 when they can't be told.
  std::intmax_t size() const {
    struct ::stat status;
    return ::fstat(descriptor_, &status) == 0 ? static_cast<std::intmax_t>(status.st_size) : -1;
  }

 private:
  int descriptor_;
};

/// The bytes of a whole file, to be read, for as long as this lives.
class FileMapping {
 public:
  FileMapping(const std::filesystem::path& path, std::size_t size) : size_(size) {
    const ReadableFile file(path);
    if (file.size() != static_cast<std::intmax_t>(size)) {
      fail_file(path.string() + ": expected a file of " + std::to_string(size) +
                " bytes, found one that changes while it is opened");
    }
    void* const start = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.descriptor(), 0);
    const int error = errno;
    if (start == MAP_FAILED) {
      fail_file(path.string() + ": expected a file that can be mapped into memory, found one that cannot: " +
                std::generic_category().message(error));
    }
    bytes_ = static_cast<char*>(start);
    ::madvise(bytes_, size_, MADV_SEQUENTIAL);  // advice: nothing is lost where it is not taken
  }
  FileMapping(FileMapping&& other) noexcept { swap(other); }
  FileMapping& operator=(FileMapping&& other) noexcept {
    FileMapping taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~FileMapping() {
    if (bytes_ != nullptr) ::munmap(bytes_, size_);
  }

  const char* bytes() const { return bytes_; }

  /// Lets go of the blocks that end after byte `begin` and not after byte `end`. Blocks, not pages: the
  /// system brings in a whole large page where it can, also what lies before the byte that was asked for.
  /// Whoever reads them again gets them again.
  void release(std::size_t begin, std::size_t end) const {
    constexpr std::size_t block = 2097152;  // a large page, and a multiple of every small one
    const std::size_t first = begin / block * block, last = end / block * block;
    if (first < last) ::madvise(bytes_ + first, last - first, MADV_DONTNEED);
  }

 private:
  void swap(FileMapping& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
  }

  char* bytes_ = nullptr;
  std::size_t size_ = 0;
};

inline std::string shown_dtype(const NpyHeader& header) {
  const char order = header.item_size == 1 ? '|' : header.little_endian ? '<' : '>';
  return std::string{order, header.kind} + std::to_string(header.item_size);
}

/// Fails unless the items can be read where they lie.
template <typename Scalar>
void require_mappable(const NpyFile& file, const NpyHeader& header) {
  const std::string expected = npy_dtype<Scalar>(), found = shown_dtype(header);
  if (found != expected) {
    fail_file(file.path().string() + ": expected the dtype " + expected +
              ", which needs no conversion, found " + found + "; read_npy converts");
  }
  if (file.position() % alignof(Scalar) != 0) {
    damaged_npy(file.path(), file.position(),
                "expected data that begin at a multiple of " + std::to_string(alignof(Scalar)) +
                    " bytes, found them here; read_npy takes them");
  }
}

}  // namespace detail

/// A NumPy array in a file, read where it lies: the way to matrices larger than memory.
///
/// Takes what `read_npy` takes, a 1-D array of n as n x 1, C or Fortran order, as long as nothing needs to be
/// converted: the dtype must be that of Scalar, float or double, in the byte order of this machine
/// (little-endian: <f4 or <f8), the data aligned to it. Throws std::runtime_error otherwise, as `read_npy`
/// does. NaN and infinities are there as they are.
///
/// Opening costs no pass over the data and no memory: pages come when they are read, and the system drops
/// them again when it is short. The file must stay as it is: a process that reads what another one has cut
/// off is ended by SIGBUS. Copies of the view live no longer than this. Const calls are thread-safe.
template <typename Scalar>
class MappedNpy {
  static_assert(std::is_same_v<Scalar, float> || std::is_same_v<Scalar, double>,
                "thrum works on float or double");

 public:
  explicit MappedNpy(const std::filesystem::path& path) : MappedNpy(Layout(path)) {}
  /// What was moved from is 0 x 0.
  MappedNpy(MappedNpy&& other) noexcept
      : mapping_(std::move(other.mapping_)), view_(std::exchange(other.view_, {})) {}
  MappedNpy& operator=(MappedNpy&& other) noexcept {
    MappedNpy taken(std::move(other));
    mapping_ = std::move(taken.mapping_);
    view_ = taken.view_;
    return *this;
  }

  Index rows() const { return view_.rows; }
  Index cols() const { return view_.cols; }
  /// rows x cols over the file; as an argument it is as good as a matrix. Valid while this lives unmoved.
  MatrixView<const Scalar> view() const { return view_; }

  /// Says that rows first_row ... first_row + count - 1 are done with: their pages leave this process. A walk
  /// that does so chunk by chunk holds a chunk and at most 4 MiB, in Fortran order 4 MiB for each column.
  /// They may be read again all the same. Throws std::invalid_argument for rows that are not there. One call
  /// of the system, in Fortran order one for each column.
  void release(Index first_row, Index count) const {
    detail::require(first_row >= 0 && count >= 0 && first_row <= rows() && count <= rows() - first_row,
                    "thrum::MappedNpy::release: first_row is ", first_row, " and count ", count,
                    ", expected rows out of ", rows());
    if (count == 0 || cols() == 0) return;
    const bool by_rows = view_.col_stride == 1;
    if (by_rows) return release_items(first_row * cols(), count * cols());
    for (Index j = 0; j < cols(); ++j) release_items(j * rows() + first_row, count);
  }

 private:
  /// Where the file says that its items lie.
  struct Layout {
    explicit Layout(const std::filesystem::path& file_path) : path(file_path) {
      detail::NpyFile file(path);
      header = detail::read_npy_header(file);
      detail::check_npy_size(file, header);
      detail::require_mappable<Scalar>(file, header);
      data_begin = static_cast<std::size_t>(file.position());
      size = data_begin + static_cast<std::size_t>(file.remaining());
    }

    MatrixView<const Scalar> over(const char* bytes) const {
      const auto* const data = static_cast<const Scalar*>(static_cast<const void*>(bytes + data_begin));
      const auto rows = static_cast<Index>(header.rows), cols = static_cast<Index>(header.cols);
      if (header.fortran_order) return row_major(data, cols, rows).transposed();
      return row_major(data, rows, cols);
    }

    const std::filesystem::path& path;
    detail::NpyHeader header;
    std::size_t data_begin = 0, size = 0;
  };

  explicit MappedNpy(const Layout& layout)
      : mapping_(layout.path, layout.size), view_(layout.over(mapping_.bytes())) {}

  void release_items(Index first, Index count) const {
    const char* const data = static_cast<const char*>(static_cast<const void*>(view_.data + first));
    const auto begin = static_cast<std::size_t>(data - mapping_.bytes());
    mapping_.release(begin, begin + static_cast<std::size_t>(count) * sizeof(Scalar));
  }

  detail::FileMapping mapping_;
  MatrixView<const Scalar> view_;
};

/// The rows of a NumPy array in a file, as a source that stays small: rows that were handed out leave memory
/// with the next call. Takes what MappedNpy takes and throws what it throws. Fortran order costs 4 MiB for
/// each column.
template <typename Scalar>
class MappedRows : public RowSource<Scalar> {
 public:
  explicit MappedRows(const std::filesystem::path& path) : array_(path) {}

  Index rows() const override { return array_.rows(); }
  Index cols() const override { return array_.cols(); }
  MatrixView<const Scalar> block(Index first, Index most) override {
    array_.release(first_, count_);
    first_ = first;
    count_ = smaller(most, rows() - first);
    return array_.view().middle_rows(first_, count_);
  }

 private:
  MappedNpy<Scalar> array_;
  Index first_ = 0, count_ = 0;  // what was handed out last
};

}  // namespace thrum

#endif  // __has_include(<sys/mman.h>)

#endif  // THRUM_IO_MAPPED_NPY_HPP
