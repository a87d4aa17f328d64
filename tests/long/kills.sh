#!/bin/bash
# Killed at random moments while it scans, writes its cache or an export: whatever lies under a final name afterwards is
# whole, and the numbers are those of a run that nothing disturbed. KILLS of them, 500 by default.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/tap.sh
program=$(realpath "${ROPESCOPE:-build/ropescope}")
tools=$(realpath "${TOOLS:-build/tools}")
kills=${KILLS:-500}
hold=$(mktemp -d) || exit 1
trap 'rm -rf "$hold"' EXIT
export XDG_CACHE_HOME=$hold/cache XDG_CONFIG_HOME=$hold/config LC_ALL=C.UTF-8
model=$hold/model

"$tools/make_model" "$model" --layers 48 --heads 16 --kv-heads 4 --head-dim 64 --hidden 1024 --dtype BF16 >"$hold/said" || exit 1
"$program" stats "$model" --json --no-cache >"$hold/stats" || exit 1
"$program" scan "$model" --no-cache -o "$hold/whole.angles" 2>"$hold/said" || exit 1
"$program" export "$model" --no-cache --view pairs -o "$hold/whole.csv" 2>"$hold/said" || exit 1
"$program" mask "$model" --no-cache -o "$hold/whole.json" >"$hold/said" 2>&1 || exit 1

# Microseconds that all of it takes undisturbed.
took() { # ARGUMENT...
    local begin=${EPOCHREALTIME/./}
    "$program" "$@" >"$hold/said" 2>&1
    echo $((${EPOCHREALTIME/./} - begin))
}

# Starts it and kills it at a random moment of the time that it takes, or a little later.
kill_midway() { # MICROSECONDS ARGUMENT...
    local after=$((RANDOM * 32768 + RANDOM))
    after=$((after % ($1 + $1 / 8)))
    shift
    "$program" "$@" >"$hold/said" 2>&1 &
    sleep "$(printf '%d.%06d' $((after / 1000000)) $((after % 1000000)))"
    kill -KILL $! 2>/dev/null && killed=$((killed + 1))
    wait $! 2>/dev/null
}

# A file is not there, or is what it would be: 1 where it is a part or another.
is_whole_or_absent() { # FILE WHOLE
    [ ! -e "$1" ] || cmp -s "$1" "$2"
}

# Of the cache: whatever the killed ones left, the numbers are right, with the cache and after it.
numbers_are_right() {
    "$program" stats "$model" --json >"$hold/now" 2>"$hold/said" && cmp -s "$hold/now" "$hold/stats"
}

survives() { # NAME WHOLE ARGUMENT...
    local name=$1 whole=$2 time wrong=0 killed=0
    shift 2
    rm -rf "$hold/cache" "$hold/made"
    time=$(took "$@")
    for ((i = 0; killed < kills / 4 && i < kills; i++)); do
        rm -rf "$hold/made"
        [ $((i % 3)) = 0 ] || rm -rf "$hold/cache"
        kill_midway "$time" "$@"
        is_whole_or_absent "$hold/made" "$whole" && numbers_are_right || wrong=$((wrong + 1))
    done
    echo "# $name: $killed killed in time of $i, $wrong wrong"
    [ "$wrong" = 0 ] && [ "$killed" -ge $((kills / 4)) ]
}

RANDOM=7
check 'the cache' survives cache "$hold/made" scan "$model"
check 'angles in a file' survives angles "$hold/whole.angles" scan "$model" --no-cache -o "$hold/made"
check 'an export' survives export "$hold/whole.csv" export "$model" --view pairs -o "$hold/made"
check 'a mask' survives mask "$hold/whole.json" mask "$model" -o "$hold/made"
check 'what was left half done is few' [ "$(find "$hold/cache" -type f | wc -l)" -le 20 ]
finish
