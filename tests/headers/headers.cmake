# Every header compiles alone (CMake's check of the header sets, part of the build). Whether one includes what it uses
# does not depend on the compiler: once, in the build with g++.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_custom_target(headers_compile_alone ALL)
  add_dependencies(headers_compile_alone all_verify_interface_header_sets)
endif()

# Headers and single header meet in one program and in one translation unit, in either order, after macros that
# some systems define, and without exceptions and RTTI.
add_executable(headers_meet headers/main.cpp headers/headers_first.cpp headers/single_header_first.cpp
                            headers/single_header_alone.cpp headers/after_macros.cpp headers/after_macros_laptop.cpp
                            headers/every_class.cpp headers/anomaly_scorer_alone.cpp)
target_link_libraries(headers_meet PRIVATE thrum thrum_own)
set_source_files_properties(headers/headers_first.cpp headers/single_header_alone.cpp headers/every_class.cpp
                            PROPERTIES COMPILE_OPTIONS "-fno-exceptions;-fno-rtti")
add_test(NAME "headers and single header meet in one program" COMMAND headers_meet)
