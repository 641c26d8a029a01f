# assay_add_plugin(NAME SOURCES a.cpp b.cpp [LIBRARIES torch ...] [PCH_FROM target])
#
# Builds NAME.so: a module that exports assay_plugin_v0 and nothing else. PCH_FROM reuses the
# precompiled header of another target.
set(_assay_plugin_map "${CMAKE_CURRENT_LIST_DIR}/plugin.map")

# What a plugin and the static libraries in it are compiled with; equal flags share a precompiled
# header.
function(assay_plugin_flags target)
  set_target_properties(${target} PROPERTIES
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON)
  target_compile_features(${target} PUBLIC cxx_std_17)
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
endfunction()

function(assay_add_plugin name)
  cmake_parse_arguments(arg "" "PCH_FROM" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "assay_add_plugin(${name}): no SOURCES")
  endif()
  add_library(${name} MODULE ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE Assay::plugin ${arg_LIBRARIES})
  assay_plugin_flags(${name})
  set_target_properties(${name} PROPERTIES PREFIX "" INSTALL_RPATH_USE_LINK_PATH ON)
  if(ASSAY_PLUGIN_OUTPUT)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${ASSAY_PLUGIN_OUTPUT})
  endif()
  target_link_options(${name} PRIVATE
    "LINKER:--version-script=${_assay_plugin_map}" "LINKER:--exclude-libs,ALL")
  if(NOT ASSAY_SANITIZE)  # a sanitizer's runtime is in the program alone
    target_link_options(${name} PRIVATE "LINKER:-z,defs")
  endif()
  set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS "${_assay_plugin_map}")
  if(arg_PCH_FROM)
    target_precompile_headers(${name} REUSE_FROM ${arg_PCH_FROM})
  endif()
endfunction()
