#!/bin/sh
# The explorer in a real terminal: tmux holds the screen, keys go in, pictures come out.
# Prints TAP. Waits for what it wants to see, never for a fixed time.
cd "$(dirname "$0")/../.." || exit 1
PROGRAM=${ROPESCOPE:-build/ropescope}
MODEL=tests/data/demo/base

if ! command -v tmux >/dev/null 2>&1; then
    echo "1..1"
    echo "ok 1 - explorer in a terminal # SKIP no tmux"
    exit 0
fi

if [ ! -x "$PROGRAM" ]; then
    echo "1..1"
    echo "not ok 1 - there is no $PROGRAM"
    exit 1
fi

HOLD=$(mktemp -d) || exit 1
unset TMUX NO_COLOR LINES COLUMNS LC_ALL
export TMUX_TMPDIR="$HOLD" XDG_CACHE_HOME="$HOLD/cache" LC_CTYPE=C.UTF-8
export ASAN_OPTIONS="log_path=$HOLD/asan:${ASAN_OPTIONS:-}"
server=0 # a terminal each has a server of its own
tm() { tmux -L "explorer$server" -f /dev/null "$@" 2>/dev/null; }
trap 'tm kill-server; rm -rf "$HOLD"' EXIT
trap 'exit 1' INT TERM HUP

# ---- TAP ---------------------------------------------------------------------

