# thrum::compiled is thrum::thrum for programs of many files: KMeans, PCA, Scaler, AnomalyScorer, Detector and
# StoredDetector of float and double, and the vector kernels, are compiled once, into a static library, instead of in
# each file that uses them. The project that asks for it builds that library, with the flags that are set before
# find_package. What else it gives its files (OpenMP, -march) belongs on thrum_compiled too, as PUBLIC; the linker misses
# functions where vector instructions, OpenMP or THRUM_NO_DISPATCH differ, since these are in their names. A project
# that exports a library which links thrum::compiled exports thrum_compiled with it.
if(NOT TARGET thrum_compiled AND CMAKE_CXX_COMPILER_LOADED)
  set(THRUM_COMPILED_SOURCE "${CMAKE_CURRENT_BINARY_DIR}/thrum_compiled.cpp")
  file(CONFIGURE OUTPUT "${THRUM_COMPILED_SOURCE}" CONTENT "#include \"thrum/compiled.hpp\"\n")
  add_library(thrum_compiled STATIC EXCLUDE_FROM_ALL "${THRUM_COMPILED_SOURCE}")
  add_library(thrum::compiled ALIAS thrum_compiled)
  target_link_libraries(thrum_compiled PUBLIC thrum::thrum)
  target_compile_definitions(thrum_compiled PUBLIC THRUM_COMPILED)
  set_target_properties(thrum_compiled PROPERTIES POSITION_INDEPENDENT_CODE ON)
endif()
