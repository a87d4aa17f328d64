#!/bin/bash
# --adapter on the command line and in the explorer: every command takes it, base and result are two models, and
# OpenBLAS is loaded for nobody else.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/tap.sh
. tests/e2e/lib/tmux.sh
PROGRAM=${ROPESCOPE:-$PWD/build/ropescope}
case $PROGRAM in /*) ;; *) PROGRAM=$PWD/$PROGRAM ;; esac
BASE=tests/fixtures/adapters/llama
ADAPTER=tests/fixtures/adapters/plain
HOLD=$(mktemp -d) || exit 1
trap 'tm kill-server; rm -rf "$HOLD"' EXIT
trap 'exit 1' INT TERM HUP
unset TMUX NO_COLOR LINES COLUMNS LC_ALL
export TMUX_TMPDIR=$HOLD XDG_CACHE_HOME=$HOLD/cache XDG_CONFIG_HOME=$HOLD/config LC_CTYPE=C.UTF-8

run() { # NAME COMMAND...: its output goes to $HOLD/NAME
    local name=$1
    shift
    "$PROGRAM" "$@" >"$HOLD/$name" 2>"$HOLD/$name.err" </dev/null
}
says() { grep -qF -- "$2" "$HOLD/$1"; }
differ() { ! cmp -s "$HOLD/$1" "$HOLD/$2"; }
cached() { [ "$(find "$HOLD/cache" -name '*.angles' | wc -l)" = "$1" ]; }

# ---- every command -----------------------------------------------------------

check 'info takes an adapter' run info info $BASE --adapter $ADAPTER
check 'and names it' says info 'llama + plain'
check 'and says what it changes' says info 'LoRA of rank 4, on 4 of 4 query and key projections'
check 'export takes it' run pairs export $BASE --view pairs --adapter $ADAPTER
check 'export of the base' run base export $BASE --view pairs
check 'has other numbers' differ pairs base
check 'and they are two models in the cache' cached 2
check 'export by way of the cache' run again export $BASE --view pairs --adapter=$ADAPTER
check 'has the same bytes' cmp "$HOLD/pairs" "$HOLD/again"
check 'scan takes it' run scan scan $BASE --adapter $ADAPTER -o "$HOLD/x.angles"
check 'its file needs neither base nor adapter' run file export "$HOLD/x.angles" --view pairs
check 'and has the same bytes' cmp "$HOLD/pairs" "$HOLD/file"
check 'stats takes it' run stats stats $BASE --adapter $ADAPTER
check 'show takes it' run show show $BASE --adapter $ADAPTER --size 90x20
check 'and names it in its first line' says show 'llama + plain'

refused() { ! run refused "$@"; }
check 'an adapter of another model is refused' refused info tests/data/demo/base --adapter $ADAPTER
check 'by the name of its tensor' says refused.err 'layers.0.self_attn.k_proj.lora_A.weight: 4 x 22'
check 'in one line' [ "$(wc -l <"$HOLD/refused.err")" = 1 ]
run notice scan $BASE --adapter tests/fixtures/adapters/values
check 'one without queries and keys is told' says notice.err 'no query and no key projection'

# ---- who pays ----------------------------------------------------------------

opens_blas() { # FLAGS...: the program opens OpenBLAS's library
    ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 strace -f -e trace=open,openat -o "$HOLD/trace" \
        "$PROGRAM" info $BASE --no-cache "$@" >/dev/null || return 2
    grep -q openblas "$HOLD/trace"
}
opens_none() { ! opens_blas "$@" && [ -s "$HOLD/trace" ]; }
if strace -o /dev/null true 2>/dev/null; then
    check 'OpenBLAS is opened with an adapter' opens_blas --adapter $ADAPTER
    check 'and not without' opens_none
else
    skip 'who opens OpenBLAS' 'no strace that works here'
fi

# ---- the explorer ------------------------------------------------------------

if command -v tmux >/dev/null 2>&1; then
    open_terminal 120 30 "$PROGRAM $BASE --adapter $ADAPTER"
    check 'the explorer names the adapter' see 'llama + plain'
    keys Y
    check 'Y has it on the command line' see "--adapter $ADAPTER"
    keys Escape
    keys q
    check 'and it ends' until_true ended
    check 'well' status_is 0
else
    skip 'the explorer' 'no tmux'
fi
finish
