# Installation and `find_package(thrum)`, from the installed files and from the build tree. There is an export set
# for each wing, so that `find_package(thrum COMPONENTS firmware)` never looks for Eigen.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(THRUM_PACKAGE_DIR "${CMAKE_INSTALL_DATADIR}/cmake/thrum")

install(TARGETS thrum_firmware EXPORT thrum-firmware FILE_SET HEADERS)
install(EXPORT thrum-firmware NAMESPACE thrum:: FILE thrum-firmware-targets.cmake DESTINATION "${THRUM_PACKAGE_DIR}")
export(EXPORT thrum-firmware NAMESPACE thrum:: FILE "${PROJECT_BINARY_DIR}/thrum-firmware-targets.cmake")
if(TARGET thrum)
  install(TARGETS thrum EXPORT thrum-laptop FILE_SET HEADERS FILE_SET compiled)
  install(EXPORT thrum-laptop NAMESPACE thrum:: FILE thrum-laptop-targets.cmake DESTINATION "${THRUM_PACKAGE_DIR}")
  export(EXPORT thrum-laptop NAMESPACE thrum:: FILE "${PROJECT_BINARY_DIR}/thrum-laptop-targets.cmake")
endif()

# The next major version will be the first to keep its promises over minor ones.
if(PROJECT_VERSION VERSION_LESS 1.0)
  set(THRUM_COMPATIBILITY SameMinorVersion)
else()
  set(THRUM_COMPATIBILITY SameMajorVersion)
endif()
write_basic_package_version_file("${PROJECT_BINARY_DIR}/thrum-config-version.cmake"
                                 COMPATIBILITY ${THRUM_COMPATIBILITY} ARCH_INDEPENDENT)
foreach(file IN ITEMS thrum-config.cmake thrum-compiled.cmake)
  configure_file("${CMAKE_CURRENT_LIST_DIR}/${file}" "${PROJECT_BINARY_DIR}/${file}" COPYONLY)
endforeach()
install(FILES "${PROJECT_BINARY_DIR}/thrum-config.cmake" "${PROJECT_BINARY_DIR}/thrum-compiled.cmake"
              "${PROJECT_BINARY_DIR}/thrum-config-version.cmake"
        DESTINATION "${THRUM_PACKAGE_DIR}")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/thrum")
