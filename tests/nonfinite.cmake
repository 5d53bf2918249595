# "A non-finite input is never normal" must hold under -ffast-math, where compilers may assume that there are no such
# inputs; each compiler makes its own use of that, so the test is built with each: in the build with g++.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  return()
endif()

thrum_add_tests(nonfinite_tests_fast_math nonfinite_test.cpp)
target_link_libraries(nonfinite_tests_fast_math PRIVATE thrum)
target_compile_options(nonfinite_tests_fast_math PRIVATE -O2 -ffast-math)
target_link_options(nonfinite_tests_fast_math PRIVATE -ffast-math)

set(clang_names "")
foreach(version RANGE 99 15 -1)
  list(APPEND clang_names clang++-${version})
endforeach()
file(MAKE_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/other_compilers")
find_program(THRUM_CLANG NAMES clang++)
find_program(THRUM_NEWEST_CLANG NAMES ${clang_names})

get_target_property(eigen_includes Eigen3::Eigen INTERFACE_INCLUDE_DIRECTORIES)
get_target_property(catch_includes Catch2::Catch2 INTERFACE_INCLUDE_DIRECTORIES)
set(include_options "-I${PROJECT_SOURCE_DIR}/include" "-I${CMAKE_CURRENT_SOURCE_DIR}")
set(system_includes ${eigen_includes} ${catch_includes})
list(REMOVE_ITEM system_includes ${CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES})
foreach(directory IN LISTS system_includes)
  list(APPEND include_options -isystem "${directory}")
endforeach()
# Catch2 3 is a library, Catch2 2 is all in the header.
get_target_property(catch_type Catch2::Catch2 TYPE)
set(catch_library "")
if(NOT catch_type STREQUAL "INTERFACE_LIBRARY")
  set(catch_library "$<TARGET_FILE:Catch2::Catch2>")
endif()

foreach(compiler IN ITEMS CLANG NEWEST_CLANG)
  if(NOT THRUM_${compiler})
    message(WARNING "No compiler for the non-finite tests in THRUM_${compiler}: they are not run with it")
    continue()
  endif()
  string(TOLOWER "nonfinite_tests_fast_math_${compiler}" name)
  set(program "${CMAKE_CURRENT_BINARY_DIR}/other_compilers/${name}")
  add_custom_command(
    OUTPUT "${program}"
    COMMAND
      "${THRUM_${compiler}}" -std=c++17 -O2 -ffast-math ${include_options} "-DTHRUM_TEST_DATA=\"\""
      "-DTHRUM_TEST_CEILING_FAN=\"\"" -MD -MF "${program}.d" -MT "${program}"
      "${CMAKE_CURRENT_SOURCE_DIR}/nonfinite_test.cpp" "$<TARGET_OBJECTS:catch_main>" ${catch_library} -o "${program}"
    DEPENDS nonfinite_test.cpp catch_main "$<TARGET_OBJECTS:catch_main>"
    DEPFILE "${program}.d"
    COMMENT "Building ${name}"
    COMMAND_EXPAND_LISTS VERBATIM)
  add_custom_target(${name} ALL DEPENDS "${program}")
  add_test(NAME ${name} COMMAND "${program}")
endforeach()
