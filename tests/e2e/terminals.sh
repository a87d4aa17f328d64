#!/bin/bash
# Terminals of many kinds, locales, and signals: the right picture, and a usable terminal afterwards.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/tap.sh
. tests/e2e/lib/tmux.sh
PROGRAM=${ROPESCOPE:-$PWD/build/ropescope}
MODEL=$PWD/tests/data/demo/base
HOLD=$(mktemp -d) || exit 1
trap 'tm kill-server; rm -rf "$HOLD"' EXIT
unset TMUX NO_COLOR LINES COLUMNS LC_ALL
export TMUX_TMPDIR=$HOLD XDG_CACHE_HOME=$HOLD/cache XDG_CONFIG_HOME=$HOLD/config LC_CTYPE=C.UTF-8
# The leak check stops all threads with signals of its own and hangs where a hang-up comes between, as it does
# when a terminal is taken away; explorer.sh keeps it on for programs that quit by themselves.
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"

if ! command -v tmux >/dev/null 2>&1; then
    skip 'terminals' 'no tmux'
    finish
fi
"$PROGRAM" show $MODEL >/dev/null # fills the cache
picture() { "$PROGRAM" show $MODEL --size 80x24 "$@" >"$HOLD/picture"; }
explorer() { open_terminal 80 24 "env $* $PROGRAM $MODEL"; }

# ---- kinds of terminals ------------------------------------------------------

# A terminal of the kind "ansi" goes on to the next line as soon as the last column is written, which
# the one that holds the screens here does not: the two lowest lines are left out for it.
top() { screen | head -n 22 | cmp -s - "$HOLD/top"; }
shows_as() { # TERM
    [ "$1" = ansi ] || { shows "$HOLD/picture"; return; }
    head -n 22 "$HOLD/picture" >"$HOLD/top"
    until_true top
}
for term in linux vt100 vt220 screen screen-256color tmux-256color xterm xterm-256color ansi rxvt; do
    if ! infocmp "$term" >/dev/null 2>&1; then
        skip "TERM=$term" 'terminfo does not know it'
        continue
    fi
    picture
    explorer TERM=$term
    check "TERM=$term: the picture" shows_as $term
    picture --layer 1 --head 1 --threshold 0.0102
    keys j l ']'
    check '  and after a few keys' shows_as $term
    keys q
    check '  a usable terminal afterwards' usable
    close_terminal
done
explorer TERM=dumb
check 'TERM=dumb is refused' see 'TERM=dumb cannot place the cursor'
check '  as wrong usage' until_true status_is 2
close_terminal
explorer TERM=none-such
check 'an unknown terminal is refused' see 'TERM=none-such is not known'
check '  as wrong usage' until_true status_is 2
close_terminal

# ---- colours -----------------------------------------------------------------

# Sends what goes over the line to $HOLD/line while it draws everything again.
record() {
    until_true on_screen 'query heads' || return 1
    tm pipe-pane "exec cat >$HOLD/line"
    keys C-l
    until_true sent 'query heads'
}
sent() { grep -qaF -- "$1" "$HOLD/line"; }
sent_like() { grep -qaE -- "$1" "$HOLD/line"; }
sent_none() { ! sent_like "$1"; }
escape=$'\033'
explorer TERM=xterm-256color
record
check '256 colours where the terminal has them' until_true sent_like "$escape\\[(38;5;|[0-9;]*38;5;)32m"
check '  and no others' sent_none "$escape\\[[0-9;]*38[;:]2[;:]"
close_terminal
explorer TERM=linux
record
check 'eight colours where it has eight' until_true sent_like "$escape\\[([0-9]*;)?36m"
check '  and no others' sent_none "$escape\\[[0-9;]*38[;:]"
close_terminal
explorer TERM=xterm-256color NO_COLOR=1
record
check 'NO_COLOR: none' sent_none "$escape\\[[0-9;]*[34][0-9][;m]"
close_terminal
if ! command -v tic >/dev/null 2>&1; then
    skip 'direct colour' 'no tic'
else
    mkdir "$HOLD/terminfo"
    # After ncurses' own xterm-direct: colour numbers are 0xRRGGBB, those below 8 the ANSI ones.
    printf '%s\n' 'test-direct|tmux with direct colour,' ' RGB, colors#0x1000000, pairs#0x7FFFF,' \
        ' setab=\E[%?%p1%{8}%<%t4%p1%d%e48;2;%p1%{65536}%/%d;%p1%{256}%/%{255}%&%d;%p1%{255}%&%d%;m,' \
        ' setaf=\E[%?%p1%{8}%<%t3%p1%d%e38;2;%p1%{65536}%/%d;%p1%{256}%/%{255}%&%d;%p1%{255}%&%d%;m,' \
        ' initc@, ccc@, use=tmux-256color,' >"$HOLD/direct.ti"
    if tic -x -o "$HOLD/terminfo" "$HOLD/direct.ti" 2>"$HOLD/err"; then
        picture
        explorer TERM=test-direct TERMINFO_DIRS="$HOLD/terminfo:/etc/terminfo:/lib/terminfo:/usr/share/terminfo"
        check 'direct colour: the picture' shows "$HOLD/picture"
        record
        check "  in the theme's own colours" until_true sent_like "38;2;0;135;215m"
        check '  and no others' sent_none "$escape\\[[0-9;]*38;5;"
        keys q
        check '  a usable terminal afterwards' usable
        close_terminal
    else
        skip 'direct colour' "tic: $(head -n 1 "$HOLD/err")"
    fi
