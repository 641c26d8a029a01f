# What the host and the plugins stand on. LibTorch is looked for in plugins/, where it is needed.
find_package(Threads REQUIRED)
find_package(Boost 1.74 REQUIRED COMPONENTS program_options)
find_package(nlohmann_json REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(ZLIB REQUIRED)
find_package(PNG REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)

# HDF5 is linked statically into the host, so that a plugin may bring its own: the C library alone,
# not what Debian's package lists beside it.
find_package(HDF5 1.10.7 REQUIRED COMPONENTS C)
find_library(ASSAY_HDF5_ARCHIVE NAMES libhdf5.a PATHS /usr/lib/x86_64-linux-gnu/hdf5/serial
             /usr/lib/aarch64-linux-gnu/hdf5/serial REQUIRED)
get_filename_component(_assay_hdf5_folder "${ASSAY_HDF5_ARCHIVE}" DIRECTORY)
find_library(ASSAY_HDF5_HL_ARCHIVE NAMES libhdf5_hl.a PATHS ${_assay_hdf5_folder} REQUIRED)
find_library(ASSAY_SZ_LIBRARY NAMES sz)
# Imported libraries keep the order: the archives before what they need, for linkers that mind.
add_library(assay_hdf5_c STATIC IMPORTED)
set_target_properties(assay_hdf5_c PROPERTIES IMPORTED_LOCATION ${ASSAY_HDF5_ARCHIVE})
target_link_libraries(assay_hdf5_c INTERFACE ZLIB::ZLIB m dl)
if(ASSAY_SZ_LIBRARY)
  target_link_libraries(assay_hdf5_c INTERFACE ${ASSAY_SZ_LIBRARY})
endif()
add_library(assay_hdf5_hl STATIC IMPORTED)
set_target_properties(assay_hdf5_hl PROPERTIES IMPORTED_LOCATION ${ASSAY_HDF5_HL_ARCHIVE})
target_link_libraries(assay_hdf5_hl INTERFACE assay_hdf5_c)
add_library(assay_hdf5 INTERFACE)
target_include_directories(assay_hdf5 SYSTEM INTERFACE ${HDF5_C_INCLUDE_DIRS})
target_link_libraries(assay_hdf5 INTERFACE assay_hdf5_hl)
