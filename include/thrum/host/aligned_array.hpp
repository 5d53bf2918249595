#ifndef THRUM_HOST_ALIGNED_ARRAY_HPP
#define THRUM_HOST_ALIGNED_ARRAY_HPP

#include <stdint.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>
#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "thrum/core/matrix_view.hpp"
#include "thrum/errors.hpp"
#include "thrum/host/build.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

constexpr std::size_t huge_page = std::size_t{1} << 21;

/// From here on an array has huge pages of its own: on virtual machines, faulting in as many small ones takes
/// longer than filling a huge one with zeros.
constexpr std::size_t smallest_on_huge_pages = huge_page / 4;

/// Asks the system to back memory that is not touched yet with huge pages: faulting in millions of small ones
/// can take longer than computing what goes there. Does nothing where the system knows no such wish.
inline void prefer_huge_pages(void* data, std::size_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  const std::uintptr_t begin =
      (reinterpret_cast<std::uintptr_t>(data) + huge_page - 1) / huge_page * huge_page;
  const std::uintptr_t end = (reinterpret_cast<std::uintptr_t>(data) + bytes) / huge_page * huge_page;
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#else
  static_cast<void>(data);
  static_cast<void>(bytes);
#endif
}

/// An array on cache-line boundaries, so that no vector straddles two lines, or on those of huge pages. Not
/// initialised: memory that no one touches is no one's.
template <typename Type>
class AlignedArray {
  static_assert(std::is_trivially_destructible<Type>::value, "no destructor is called");

 public:
  AlignedArray() = default;
  explicit AlignedArray(Index size) {
    const std::size_t bytes = array_size(size) * sizeof(Type);
    const std::size_t alignment = bytes < smallest_on_huge_pages ? 64 : huge_page;
    const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
    data_.reset(static_cast<Type*>(std::aligned_alloc(alignment, rounded > 0 ? rounded : alignment)));
    if (data_ == nullptr) thrum::detail::fail_memory(rounded);
    prefer_huge_pages(data_.get(), rounded);
  }
  AlignedArray(Index size, const Type& value) : AlignedArray(size) {
    for (Index i = 0; i < size; ++i) data_.get()[i] = value;
  }

  Type* data() const { return data_.get(); }
  Type& operator[](Index i) const { return data_.get()[i]; }

 private:
  struct Release {
    void operator()(Type* data) const { std::free(data); }
  };
  std::unique_ptr<Type[], Release> data_;
};

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_ALIGNED_ARRAY_HPP
