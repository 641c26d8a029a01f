// A loop that the compiler makes for AVX-512, for AVX2 and for any processor, of which the program
// takes the best that it finds when it starts.
#pragma once

#if defined(__x86_64__) && defined(__linux__)
#define ASSAY_KERNEL __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define ASSAY_KERNEL
#endif
