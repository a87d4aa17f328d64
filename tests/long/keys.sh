#!/bin/bash
# Random keys, resizes and themes while a scan or a comparison runs: KEYS of them (100,000) under AddressSanitizer and
# UndefinedBehaviorSanitizer, a twentieth of that under ThreadSanitizer.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/tap.sh
keys=${KEYS:-100000}
tools=$(realpath build/tools) sanitized=$(realpath build/sanitize/ropescope) raced=$(realpath build/races/ropescope)
hold=$(mktemp -d) || exit 1
trap 'rm -rf "$hold"' EXIT
export XDG_CACHE_HOME=$hold/cache XDG_CONFIG_HOME=$hold/config LC_ALL=C.UTF-8 TERM=xterm-256color HOME=$hold
export ASAN_OPTIONS=exitcode=99:log_path=$hold/asan UBSAN_OPTIONS=exitcode=99:halt_on_error=1:log_path=$hold/ubsan
export TSAN_OPTIONS=exitcode=99:log_path=$hold/tsan
shape=(--heads 16 --kv-heads 4 --head-dim 64 --hidden 1024 --dtype BF16)
"$tools/make_model" "$hold/base" --layers 32 "${shape[@]}" >"$hold/said" || exit 1
"$tools/make_model" "$hold/tuned" --layers 32 --seed 2 "${shape[@]}" >"$hold/said" || exit 1
mkdir "$hold/work" && cd "$hold/work" || exit 1 # where keys may write what they like

types_well() { # COUNT PROGRAM ARGUMENT...
    local count=$1 seed
    shift
    for seed in 1 2 3 4 5; do
        "$tools/random_keys" $((count / 5)) $seed "$@" >"$hold/said" || break
    done
    sed 's/^/# /' "$hold/said"
    [ -z "$(find "$hold" -maxdepth 1 -name '[aut]*san.*')" ] && [[ $(cat "$hold/said") = *'status 0' ]] && return
    cat "$hold"/[aut]*san.* 2>/dev/null | head -n 40 | sed 's/^/#   /'
    rm -f "$hold"/[aut]*san.*
    return 1
}

half=$((keys / 2))
check 'a scan, addresses and undefined behaviour' types_well $half "$sanitized" "$hold/base" --no-cache
check 'a comparison, the same' types_well $half "$sanitized" "$hold/base" --compare "$hold/tuned" --no-cache
# The thread sanitizer wants addresses where it expects them.
check 'a scan, threads' types_well $((half / 20)) setarch -R "$raced" "$hold/base" --no-cache
check 'a comparison, threads' types_well $((half / 20)) setarch -R "$raced" "$hold/base" --compare "$hold/tuned" --no-cache
finish
