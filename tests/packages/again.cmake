# Writes model and packages once more, from another working directory, and compares every byte; and no file may name
# the folder of the sources.
#   cmake -DPACKAGES=<folder> -DVERSION=<thrum's> -DSOURCE_DIR=<thrum> -DWRITE_FAN_MODEL=<program> -DBINARY_DIR=<folder>
#         -P again.cmake
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE "${BINARY_DIR}")
file(MAKE_DIRECTORY "${BINARY_DIR}")
execute_process(COMMAND "${WRITE_FAN_MODEL}" fan_model.hpp WORKING_DIRECTORY "${BINARY_DIR}" COMMAND_ERROR_IS_FATAL ANY)
execute_process(
  COMMAND "${CMAKE_COMMAND}" "-DSOURCE_DIR=${SOURCE_DIR}" "-DVERSION=${VERSION}" "-DMODEL=${BINARY_DIR}/fan_model.hpp"
          "-DOUTPUT=${BINARY_DIR}/packages" -P "${SOURCE_DIR}/cmake/packages.cmake"
  WORKING_DIRECTORY "/" COMMAND_ERROR_IS_FATAL ANY)

file(GLOB_RECURSE files RELATIVE "${PACKAGES}" "${PACKAGES}/*")
file(GLOB_RECURSE files_again RELATIVE "${BINARY_DIR}/packages" "${BINARY_DIR}/packages/*")
if(files STREQUAL "" OR NOT files STREQUAL files_again)
  message(FATAL_ERROR "first: ${files}; again: ${files_again}")
endif()
foreach(file IN LISTS files)
  file(SHA256 "${PACKAGES}/${file}" first)
  file(SHA256 "${BINARY_DIR}/packages/${file}" again)
  if(NOT first STREQUAL again)
    message(FATAL_ERROR "${file} differs")
  endif()
  file(READ "${PACKAGES}/${file}" text)
  string(FIND "${text}" "${SOURCE_DIR}" position)
  if(NOT position EQUAL -1)
    message(FATAL_ERROR "${file} names the folder ${SOURCE_DIR}")
  endif()
endforeach()
