#!/bin/bash
# Ways around the explorer, in a real terminal: go to, marks, ranks, the way back, thresholds by the share that
# they fix, Ctrl-Z and back, many keys at once, the mouse.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/tap.sh
. tests/e2e/lib/tmux.sh
PROGRAM=${ROPESCOPE:-$PWD/build/ropescope}
case $PROGRAM in /*) ;; *) PROGRAM=$PWD/$PROGRAM ;; esac
MODEL=$PWD/tests/data/demo/base
HOLD=$(mktemp -d) || exit 1
trap 'tm kill-server; rm -rf "$HOLD"' EXIT
trap 'exit 1' INT TERM HUP
unset TMUX NO_COLOR LINES COLUMNS LC_ALL
export TMUX_TMPDIR=$HOLD XDG_CACHE_HOME=$HOLD/cache XDG_CONFIG_HOME=$HOLD/config LC_CTYPE=C.UTF-8
# The leak check stops all threads with signals of its own and hangs where a hang-up comes between, as it does
# when a terminal is taken away; explorer.sh keeps it on for programs that quit by themselves.
export ASAN_OPTIONS="log_path=$HOLD/asan:${ASAN_OPTIONS:-}:detect_leaks=0"

if ! command -v tmux >/dev/null 2>&1; then
    skip 'ways around' 'no tmux'
    finish
fi

type_text() { tm send-keys -l -- "$1"; }
enter() { # TEXT: typed, and the Enter key
    type_text "$1"
    keys Enter
}
explore() { # FLAGS...: in an interactive shell with job control
    open_shell 80 24 "$HOLD"
    enter "$PROGRAM $* $MODEL"
    check 'the explorer is there' see '▸query heads'
}
at_rest() { on_screen 'q quit'; } # no message, nothing typed

explore

# ---- go to -------------------------------------------------------------------

type_text ':'
check 'go to tells what can be typed' see '12.3.40'
type_text '4.2'
check 'a place is typed' see 'go to: 4.2'
keys Enter
check 'and gone to' see 'layer 4 · query head 2 · key head 1'
type_text ':9'
check 'what there is not is said while it is typed' see 'there is no layer 9: they are 0 to 5'
keys Enter
check 'and the field stays open' see 'go to: 9'
keys Escape
type_text '/layers.3.self_attn.k'
check 'a tensor is found by a part of its name' see 'model.layers.3.self_attn.k_proj.weight'
keys Enter
check 'its projection leads' see '▸key heads'
check 'its layer is selected, the leading head first' see 'layer 3 · key head 1 · query head 2'
enter 'p:1.3.20'
check 'a pair is shown in the list' see 'pairs · layer 1'
keys Escape
check 'Esc goes back to where the jump began' see 'layer 3 · query head 2'

# ---- marks, ranks ------------------------------------------------------------

enter ':2.1'
type_text 'ma'
check 'a mark is set' see 'mark a is here: layer 2, query head 1'
type_text '*'
check 'the head with the highest mean' see 'rank 1 of 36 by mean'
highest=$($PROGRAM export "$MODEL" --view heads |
    awk -F, 'NR > 1 && $6 > most { most = $6; at = $1 ", " $2 " head " $3 } END { print "layer " at }')
check 'is that of the exported list' see "$highest"
type_text '>'
check 'the next by rank' see 'rank 2 of 36'
type_text '<<'
check 'and back' see 'rank 1 of 36 by mean |cos|'
type_text "'"
check 'the marks that there are' see 'marks: a 2.1'
type_text 'a'
check 'a mark is gone to' see 'layer 2 · query head 1'
type_text "''"
check 'and the jump taken back' see "key head ${highest##* }"
type_text "'z"
check 'a mark that is none' see 'mark z is not set'

# ---- the threshold by the share that it fixes --------------------------------

enter 't30%'
asked=$($PROGRAM stats "$MODEL" --fixed 30 | sed -n 's/.*|cos| >= \([0-9.]*\): .*/\1/p')
check 'a share fixes the threshold' see "30% asked: 29.95% at $asked (230 of 768, query+key, layers >= 2)"
keys j
check 'which is in force' see "≥ $asked"
enter 't101%'
check 'there is no such share' see 'from 0% to 100%'
keys Escape

# ---- away and back -----------------------------------------------------------

until_true at_rest
screen >"$HOLD/before"
picture_is() { screen | cmp -s - "$HOLD/before"; }
keys C-z
check 'Ctrl-Z goes to the shell' see 'Stopped'
check 'which has its screen and its cursor' [ "$(tm display-message -p '#{alternate_on}#{cursor_flag}')" = 01 ]
keys 'echo still $((6 * 7))' Enter
check 'and its keyboard' see 'still 42'
keys fg Enter
check 'fg comes back to the same picture' until_true picture_is
keys C-z
see 'shell>'
tm resize-window -x 100 -y 30
keys fg Enter
check 'it comes back into a terminal of another size' see 'model≥2'
tm resize-window -x 80 -y 24
check 'and back' until_true picture_is
keys C-l
check 'Ctrl-L keeps the picture' until_true picture_is

# ---- many keys at once -------------------------------------------------------

type_text '1g'
see 'layer 0'
tm pipe-pane "exec cat >$HOLD/line"
moves=$(printf 'jk%.0s' $(seq 1000))
start=$(date +%s%N)
type_text "$moves"
enter ':5'
check '2,000 keys are handled' until_true on_screen 'layer 5 ·'
ms=$((($(date +%s%N) - start) / 1000000))
bytes=$(wc -c <"$HOLD/line")
check "in $ms ms" [ $ms -lt 5000 ]
check "and $bytes bytes: no frame a key" [ "$bytes" -lt 100000 ]
tm pipe-pane

# ---- the mouse ---------------------------------------------------------------

mouse_off() { [ "$(tm display-message -p '#{mouse_any_flag}#{mouse_standard_flag}#{mouse_button_flag}')" = 000 ]; }
mouse_on() { ! mouse_off; }
check 'the mouse is off' mouse_off
type_text 'X'
check 'a key asks for it' see 'mouse on'
check 'the terminal reports it' until_true mouse_on
keys g
column=$(screen | sed -n 4p | grep -o '^[^█▓▒░]*' | wc -m)
press() { type_text "$(printf "\\033[M \\$(printf %03o $(($1 + 33)))\\$(printf %03o $(($2 + 33)))")"; } # COL ROW
press $((column + 7)) 7
check 'a click selects a head' see 'layer 2 · query head 2'
type_text 'X'
check 'and no more' see 'mouse off'
check 'and the terminal is at rest' until_true mouse_off
type_text 'q'
check 'q ends' see 'shell>'
close_terminal

# ---- a run over a text --------------------------------------------------------

explore '--text "the cat and the hat"'
type_text 'V'
check 'offsets come when the run is over' see '19 tokens'
type_text 'A'
check 'so does attention' see 'of 19 tokens'
type_text 'o'
check 'its scores' see 'scores'
keys Tab
check 'what is not compared is left out' see '▸query heads'
keys BTab
check 'both ways' see 'attention'
type_text 'q'
check 'q ends a run, too' see 'shell>'
close_terminal
no_findings() { ! cat "$HOLD"/asan* 2>/dev/null; }
check 'no sanitizer had anything to say' no_findings
finish
