#!/bin/bash
# The cache from outside: scans that are killed, full disks, signals, files that travel without weights.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/tap.sh

program=$PWD/${ROPESCOPE:-build/ropescope}
case ${ROPESCOPE:-} in /*) program=$ROPESCOPE ;; esac
tools=${TOOLS:-build/tools}
hold=$(mktemp -d "${TMPDIR:-/tmp}/ropescope-cache-XXXXXX") || exit 1
trap 'rm -rf "$hold"' EXIT
trap 'exit 1' INT TERM HUP
export XDG_CACHE_HOME=$hold/cache
cache=$XDG_CACHE_HOME/ropescope
model=$hold/model
partial=
# Another library comes before the sanitizer's in some runs; a tracer stands in its way in others.
export ASAN_OPTIONS=verify_asan_link_order=0:${ASAN_OPTIONS:-}

"$tools/make_model" "$model" --layers 60 --heads 4 --kv-heads 2 --head-dim 16 --hidden 64 --seed 5 \
    >/dev/null || exit 1
if ! ${CC:-cc} -shared -fPIC -O1 -D_DEFAULT_SOURCE -o "$hold/disk.so" tests/e2e/disk.c -ldl; then
    check "the slow disk compiles" false
    finish
fi

forget() { rm -rf "$XDG_CACHE_HOME"; }
files() { find "$cache" -type f -name "$1" 2>/dev/null | wc -l; }
lines() { wc -l <"$1"; }
slow() { # MICROSECONDS COMMAND...: each write of the cache takes that long
    local wait=$1
    shift
    DISK_WAIT_US=$wait LD_PRELOAD=$hold/disk.so exec "$@"
}

# ---- what is right --------------------------------------------------------------------------------

"$program" stats --json --no-cache "$model" >"$hold/stats" 2>"$hold/err"
check "a scan without a cache succeeds and says nothing" test $? = 0 -a ! -s "$hold/err"
"$program" scan --no-cache -o "$hold/right.angles" "$model" 2>/dev/null
check "and leaves no cache" test ! -e "$cache"

same_stats() { "$program" stats --json "$model" 2>"$hold/err" | cmp -s - "$hold/stats"; }
same_angles() { cmp -s "$1" "$hold/right.angles"; }
from() { grep -q "; from $1, " "$hold/err"; }

check "a first opening is right" same_stats
check "a second opening is right" same_stats
"$program" scan -o "$hold/cached.angles" "$model" 2>"$hold/err"
check "a scan of what is cached says so" from cache
check "and writes the same file" same_angles "$hold/cached.angles"

# ---- killed ---------------------------------------------------------------------------------------

# Kills a scan at some moment within the third of a second that it takes, then scans again.
killed_and_resumed() {
    forget
    slow 5000 "$program" stats "$model" >/dev/null 2>&1 &
    local pid=$!
    sleep "0.$(printf %03d $((RANDOM % 350)))"
    kill -9 $pid
    wait $pid
    "$program" scan -o "$hold/resumed.angles" "$model" 2>"$hold/err" || return 1
    from 'resumed scan' && resumed=$((resumed + 1))
    same_angles "$hold/resumed.angles" && same_stats && [ "$(files '*.partial')" = 0 ]
}

resumed=0 wrong=0
for _ in {1..50}; do
    killed_and_resumed 2>/dev/null || wrong=$((wrong + 1))
done
check "50 scans killed at random are whole and right the next time ($wrong were not)" test $wrong = 0
check "many of them resumed ($resumed of 50)" test $resumed -ge 15

# ---- signals --------------------------------------------------------------------------------------

# Sends the signal when the partial file has grown; the status of the shell tells what it died of.
signalled() { # SIGNAL STATUS
    forget
    set -m # or the shell would start it deaf to SIGINT
    slow 5000 "$program" scan "$model" >/dev/null 2>"$hold/err" &
    local pid=$!
    set +m
    until partial=$(find "$cache" -name '*.partial' -size +6k 2>/dev/null) && [ -n "$partial" ]; do
        kill -0 $pid 2>/dev/null || return 1
    done
    kill -"$1" $pid
    wait $pid 2>/dev/null
    [ $? = "$2" ] && [ "$(files '*.partial')" = 1 ] && [ "$(files '*')" = 1 ] && [ ! -s "$hold/err" ]
}
resumes() {
    "$program" scan -o "$hold/resumed.angles" "$model" 2>"$hold/err" && from 'resumed scan' &&
        same_angles "$hold/resumed.angles"
}
for signal in INT:130 TERM:143 HUP:129; do
    check "a scan dies of SIG${signal%:*} and leaves its partial file alone" signalled ${signal/:/ }
    check "and the next one resumes" resumes
done

# ---- only looked at -------------------------------------------------------------------------------

looks_alone() {
    forget
    "$program" info "$model" --rope-theta 5000 >/dev/null 2>"$hold/err" && [ "$(files '*')" = 0 ] && [ ! -s "$hold/err" ]
}
check "info leaves nothing in the cache" looks_alone

damaged_and_stale() { # the cache of a model whose weights are no weights any more
    cp -r "$model" "$hold/broken" && "$program" stats "$hold/broken" >/dev/null 2>&1 || return 1
    echo "no weights" >"$hold/broken/model.safetensors"
    "$program" stats "$hold/broken" >/dev/null 2>"$hold/err"
    [ $? = 1 ] && [ "$(lines "$hold/err")" -le 3 ] && head -1 "$hold/err" | grep -q 'the model has changed since' &&
        sed -n 2p "$hold/err" | grep -q 'model.safetensors'
}
check "a cache set aside is told even where the weights fail then" damaged_and_stale

# ---- full disks -----------------------------------------------------------------------------------

full_cache() { # BYTES
    forget
    DISK_ROOM=$1 LD_PRELOAD=$hold/disk.so "$program" stats --json "$model" >"$hold/out" 2>"$hold/err" &&
        cmp -s "$hold/out" "$hold/stats" && [ "$(lines "$hold/err")" = 1 ] &&
        grep -q 'No space left' "$hold/err" && [ "$(files '*')" = 0 ] && same_stats &&
        [ ! -s "$hold/err" ]
}
wrong=0
for room in 0 1 39 40 41 80 500 1000 1500 2000 5000 10000 20000 30000 40000 50000 57000 57200; do
    full_cache $room || wrong=$((wrong + 1))
done
check "a disk that is full stops the cache alone, with one notice ($wrong times it did not)" \
    test $wrong = 0

fails_in_one_line() { # COMMAND...: exit 1 and one line that says what failed
    "$@" 2>"$hold/err"
    [ $? = 1 ] && [ "$(grep -c '^ropescope: ' "$hold/err")" = 1 ] && [ "$(lines "$hold/err")" -le 3 ]
}
small_disk() { # files of at most 8 kB
    trap '' XFSZ
    ulimit -f 8
    "$program" scan --no-cache -o "$hold/cut.angles" "$model"
}
in_small_disk() { (small_disk); }
to_full_output() { "$program" scan -o - "$model" >/dev/full; }
check "scan -o /dev/full fails in one line" fails_in_one_line "$program" scan -o /dev/full "$model"
check "/dev/full is still there" test -c /dev/full
check "scan -o - >/dev/full fails in one line" fails_in_one_line to_full_output
check "scan -o FILE that grows too large fails in one line" fails_in_one_line in_small_disk
check "and leaves nothing" test -z "$(find "$hold" -name 'cut.angles*')"

closed_output() { "$program" "$@" >&-; }
for words in "stats $model" "stats --json $model" "info $model" "scan -o - $model" "--version" "--help"; do
    check "${words% *} to a closed standard output fails in one line" fails_in_one_line closed_output $words
done

# ---- no cache -------------------------------------------------------------------------------------

below_a_file() {
    XDG_CACHE_HOME=$model/config.json/cache "$program" stats --json "$model" >"$hold/out" 2>"$hold/err" &&
        cmp -s "$hold/out" "$hold/stats" && [ "$(lines "$hold/err")" = 1 ] && grep -q 'no cache' "$hold/err"
}
check "a cache directory that cannot be made costs one notice" below_a_file

# ---- files that travel ----------------------------------------------------------------------------

piped() { "$program" scan -o - "$model" 2>/dev/null | cat | cmp -s - "$hold/right.angles"; }
check "scan -o - through a pipe is the same file" piped
mv "$model" "$hold/elsewhere"
travelled() { "$program" stats --json "$hold/right.angles" 2>"$hold/err" | cmp -s - "$hold/stats" && [ ! -s "$hold/err" ]; }
check "a file opens where the weights are gone, with the same numbers" travelled
check "the model itself does not" fails_in_one_line "$program" stats "$model"
mv "$hold/elsewhere" "$model"

# ---- which files are opened -----------------------------------------------------------------------

opened_weights() { # MODEL: how many times weight files are opened
    ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -e trace=open,openat -o "$hold/trace" \
        "$program" stats "$1" >/dev/null 2>&1
    grep -c '\.\(safetensors\|gguf\|bin\|pt\|pth\)"' "$hold/trace"
}
name="a second opening opens no weight file"
if strace -o /dev/null true 2>/dev/null; then
    forget
    check "a first opening opens the weights once" test "$(opened_weights "$model")" = 1
    check "$name" test "$(opened_weights "$model")" = 0
else
    skip "$name" "no strace that works here"
fi
torch=tests/fixtures/torch
if strace -o /dev/null true 2>/dev/null; then
    for format in shards:2 meta-two:2 ckpt.pt:1 v2.bin:1; do
        check "a first opening of ${format%:*} opens each file once" \
            test "$(opened_weights "$torch/${format%:*}")" = "${format#*:}"
        check "a second one opens none" test "$(opened_weights "$torch/${format%:*}")" = 0
    done
fi
gguf=../shared/models/stories260K/stories260K.gguf
name="nor does that of a GGUF file, which says all of itself"
if ! strace -o /dev/null true 2>/dev/null; then
    skip "$name" "no strace that works here"
elif [ ! -e "$gguf" ]; then
    skip "$name" "$gguf is not there"
else
    check "a first opening opens a GGUF file once" test "$(opened_weights "$gguf")" = 1
    check "$name" test "$(opened_weights "$gguf")" = 0
fi

finish
