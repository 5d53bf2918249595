# Puts together the Arduino library and the Zephyr module: what stands in examples/packages, the single header, the
# licence and the model that their examples watch with. Run by the target `packages`:
#   cmake -DSOURCE_DIR=<thrum> -DVERSION=<its version> -DMODEL=<fan_model.hpp> -DOUTPUT=<folder> -P packages.cmake
cmake_minimum_required(VERSION 3.25)

foreach(file IN ITEMS "${SOURCE_DIR}/include/thrum_firmware.hpp" "${SOURCE_DIR}/LICENSE" "${MODEL}")
  if(NOT EXISTS "${file}")
    message(FATAL_ERROR "${file}: no such file")
  endif()
endforeach()
set(parts "${SOURCE_DIR}/examples/packages")
set(arduino "${OUTPUT}/arduino/thrum")
set(zephyr "${OUTPUT}/zephyr/thrum")

file(REMOVE_RECURSE "${arduino}" "${zephyr}")
configure_file("${parts}/arduino/library.properties.in" "${arduino}/library.properties" @ONLY)
file(COPY "${parts}/arduino/examples" DESTINATION "${arduino}")
file(COPY "${SOURCE_DIR}/include/thrum_firmware.hpp" DESTINATION "${arduino}/src")
file(COPY "${MODEL}" DESTINATION "${arduino}/examples/Watch")

file(COPY "${parts}/zephyr/zephyr" "${parts}/zephyr/samples" DESTINATION "${zephyr}")
file(COPY "${SOURCE_DIR}/include/thrum_firmware.hpp" DESTINATION "${zephyr}/include")
file(COPY "${MODEL}" DESTINATION "${zephyr}/samples/watch/src")

foreach(package IN ITEMS "${arduino}" "${zephyr}")
  file(COPY "${SOURCE_DIR}/LICENSE" DESTINATION "${package}")
endforeach()
