# assay_add_plugin(NAME SOURCES a.cpp b.cpp [LIBRARIES torch ...] [PCH_FROM target])
#
# Builds NAME.so: a module that exports assay_plugin_v0 and nothing else. PCH_FROM reuses the
# precompiled header of another target.
set(_assay_plugin_map "${CMAKE_CURRENT_LIST_DIR}/plugin.map")

function(assay_add_plugin name)
  cmake_parse_arguments(arg "" "PCH_FROM" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "assay_add_plugin(${name}): no SOURCES")
  endif()
  add_library(${name} MODULE ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE Assay::plugin ${arg_LIBRARIES})
  target_compile_features(${name} PRIVATE cxx_std_17)
  set_target_properties(${name} PROPERTIES
    PREFIX "" C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON INSTALL_RPATH_USE_LINK_PATH ON)
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  target_link_options(${name} PRIVATE
    "LINKER:--version-script=${_assay_plugin_map}" "LINKER:-z,defs" "LINKER:--exclude-libs,ALL")
  set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS "${_assay_plugin_map}")
  if(arg_PCH_FROM)
    target_precompile_headers(${name} REUSE_FROM ${arg_PCH_FROM})
  endif()
endfunction()
