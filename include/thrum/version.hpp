#ifndef THRUM_VERSION_HPP
#define THRUM_VERSION_HPP

#if __cplusplus < 201703L && !defined(_MSVC_LANG)
#error "thrum needs C++17: -std=c++17 or newer"
#endif

/// Version of thrum as one number: major * 10000 + minor * 100 + patch.
#define THRUM_VERSION 100

#endif  // THRUM_VERSION_HPP
