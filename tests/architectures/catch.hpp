#ifndef THRUM_TESTS_ARCHITECTURES_CATCH_HPP
#define THRUM_TESTS_ARCHITECTURES_CATCH_HPP

// The part of Catch2 that the fixed tests use, in the place of tests/catch.hpp. Catch2 is not to be had for
// every processor: version 3 is a library for this computer, and version 2 takes longer to compile than all
// tests.

#include <cfloat>
#include <cmath>
#include <cstdio>
#include <exception>
#include <string>
#include <tuple>
#include <vector>

namespace thrum_test {

struct Test {
  const char* name;
  void (*run)();
};

inline std::vector<Test>& all_tests() {
  static std::vector<Test> tests;
  return tests;
}

inline bool add_test(void (*run)(), const char* name, const char* = "") {
  all_tests().push_back({name, run});
  return true;
}

/// The same test for each of several types.
template <template <typename> class TestOfType, typename... Types>
bool add_tests(const char* name) {
  return (add_test(TestOfType<Types>::run, name) && ...);
}

inline long checks = 0;
inline long failures = 0;

inline bool check(bool holds, const char* what, const char* file, int line) {
  ++checks;
  if (holds) return true;
  ++failures;
  std::printf("%s:%d: %s\n", file, line, what);
  return false;
}

/// Ends a test.
struct Unmet {};
inline void require(bool holds) {
  if (!holds) throw Unmet{};
}

[[noreturn]] inline void fail(const char* what, const char* file, int line) {
  check(false, what, file, line);
  throw Unmet{};
}

/// Matches a text that contains `part`.
struct Contains {
  std::string part;
  bool match(const std::string& text) const { return text.find(part) != std::string::npos; }
};
inline Contains contains(const std::string& part) { return {part}; }

inline void run(const Test& test) {
  const long before = failures;
  try {
    test.run();
  } catch (const Unmet&) {
  } catch (const std::exception& error) {
    check(false, error.what(), test.name, 0);
  }
  if (failures != before) std::printf("failed: %s\n", test.name);
}

/// Exit status 0 if there are checks, and all of them hold.
inline int run_all_tests() {
  for (const Test& test : all_tests()) run(test);
  std::printf("%ld of %ld checks failed, in %zu tests\n", failures, checks, all_tests().size());
  return failures == 0 && checks > 0 ? 0 : 1;
}

}  // namespace thrum_test

/// As in Catch2: equal within margin + epsilon |value|.
class Approx {
 public:
  explicit Approx(double value) : value_(value) {}
  Approx& epsilon(double epsilon) { return epsilon_ = epsilon, *this; }
  Approx& margin(double margin) { return margin_ = margin, *this; }
  friend bool operator==(double actual, const Approx& expected) {
    const double difference = std::fabs(actual - expected.value_);
    return difference <= expected.margin_ || difference <= expected.epsilon_ * std::fabs(expected.value_);
  }

 private:
  double value_;
  double epsilon_ = 100 * static_cast<double>(FLT_EPSILON);
  double margin_ = 0;
};

#define THRUM_TEST_JOIN_(a, b) a##b
#define THRUM_TEST_JOIN(a, b) THRUM_TEST_JOIN_(a, b)
#define THRUM_TEST_NAME(prefix) THRUM_TEST_JOIN(prefix, __LINE__)

#define TEST_CASE(...)                                                                                   \
  static void THRUM_TEST_NAME(test_)();                                                                  \
  static const bool THRUM_TEST_NAME(added_) = thrum_test::add_test(THRUM_TEST_NAME(test_), __VA_ARGS__); \
  static void THRUM_TEST_NAME(test_)()

#define TEMPLATE_TEST_CASE(name, tags, ...)                            \
  namespace {                                                          \
  template <typename TestType>                                         \
  struct THRUM_TEST_NAME(Test) {                                       \
    static void run();                                                 \
  };                                                                   \
  }                                                                    \
  static const bool THRUM_TEST_NAME(added_) =                          \
      thrum_test::add_tests<THRUM_TEST_NAME(Test), __VA_ARGS__>(name); \
  template <typename TestType>                                         \
  void THRUM_TEST_NAME(Test)<TestType>::run()

#define CHECK(...) thrum_test::check(static_cast<bool>(__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__)
#define CHECK_FALSE(...) thrum_test::check(!(__VA_ARGS__), "not " #__VA_ARGS__, __FILE__, __LINE__)
#define CHECK_THAT(text, matcher) thrum_test::check((matcher).match(text), #text, __FILE__, __LINE__)
#define REQUIRE(...) thrum_test::require(CHECK(__VA_ARGS__))
#define FAIL(...) thrum_test::fail(#__VA_ARGS__, __FILE__, __LINE__)
#define STATIC_REQUIRE(...) static_assert(__VA_ARGS__)
#define CAPTURE(...) static_cast<void>(std::make_tuple(__VA_ARGS__))

#endif  // THRUM_TESTS_ARCHITECTURES_CATCH_HPP
