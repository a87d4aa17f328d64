#!/bin/bash
# Three analyzers over all of src: each file without a finding, or with a reason beside what is found.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/tap.sh
hold=$(mktemp -d) || exit 1
trap 'rm -rf "$hold"' EXIT
flags=(-std=c11 -Iinclude -Isrc -D_XOPEN_SOURCE=700 -D_DEFAULT_SOURCE '-DROPESCOPE_VERSION="0"' '-DROPESCOPE_DATA="/"')
every_file() { find src -name '*.c' | sort; }

# What gcc 12 takes for a fault and is none; clang and the sanitizers ask the same questions and find nothing.
#   shift-count-overflow   counts the lanes of a vector for the bits of one
#   null-dereference       does not follow what holds between two variables, a status and what it says of a pointer
#   malloc-leak            takes a block for lost that hangs in a list
gcc_analyzer() {
    every_file | xargs -P "$(nproc)" -I FILE gcc "${flags[@]}" -O2 -fanalyzer -Wno-analyzer-shift-count-overflow -Wno-analyzer-null-dereference \
        -Wno-analyzer-malloc-leak -Werror -c -o /dev/null FILE 2>"$hold/gcc" && return
    grep -E '(warning|error):' "$hold/gcc" | sed 's/^/# /'
    return 1
}

# Its checks, and what is left out, stand in .clang-tidy.
clang_tidy() {
    every_file | xargs -P "$(nproc)" -n 8 sh -c 'clang-tidy --quiet --warnings-as-errors="*" "$@" 2>/dev/null' - --extra-arg="${flags[0]}" \
        $(printf -- '--extra-arg=%s ' "${flags[@]:1}") >"$hold/tidy" && return
    grep -E '(warning|error):' "$hold/tidy" | sed 's/^/# /'
    return 1
}

cpp_check() {
    cppcheck -j "$(nproc)" --std=c11 --enable=warning,performance,portability --inline-suppr --quiet --error-exitcode=1 \
        --suppress=missingIncludeSystem -Iinclude -Isrc -D_XOPEN_SOURCE=700 -D__x86_64__ src 2>"$hold/cppcheck" && return
    grep -E '(warning|error|style|performance|portability):' "$hold/cppcheck" | sed 's/^/# /'
    return 1
}

# An analyzer that finds nothing may have looked at nothing: each is shown a fault first.
sees_a_fault() { # COMMAND...
    printf '#include <stdlib.h>\nvoid f(char *p);\nvoid f(char *p) { free(p); free(p); }\n' >"$hold/fault.c"
    ! "$@" "$hold/fault.c" >"$hold/fault" 2>&1
}

for tool in gcc clang-tidy cppcheck; do
    command -v $tool >/dev/null || { skip "$tool" 'it is not installed'; continue; }
    case $tool in
    gcc)
        check 'gcc -fanalyzer sees a fault' sees_a_fault gcc -O2 -fanalyzer -Werror -c -o /dev/null
        check 'gcc -fanalyzer' gcc_analyzer
        ;;
    clang-tidy)
        check 'clang-tidy sees a fault' sees_a_fault clang-tidy --quiet --warnings-as-errors='*' --config-file=.clang-tidy
        check 'clang-tidy' clang_tidy
        ;;
    cppcheck)
        check 'cppcheck sees a fault' sees_a_fault cppcheck --quiet --error-exitcode=1
        check 'cppcheck' cpp_check
        ;;
    esac
done
finish
