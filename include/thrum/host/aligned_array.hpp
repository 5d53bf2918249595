#ifndef THRUM_HOST_ALIGNED_ARRAY_HPP
#define THRUM_HOST_ALIGNED_ARRAY_HPP

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>

#include "thrum/core/matrix_view.hpp"
#include "thrum/errors.hpp"
#include "thrum/host/build.hpp"
#include "thrum/huge_pages.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// From here on an array has huge pages of its own: on virtual machines, faulting in as many small ones takes
/// longer than filling a huge one with zeros.
constexpr std::size_t smallest_on_huge_pages = huge_page / 4;

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
