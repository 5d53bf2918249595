#include "thrum/huge_pages.hpp"

#include "catch.hpp"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

namespace {

/// The kernel's flags of the mapping that a byte lies in.
std::string mapping_flags(const void* byte) {
  std::ifstream maps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0, end = 0;
    char dash = 0;
    std::istringstream text(line);
    if (text >> std::hex >> begin >> dash >> end && dash == '-')
      inside =
          begin <= reinterpret_cast<std::uintptr_t>(byte) && reinterpret_cast<std::uintptr_t>(byte) < end;
    if (inside && line.rfind("VmFlags:", 0) == 0) return line + ' ';
  }
  return {};
}

}  // namespace

TEST_CASE("memory is asked to lie on huge pages, as far as whole ones go, and keeps what is in it") {
  constexpr std::size_t bytes = 3 * thrum::huge_page;
  const std::unique_ptr<unsigned char[]> data(new unsigned char[bytes]);
  for (std::size_t i = 0; i < bytes; ++i) data[i] = static_cast<unsigned char>(i % 251);
  thrum::prefer_huge_pages(data.get() + 1, bytes - 1);
  thrum::prefer_huge_pages(data.get(), 100);
  thrum::prefer_huge_pages(nullptr, 0);
  bool same = true;
  for (std::size_t i = 0; i < bytes; ++i) same = same && data[i] == i % 251;
  CHECK(same);
  if (std::filesystem::exists("/sys/kernel/mm/transparent_hugepage")) {
    const std::string flags = mapping_flags(data.get() + bytes / 2);
    if (!flags.empty()) CHECK(flags.find(" hg ") != std::string::npos);
  }
}
