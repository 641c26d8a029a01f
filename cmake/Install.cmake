# The installed tree: three headers, the CMake package, the program, the plugins.
include(CMakePackageConfigHelpers)
install(DIRECTORY core/include/assay TYPE INCLUDE)
install(TARGETS assay_plugin EXPORT AssayTargets)
install(EXPORT AssayTargets NAMESPACE Assay:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Assay)
configure_package_config_file(cmake/AssayConfig.cmake.in ${CMAKE_BINARY_DIR}/AssayConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Assay)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/AssayConfigVersion.cmake
  COMPATIBILITY SameMajorVersion)
install(FILES ${CMAKE_BINARY_DIR}/AssayConfig.cmake ${CMAKE_BINARY_DIR}/AssayConfigVersion.cmake
  cmake/AssayPlugin.cmake cmake/plugin.map DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Assay)
