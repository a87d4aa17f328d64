#!/bin/bash
# `ropescope show` prints what the explorer shows: compared with tmux at the same size, view by view.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/tap.sh
. tests/e2e/lib/tmux.sh
PROGRAM=${ROPESCOPE:-$PWD/build/ropescope}
MODEL=tests/data/demo/base
HOLD=$(mktemp -d) || exit 1
trap 'tm kill-server; rm -rf "$HOLD"' EXIT
unset TMUX NO_COLOR LINES COLUMNS LC_ALL
export TMUX_TMPDIR=$HOLD XDG_CACHE_HOME=$HOLD/cache XDG_CONFIG_HOME=$HOLD/config LC_CTYPE=C.UTF-8
# The leak check stops all threads with signals of its own and hangs where a hang-up comes between, as it does
# when a terminal is taken away; explorer.sh keeps it on for programs that quit by themselves.
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"

show() { "$PROGRAM" show $MODEL "$@"; }
quietly() { "$@" >/dev/null 2>&1; }
refused() { # STATUS FLAGS...: nothing comes out, three lines at most say why
    local wanted=$1
    shift
    show "$@" >"$HOLD/out" 2>"$HOLD/err"
    [ $? -eq "$wanted" ] && [ ! -s "$HOLD/out" ] && [ "$(wc -l <"$HOLD/err")" -le 3 ] &&
        grep -q '^ropescope: ' "$HOLD/err"
}
lines_and_columns() { # FILE ROWS COLS: that many lines, none wider
    [ "$(wc -l <"$1")" -eq "$2" ] && [ "$(wc -L <"$1")" -le "$3" ]
}

# ---- the same as in a terminal -----------------------------------------------

show >/dev/null # fills the cache: from here on the header says so in both
compare() { # WORDS SIZE FLAGS...: show and the explorer with the same flags
    local words=$1 size=$2
    shift 2
    show --size "$size" "$@" >"$HOLD/picture"
    open_terminal "${size%x*}" "${size#*x}" "$PROGRAM $MODEL $*"
    check "$words at $size" shows "$HOLD/picture"
    close_terminal
}
if command -v tmux >/dev/null 2>&1; then
    for view in overview pairs heads layers histogram scatter help; do
        compare "view $view" 80x24 --view $view
    done
    for view in overview scatter; do
        compare "$view in braille" 120x40 --view $view --glyphs braille
        compare "$view in ASCII" 100x30 --view $view --glyphs ascii
    done
    compare 'a layer, a head and a threshold' 100x30 --layer 3 --head 2 --threshold 0.2
    compare 'a theme' 80x24 --theme gruvbox
    compare 'a wide screen' 200x60 --first-layer 0
    compare 'a small screen' 20x6
    show --size 120x40 --measure fraction --threshold 0.215 >"$HOLD/picture"
    open_terminal 120 40 "$PROGRAM $MODEL --threshold 0.1"
    keys o ']' ']' ']' ']' '}' ']' '{' '[' ']' ']' ']' ']' # cells that change one by one, and many at once
    check 'a map after steps of the threshold' shows "$HOLD/picture"
    close_terminal
else
    skip 'show equals the explorer' 'no tmux'
fi

# ---- names that would break columns ------------------------------------------

for name in '模型旋转位置' $'\U1F468\u200D\U1F469\u200D\U1F467 family' $'e\u0301a\u0308-cafe\u0301' \
    $'\u202Eabc\u202C\u200Fdef'; do
    cp -r $MODEL "$HOLD/$name"
    "$PROGRAM" show "$HOLD/$name" --no-cache --size 60x20 >"$HOLD/picture"
    check "a model called $(printf '%s' "$name" | tr -cd ' -~')... fits its columns" \
        lines_and_columns "$HOLD/picture" 20 60
    if command -v tmux >/dev/null 2>&1; then
        # The terminal's own idea of the name may differ; all that lies below must not.
        open_terminal 60 20 "$PROGRAM '$HOLD/$name' --no-cache"
        tail -n +2 "$HOLD/picture" >"$HOLD/below"
        below() { screen | tail -n +2 | cmp -s - "$HOLD/below"; }
        check '  and leaves the screen below whole' until_true below
        close_terminal
    fi
    rm -rf "${HOLD:?}/$name"
done

# ---- sizes and colours -------------------------------------------------------

show >"$HOLD/picture"
check 'without --size 100x30' lines_and_columns "$HOLD/picture" 30 100
show --size 1x1 >"$HOLD/picture"
check '1x1' lines_and_columns "$HOLD/picture" 1 1
show --size 1000x1000 >"$HOLD/picture"
check '1000x1000' lines_and_columns "$HOLD/picture" 1000 1000
check 'a size of one number' refused 2 --size 80
check 'a size over 1000' refused 2 --size 1001x24
check 'a size of nothing' refused 2 --size 0x24
check 'a view that there is not' refused 2 --view nothing
check 'a theme that there is not' refused 2 --theme nothing
printf 'query = #00ff00\nkey = blue\n' >"$HOLD/bad.theme"
check 'a theme with a mistake' refused 2 --theme "$HOLD/bad.theme"
check '  is named with its line' grep -q 'bad.theme:2: .*blue' "$HOLD/err"
check 'a layer that there is not' refused 2 --layer 6
check 'a directory that there is not' refused 1 -o "$HOLD/none/file"

show >"$HOLD/plain"
no_escape() { ! grep -q $'\033' "$1"; }
check 'without --colour no escape code' no_escape "$HOLD/plain"
for depth in 8 16 256 direct; do
    show --colour $depth >"$HOLD/coloured"
    sed $'s/\033\\[[0-9;]*m//g; s/ *$//' "$HOLD/coloured" >"$HOLD/stripped"
    check "--colour $depth changes nothing but colours" cmp "$HOLD/plain" "$HOLD/stripped"
    check '  and there are some' grep -q $'\033\\[0;.*m' "$HOLD/coloured"
done
show --color direct --theme gruvbox >"$HOLD/coloured"
check '--color is --colour, --theme is heeded' grep -q '38;2;131;165;152' "$HOLD/coloured"
show -o "$HOLD/file"
check '-o writes what standard output gets' cmp "$HOLD/plain" "$HOLD/file"
LC_ALL=C "$PROGRAM" show $MODEL >"$HOLD/ascii"
show --glyphs ascii >"$HOLD/ascii-too"
check 'LC_ALL=C draws in ASCII' cmp "$HOLD/ascii" "$HOLD/ascii-too"
if [ -c /dev/full ]; then
    full() { show >/dev/full 2>"$HOLD/err"; [ $? -eq 1 ] && grep -q 'No space left' "$HOLD/err"; }
    check 'a full disk is an error' full
fi

# ---- settings change no command's output -------------------------------------

mkdir -p "$XDG_CONFIG_HOME/ropescope"
printf 'threshold = 0.3\ntheme = gruvbox\nglyphs = ascii\nview = pairs\nfirst_layer = 0\nbins = 7\n' \
    >"$XDG_CONFIG_HOME/ropescope/settings"
show >"$HOLD/again"
check 'the settings file does not change show' cmp "$HOLD/plain" "$HOLD/again"
for words in 'export --view layers' 'export --view histogram' stats 'stats --json' info; do
    # shellcheck disable=SC2086
    set -- $words
    command=$1
    shift
    "$PROGRAM" "$command" $MODEL "$@" >"$HOLD/with"
    XDG_CONFIG_HOME=$HOLD/none "$PROGRAM" "$command" $MODEL "$@" >"$HOLD/without"
    check "nor $words" cmp "$HOLD/with" "$HOLD/without"
done
finish
