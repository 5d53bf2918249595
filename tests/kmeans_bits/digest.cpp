// Prints a digest of the bits that K-means finds on fixed problems, after checking that no number of threads
// and no storage order changes them. Built for every instruction set and with every compiler; all must print
// the same.

#include <omp.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

#include "thrum/core/random.hpp"
#include "thrum/kmeans.hpp"

namespace {

using thrum::Index;
using thrum::KMeansAlgorithm;
using thrum::KMeansSeeding;

constexpr int exit_skipped = 77;

bool processor_will_do() {
#if defined(__AVX512F__)
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
#elif defined(__AVX2__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return true;
#endif
}

class Digest {
 public:
  template <typename Values>
  void add(const Values& values) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(values.data());
    for (std::size_t i = 0; i < static_cast<std::size_t>(values.size()) * sizeof(values.data()[0]); ++i)
      hash_ = (hash_ ^ bytes[i]) * 0x100000001b3u;
  }
  std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325u;
};

struct Shape {
  Index rows, cols;
  int clusters;
};

struct Choice {
  const char* name;
  KMeansAlgorithm algorithm;
  KMeansSeeding seeding;
};

template <typename Scalar>
thrum::Matrix<Scalar> samples(Shape shape, bool spoiled) {
  thrum::Random random(77);
  thrum::Matrix<Scalar> x(shape.rows, shape.cols);
  for (Index i = 0; i < shape.rows; ++i)
    for (Index f = 0; f < shape.cols; ++f)
      x(i, f) =
          static_cast<Scalar>(random.normal() + 3.0 * static_cast<double>(i % shape.clusters * (f + 1) % 7));
  if (spoiled) x(0, 0) += Scalar(1e-3);
  return x;
}

/// Everything that a user can see of a fit.
template <typename Scalar, typename Derived>
std::uint64_t digest_of(const Choice& choice, Shape shape, const Eigen::MatrixBase<Derived>& x,
                        const thrum::Vector<Scalar>& weights) {
  thrum::KMeansOptions options;
  options.clusters = shape.clusters;
  options.algorithm = choice.algorithm;
  options.seeding = choice.seeding;
  options.max_iterations = 15;
  options.batch_size = 500;
  thrum::KMeans<Scalar> kmeans(options);
  kmeans.fit(x.derived(), weights);
  Digest digest;
  digest.add(kmeans.centers());
  digest.add(kmeans.counts());
  const double inertia = kmeans.inertia();
  digest.add(std::string(reinterpret_cast<const char*>(&inertia), sizeof(inertia)));
  digest.add(kmeans.predict(x.derived()));
  digest.add(kmeans.transform(x.derived()));
  return digest.value();
}

/// Digests of one problem on 1, 2, 3 and 8 threads and in three storages; false when they are not all the
/// same.
template <typename Scalar>
bool print_digest(const char* scalar, const Choice& choice, Shape shape, bool spoiled) {
  const thrum::Matrix<Scalar> x = samples<Scalar>(shape, spoiled);
  const Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic> by_column = x;
  thrum::Matrix<Scalar> larger = thrum::Matrix<Scalar>::Zero(shape.rows + 3, shape.cols + 2);
  larger.block(1, 1, shape.rows, shape.cols) = x;
  thrum::Vector<Scalar> weights(shape.rows);
  for (Index i = 0; i < shape.rows; ++i) weights[i] = static_cast<Scalar>(i % 5) / 2;
  for (const bool weighted : {false, true}) {
    const thrum::Vector<Scalar> used = weighted ? weights : thrum::Vector<Scalar>();
    omp_set_num_threads(1);
    const std::uint64_t expected = digest_of<Scalar>(choice, shape, x, used);
    for (const int threads : {1, 2, 3, 8}) {
      omp_set_num_threads(threads);
      if (digest_of<Scalar>(choice, shape, x, used) != expected ||
          digest_of<Scalar>(choice, shape, by_column, used) != expected ||
          digest_of<Scalar>(choice, shape, larger.block(1, 1, shape.rows, shape.cols), used) != expected) {
        std::printf("%s %s: other bits on %d threads\n", scalar, choice.name, threads);
        return false;
      }
    }
    std::printf("%s %td x %td, %d clusters%s, %s: %016llx\n", scalar, shape.rows, shape.cols, shape.clusters,
                weighted ? ", weighted" : "", choice.name, static_cast<unsigned long long>(expected));
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (!processor_will_do()) return exit_skipped;
  const bool spoiled = argc > 1 && std::strcmp(argv[1], "--spoil") == 0;
  const Choice choices[] = {
      {"lloyd after k-means++", KMeansAlgorithm::lloyd, KMeansSeeding::plus_plus},
      {"coarse after k-means++", KMeansAlgorithm::coarse, KMeansSeeding::plus_plus},
      {"bounds after k-means||", KMeansAlgorithm::bounds, KMeansSeeding::parallel},
      {"bounds after random seeds", KMeansAlgorithm::bounds, KMeansSeeding::random},
      {"mini-batches", KMeansAlgorithm::mini_batch, KMeansSeeding::plus_plus},
      {"bisection", KMeansAlgorithm::bisecting, KMeansSeeding::plus_plus},
  };
  bool same = true;
  for (const Shape shape : {Shape{9000, 3, 40}, Shape{4000, 17, 70}, Shape{600, 300, 9}}) {
    for (const Choice& choice : choices) {
      same = print_digest<float>("float", choice, shape, spoiled) && same;
      same = print_digest<double>("double", choice, shape, spoiled) && same;
    }
  }
  return same ? 0 : 1;
}
