# thrum::compiled is thrum::thrum for programs of many files: its classes and vector kernels are compiled once, into a
# static library, instead of in each file that uses them. The project that asks for it builds that library, with the
# flags of its own files; what else it gives them (OpenMP, -march) belongs on thrum_compiled too, publicly. Where the
# two differ the linker misses functions, since such flags are in their names.
if(NOT TARGET thrum_compiled)
  set(THRUM_COMPILED_SOURCE "${CMAKE_CURRENT_BINARY_DIR}/thrum_compiled.cpp")
  file(CONFIGURE OUTPUT "${THRUM_COMPILED_SOURCE}" CONTENT "#include \"thrum/compiled.hpp\"\n")
  add_library(thrum_compiled STATIC EXCLUDE_FROM_ALL "${THRUM_COMPILED_SOURCE}")
  add_library(thrum::compiled ALIAS thrum_compiled)
  target_link_libraries(thrum_compiled PUBLIC thrum::thrum)
  target_compile_definitions(thrum_compiled PUBLIC THRUM_COMPILED)
  set_target_properties(thrum_compiled PROPERTIES POSITION_INDEPENDENT_CODE ON)
endif()
