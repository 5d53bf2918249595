#ifndef THRUM_TESTS_FIXED_FIRMWARE_UNDER_TEST_HPP
#define THRUM_TESTS_FIXED_FIRMWARE_UNDER_TEST_HPP

// The tests of this folder run twice: on the headers, and on the single header alone.
#ifdef THRUM_TEST_SINGLE_HEADER
#include "thrum_firmware.hpp"
#else
#include "thrum/firmware.hpp"
#endif

#endif  // THRUM_TESTS_FIXED_FIRMWARE_UNDER_TEST_HPP
