#ifndef THRUM_TESTS_REAL_DATA_HPP
#define THRUM_TESTS_REAL_DATA_HPP

#include <string>

// Real recordings and tables. Tests that need them carry the tag [real-data]; ctest knows such tests only
// where the folder is there, so they need not ask.

namespace thrum_test {

/// The data folder (CMake variable THRUM_DATA); empty if there is none.
inline std::string data_dir() { return THRUM_TEST_DATA; }

/// The unpacked ceiling fan: a folder per condition, a CSV per recording; empty if there is none.
inline std::string ceiling_fan_dir() { return THRUM_TEST_CEILING_FAN; }

/// Whether there is a data folder.
inline bool has_data() { return !data_dir().empty(); }

}  // namespace thrum_test

#endif  // THRUM_TESTS_REAL_DATA_HPP
