#!/bin/bash
# Killed at random moments while it scans, writes its cache or an export: whatever lies under a final name afterwards is
# whole, and the numbers are those of a run that nothing disturbed. KILLS of them, 500 by default; and as many again by
# the signals that a program may answer, which leave nothing half done behind.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/tap.sh
program=$(realpath "${ROPESCOPE:-build/ropescope}")
tools=$(realpath "${TOOLS:-build/tools}")
kills=${KILLS:-500}
hold=$(mktemp -d) || exit 1
trap '[ "$BASHPID" != $$ ] || rm -rf "$hold"' EXIT # not in a child that is killed before it has become the program
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

# Starts it and sends it a signal at a random moment of the time that it takes, or a little later. Where it is one to
# stop for, it goes on again. A shell's background jobs would ignore some of them.
kill_midway() { # SIGNAL MICROSECONDS ARGUMENT...
    local signal=$1 after=$((RANDOM * 32768 + RANDOM))
    after=$((after % ($2 + $2 / 8)))
    shift 2
    env --default-signal "$program" "$@" >"$hold/said" 2>&1 &
    sleep "$(printf '%d.%06d' $((after / 1000000)) $((after % 1000000)))"
    kill -"$signal" $! 2>/dev/null && killed=$((killed + 1))
    [ "$signal" != TSTP ] || kill -CONT $! 2>/dev/null
    wait $! 2>/dev/null
    status=$?
}

# It ends by that signal, or had ended already; it leaves no part of a file but of the cache, where the next scan goes
# on.
ends_well() { # SIGNAL
    case $1 in
    KILL) true ;;
    TSTP) [ "$status" = 0 ] ;;
    *) [ "$status" = 0 ] || [ "$status" = $((128 + $(kill -l "$1"))) ] ;;
    esac && { [ "$1" = KILL ] || [ -z "$(find "$hold" -maxdepth 1 -name '*.partial*')" ]; }
}

# A file is not there, or is what it would be: 1 where it is a part or another.
is_whole_or_absent() { # FILE WHOLE
    [ ! -e "$1" ] || cmp -s "$1" "$2"
}

# Of the cache: whatever the killed ones left, the numbers are right, with the cache and after it.
numbers_are_right() {
    "$program" stats "$model" --json >"$hold/now" 2>"$hold/said" && cmp -s "$hold/now" "$hold/stats"
}

survives() { # SIGNAL TIMES WHOLE ARGUMENT...
    local signal=$1 times=$2 whole=$3 time wrong=0 killed=0
    shift 3
    rm -rf "$hold/cache" "$hold/made"
    time=$(took "$@")
    for ((i = 0; killed < times && i < 20 * times; i++)); do
        rm -rf "$hold/made"
        [ $((i % 3)) = 0 ] || rm -rf "$hold/cache"
        kill_midway "$signal" "$time" "$@"
        ends_well "$signal" && is_whole_or_absent "$hold/made" "$whole" && numbers_are_right && continue
        wrong=$((wrong + 1))
        echo "# wrong: status $status, $(head -n 1 "$hold/said")"
    done
    echo "# $signal: $killed in time of $i, $wrong wrong"
    [ "$wrong" = 0 ] && [ "$killed" -ge "$times" ]
}

all_survive() { # SIGNAL TIMES
    check "$1: the cache" survives "$1" "$2" "$hold/made" scan "$model"
    check "$1: angles in a file" survives "$1" "$2" "$hold/whole.angles" scan "$model" --no-cache -o "$hold/made"
    check "$1: an export" survives "$1" "$2" "$hold/whole.csv" export "$model" --view pairs -o "$hold/made"
    check "$1: a mask" survives "$1" "$2" "$hold/whole.json" mask "$model" -o "$hold/made"
}

RANDOM=7
for signal in INT TERM HUP QUIT TSTP; do
    all_survive "$signal" $((kills / 20))
done
all_survive KILL $((kills / 4))
check 'what was left half done is few' [ "$(find "$hold/cache" -type f | wc -l)" -le 20 ]
finish
