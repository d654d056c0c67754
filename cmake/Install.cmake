# What `cmake --install` puts where: the library with its CMake package and pkg-config file, the command, the model zoo with its tables.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(banoff_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/banoff)

install(TARGETS banoff EXPORT banoff_targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY runtime/include/banoff DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
install(EXPORT banoff_targets NAMESPACE banoff:: FILE banoff-targets.cmake DESTINATION ${banoff_cmake_dir})

# A shared banoff carries its dependencies; users of a static one have to find them.
if(BUILD_SHARED_LIBS)
  set(BANOFF_FIND_DEPENDENCIES "")
else()
  install(FILES cmake/FindSPNG.cmake cmake/FindTurboJPEG.cmake DESTINATION ${banoff_cmake_dir})
endif()
configure_package_config_file(cmake/banoff-config.cmake.in banoff-config.cmake INSTALL_DESTINATION ${banoff_cmake_dir})
write_basic_package_version_file(banoff-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/banoff-config.cmake ${PROJECT_BINARY_DIR}/banoff-config-version.cmake
  DESTINATION ${banoff_cmake_dir})

# The prefix is found relative to the file, so that the installed tree can be moved.
file(RELATIVE_PATH banoff_prefix_from_pc /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/banoff.pc.in banoff.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/banoff.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(TARGET banoff_cli)
  set_target_properties(banoff_cli PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
  install(TARGETS banoff_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY bench/stacks/ DESTINATION ${CMAKE_INSTALL_DATADIR}/banoff/stacks FILES_MATCHING PATTERN "*.py" PATTERN "test_*" EXCLUDE PATTERN "__pycache__" EXCLUDE)
install(DIRECTORY configs/models configs/tables configs/tasks configs/labels DESTINATION ${CMAKE_INSTALL_DATADIR}/banoff OPTIONAL)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
