/* libfuzzer.c: one target as libFuzzer wants it; the build says which. */
#include "fuzz.h"

#ifndef FUZZ_TARGET
#define FUZZ_TARGET fuzz_theme
#endif

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    blas_prepare(); /* before the library that an adapter loads starts threads */
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    FUZZ_TARGET(bytes, size);
    return 0;
}
