/* api.h: what makes the other headers those of a library: names that C++ links, symbols that may be
 * seen from outside, and the one word of C11 that C++ has otherwise. */
#ifndef ROPESCOPE_API_H
#define ROPESCOPE_API_H

/* Between these two each header declares. The library is compiled with -fvisibility=hidden: what no
 * header declares stays inside whatever it is linked into. */
#ifdef __cplusplus
#define ROPESCOPE_BEGIN                                                                            \
    extern "C" {                                                                                   \
    _Pragma("GCC visibility push(default)")
#define ROPESCOPE_END                                                                              \
    _Pragma("GCC visibility pop")                                                                  \
    }
#else
#define ROPESCOPE_BEGIN _Pragma("GCC visibility push(default)")
#define ROPESCOPE_END _Pragma("GCC visibility pop")
#endif

/* _Atomic T, which gcc and clang lay out as std::atomic<T>. */
#ifdef __cplusplus
#include <atomic>
#define ROPESCOPE_ATOMIC(type) std::atomic<type>
static_assert(sizeof(std::atomic<bool>) == sizeof(bool), "not the layout of C");
static_assert(sizeof(std::atomic<unsigned long long>) == sizeof(unsigned long long) &&
                  alignof(std::atomic<unsigned long long>) == 8,
              "not the layout of C");
#else
#include <stdatomic.h>
#define ROPESCOPE_ATOMIC(type) _Atomic type
#endif

#endif
