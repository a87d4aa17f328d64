#!/bin/bash
# A header that takes its time: the screen does not wait for it, and leaving does not either.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/tap.sh
. tests/e2e/lib/tmux.sh
PROGRAM=${ROPESCOPE:-$PWD/build/ropescope}
TOOLS=${TOOLS:-$PWD/build/tools}
HOLD=$(mktemp -d) || exit 1
trap 'tm kill-server; rm -rf "$HOLD"' EXIT
unset TMUX NO_COLOR LINES COLUMNS LC_ALL
export TMUX_TMPDIR=$HOLD XDG_CACHE_HOME=$HOLD/cache XDG_CONFIG_HOME=$HOLD/config LC_CTYPE=C.UTF-8
export ASAN_OPTIONS="log_path=$HOLD/asan:${ASAN_OPTIONS:-}"

if ! command -v tmux >/dev/null 2>&1; then
    skip 'a slow opening' 'no tmux'
    finish
fi
# A byte is missing at the end, which shows when all of the header has been read.
"$TOOLS/make_model" "$HOLD/model" --others 800000 >/dev/null || exit 1
cp -r "$HOLD/model" "$HOLD/short"
truncate -s -1 "$HOLD/short/model.safetensors"

# The terminal holds its breath until all that it is sent is kept in a file.
open_slowly() { # COMMAND
    rm -f "$HOLD/go" "$HOLD/line"
    open_terminal 80 24 "until [ -e $HOLD/go ]; do sleep 0.01; done; $1"
    tm pipe-pane "exec cat >$HOLD/line"
    until_true [ -e "$HOLD/line" ]
}
go() { touch "$HOLD/go"; }
was_sent() { grep -qF -- "$1" "$HOLD/line"; }
sent() { until_true was_sent "$1"; }
never_sent() { ! was_sent "$1"; }

open_slowly "$PROGRAM $HOLD/model"
go
check 'the screen does not wait for a long header' sent 'reading the header'
check '  it tells the size' sent ' MB'
check '  and how far it is' sent 'tensors so far'
check 'the explorer goes on when it is through' see 'from scan'
check '  with all of the picture' see 'layer 0 · query head 0 · key head 0'
keys q
check '  and ends' usable
check '  with status 0' status_is 0
close_terminal

open_slowly "$PROGRAM --no-cache $HOLD/model"
keys q # waits in the terminal until somebody reads it
go
check 'q leaves while the header is being read' usable
check '  with status 0' status_is 0
check '  which a picture said' sent 'reading the header'
check '  and nothing came after it' never_sent 'query head'
close_terminal

for signal in TERM HUP; do
    open_slowly "$PROGRAM --no-cache $HOLD/model"
    go
    sent 'reading the header'
    kill -$signal "$(child)"
    check "SIG$signal ends it there" usable
    check '  with the status of the signal' status_is $((128 + $(kill -l $signal)))
    check '  and nothing came after it' never_sent 'query head'
    close_terminal
done

open_slowly "$PROGRAM --no-cache $HOLD/model"
go
sent 'reading the header'
keys C-c
check 'Ctrl-C ends it there' usable
check '  with the status of the signal' status_is 130
close_terminal

open_slowly "$PROGRAM --no-cache $HOLD/model"
go
sent 'reading the header'
tm resize-window -x 60 -y 12
on_last_line() { screen | tail -n 1 | grep -qF "$1"; }
check 'another size draws it anew' until_true on_last_line 'q quit'
keys q
check '  and q ends it' usable
close_terminal

open_shell 80 24 "$HOLD"
keys "$PROGRAM --no-cache model" Enter
until_true taken_over
keys C-z
check 'Ctrl-Z stops it there' see 'Stopped'
keys 'fg' Enter
check '  and the explorer comes up when it goes on' see 'layer 0 · query head 0 · key head 0'
keys q
check '  and ends' until_true restored
close_terminal

open_slowly "$PROGRAM --no-cache $HOLD/short"
go
check 'a bad file is waited for as well' sent 'reading the header'
check '  and gives the terminal back' usable
check '  with the reason' on_screen 'the file is cut short or damaged'
check '  and status 1' status_is 1
close_terminal

if command -v setsid >/dev/null; then # without a terminal of its own there is none
    setsid "$PROGRAM" --no-cache "$HOLD/short" </dev/null >"$HOLD/out" 2>&1
    status=$?
    check 'without a terminal a bad file is refused for what it is' \
        grep -qF 'the file is cut short or damaged' "$HOLD/out"
    check '  with status 1' [ $status = 1 ]
    setsid "$PROGRAM" --no-cache "$HOLD/model" </dev/null >"$HOLD/out" 2>&1
    status=$?
    check '  and a good one for want of a terminal' grep -qF 'needs a terminal' "$HOLD/out"
    check '  with status 2' [ $status = 2 ]
fi

no_reports() { ! cat "$HOLD"/asan* 2>/dev/null; }
check 'no sanitizer had anything to say' no_reports
finish
