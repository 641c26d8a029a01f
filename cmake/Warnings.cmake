# assay_warnings(TARGET): the warnings our own code compiles without.
function(assay_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow
    $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Woverloaded-virtual>
    $<$<BOOL:${ASSAY_WERROR}>:-Werror>)
endfunction()
