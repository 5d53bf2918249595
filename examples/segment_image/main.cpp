#include <png.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "thrum/kmeans.hpp"

// K-means on the pixels of a picture: every pixel gets the colour of its class.

namespace {

using Pixels = Eigen::Matrix<std::uint8_t, Eigen::Dynamic, 3, Eigen::RowMajor>;

struct Picture {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  Pixels pixels;  ///< red, green, blue; row by row from the top left
};

png_image empty_image() {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  return image;
}

Picture read_png(const std::string& path) {
  png_image image = empty_image();
  if (png_image_begin_read_from_file(&image, path.c_str()) == 0)
    throw std::runtime_error(path + ": " + image.message);
  image.format = PNG_FORMAT_RGB;
  // What is transparent is drawn on top of this white.
  Picture picture{image.width, image.height,
                  Pixels::Constant(thrum::Index{image.width} * thrum::Index{image.height}, 3, 255)};
  if (png_image_finish_read(&image, nullptr, picture.pixels.data(), 0, nullptr) == 0)
    throw std::runtime_error(path + ": " + image.message);
  return picture;
}

void write_png(const std::string& path, const Picture& picture) {
  png_image image = empty_image();
  image.width = picture.width;
  image.height = picture.height;
  image.format = PNG_FORMAT_RGB;
  if (png_image_write_to_file(&image, path.c_str(), 0, picture.pixels.data(), 0, nullptr) == 0)
    throw std::runtime_error(path + ": " + image.message);
}

}  // namespace

int main(int argc, char** argv) try {
  std::string input, output = "segment_image.png";
  thrum::KMeansOptions options;
  CLI::App app("Paints a picture with a few colours of its own, found by K-means.");
  app.footer("Any PNG will do. The README's is coffee.png of https://github.com/scikit-image/scikit-image");
  app.failure_message(CLI::FailureMessage::help);
  app.add_option("picture", input, "PNG to read")->required()->check(CLI::ExistingFile);
  app.add_option("--output", output, "PNG to write")->capture_default_str();
  app.add_option("--colours", options.clusters, "k")->capture_default_str();
  app.add_option("--seed", options.seed, "of K-means")->capture_default_str();
  CLI11_PARSE(app, argc, argv)

  Picture picture = read_png(input);
  thrum::KMeans<float> kmeans(options);
  const auto labels = kmeans.fit_predict(picture.pixels.cast<float>());
  const Pixels colours = kmeans.centers().array().round().cast<std::uint8_t>();
  for (thrum::Index i = 0; i < labels.size(); ++i) picture.pixels.row(i) = colours.row(labels[i]);
  write_png(output, picture);

  std::printf("%u x %u pixels, %d colours, inertia %.6g after %d iterations\n", picture.width, picture.height,
              options.clusters, kmeans.inertia(), kmeans.report().iterations);
  std::vector<int> order(static_cast<std::size_t>(options.clusters));
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](int a, int b) { return kmeans.counts()[a] > kmeans.counts()[b]; });
  for (const int j : order)
    std::printf("#%02x%02x%02x  %4.1f %%\n", colours(j, 0), colours(j, 1), colours(j, 2),
                100 * kmeans.counts()[j] / static_cast<double>(labels.size()));
  std::printf("picture: %s\n", output.c_str());
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "segment_image: %s\n", error.what());
  return 1;
}
