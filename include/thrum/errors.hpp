#ifndef THRUM_ERRORS_HPP
#define THRUM_ERRORS_HPP

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"

namespace thrum {
namespace detail {

[[gnu::noinline]] inline void append_part(std::string& text, const char* part) { text += part; }
[[gnu::noinline]] inline void append_part(std::string& text, const std::string& part) { text += part; }
[[gnu::noinline]] inline void append_part(std::string& text, char part) { text += part; }
[[gnu::noinline]] inline void append_part(std::string& text, double part) {
  char digits[32];
  std::snprintf(digits, sizeof(digits), "%.9g", part);
  text += digits;
}
[[gnu::noinline]] inline void append_part(std::string& text, long long part) { text += std::to_string(part); }
template <typename Number, typename = typename std::enable_if<std::is_arithmetic<Number>::value>::type>
void append_part(std::string& text, Number part) {
  using Widest = typename std::conditional<std::is_floating_point<Number>::value, double, long long>::type;
  append_part(text, static_cast<Widest>(part));
}

/// Parts as text, one after the other. By value: literals of different lengths are then one type, so that a
/// message is compiled once for all that have parts of the same kinds.
template <typename... Parts>
[[gnu::noinline]] std::string joined_values(Parts... parts) {
  std::string text;
  (append_part(text, parts), ...);
  return text;
}
template <typename... Parts>
std::string joined(const Parts&... parts) {
  return joined_values<typename std::decay<const Parts&>::type...>(parts...);
}

/// Throws the message as an exception, or aborts with it where exceptions are off.
template <typename Exception>
[[noreturn]] void give_up(const std::string& message) {
#if defined(__cpp_exceptions)
  throw Exception(message);
#else
  std::fprintf(stderr, "%s\n", message.c_str());
  std::abort();
#endif
}

/// A broken contract.
[[noreturn]] inline void fail(const std::string& message) { give_up<std::invalid_argument>(message); }

/// A file that is missing, damaged or can't be written.
[[noreturn]] inline void fail_file(const std::string& message) { give_up<std::runtime_error>(message); }

/// No memory to be had.
[[noreturn]] inline void fail_memory(std::size_t bytes) {
#if defined(__cpp_exceptions)
  static_cast<void>(bytes);
  throw std::bad_alloc();
#else
  give_up<std::runtime_error>(joined("no memory for ", bytes, " bytes"));
#endif
}

/// Fails with the joined parts unless `holds`; the message is made only then.
template <typename... Parts>
void require(bool holds, const Parts&... parts) {
  if (!holds) fail(joined(parts...));
}

/// first_row: number of the first row of x for the reader, where x is a block of more.
template <typename Scalar>
void require_finite(const char* who, const char* argument, MatrixView<const Scalar> x, Index first_row = 0) {
  for (Index i = 0; i < x.rows; ++i)
    for (Index j = 0; j < x.cols; ++j)
      if (!is_finite(x(i, j)))
        fail(joined(who, ": ", argument, "(", first_row + i, ", ", j, ") is ", x(i, j),
                    ", expected a finite number"));
}

template <typename Scalar>
void require_columns(const char* who, const char* argument, MatrixView<const Scalar> x, Index expected) {
  require(x.cols == expected, who, ": ", argument, " has ", x.cols, " columns, expected ", expected);
}

template <typename Scalar>
void require_shape(const char* who, const char* argument, MatrixView<Scalar> x, Index rows, Index cols) {
  require(x.rows == rows && x.cols == cols, who, ": ", argument, " is ", x.rows, " x ", x.cols, ", expected ",
          rows, " x ", cols);
}

template <typename Scalar>
void require_size(const char* who, const char* argument, VectorView<Scalar> x, Index expected) {
  require(x.size == expected, who, ": ", argument, " has ", x.size, " entries, expected ", expected);
}

template <typename Scalar>
void require_weights(const char* who, VectorView<const Scalar> weights, Index rows) {
  if (weights.size == 0) return;
  require_size(who, "weights", weights, rows);
  double total = 0;
  for (Index i = 0; i < rows; ++i) {
    require(is_finite(weights[i]) && weights[i] >= 0, who, ": weights(", i, ") is ", weights[i],
            ", expected a finite number >= 0");
    total += static_cast<double>(weights[i]);
  }
  require(total > 0, who, ": weights are all 0, expected a positive sum");
}

/// Refuses a column whose spread is such that squared distances would not fit the type.
template <typename Scalar>
void require_spread(const char* who, Index column, Scalar least, Scalar largest, Index rows, Index cols) {
  const Scalar range = largest - least;
  const Scalar limit = square_root(ScalarTraits<Scalar>::largest() / static_cast<Scalar>(cols)) /
                       (sizeof(Scalar) == sizeof(double) ? square_root(static_cast<Scalar>(rows)) : 1);
  require(is_finite(range) && range <= limit, who, ": column ", column, " of x spans ", least, " to ",
          largest, ", expected a range of at most ", limit, ", whose square can be summed; scale x first");
}

template <typename Scalar>
void require_not_empty(const char* who, MatrixView<const Scalar> x) {
  require(x.rows > 0 && x.cols > 0, who, ": x is ", x.rows, " x ", x.cols,
          ", expected at least one row and one column");
}

}  // namespace detail
}  // namespace thrum

#endif  // THRUM_ERRORS_HPP
