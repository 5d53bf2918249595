#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <limits>
#include <stdexcept>

#include "../common/recording_stream.hpp"
#include "thrum/io/recording.hpp"

// Writes recordings as the firmware of examples/firmware takes them: in counts of 16 bit, one after the
// other.

namespace {

struct Arguments {
  std::filesystem::path folder, output;
  float counts_per_unit = 1;
  std::size_t first = 0;
  std::size_t count = std::numeric_limits<std::size_t>::max();
};

/// Returns how many recordings were written.
std::size_t write_recordings(const Arguments& arguments) {
  std::ofstream file(arguments.output, std::ios::binary);
  std::size_t number = 0, written = 0;
  for (const thrum::Condition& condition : thrum::read_conditions(arguments.folder)) {
    for (const thrum::Recording& recording : condition.recordings) {
      if (number++ < arguments.first || written == arguments.count) continue;
      recording_stream::write(file,
                              recording_stream::quantised(recording.samples, arguments.counts_per_unit));
      ++written;
    }
  }
  if (!file.flush()) throw std::runtime_error(arguments.output.string() + ": cannot be written");
  return written;
}

}  // namespace

int main(int count, char** words) {
  Arguments arguments;
  CLI::App app{"Writes recordings, sorted by name, as examples/firmware takes them"};
  app.add_option("folder", arguments.folder, "recordings, as the demo reads them")->required();
  app.add_option("output", arguments.output, "the file to write")->required();
  app.add_option("--counts", arguments.counts_per_unit, "counts for one unit")->capture_default_str();
  app.add_option("--first", arguments.first, "the first recording, from 0")->capture_default_str();
  app.add_option("--count", arguments.count, "so many at most (all)");
  CLI11_PARSE(app, count, words);
  try {
    std::printf("%zu recordings\n", write_recordings(arguments));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