fi

# ---- locales -----------------------------------------------------------------

plain() { ! screen | LC_ALL=C grep -q '[^ -~]'; }
picture --glyphs ascii
explorer LC_ALL=C
check 'LC_ALL=C: the picture in ASCII' shows "$HOLD/picture"
check '  and nothing else' plain
keys q
check '  a usable terminal afterwards' usable
close_terminal
picture
explorer LC_ALL=C.UTF-8
check 'LC_ALL=C.UTF-8: the picture in blocks' shows "$HOLD/picture"
close_terminal

# A locale with a comma for a point; few are installed on a bare machine.
make_comma() {
    command -v localedef >/dev/null 2>&1 || return 1
    mkdir "$HOLD/locales"
    if [ -e /usr/share/i18n/locales/de_DE ]; then
        localedef -i de_DE -f UTF-8 "$HOLD/locales/comma.UTF-8" >/dev/null 2>&1
    else
        printf '%s\n' LC_NUMERIC 'decimal_point "<U002C>"' 'thousands_sep ""' 'grouping -1' \
            'END LC_NUMERIC' >"$HOLD/comma.txt"
        localedef -c -i "$HOLD/comma.txt" -f ANSI_X3.4-1968 "$HOLD/locales/comma" >/dev/null 2>&1
    fi
    comma=$(basename "$HOLD"/locales/comma*)
    [ "$(LOCPATH=$HOLD/locales LC_NUMERIC=$comma bash -c 'printf %.1f 0,5' 2>/dev/null)" = 0,5 ]
}
if make_comma; then
    picture
    explorer LOCPATH="$HOLD/locales" LC_NUMERIC="$comma"
    check 'a decimal comma: the same numbers' shows "$HOLD/picture"
    keys t 0 . 2 Enter
    check '  a typed threshold has a point' see '≥ 0.2 '
    close_terminal
    if [ "$comma" = comma.UTF-8 ]; then
        explorer LOCPATH="$HOLD/locales" LC_ALL="$comma"
        check '  a whole such locale: the same picture' shows "$HOLD/picture"
        close_terminal
    fi
    LOCPATH=$HOLD/locales LC_NUMERIC=$comma "$PROGRAM" export $MODEL --view pairs >"$HOLD/comma.csv"
    "$PROGRAM" export $MODEL --view pairs >"$HOLD/point.csv"
    check '  the same export' cmp "$HOLD/comma.csv" "$HOLD/point.csv"
else
    skip 'a decimal comma' 'localedef cannot make such a locale here'
fi

# ---- signals -----------------------------------------------------------------

picture
sanitized() { grep -aq __asan_init "$PROGRAM"; } # crashes are the sanitizer's to report, then
for signal in INT:130 TERM:143 HUP:129 QUIT:131 SEGV:139 ABRT:134 BUS:135; do
    case $signal in
    SEGV:* | ABRT:* | BUS:*)
        if sanitized; then
            skip "SIG${signal%:*} leaves a usable terminal" 'a sanitizer handles crashes'
            continue
        fi ;;
    esac
    explorer TERM=xterm-256color
    until_true screen_is "$HOLD/picture"
    kill -"${signal%:*}" "$(child)"
    check "SIG${signal%:*} leaves a usable terminal" usable
    check '  and its status' status_is "${signal#*:}"
    close_terminal
done
explorer TERM=xterm-256color
until_true screen_is "$HOLD/picture"
pid=$(child)
kill -STOP "$pid"
stopped() { grep -q '^State:.T' "/proc/$pid/status"; }
check 'SIGSTOP stops it' until_true stopped
tm resize-window -x 100 -y 30
kill -CONT "$pid"
"$PROGRAM" show $MODEL --size 100x30 >"$HOLD/picture"
check '  SIGCONT: it draws for the size that there is now' shows "$HOLD/picture"
keys q
check '  a usable terminal afterwards' usable
close_terminal

# Ctrl-Z and back needs a shell that minds jobs.
server=$((server + 1))
rm -f "$HOLD/modes-before" "$HOLD/modes-after"
tm new-session -d -x 80 -y 24 "PS1='ready> ' exec bash --norc --noprofile -i"
picture
until_true on_screen 'ready>'
keys "stty -g >$HOLD/modes-before" Enter
keys "$PROGRAM $MODEL" Enter
check 'in a shell: the picture' shows "$HOLD/picture"
keys C-z
check '  Ctrl-Z gives the terminal back' until_true restored
check '  and the shell its prompt' see 'Stopped'
keys "stty -g >$HOLD/modes-after" Enter
check '  in its modes' until_true same_modes
keys fg Enter
check '  fg brings the picture back' shows "$HOLD/picture"
keys j
picture --layer 1
check '  and keys work' shows "$HOLD/picture"
keys q
check '  a usable terminal afterwards' until_true restored
finish
