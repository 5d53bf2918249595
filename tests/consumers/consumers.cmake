# Users' projects, configured, built and run as users do.
set(prefix "${CMAKE_CURRENT_BINARY_DIR}/installed")
set(consumers "${CMAKE_CURRENT_BINARY_DIR}/consumers")

add_test(NAME "package: remove the last installation" COMMAND "${CMAKE_COMMAND}" -E rm -rf "${prefix}" "${consumers}")
add_test(NAME "package: install" COMMAND "${CMAKE_COMMAND}" --install "${PROJECT_BINARY_DIR}" --prefix "${prefix}")
set_tests_properties("package: remove the last installation" PROPERTIES FIXTURES_SETUP clean_prefix)
set_tests_properties("package: install" PROPERTIES FIXTURES_REQUIRED clean_prefix FIXTURES_SETUP installed)

function(thrum_add_consumer name source)
  add_test(
    NAME "package: ${name}"
    COMMAND
      "${CMAKE_CTEST_COMMAND}" --build-and-test "${CMAKE_CURRENT_SOURCE_DIR}/consumers/${source}"
      "${consumers}/${name}" --build-generator "${CMAKE_GENERATOR}" --build-options
      "-DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}" "-DEigen3_DIR=${Eigen3_DIR}" ${ARGN} --test-command
      "${consumers}/${name}/consumer")
  set_tests_properties("package: ${name}" PROPERTIES FIXTURES_REQUIRED installed)
endfunction()

# The same, where CMake must refuse the project and say `message` (a regular expression).
function(thrum_add_refused_consumer name source message)
  add_test(
    NAME "package: ${name}"
    COMMAND "${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_SOURCE_DIR}/consumers/${source}" -B "${consumers}/${name}" -G
            "${CMAKE_GENERATOR}" "-DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}" ${ARGN})
  set_tests_properties("package: ${name}" PROPERTIES FIXTURES_REQUIRED installed PASS_REGULAR_EXPRESSION "${message}")
endfunction()

set(from_installation "-DCMAKE_PREFIX_PATH=${prefix}")
set(without_eigen "-DCMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON")
string(REPLACE "." "\\." version "${PROJECT_VERSION}")

thrum_add_consumer("installed" laptop "${from_installation}")
thrum_add_consumer("installed, firmware alone, no Eigen" firmware "${from_installation}" "${without_eigen}")
thrum_add_consumer("compiled once" compiled "${from_installation}")
# A program of other flags must not link: its functions are in nobody's library.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  add_test(NAME "package: compiled once, for these flags only"
           COMMAND "${CMAKE_COMMAND}" --build "${consumers}/compiled once" --target other_flags)
  set_tests_properties("package: compiled once" PROPERTIES FIXTURES_SETUP compiled_once)
  set_tests_properties(
    "package: compiled once, for these flags only"
    PROPERTIES FIXTURES_REQUIRED compiled_once
               PASS_REGULAR_EXPRESSION "undefined (reference|symbol)[^\n]*thrum::native[^\n]*::Detector<float>::")
endif()
thrum_add_consumer("build tree" laptop "-Dthrum_DIR=${PROJECT_BINARY_DIR}")
thrum_add_consumer("subdirectory" subdirectory "-DTHRUM_SOURCE_DIR=${PROJECT_SOURCE_DIR}")
thrum_add_refused_consumer("version 99 is refused" version_99
                           "requested[ \n]+version \"99\".*thrum-config\\.cmake, version: ${version}"
                           "${from_installation}")
thrum_add_refused_consumer("the laptop wing without Eigen is refused" laptop "thrum::thrum needs Eigen"
                           "${from_installation}" "${without_eigen}")
