/* blas.c: matrix products by OpenBLAS, which is loaded when the first one is needed. Linked, it
 * would cost every start 1.7 ms (0.7 ms without), a thread for each further core and 140 MB of
 * address space, all of which only whoever lays an adapter over a model or runs one has a use for.
 */
#include "ropescope/support.h"

#include <cblas.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

void blas_prepare(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
}

enum status blas_open(struct blas *blas, struct error *err)
{
    static const char *const names[] = {
#ifdef ROPESCOPE_BLAS /* the one that was chosen when this was built */
        ROPESCOPE_BLAS,
#endif
        "libopenblas.so.0", "libopenblas.so"};
    void *library = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && !library; i++)
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    void *symbol = library ? dlsym(library, "cblas_sgemm") : NULL;
    if (!symbol) {
        error_set(err, STATUS_FAILED, "OpenBLAS, which this needs, cannot be loaded: %s%s",
                  library ? "it has no cblas_sgemm" : "there is no ", library ? "" : names[0]);
        return error_help(err, "on Debian: apt-get install libopenblas0");
    }
    memcpy(&blas->product, &symbol, sizeof symbol); /* as POSIX has it, ISO C has not */
    return STATUS_OK;                               /* the library stays until the process ends */
}

void blas_add_product(const struct blas *blas, const struct blas_sizes *sizes, float scale,
                      const float *left, const float *right, float *to)
{
    __typeof__(&cblas_sgemm) sgemm;
    memcpy(&sgemm, &blas->product, sizeof sgemm);
    sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, sizes->rows, sizes->columns, sizes->inner,
          scale, left, sizes->inner, right, sizes->columns, 1, to, sizes->columns);
}

void blas_product(const struct blas *blas, const struct blas_sizes *sizes, float scale,
                  const struct blas_rows *left, const struct blas_rows *right, bool turned,
                  const struct blas_rows *to)
{
    __typeof__(&cblas_sgemm) sgemm;
    memcpy(&sgemm, &blas->product, sizeof sgemm);
    sgemm(CblasRowMajor, CblasNoTrans, turned ? CblasTrans : CblasNoTrans, sizes->rows,
          sizes->columns, sizes->inner, scale, left->at, (int)left->stride, right->at,
          (int)right->stride, 0, to->at, (int)to->stride);
}
