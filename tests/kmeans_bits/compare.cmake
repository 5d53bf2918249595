# Runs PROGRAM and compares what it prints with the file EXPECTED. Exit status 77 of the program means that this
# processor has not the instructions it was built for.
execute_process(COMMAND "${PROGRAM}" ${ARGUMENT} OUTPUT_VARIABLE printed RESULT_VARIABLE status)
if(status EQUAL 77)
  message("skipped: this processor has not these instructions")
  return()
endif()
file(READ "${EXPECTED}" expected)
if(NOT status EQUAL 0 OR NOT "x${printed}" STREQUAL "x${expected}")
  message(FATAL_ERROR "other bits than expected:\n${printed}")
endif()
