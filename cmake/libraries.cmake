# thrum::firmware: what a microcontroller can use; needs nothing.
# thrum::thrum: the laptop wing on top of it; needs Eigen.
# thrum::compiled: the same, compiled once for all files of a program.

file(GLOB_RECURSE THRUM_ALL_HEADERS CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}/include"
     "${PROJECT_SOURCE_DIR}/include/*.hpp")
set(THRUM_FIRMWARE_HEADERS ${THRUM_ALL_HEADERS})
list(FILTER THRUM_FIRMWARE_HEADERS INCLUDE
     REGEX "^thrum_firmware\\.hpp$|^thrum/(core|algorithm|features|detection|fixed)/|^thrum/(firmware|version)\\.hpp$")
set(THRUM_LAPTOP_HEADERS ${THRUM_ALL_HEADERS})
list(REMOVE_ITEM THRUM_LAPTOP_HEADERS ${THRUM_FIRMWARE_HEADERS} thrum/compiled.hpp)
list(TRANSFORM THRUM_FIRMWARE_HEADERS PREPEND "${PROJECT_SOURCE_DIR}/include/")
list(TRANSFORM THRUM_LAPTOP_HEADERS PREPEND "${PROJECT_SOURCE_DIR}/include/")

function(thrum_add_library name exported_name)
  add_library(${name} INTERFACE)
  set_target_properties(${name} PROPERTIES EXPORT_NAME ${exported_name})
  target_compile_features(${name} INTERFACE cxx_std_17)
  target_sources(${name} INTERFACE FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/include" FILES ${ARGN})
  # `all_verify_interface_header_sets` compiles every header alone.
  set_target_properties(${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ${PROJECT_IS_TOP_LEVEL})
endfunction()

thrum_add_library(thrum_firmware firmware ${THRUM_FIRMWARE_HEADERS})
add_library(thrum::firmware ALIAS thrum_firmware)

# Asked for without a version: asking for 3.4 would reject Eigen 5.
set(THRUM_EIGEN_PROBLEM "")
if(NOT TARGET Eigen3::Eigen)
  find_package(Eigen3 QUIET)
  if(NOT TARGET Eigen3::Eigen)
    set(THRUM_EIGEN_PROBLEM "Eigen was not found")
  elseif(Eigen3_VERSION VERSION_LESS 3.4)
    set(THRUM_EIGEN_PROBLEM "Eigen is ${Eigen3_VERSION}, older than 3.4")
  endif()
endif()
if(THRUM_EIGEN_PROBLEM STREQUAL "")
  thrum_add_library(thrum thrum ${THRUM_LAPTOP_HEADERS})
  add_library(thrum::thrum ALIAS thrum)
  target_link_libraries(thrum INTERFACE thrum_firmware Eigen3::Eigen)
  # Takes a minute, and thrum_compiled compiles nothing else: not once more with those that are verified.
  target_sources(thrum INTERFACE FILE_SET compiled TYPE HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/include" FILES
                                 "${PROJECT_SOURCE_DIR}/include/thrum/compiled.hpp")
  set_target_properties(thrum PROPERTIES INTERFACE_HEADER_SETS_TO_VERIFY HEADERS)
  include("${CMAKE_CURRENT_LIST_DIR}/thrum-compiled.cmake")
else()
  message(STATUS "${THRUM_EIGEN_PROBLEM}: only thrum::firmware is made, not thrum::thrum")
endif()
