#ifndef THRUM_TESTS_CATCH_HPP
#define THRUM_TESTS_CATCH_HPP

// Catch2 moved its headers between versions 2 and 3 and renamed a few things; tests include this file only.

#include <string>

#if __has_include(<catch2/catch_all.hpp>)

#include <catch2/catch_all.hpp>

using Catch::Approx;

namespace thrum_test {
/// Matches a text that contains `part`.
inline auto contains(const std::string& part) { return Catch::Matchers::ContainsSubstring(part); }
}  // namespace thrum_test

#else

#include <catch2/catch.hpp>

namespace thrum_test {
/// Matches a text that contains `part`.
inline auto contains(const std::string& part) { return Catch::Matchers::Contains(part); }
}  // namespace thrum_test

#endif

#endif  // THRUM_TESTS_CATCH_HPP