count=0
failed=0
patience=200 # tries, 0.05 s apart; once something has failed the rest is not waited for long
result() { # result STATUS WORDS
    count=$((count + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $count - $2"
        return
    fi
    failed=$((failed + 1))
    patience=20
    echo "not ok $count - $2"
    tm capture-pane -p | sed 's/^/# |/'
}

# ---- the terminal ------------------------------------------------------------

# start COLS ROWS [VARIABLE=VALUE...]: the explorer in a new terminal, and its exit status in a file.
start() {
    cols=$1 rows=$2
    shift 2
    rm -f "$HOLD/status"
    server=$((server + 1))
    tm new-session -d -x "$cols" -y "$rows" \
        "trap : INT; echo before; env $* $PROGRAM $FLAGS $MODEL; echo \$? >$HOLD/status; echo after; exec cat"
    tm set-option -g remain-on-exit on
}
stop() { tm kill-server; }
screen() { tm capture-pane -p; }
keys() { tm send-keys "$@"; }
type_text() { tm send-keys -l "$1"; }

# until_true COMMAND...: polls until the command succeeds, ten seconds at most.
until_true() {
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ $tries -lt $patience ] || return 1
        sleep 0.05
    done
}
on_screen() { [ -n "$1" ] && screen | grep -qF -- "$1"; }
off_screen() { ! on_screen "$1"; }
see() { # see TEXT WORDS: the text comes up
    until_true on_screen "$1"
    result $? "$2"
}
see_not() {
    until_true off_screen "$1"
    result $? "$2"
}
ended() { [ -s "$HOLD/status" ]; }
restored() { [ "$(tm display-message -p '#{alternate_on}#{cursor_flag}')" = 01 ]; }
ends_with() { # ends_with STATUS WORDS: it has ended, and the screen is as it was before
    until_true ended && until_true restored && until_true on_screen after &&
        [ "$(cat "$HOLD/status")" = "$1" ] && on_screen before
    result $? "$2"
}
width_is() { [ "$(tm display-message -p '#{pane_width}')" = "$1" ]; }
taken_over() { [ "$(tm display-message -p '#{alternate_on}')" = 1 ]; }
picture_is() { screen | cmp -s - "$1"; }

# The model's fraction at a threshold, as the command line has it, in the screen's words.
fraction() {
    $PROGRAM export $MODEL --view layers --threshold "$1" |
        awk -F, 'NR > 1 && $1 >= 2 { f += $7; n += $5 } END { printf "%.1f%%", 100 * f / n }'
}

# ---- 80x24, step by step -----------------------------------------------------

FLAGS=
start 80 24
see 'half-split' 'the header tells the pairing'
see 'from scan' 'the numbers come out of a scan'
see 'layer 0 · query head 0 · key head 0' 'the first head is selected'
see "model≥2 $(fraction 0.01)" 'the fraction of the model is that of the command line'
keys j l l
see 'layer 1 · query head 2 · key head 1' 'j and l move; the key head follows'
keys Down Right Up Left
see 'layer 1 · query head 2 · key head 1' 'arrows move there and back'
keys G End
see 'layer 5 · query head 3 · key head 1' 'G and End go to the last'
keys g Home p
see '▸key heads' 'p lets the key lead'
keys p
keys ']'
see '0.0102' 'a step of the threshold'
see "model≥2 $(fraction 0.0102)" 'and its fraction'
type_text 't0.05'
see 'threshold: 0.05' 'a threshold is typed'
type_text 'q'
see 'threshold: 0.05q' 'q is typed, not obeyed'
keys Enter
see 'not a number' 'a bad threshold is refused'
keys BSpace Enter
see "model≥2 $(fraction 0.05)" 'the typed threshold counts'
keys 2
see 'pairs · layer 0' 'the list of pairs'
cos=$($PROGRAM export $MODEL --view pairs --layer 0 --head 0 | awk -F, 'NR == 4 { printf "%.4f", $9 }')
see "$cos" 'the list has the number that is exported'
keys Tab
see 'heads · layer 0' 'Tab goes on to the heads'
keys 4
see 'query|cos|' 'the list of layers'
keys 5
see '┌ cos · layer 0' 'the histograms'
keys s s
see '┌ cos · model' 's widens the reach'
keys 6
see 'scatter · model' 'the scatter'
keys s v
see 'braille' 'v changes the glyphs'
keys v
see 'ascii' 'to ASCII'
screen | LC_ALL=C grep -q '[^ -~]'
result $((! $?)) 'ASCII is ASCII'
keys v 1
see '▸query heads' 'and back'
keys '?'
see 'previous layer' 'the help'
keys /
type_text '1, 2, 5'
see_not 'previous layer' 'the help is filtered'
see 'up to the next of 1, 2, 5' 'by its words'
keys Escape
see 'previous layer' 'Esc ends the filter'
keys Escape
see '▸query heads' 'Esc ends the help'

# ---- sizes -------------------------------------------------------------------

screen >"$HOLD/before"
tm resize-window -x 120 -y 40
see 'by layer' '120x40 has room for the profile'
tm resize-window -x 200 -y 60
see 'model (layers ≥ 2)' '200x60'
tm resize-window -x 10 -y 3
see 'L0 H0' '10x3'
tm resize-window -x 1 -y 1
until_true width_is 1 && until_true off_screen L # this terminal cannot write its last cell
result $? '1x1 is lived through'
tm resize-window -x 80 -y 24
until_true picture_is "$HOLD/before"
result $? 'back at 80x24 the picture is what it was'
tm pipe-pane "exec cat >$HOLD/redrawn"
until_true [ -e "$HOLD/redrawn" ]
redrawn() { [ "$(wc -c <"$HOLD/redrawn")" -ge 1500 ] && picture_is "$HOLD/before"; }
keys C-l
until_true redrawn
result $? 'Ctrl-L sends the whole picture again'

# ---- what goes over the line -------------------------------------------------

tm pipe-pane "exec cat >$HOLD/line"
until_true [ -e "$HOLD/line" ]
keys ']'
see '0.051' 'a step'
until_true [ -s "$HOLD/line" ] # the copy may lag behind the screen
bytes=$(wc -c <"$HOLD/line")
[ "$bytes" -gt 0 ] && [ "$bytes" -le 1200 ]
result $? "a step of the threshold sends $bytes bytes"
keys '&'
quiet=0
for _ in 1 2 3 4 5 6 7 8 9 10; do
    sleep 0.05
    [ "$(wc -c <"$HOLD/line")" -eq "$bytes" ] || quiet=1
done
result $quiet 'nothing is sent while nothing happens'
keys q
ends_with 0 'q ends with status 0 and gives the screen back'
stop

# ---- other terminals ---------------------------------------------------------

start 80 24
see 'from cache' 'the second time the numbers come out of the cache'
keys C-c
ends_with 130 'Ctrl-C ends it like a signal does'
stop

for size in '120 40' '200 60' '10 3' '1 1'; do
    # shellcheck disable=SC2086
    start $size
    until_true taken_over
    result $? "starts at $size"
    keys j ']' '?'
    keys q q
    until_true ended && until_true restored && [ "$(cat "$HOLD/status")" = 0 ]
    result $? "ends at $size"
    stop
done

start 80 24 TERM=linux
see '▸query heads' 'TERM=linux'
keys j q
until_true ended && [ "$(cat "$HOLD/status")" = 0 ]
result $? 'TERM=linux ends with status 0'
stop

start 80 24 NO_COLOR=1
see '▸query heads' 'NO_COLOR'
tm capture-pane -p -e | grep -q "$(printf '\033\\[[0-9;]*[34][0-8]')"
result $((! $?)) 'no colour is sent'
keys q
ends_with 0 'NO_COLOR ends with status 0'
stop

start 80 24 LC_ALL=C
see '>query heads' 'LC_ALL=C'
screen | LC_ALL=C grep -q '[^ -~]'
result $((! $?)) 'LC_ALL=C shows ASCII alone'
keys q
ends_with 0 'LC_ALL=C ends with status 0'
stop

FLAGS='--layer 3 --head 2 --threshold 0.2'
start 80 24
see 'layer 3 · query head 2 · key head 1' '--layer and --head select'
see '≥ 0.2 ' '--threshold sets the threshold'

# ---- signals and a terminal that goes away -----------------------------------

# The program is the only child of the pane's shell.
pid_of() {
    local pane
    pane=$(tm display-message -p '#{pane_pid}')
    grep -lsE "^PPid:[[:space:]]$pane\$" /proc/[0-9]*/status | sed 's|[^0-9]||g' | head -n 1
}
kill -TERM "$(pid_of)"
ends_with 143 'SIGTERM gives the screen back'
stop
FLAGS=
# The leak check at the end stops all threads with signals of its own, and hangs where a hang-up comes between.
start 80 24 ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0"
see '▸query heads' 'once more'
pid=$(pid_of)
stop
# A dead child that nobody has waited for is gone, too.
gone() { [ -n "$pid" ] && ! grep -qs '^State:[[:space:]]*[^[:space:]Z]' "/proc/$pid/status"; }
until_true gone
result $? 'it ends when its terminal goes away'

$PROGRAM $MODEL </dev/null >"$HOLD/out" 2>&1
code=$?
if [ -e /dev/tty ] && (: </dev/tty) 2>/dev/null; then
    count=$((count + 1))
    echo "ok $count - without a terminal # SKIP there is one"
else
    [ $code -eq 2 ] && [ "$(wc -l <"$HOLD/out")" -le 3 ]
    result $? 'without a terminal: wrong usage, in words'
fi
! ls "$HOLD"/asan* >/dev/null 2>&1
result $? 'no sanitizer had anything to say'
for log in "$HOLD"/asan*; do
    [ -e "$log" ] && sed 's/^/# /' "$log"
done

echo "1..$count"
[ $failed -eq 0 ]
