# The twin of the byte-for-byte check: after a header is changed the generated file differs from the committed one.
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE "${BINARY_DIR}")
file(COPY "${SOURCE_DIR}/include" DESTINATION "${BINARY_DIR}")
file(APPEND "${BINARY_DIR}/include/thrum/core/status.hpp" "// drift; [1]\n")
execute_process(
  COMMAND "${CMAKE_COMMAND}" "-DINCLUDE_DIR=${BINARY_DIR}/include" "-DLICENSE=${SOURCE_DIR}/LICENSE"
          "-DOUTPUT=${BINARY_DIR}/thrum_firmware.hpp" -P "${SOURCE_DIR}/cmake/amalgamate.cmake"
  COMMAND_ERROR_IS_FATAL ANY)
file(READ "${BINARY_DIR}/thrum_firmware.hpp" changed)
string(FIND "${changed}" "\n// drift; [1]\n" position)
if(position EQUAL -1)
  message(FATAL_ERROR "the change of core/status.hpp is not in the single header")
endif()
execute_process(COMMAND "${CMAKE_COMMAND}" -E compare_files "${BINARY_DIR}/thrum_firmware.hpp"
                        "${SOURCE_DIR}/include/thrum_firmware.hpp" RESULT_VARIABLE differs ERROR_QUIET)
if(NOT differs EQUAL 1)
  message(FATAL_ERROR "the changed single header was taken for the committed one")
endif()
