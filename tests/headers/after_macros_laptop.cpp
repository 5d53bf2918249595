// As <windows.h> does. Eigen and the standard library come first, since some of them do not cope; what is
// tested is thrum.
#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <locale>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))

#include "thrum/thrum.hpp"
//
#include "thrum/firmware.hpp"  // both wings in one

const void* after_macros_laptop();

const void* after_macros_laptop() {
  const char* (*const function)(thrum::Status) = thrum::to_string;
  return reinterpret_cast<const void*>(function);
}
