# The installed headers under each compiler and standard, and what must not compile.
find_program(ASSAY_GCC gcc)
find_program(ASSAY_GXX g++)
find_program(ASSAY_CLANG NAMES clang-16 clang)
find_program(ASSAY_CLANGXX NAMES clang++-16 clang++)

function(assay_must_compile compiler standard source)
  if(ASSAY_${compiler})
    set(test abi_header_${compiler}_${standard})
    add_test(NAME ${test} COMMAND ${ASSAY_${compiler}} -std=${standard} -Wall -Wextra -Wpedantic
      -Werror -fsyntax-only ${include_flag} ${CMAKE_CURRENT_SOURCE_DIR}/${source})
    set_tests_properties(${test} PROPERTIES LABELS "unit;abi")
  endif()
endfunction()
foreach(compiler GCC CLANG)
  assay_must_compile(${compiler} c11 decay.c)
  assay_must_compile(${compiler} c17 decay.c)
endforeach()
foreach(compiler GXX CLANGXX)
  assay_must_compile(${compiler} c++17 ../run/lab.cpp)
  assay_must_compile(${compiler} c++20 ../run/lab.cpp)
endforeach()

# Mistakes of an author, and the words the compiler must say. PASS_REGULAR_EXPRESSION decides alone.
function(assay_must_not_compile what words)
  add_test(NAME abi_refuses_${what} COMMAND ${CMAKE_CXX_COMPILER} -std=c++17 -fsyntax-only
    ${include_flag} -D${what} ${CMAKE_CURRENT_SOURCE_DIR}/must_not_compile.cpp)
  set_tests_properties(abi_refuses_${what} PROPERTIES LABELS "unit;abi"
    PASS_REGULAR_EXPRESSION "${words}")
endfunction()
assay_must_not_compile(INT_FIELD "whole number must be declared int64_t: use int64_t")
assay_must_not_compile(FLOAT_FIELD "real number must be declared double: use double")
assay_must_not_compile(CHAR_FIELD "text must be declared std::string: use std::string")
assay_must_not_compile(INT_LIST "whole number must be declared int64_t: use int64_t")
assay_must_not_compile(VECTOR_OF_BOOL "std::vector<bool> has no data.*: use uint8_t")
assay_must_not_compile(THROWING_RUN
  "error:.*(exception specification|invalid conversion|incompatible)")
add_test(NAME abi_accepts_correct COMMAND ${CMAKE_CXX_COMPILER} -std=c++17 -fsyntax-only
  ${include_flag} ${CMAKE_CURRENT_SOURCE_DIR}/must_not_compile.cpp)

# Every plugin of this build exports one symbol.
add_test(NAME abi_one_symbol COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/one_symbol.sh
  ${test_plugins} ${CMAKE_BINARY_DIR}/plugins)

# The layout of minor version 0 must not move: today's header against the frozen copy.
find_program(ASSAY_ABIDIFF abidiff)
if(ASSAY_ABIDIFF AND ASSAY_GCC)
  add_test(NAME abi_gate COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/gate.sh ${ASSAY_GCC} ${ASSAY_ABIDIFF}
    ${PROJECT_SOURCE_DIR}/core/include)
  set_tests_properties(abi_gate PROPERTIES LABELS "unit;abi")
endif()
set_tests_properties(abi_accepts_correct abi_one_symbol PROPERTIES LABELS "unit;abi")
