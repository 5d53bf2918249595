#ifndef THRUM_TESTS_SAMPLE_DATA_HPP
#define THRUM_TESTS_SAMPLE_DATA_HPP

#include <Eigen/Core>
#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "real_data.hpp"
#include "thrum/core/random.hpp"
#include "thrum/input.hpp"

// Data and small tools that the tests of the algorithms share.

namespace thrum_test {

/// What a call says when it throws std::invalid_argument; "accepted" if it does not throw.
template <typename Call>
std::string refusal(Call call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

/// The 24 x 3 table of tests/oracle/algorithms.py; multiples of 1/4, exact in float.
template <typename Scalar>
thrum::Matrix<Scalar> oracle_table() {
  thrum::Matrix<Scalar> x(24, 3);
  for (int i = 0; i < 24; ++i)
    for (int f = 0; f < 3; ++f)
      x(i, f) = static_cast<Scalar>((37 * i + 11 * f + 5 * i * f + i * i) % 23) / 4 - 2;
  return x;
}

/// n x d independent standard normal numbers.
template <typename Scalar>
thrum::Matrix<Scalar> noise(thrum::Random& random, thrum::Index rows, thrum::Index cols) {
  thrum::Matrix<Scalar> x(rows, cols);
  for (thrum::Index i = 0; i < rows; ++i)
    for (thrum::Index f = 0; f < cols; ++f) x(i, f) = static_cast<Scalar>(random.normal());
  return x;
}

/// n x d: standard normal noise around `blobs` centres that are uniform in [0, 20)^d; row i is of blob i %
/// blobs.
template <typename Scalar>
thrum::Matrix<Scalar> blobs(std::uint64_t seed, thrum::Index rows, thrum::Index cols, int blobs) {
  thrum::Random random(seed);
  thrum::Matrix<Scalar> centers(blobs, cols);
  for (thrum::Index i = 0; i < centers.size(); ++i) centers(i) = static_cast<Scalar>(20 * random.uniform());
  thrum::Matrix<Scalar> x = noise<Scalar>(random, rows, cols);
  for (thrum::Index i = 0; i < rows; ++i) x.row(i) += centers.row(i % blobs);
  return x;
}

/// A table of numbers without header, white space between them.
inline thrum::Matrix<double> read_table(const std::string& path, thrum::Index cols) {
  std::ifstream file(path);
  std::vector<double> values;
  for (double value; file >> value;) values.push_back(value);
  if (values.empty()) throw std::runtime_error("no numbers in " + path);
  return Eigen::Map<thrum::Matrix<double>>(values.data(), static_cast<thrum::Index>(values.size()) / cols,
                                           cols);
}

/// Iris as UCI has it.
inline thrum::Matrix<double> iris() { return read_table(data_dir() + "/iris/iris.txt", 4); }

/// Iris as Fisher published it: UCI's copy has errors in its 35th and 38th rows.
inline thrum::Matrix<double> fisher_iris() {
  thrum::Matrix<double> x = iris();
  x.row(34) << 4.9, 3.1, 1.5, 0.2;
  x.row(37) << 4.9, 3.6, 1.4, 0.1;
  return x;
}

}  // namespace thrum_test

#endif  // THRUM_TESTS_SAMPLE_DATA_HPP
