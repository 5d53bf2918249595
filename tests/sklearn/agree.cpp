// thrum's side of the comparison with scikit-learn, on what make_models.py left in a folder.
//
//   agree laptop FOLDER NAME         reads the model; scores must be scikit-learn's to 1e-12 max(1, score) in
//                                    double, 1e-5 in float. Writes NAME.hpp, the model for firmware, and
//                                    NAME.rows for it to read: float32.
//   agree firmware FOLDER NAME FILE  the scores that firmware.cpp printed into FILE must be, to 1e-5.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "thrum/io/model_file.hpp"
#include "thrum/thrum.hpp"

namespace {

using thrum::Index;
using thrum::Vector;

/// Fails unless scores agree; says how well they do.
void require_agreement(const std::string& what, const Vector<double>& actual, const Vector<double>& expected,
                       double tolerance) {
  if (actual.size() != expected.size())
    throw std::runtime_error(what + ": " + std::to_string(actual.size()) + " scores, expected " +
                             std::to_string(expected.size()));
  double worst = 0;
  for (Index i = 0; i < actual.size(); ++i) {
    const double difference = std::fabs(actual[i] - expected[i]) / std::fmax(1.0, std::fabs(expected[i]));
    if (!(difference <= tolerance))
      throw std::runtime_error(what + ": score " + std::to_string(i) + " is " + std::to_string(actual[i]) +
                               ", expected " + std::to_string(expected[i]));
    worst = std::fmax(worst, difference);
  }
  std::printf("%s: %d scores, largest difference %.2g\n", what.c_str(), static_cast<int>(actual.size()),
              worst);
}

Vector<double> expected_scores(const std::string& stem) {
  return thrum::read_npy<double>(stem + "_scores.npy").col(0);
}

void check_laptop(const std::string& stem) {
  const thrum::Matrix<double> rows = thrum::read_npy<double>(stem + "_rows.npy");
  const thrum::Matrix<float> float_rows = rows.cast<float>();
  const auto in_double = thrum::read_model<double>(stem + ".json");
  const auto in_float = thrum::read_model<float>(stem + ".json");
  require_agreement("double", in_double.score(rows), expected_scores(stem), 1e-12);
  require_agreement("float", in_float.score(float_rows).cast<double>(), expected_scores(stem), 1e-5);
  thrum::write_firmware_header(stem + ".hpp", "sklearn_model", in_float);
  std::ofstream file(stem + ".rows", std::ios::binary);
  file.write(reinterpret_cast<const char*>(float_rows.data()),
             static_cast<std::streamsize>(float_rows.size()) * 4);
  if (!file.flush()) throw std::runtime_error(stem + ".rows: cannot be written");
}

void check_firmware(const std::string& stem, const std::string& printed) {
  std::ifstream file(printed);
  std::vector<double> scores;
  for (std::string line; std::getline(file, line);) {
    unsigned bits = 0;
    if (std::sscanf(line.c_str(), "score %x", &bits) == 1)
      scores.push_back(static_cast<double>(thrum::from_bits<float>(bits)));
  }
  require_agreement("firmware",
                    Eigen::Map<const Vector<double>>(scores.data(), static_cast<Index>(scores.size())),
                    expected_scores(stem), 1e-5);
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string> word(words, words + count);
  try {
    if (count == 4 && word[1] == "laptop")
      check_laptop(word[2] + "/" + word[3]);
    else if (count == 5 && word[1] == "firmware")
      check_firmware(word[2] + "/" + word[3], word[4]);
    else
      return 64;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
