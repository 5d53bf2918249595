// Writes the image of a model that was built in to the standard output.
#include "thrum/firmware.hpp"
//
#include THRUM_MODEL_HEADER

#include <cstdint>
#include <cstdio>
#include <vector>

#include "thrum/io/model_image.hpp"

int main() {
  const std::vector<std::uint8_t> image = thrum::detail::image_of(THRUM_MODEL_NAME);
  return std::fwrite(image.data(), 1, image.size(), stdout) == image.size() ? 0 : 1;
}
