# single_header, packages, format, format-check, tidy: for those who change thrum, not for those who use it.

if(PROJECT_IS_TOP_LEVEL)
  add_custom_target(
    single_header
    COMMAND "${CMAKE_COMMAND}" "-DINCLUDE_DIR=${PROJECT_SOURCE_DIR}/include" "-DLICENSE=${PROJECT_SOURCE_DIR}/LICENSE"
            "-DOUTPUT=${PROJECT_SOURCE_DIR}/include/thrum_firmware.hpp" -P "${CMAKE_CURRENT_LIST_DIR}/amalgamate.cmake"
    COMMENT "Writing include/thrum_firmware.hpp"
    VERBATIM)

  # The Arduino library and the Zephyr module, into packages/ of the build folder.
  if(TARGET thrum)
    add_executable(write_fan_model EXCLUDE_FROM_ALL examples/packages/write_fan_model.cpp)
    target_link_libraries(write_fan_model PRIVATE thrum_compiled thrum_own)
    set(THRUM_FAN_MODEL "${PROJECT_BINARY_DIR}/fan_model.hpp")
    add_custom_command(
      OUTPUT "${THRUM_FAN_MODEL}"
      COMMAND write_fan_model "${THRUM_FAN_MODEL}"
      DEPENDS write_fan_model
      COMMENT "Writing the model of the packages' examples"
      VERBATIM)
    add_custom_target(
      packages
      COMMAND "${CMAKE_COMMAND}" "-DSOURCE_DIR=${PROJECT_SOURCE_DIR}" "-DVERSION=${PROJECT_VERSION}"
              "-DMODEL=${THRUM_FAN_MODEL}" "-DOUTPUT=${PROJECT_BINARY_DIR}/packages" -P
              "${CMAKE_CURRENT_LIST_DIR}/packages.cmake"
      DEPENDS "${THRUM_FAN_MODEL}"
      COMMENT "Writing packages/"
      VERBATIM)
  endif()

  file(GLOB_RECURSE THRUM_SOURCES CONFIGURE_DEPENDS include/*.hpp tests/*.[ch]pp examples/*.[ch]pp bench/*.[ch]pp
       tests/firmware/*.[ch] examples/*.[ch])
  list(REMOVE_ITEM THRUM_SOURCES "${PROJECT_SOURCE_DIR}/include/thrum_firmware.hpp")
  find_program(THRUM_CLANG_FORMAT NAMES clang-format-14 clang-format)
  if(THRUM_CLANG_FORMAT)
    set(THRUM_FORMAT_CHECK "${THRUM_CLANG_FORMAT}" --dry-run --Werror ${THRUM_SOURCES})
    add_custom_target(format COMMAND "${THRUM_CLANG_FORMAT}" -i ${THRUM_SOURCES} VERBATIM)
    add_custom_target(format-check COMMAND ${THRUM_FORMAT_CHECK} VERBATIM)
  endif()

  # Checks the translation units of this build and all headers of ours they include; best in the preset `clang`.
  find_program(THRUM_RUN_CLANG_TIDY NAMES run-clang-tidy-14 run-clang-tidy)
  if(THRUM_RUN_CLANG_TIDY)
    add_custom_target(tidy COMMAND "${THRUM_RUN_CLANG_TIDY}" -quiet -p "${PROJECT_BINARY_DIR}" -j 2
                                   "${PROJECT_SOURCE_DIR}/(tests|examples|bench)/" VERBATIM)
  endif()
endif()
