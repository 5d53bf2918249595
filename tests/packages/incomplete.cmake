# The twin of complete.cmake: it fails when any one file of the packages is missing, and when the version is another.
#   cmake -DPACKAGES=<folder> -DVERSION=<thrum's> -DBINARY_DIR=<folder> -P incomplete.cmake
cmake_minimum_required(VERSION 3.25)

# What is said of the packages in `folder` must match `message`, and they must be refused.
function(expect_refusal folder version message)
  execute_process(COMMAND "${CMAKE_COMMAND}" "-DPACKAGES=${folder}" "-DVERSION=${version}" -P
                          "${CMAKE_CURRENT_LIST_DIR}/complete.cmake" RESULT_VARIABLE refused ERROR_VARIABLE said)
  string(REGEX REPLACE "[ \n]+" " " said "${said}")
  string(FIND "${said}" "${message}" position)
  if(refused EQUAL 0 OR position EQUAL -1)
    message(FATAL_ERROR "expected a refusal with '${message}', got: ${said}")
  endif()
endfunction()

expect_refusal("${PACKAGES}" 99.0.0 "thrum is 99.0.0")
file(GLOB_RECURSE files RELATIVE "${PACKAGES}" "${PACKAGES}/*")
list(LENGTH files count)
if(count LESS 10)
  message(FATAL_ERROR "only ${count} files in ${PACKAGES}")
endif()
foreach(file IN LISTS files)
  file(REMOVE_RECURSE "${BINARY_DIR}")
  file(COPY "${PACKAGES}/" DESTINATION "${BINARY_DIR}")
  file(REMOVE "${BINARY_DIR}/${file}")
  expect_refusal("${BINARY_DIR}" "${VERSION}" "missing:")
endforeach()
message(STATUS "each of ${count} files was missed")
