#ifndef THRUM_HUGE_PAGES_HPP
#define THRUM_HUGE_PAGES_HPP

#include <cstddef>
#include <cstdint>
#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace thrum {

constexpr std::size_t huge_page = std::size_t{1} << 21;

/// Asks the system to back memory, best before it is touched, with huge pages; as NumPy does for its arrays.
/// Faulting in millions of small pages can take longer than computing what goes there, and on virtual
/// machines reading samples from small ones several times as long as from huge ones. bytes: of any number,
/// whole huge pages of which count. Does nothing where the system knows no such wish. One system call.
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

}  // namespace thrum

#endif  // THRUM_HUGE_PAGES_HPP
