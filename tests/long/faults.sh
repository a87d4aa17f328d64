#!/bin/bash
# One system call of the program fails, each in its turn, or every STRIDE-th: the disk is full or broken, a file cannot
# be opened, mapped or renamed, a thread not be started. The program must end with 1, a line that says so and nothing
# half done under a final name, or do without and tell the very same as ever. WORDS choose among the commands. The
# explorer, under random keys, must refuse or go on until it is told to end, and neither crash nor hang.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/tap.sh
program=$(realpath "${ROPESCOPE:-build/ropescope}")
tools=$(realpath build/tools)
stride=${STRIDE:-1} words=${WORDS:-.}
hold=$(mktemp -d) || exit 1
trap 'rm -rf "$hold"' EXIT
export XDG_CACHE_HOME=$hold/cache XDG_CONFIG_HOME=$hold/config LC_ALL=C.UTF-8
export ASAN_OPTIONS=detect_leaks=0:exitcode=99 UBSAN_OPTIONS=exitcode=99 # leaks cannot be looked for under a tracer
command -v strace >/dev/null || { skip 'faults' 'strace is not installed'; finish; exit; }

# With the call AT of its kind failing so: status in `status`, what it says in $hold/out and $hold/err.
stumble() { # OPTION... -- ARGUMENT...
    local options=()
    while [ "$1" != -- ]; do options+=("$1") && shift; done
    shift
    rm -rf "$hold/cache" "$hold/made"
    strace -f -qq -o "$hold/calls" "${options[@]}" "$program" "$@" >"$hold/out" 2>"$hold/err" </dev/null
    status=$?
    sed -Ei 's/[0-9.]+ m?s$//' "$hold/out" # how long a run took
}

is_right() {
    [ -z "$(find "$hold" -maxdepth 1 -name '*made*.partial*')" ] || return 1
    if [ "$status" = 0 ]; then
        cmp -s "$hold/out" "$hold/whole" && { [ ! -e "$hold/made.whole" ] || cmp -s "$hold/made" "$hold/made.whole"; }
    else
        [ "$status" = 1 ] && [ ! -e "$hold/made" ] && [ -s "$hold/err" ] && [ "$(wc -l <"$hold/err")" -le 3 ] &&
            cmp -s -n "$(stat -c %s "$hold/out")" "$hold/out" "$hold/whole"
    fi
}

# How many calls of the kind the busiest thread makes: the tracer counts for each.
calls_of() { # CALL ARGUMENT...
    local call=$1
    shift
    stumble -e "trace=$call" -- "$@"
    awk -v call="$call(" 'index($2, call) == 1 { n = ++of[$1]; most = n > most ? n : most } END { print most + 0 }' "$hold/calls"
}

all_fail_in_turn() { # CALL ERROR ARGUMENT...
    local call=$1 error=$2 count first at refused=0 wrong=0
    shift 2
    rm -f "$hold/made.whole"
    first=$(($(calls_of "$call" --version) + 1)) # before it the system's loader is at work
    count=$(calls_of "$call" "$@")
    stumble -e "trace=none" -- "$@"
    [ "$status" = 0 ] || { head -n 3 "$hold/err"; return 1; }
    mv "$hold/out" "$hold/whole"
    [ ! -e "$hold/made" ] || mv "$hold/made" "$hold/made.whole"
    for ((at = first + RANDOM % stride; at <= count; at += stride)); do
        stumble -e "trace=$call" -e "inject=$call:error=$error:when=$at" -- "$@"
        [ "$status" != 1 ] || refused=$((refused + 1))
        is_right && continue
        wrong=$((wrong + 1))
        [ "$wrong" -gt 3 ] || { echo "# call $at: status $status: $(tail -n 1 "$hold/calls")"; head -n 4 "$hold/err" | sed 's/^/#   /'; }
    done
    count=$((count < first ? 0 : count - first + 1))
    [ "$count" = 0 ] || echo "# $count calls, $refused refusals, $wrong wrong"
    tried=$((tried + count)) told=$((told + refused))
    [ "$wrong" = 0 ]
}

try() { # ARGUMENT...
    local fault
    [[ "$*" =~ $words ]] || return 0
    for fault in write:ENOSPC write:EIO pwrite64:ENOSPC writev:ENOSPC read:EIO pread64:EIO openat:EACCES openat:EMFILE \
        newfstatat:EIO mmap:ENOMEM getdents64:EIO fsync:EIO rename:EIO mkdir:EROFS ftruncate:ENOSPC flock:ENOLCK clone3:EAGAIN \
        pipe2:EMFILE poll:EINTR; do
        check "$fault: ${*//$hold/.}" all_fail_in_turn "${fault%:*}" "${fault#*:}" "$@"
    done
}

explorer_ends_well() { # CALL ERROR ARGUMENT...
    local call=$1 error=$2 first at said wrong=0
    shift 2
    first=$(($(calls_of "$call" --version) + 1))
    for ((at = first; at < first + 60; at += 1 + RANDOM % (4 * stride))); do
        rm -rf "$hold/cache"
        said=$(cd "$hold/work" && "$tools/random_keys" 60 $at strace -f -qq -o "$hold/calls" -e "trace=$call" \
            -e "inject=$call:error=$error:when=$at" "$program" "$@")
        tried=$((tried + 1))
        [[ $said != *'status '[12] ]] || told=$((told + 1))
        [[ $said != *'status '[012] ]] || continue
        wrong=$((wrong + 1))
        echo "# call $at: $said: $(tail -n 1 "$hold/calls")"
    done
    [ "$wrong" = 0 ]
}

explore() { # ARGUMENT...
    local fault
    [[ "explore $*" =~ $words ]] || return 0
    for fault in write:EIO write:EAGAIN read:EIO openat:EACCES openat:EMFILE mmap:ENOMEM memfd_create:EMFILE \
        clone3:EAGAIN pipe2:EMFILE poll:EINTR ppoll:EINTR ppoll:ENOMEM mkdir:EROFS rename:EIO; do
        check "$fault: the explorer of ${*//$PWD\//}" explorer_ends_well "${fault%:*}" "${fault#*:}" "$@"
    done
}

RANDOM=1 tried=0 told=0
mkdir "$hold/work" # where keys may write what they like
demo=tests/data/demo/base tuned=tests/data/demo/tuned
try info "$demo" --json
try stats "$demo" --json
try scan "$demo"
try scan "$demo" --no-cache -o "$hold/made"
try export "$demo" --view pairs -o "$hold/made"
try export "$demo" --view heads
try export "$demo" --view profile --format svg -o "$hold/made"
try export "$demo" --compare "$tuned" --view change -o "$hold/made"
try mask "$demo" -o "$hold/made"
try show "$demo" --size 80x24
TERM=xterm-256color explore "$PWD/$demo" --compare "$PWD/$tuned"
check 'calls were made to fail, and not in vain' [ "$tried" -gt 100 -a "$told" -gt 10 ]
finish
