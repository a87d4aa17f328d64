#!/bin/bash
# One allocation of the program fails, each in its turn, or every STRIDE-th; WORDS choose among the commands. The
# program must end with 1, nothing of what was asked for and a line that says that memory is out, or do without and
# tell the very same as ever; never crash or leak.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/tap.sh
program=$(realpath "${TOOLS:-build/tools}/starved")
stride=${STRIDE:-11} words=${WORDS:-.}
hold=$(mktemp -d) || exit 1
trap 'rm -rf "$hold"' EXIT
export XDG_CACHE_HOME=$hold/cache XDG_CONFIG_HOME=$hold/config LC_ALL=C.UTF-8
export ASAN_OPTIONS=exitcode=99:allocator_may_return_null=1 UBSAN_OPTIONS=exitcode=99

# With the allocation AT failing: status in `status`, what it says in $hold/out and $hold/err.
starve() { # AT ARGUMENT...
    local at=$1
    shift
    rm -rf "$hold/cache" "$hold/made"
    STARVE_AT=$at "$program" "$@" >"$hold/out" 2>"$hold/err" </dev/null
    status=$?
    sed -Ei 's/^[0-9.]+ m?s$//' "$hold/out" # how long a run took
}

# The memory is told to be out, in three lines at most (and there is no file; a pipe may have got a beginning), or
# nothing is missing.
is_right() {
    if [ "$status" = 0 ]; then
        cmp -s "$hold/out" "$hold/whole" && { [ ! -e "$hold/made.whole" ] || cmp -s "$hold/made" "$hold/made.whole"; }
    else
        [ "$status" = 1 ] && cmp -s -n "$(stat -c %s "$hold/out")" "$hold/out" "$hold/whole" && [ ! -e "$hold/made" ] && grep -q memory "$hold/err" &&
            [ "$(wc -l <"$hold/err")" -le 3 ]
    fi
}

all_fail_in_turn() { # ARGUMENT...
    local count at wrong=0
    rm -f "$hold/made.whole"
    STARVE_COUNT=$hold/count starve 0 "$@"
    [ "$status" = 0 ] || { head -n 3 "$hold/err"; return 1; }
    mv "$hold/out" "$hold/whole"
    [ ! -e "$hold/made" ] || mv "$hold/made" "$hold/made.whole"
    count=$(cat "$hold/count")
    for ((at = 1 + RANDOM % stride; at <= count; at += stride)); do
        starve "$at" "$@"
        is_right && continue
        wrong=$((wrong + 1))
        [ "$wrong" -gt 3 ] || { echo "# allocation $at of $count: status $status"; head -n 12 "$hold/err" | sed 's/^/#   /'; }
    done
    echo "# $count allocations, $wrong wrong"
    [ "$count" -gt 20 ] && [ "$wrong" = 0 ]
}

try() { # ARGUMENT...
    [[ "$*" =~ $words ]] || return 0
    check "${*//$hold/.}" all_fail_in_turn "$@"
}

RANDOM=1
demo=tests/data/demo/base tuned=tests/data/demo/tuned
once="--no-cache --threads 1"
try info $demo $once
try scan $demo --threads 1
try scan $demo $once -o "$hold/made"
try stats $demo $once
try stats $demo $once --json
try export $demo $once --view pairs --layer 3 -o "$hold/made"
try export $demo $once --view heads --format json
try export $demo $once --view profile --format svg
try export $demo $once --compare $tuned --view change --by bin
try mask $demo $once -o "$hold/made"
for view in overview pairs heads layers histogram scatter threshold strip profile frequency spectrum; do
    try show $demo $once --view $view --size 80x24
done
for format in quantised/gptq-4 quantised/mlx-4 quantised/bnb-nf4-nested quantised/fp8-block; do
    try stats tests/fixtures/$format $once
done
for format in plain nested meta-two; do
    try stats tests/fixtures/torch/$format $once
done
try stats tests/fixtures/adapters/llama $once --adapter tests/fixtures/adapters/plain
try probe tests/fixtures/probe/llama $once --tokens 1,2,3,4
finish
