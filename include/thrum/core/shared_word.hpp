#ifndef THRUM_CORE_SHARED_WORD_HPP
#define THRUM_CORE_SHARED_WORD_HPP

#include <stdint.h>

namespace thrum {

// A word that one side writes and the other reads, an interrupt and the main loop: plain loads and stores, in
// the order of the program. clang knows no atomic access on a Cortex-M0 and would call a library; that has a
// single core, where it is enough that the compiler keeps the order.
#if defined(__clang__) && __GCC_ATOMIC_INT_LOCK_FREE != 2

inline uint32_t load_shared(const uint32_t& word) {
  const uint32_t value = *static_cast<const volatile uint32_t*>(&word);
  __atomic_signal_fence(__ATOMIC_ACQ_REL);
  return value;
}

inline void store_shared(uint32_t& word, uint32_t value) {
  __atomic_signal_fence(__ATOMIC_ACQ_REL);
  *static_cast<volatile uint32_t*>(&word) = value;
}

#else

/// The word; what was written before it was stored is seen by what is read after it was loaded.
inline uint32_t load_shared(const uint32_t& word) { return __atomic_load_n(&word, __ATOMIC_ACQUIRE); }

/// Stores the word, after all that was written before.
inline void store_shared(uint32_t& word, uint32_t value) { __atomic_store_n(&word, value, __ATOMIC_RELEASE); }

#endif

}  // namespace thrum

#endif  // THRUM_CORE_SHARED_WORD_HPP
