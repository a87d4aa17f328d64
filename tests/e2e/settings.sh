#!/bin/bash
# The settings file, themes by name, and which of flags, settings and defaults counts.
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
CONFIG=$XDG_CONFIG_HOME/ropescope
mkdir -p "$CONFIG/themes"

# ---- themes, listed ----------------------------------------------------------

in_force() { "$PROGRAM" --list-themes "$@" 2>"$HOLD/err" | sed -n 's/^\* \([^ ]*\) .*/\1/p'; }
in_force_is() { # NAME FLAGS...
    local name=$1
    shift
    [ "$(in_force "$@")" = "$name" ]
}
listed() { "$PROGRAM" --list-themes | grep -q -- "$1"; }
check '--list-themes: dark is in force' in_force_is dark
for name in colour-blind dark gruvbox high-contrast light mono solarized; do
    check "  $name is there" listed "^. $name  *[^ ]*/$name\.theme\$"
done
echo 'theme = gruvbox   # mine' >"$CONFIG/settings"
check 'the settings choose a theme' in_force_is gruvbox
check '  a flag counts more' in_force_is light --theme light
check '  --no-config leaves them out' in_force_is dark --no-config
echo 'theme=mono' >"$HOLD/other"
check '  --config names another file' in_force_is mono --config "$HOLD/other"
echo 'text = #ff00ff' >"$CONFIG/themes/gruvbox.theme"
check "the user's directory comes first" listed "^\* gruvbox  *$CONFIG/themes/gruvbox\.theme\$"
printf 'query = #123456\nkey = blau\n' >"$CONFIG/themes/broken.theme"
check 'a theme with a mistake is listed with file and line' listed '^  broken .*broken.theme:2: .*blau'
wrong() { # FLAGS...: wrong usage, in words
    "$PROGRAM" $MODEL "$@" >"$HOLD/out" 2>"$HOLD/err" </dev/null
    [ $? -eq 2 ] && [ ! -s "$HOLD/out" ] && [ "$(wc -l <"$HOLD/err")" -le 3 ]
}
check '--theme with a mistake is wrong usage' wrong --theme broken
check '  and says where' grep -q 'broken.theme:2: .*blau' "$HOLD/err"
check '--theme that there is not' wrong --theme nothing
check '--theme FILE that there is not' wrong --theme "$HOLD/none.theme"
check '--config FILE that there is not' wrong --config "$HOLD/none"
check '--glyphs that there are not' wrong --glyphs dots
rm "$CONFIG/themes/broken.theme" "$CONFIG/settings"

# ---- in a terminal -----------------------------------------------------------

if ! command -v tmux >/dev/null 2>&1; then
    skip 'settings in a terminal' 'no tmux'
    finish
fi
"$PROGRAM" show $MODEL >/dev/null
explorer() { open_terminal 80 24 "$PROGRAM $MODEL $*"; }
quit() {
    keys q
    until_true ended
    close_terminal
}

printf '%s\n' '# what I like' '' 'threshold = 0.2' 'view=histogram' 'first_layer = 4' \
    'glyphs = ascii' 'bins = 8' >"$CONFIG/settings"
"$PROGRAM" show $MODEL --view histogram --threshold 0.2 --first-layer 4 --glyphs ascii --bins 8 \
    --size 80x24 >"$HOLD/picture"
explorer
check 'settings are what the explorer starts with' shows "$HOLD/picture"
quit
"$PROGRAM" show $MODEL --view pairs --threshold 0.1 --first-layer 4 --glyphs braille \
    --size 80x24 >"$HOLD/picture"
explorer --view pairs --threshold=0.1 --glyphs braille
check 'flags count more' shows "$HOLD/picture"
quit
"$PROGRAM" show $MODEL --size 80x24 >"$HOLD/picture"
explorer --no-config
check '--no-config: the defaults' shows "$HOLD/picture"
quit

printf '%s\n' 'colour = red' 'threshold = much' 'theme = none-such' 'just words' 'threshold = 0.3' \
    >"$CONFIG/settings"
explorer
check 'an unknown key is a notice with its line' see "settings:1: there is no setting 'colour'"
keys 1
check '  then a bad value' see "settings:2: threshold takes T, not 'much'"
keys 1
check '  then a theme that there is not' see "settings:3: there is no theme 'none-such'"
keys 1
check '  then a line without =' see "settings:4: no '=' in 'just words'"
keys 1
check '  and the rest still counts' see '≥ 0.3 '
quit
rm "$CONFIG/settings"

# ---- the chooser -------------------------------------------------------------

has_colour() { tm capture-pane -p -e | grep -qF -- "$1"; }
no_colour() { ! has_colour "$1"; }
explorer
check 'the default colours' until_true has_colour '38;5;32'
keys T
check 'T opens the chooser' see '▸ dark'
keys j
check 'the next theme is tried on' see '▸ gruvbox'
check '  and the whole screen follows' until_true has_colour '38;5;201'
keys Escape
check 'Esc returns to the old one' until_true no_colour '38;5;201'
keys T j Enter
check 'Enter keeps the new one' until_true has_colour '38;5;201'
keys 2
check '  in every view' until_true has_colour '38;5;201'
quit
finish
