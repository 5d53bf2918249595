# The single header is current, and drift would be noticed.
set(regenerated "${CMAKE_CURRENT_BINARY_DIR}/regenerated/thrum_firmware.hpp")
add_test(
  NAME "single header: regenerate"
  COMMAND "${CMAKE_COMMAND}" "-DINCLUDE_DIR=${PROJECT_SOURCE_DIR}/include" "-DLICENSE=${PROJECT_SOURCE_DIR}/LICENSE"
          "-DOUTPUT=${regenerated}" -P "${PROJECT_SOURCE_DIR}/cmake/amalgamate.cmake"
  WORKING_DIRECTORY "/")
add_test(NAME "single header: the committed one is current, byte for byte"
         COMMAND "${CMAKE_COMMAND}" -E compare_files "${regenerated}"
                 "${PROJECT_SOURCE_DIR}/include/thrum_firmware.hpp")
add_test(NAME "single header: one changed header would be noticed"
         COMMAND "${CMAKE_COMMAND}" "-DSOURCE_DIR=${PROJECT_SOURCE_DIR}"
                 "-DBINARY_DIR=${CMAKE_CURRENT_BINARY_DIR}/drift" -P "${CMAKE_CURRENT_SOURCE_DIR}/drift.cmake")
set_tests_properties("single header: regenerate" PROPERTIES FIXTURES_SETUP regenerated)
set_tests_properties("single header: the committed one is current, byte for byte" PROPERTIES FIXTURES_REQUIRED
                                                                                              regenerated)

add_test(NAME "setup without apt says what is missing" COMMAND bash "${CMAKE_CURRENT_SOURCE_DIR}/setup_test.sh")

if(THRUM_CLANG_FORMAT)
  add_test(NAME "sources are formatted" COMMAND ${THRUM_FORMAT_CHECK})
endif()
