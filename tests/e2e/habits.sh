#!/bin/bash
# Habits of a good program: interrupts, nohup, closed descriptors, names that are no UTF-8. Prints TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/tap.sh

program=${ROPESCOPE:-build/ropescope}
tools=${TOOLS:-build/tools}
demo=$PWD/tests/data/demo/base
hold=$(mktemp -d) || exit 1
trap 'rm -rf "$hold"' EXIT
export XDG_CACHE_HOME=$hold/cache

wait_for() { # COMMAND...: polls, ten seconds at most
    local tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ $tries -lt 1000 ] || return 1
        sleep 0.01
    done
}

# ---- an export that is interrupted leaves nothing ---------------------------------

"$tools/make_model" "$hold/wide" --layers 16 --heads 128 --kv-heads 128 --head-dim 128 --hidden 16 >/dev/null
check "a model with many pairs is scanned" \
    "$program" scan "$hold/wide" -o "$hold/wide.angles" 2>/dev/null

begun() { compgen -G "$hold/out.csv.*" >/dev/null; }
interrupted() { # SIGNAL STATUS
    rm -f "$hold"/out.csv*
    # A background job of a script ignores SIGINT and SIGQUIT; set -m gives it a terminal's defaults.
    set -m
    "$program" export "$hold/wide.angles" --view pairs -o "$hold/out.csv" 2>"$hold/err" &
    local job=$!
    set +m
    wait_for begun
    kill "-$1" $job
    wait $job
    [ $? -eq "$2" ] && [ ! -e "$hold/out.csv" ] && ! begun
}
check "SIGINT ends an export with status 130 and leaves no file" interrupted INT 130
check "SIGTERM likewise, with status 143" interrupted TERM 143

obeys_nohup() {
    (trap '' HUP && exec "$program" export "$hold/wide.angles" --view pairs -o "$hold/out.csv") &
    local job=$!
    wait_for begun
    kill -HUP $job
    wait $job && [ -s "$hold/out.csv" ]
}
check "an ignored SIGHUP stays ignored" obeys_nohup

# ---- closed descriptors -------------------------------------------------------------

closed_stderr() {
    "$program" stats "$demo" --json >"$hold/first" 2>&- && "$program" stats "$demo" --json >"$hold/again" &&
        cmp -s "$hold/first" "$hold/again"
}
check "with stderr closed the cache stays sound" closed_stderr
closed_stdin() { "$program" stats "$demo" --json <&- | cmp -s - "$hold/again"; }
check "with stdin closed all is the same" closed_stdin

# ---- a cache that cannot be written ---------------------------------------------------

# Nobody may write below /proc, not even root.
unwritable() {
    XDG_CACHE_HOME=/proc "$program" stats "$demo" --json >"$hold/out" 2>"$hold/err" &&
        cmp -s "$hold/out" "$hold/again" && [ "$(wc -l <"$hold/err")" -eq 1 ] &&
        grep -q 'no cache' "$hold/err"
}
check "without a cache directory the numbers are the same, and one line says so" unwritable

# ---- names ------------------------------------------------------------------------------

odd=$hold/$(printf 'caf\351 \033[31m')
cp -r "$demo" "$odd"
valid_json() {
    "$program" info "$odd" --json >"$hold/out" && [ -s "$hold/out" ] &&
        iconv -f UTF-8 -t UTF-8 "$hold/out" >/dev/null 2>&1
}
check "info --json is UTF-8 whatever the directory is called" valid_json
no_escape() {
    "$program" scan "$odd" -o "$hold/odd.angles" >"$hold/out" 2>&1 && "$program" info "$odd" >>"$hold/out" 2>&1 &&
        "$program" stats "$odd" >>"$hold/out" 2>&1 && grep -q layers "$hold/out" &&
        ! grep -q "$(printf '\033')" "$hold/out"
}
check "and no escape code of its name reaches the terminal" no_escape

# ---- angles are no text ------------------------------------------------------------------

on_terminal() { # COMMAND: its exit status, run where standard output is a terminal
    if ! script -qec "$1; echo status \$?" /dev/null >"$hold/tty" 2>&1 </dev/null; then
        return 1
    fi
    grep -q "$2" "$hold/tty" && ! grep -aq ropeang "$hold/tty"
}
if command -v script >/dev/null; then
    check "scan -o - is refused on a terminal" on_terminal "$program scan $demo -o -" 'status 2'
    check "scan without -o fills the cache there" on_terminal "$program scan $demo" 'status 0'
else
    skip "scan -o - is refused on a terminal" "no script"
fi

# ---- wrong words are told before the work ------------------------------------------------

early() {
    rm -rf "$XDG_CACHE_HOME"
    ! "$program" export "$hold/wide" --view pairs --layer 999 >"$hold/out" 2>&1 &&
        [ -z "$(find "$XDG_CACHE_HOME" -name '*.angles' 2>/dev/null)" ]
}
check "a layer that the model has not is refused before the scan" early
finish
