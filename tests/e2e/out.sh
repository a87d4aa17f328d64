#!/bin/bash
# What leaves the explorer: the file that `e` writes has the bytes of the command that `Y` shows, for every view and
# many settings; nothing is overwritten unasked; errors are told in a line; the clipboard.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/tap.sh
. tests/e2e/lib/tmux.sh
PROGRAM=${ROPESCOPE:-$PWD/build/ropescope}
case $PROGRAM in /*) ;; *) PROGRAM=$PWD/$PROGRAM ;; esac
HOLD=$(mktemp -d) || exit 1
trap 'tm kill-server; chmod -R u+w "$HOLD"; rm -rf "$HOLD"' EXIT
trap 'exit 1' INT TERM HUP
unset TMUX NO_COLOR LINES COLUMNS LC_ALL
export TMUX_TMPDIR=$HOLD XDG_CACHE_HOME=$HOLD/cache XDG_CONFIG_HOME=$HOLD/config LC_CTYPE=C.UTF-8
# The leak check stops all threads with signals of its own and hangs where a hang-up comes between, as it does
# when a terminal is taken away; explorer.sh keeps it on for programs that quit by themselves.
export ASAN_OPTIONS="log_path=$HOLD/asan:${ASAN_OPTIONS:-}:detect_leaks=0"

if ! command -v tmux >/dev/null 2>&1; then
    skip 'what leaves' 'no tmux'
    finish
fi

type_text() { tm send-keys -l -- "$1"; }
enter() { # TEXT: typed, and the Enter key
    type_text "$1"
    keys Enter
}
# A model whose path a shell would tear apart, in a directory that files can be written to.
MODEL="it's a model"
WORK=$HOLD/work
mkdir -p "$WORK"
cp -r tests/data/demo/base "$WORK/$MODEL"
ropescope() { "$PROGRAM" "$@"; } # what the shown command calls

explorer() { # COLS ROWS FLAGS...
    cols=$1 rows=$2
    shift 2
    open_shell "$cols" "$rows" "$WORK"
    tm send-keys -l "clear; $PROGRAM $* \"$MODEL\""
    keys Enter
    see 'query heads'
}

# ---- e and Y -----------------------------------------------------------------

# The command on the screen, joined as a shell joins it: from its line to the empty one.
shown_command() { screen | sed -n '/^ropescope export/,/^$/p'; }
command_is_shown() { [ -n "$(shown_command)" ] && on_screen 'prints this view'; }

command_is_gone() { ! on_screen 'prints this view'; }

# same WORDS KEYS [JSON]: after these keys, the file that e writes is what the command of Y prints.
number=0
same() {
    local words=$1 typed=$2 ending=${3:-csv} name format=
    number=$((number + 1))
    name=file$number.$ending
    [ "$ending" = csv ] || format="--format $ending"
    type_text "$typed"
    type_text 'Y'
    until_true command_is_shown || { check "$words: Y" false; return; }
    shown_command >"$HOLD/command"
    keys Escape
    until_true command_is_gone # a letter that comes with Esc would be Alt and that letter
    type_text 'e'
    see 'export to:' || { check "$words: e" false; return; }
    keys C-u
    enter "$name"
    see "wrote" || { check "$words: written" false; return; }
    (cd "$WORK" && eval "$(cat "$HOLD/command") $format") >"$HOLD/printed" 2>"$HOLD/errors"
    check "$words: $(tr '\n' ' ' <"$HOLD/command" | sed 's/.*--view/--view/; s/\\ *//g')" \
        cmp -s "$HOLD/printed" "$WORK/$name"
}

explorer 80 24
same 'overview' ''
same 'overview by another measure' 'o'
same 'its JSON' 'o' json
same 'a picture of the maps' '' svg
same 'pairs of a head' '2:4.3
'
same 'pairs of a layer' 's'
same 'pairs of the model' 's'
same 'pairs sorted' 's>>>>>>>>>r'
same 'JSON of the pairs' '' json
same 'the key alone' 'CC'
same 'a typed threshold' 'Ct0.123
'
same 'a threshold that fixes a share' 't30%
'
same 'another first layer' '...'
same 'heads of a layer' '3,,,'
same 'heads of the model, sorted' 'ss>>>>>>r'
same 'JSON of the heads' '' json
same 'layers' '4'
same 'layers sorted' '>>'
same 'JSON of the layers' '' json
same 'histogram' '5s'
same 'histogram of a layer, other bins' 'sbb'
same 'in |cos|' 'u'
same 'in degrees, log, side by side' 'uL|'
same 'JSON of the histogram' 'uL|' json
same 'a picture of the histogram' '' svg
same 'scatter' '6s'
same 'scatter of the model' 'ss'
same 'a picture of the scatter' '' svg
same 'zoomed' '+++'
same 'a picture of what is zoomed in on' '' svg
same 'zoomed in degrees' 'uu'
same 'JSON of the scatter' 'u' json
same 'thresholds' '7s'
same 'thresholds of the key, another first layer, linear' 'CC.La'
same 'JSON of the thresholds' 'C' json
same 'profile' '8'
same 'profile of another measure by depth' 'oox'
same 'JSON of the profile' 'x' json
same 'a picture of the profile' '' svg
same 'by frequency, of a layer' '9s'
same 'a picture of it' '' svg
same 'norms by wavelength, of the model' 'soxx'
same 'JSON by frequency' 'x' json
same 'strip of a layer' '0'
same 'strip of three layers' 'ajajja'
same 'a picture of it' '' svg
same 'JSON of it, the key alone' 'CC' json
same 'spectrum of a layer' 'CW'
same 'a picture of it' '' svg
same 'norms less the median, of the model' 'soo'
same 'a picture of it' '' svg
same 'JSON of a head, |cos|' 'sO' json
keys q
see 'shell>'
close_terminal
explorer 100 24 --text "'ab cab'"
type_text 'V'
see '6 tokens'
same 'offsets of a head' ''
same 'a picture of them' '' svg
same 'JSON of those of a layer' 's' json
same 'attention of a layer' 'A'
same 'its fixed part, of a head' 'ssoo'
same 'a picture of it' '' svg
keys q
see 'shell>'
close_terminal
explorer 80 24 --random --seed 7
same 'the baseline of another seed' '2s'
keys q
see 'shell>'
close_terminal
explorer 100 24 --compare "$PWD/tests/data/demo/tuned"
same 'changes of a head' 'D'
same 'changes of the model, the largest first' 'ss>>>>>>>r'
same 'JSON of the changes' '' json
same 'a picture of the changes' '' svg
same 'base against fine-tune' '6b'
same 'a picture of it' '' svg
same 'zoomed in degrees' 'uu+'
same 'a map of what changed' 'u1OO'
same 'a picture of it' '' svg
type_text 'D'
same 'changes by |cos|' 'b'
same 'a picture of it' '' svg
same 'changes by layer, of the query' 'bCC'
same 'changes by frequency, of a layer' 'Cbs'
same 'changes by threshold' 'b'
same 'JSON of it' '' json
keys q
see 'shell>'
close_terminal
explorer 30 12 --threshold 0.2 --layer 3 --head 2
same 'a narrow terminal' '2'
same 'histogram of a narrow terminal' '5'
keys q
see 'shell>'
close_terminal

# ---- a rule with lines -------------------------------------------------------

cat >"$WORK/it's a rule.csv" <<'CSV'
layer,projection,head,threshold,exception
,,,0.03,
2,,,0.2,
3,query,1,,fix
4,key,,,free
,query,2,0.07,
CSV
explorer 80 24 --thresholds "\"it's a rule.csv\""
same 'a rule with lines: the overview' 'o'
same 'fixed beyond chance' 'oooo'
same 'its pairs, sorted' '2ss>>>>>>>>>>>>>>>r'
same 'its heads, sorted' '3>>>>>>>>>r'
same 'its layers, sorted' '4>>>>>>>r'
same 'its scatter' '6'
same 'its own threshold goes, its lines stay' '4t0.05
'
same 'the baseline in the pairs' '2R'
same 'and in the map' '1o'
same 'which is off again' 'oooooR'
type_text '1'
enter ':2.1'
type_text 'f'
check 'f fixes a head' see 'layer 2 query head 1: all fixed'
type_text 'Y'
check 'a change that no file holds has no command' see 'no file holds yet: w writes them'
keys Escape
type_text 'U'
check 'undone it has' see 'undone: layer 2 query head 1: all fixed'
same 'the rule of the file again' ''
type_text 'f'
see 'all fixed'
type_text 'w'
check 'w proposes a name' see 'rule to: it_s_a_model-rule.csv'
keys Enter
check 'and writes the rule' see 'wrote the rule and 5 lines beside it'
same 'what was written is named' 'o'
same 'and is the same when it is read' '3'
type_text 'M'
check 'M proposes a name' see 'mask to: it_s_a_model-mask.safetensors'
keys Enter
check 'and writes the mask' see 'rows frozen'
mask_like() { # NAME: what ropescope mask writes of the rule that was saved
    (cd "$WORK" && "$PROGRAM" mask "$MODEL" --thresholds it_s_a_model-rule.csv --threshold 0.05 -o "$HOLD/$1" >/dev/null &&
        cmp -s "$HOLD/$1" "$WORK/$1")
}
check 'the very bytes of ropescope mask' mask_like it_s_a_model-mask.safetensors
for name in mask.json mask.csv; do
    type_text 'M'
    see 'mask to:'
    keys C-u
    enter "$name"
    see 'rows frozen'
    check "$name, too" mask_like "$name"
done
type_text 'M'
see 'mask to:'
keys Enter
check 'a mask that is there is asked for' see 'exists: replace it?'
keys Escape Escape
see 'q quit'
keys q
see 'shell>'
close_terminal
(cd "$WORK" && "$PROGRAM" "$MODEL" --thresholds none.csv) >"$HOLD/out" 2>"$HOLD/errors" </dev/null
check 'a rule that is not there is refused' sh -c "[ $? = 1 ] && grep -q 'none.csv' '$HOLD/errors'"
printf 'layer,threshold\n9,0.1\n' >"$WORK/bad.csv"
for words in 'export --view layers' show stats; do
    (cd "$WORK" && "$PROGRAM" ${words%% *} "$MODEL" ${words#"${words%% *}"} --thresholds bad.csv) \
        >"$HOLD/out" 2>"$HOLD/errors" </dev/null
    check "$words: one that the model cannot have" sh -c "[ $? = 1 ] && grep -q 'bad.csv:2: layer 9' '$HOLD/errors'"
    check 'and nothing is printed' [ ! -s "$HOLD/out" ]
done

# ---- names, and what is there already ----------------------------------------

explorer 80 24
type_text '2:4.3'
keys Enter
type_text 'e'
check 'a name is proposed' see 'export to: it_s_a_model-pairs-layer4-head3.csv'
keys Enter
check 'what was written is told' see 'wrote 64 rows, 7.6 kB: it_s_a_model-pairs-layer4-head3.csv'
proposed="$WORK/it_s_a_model-pairs-layer4-head3.csv"
check 'rows' [ "$(wc -l <"$proposed")" -eq 65 ]
check "bytes" [ $((($(wc -c <"$proposed") + 50) / 100)) -eq 76 ]
echo mine >"$proposed"
enter 'e'
check 'a file that is there is asked for' see 'exists: replace it?'
type_text 'n'
check 'no leads back to the name' see 'export to: it_s_a_model-pairs-layer4-head3.csv'
check 'and the file is as it was' [ "$(cat "$proposed")" = mine ]
keys Enter
see 'exists: replace it?'
type_text 'y'
check 'yes replaces it' see 'wrote 64 rows'
check 'by the new one' [ "$(wc -l <"$proposed")" -eq 65 ]
ln -s nowhere "$WORK/link.csv"
type_text 'e'
keys C-u
enter 'link.csv'
check 'a link that leads nowhere is there, too' see 'link.csv exists'
keys Escape Escape
see 'q quit'

# ---- what cannot be written --------------------------------------------------

save() { # NAME
    type_text 'e'
    see 'export to:'
    keys C-u
    enter "$1"
}
save 'none/file.csv'
check 'a directory that there is not' see 'No such file or directory'
keys Escape
save "$WORK"
check 'a directory' see 'exists: replace it?'
type_text 'y'
check 'is none to be written' see 'is a directory'
keys Escape
if [ -c /dev/full ]; then
    save '/dev/full'
    see 'exists: replace it?'
    type_text 'y'
    check 'a full disk' see 'No space left on device'
    keys Escape
fi
if [ "$(id -u)" != 0 ]; then
    mkdir "$WORK/locked" && chmod a-w "$WORK/locked"
    save 'locked/file.csv'
    check 'no permission' see 'Permission denied'
    keys Escape
else
    skip 'no permission' 'root may write anywhere'
fi
save '-'
check 'a minus is a name' see 'wrote 64 rows, 7.6 kB: -'
check 'and no stream' [ -s "$WORK/-" ]
check 'nothing half-written is left' [ -z "$(find "$WORK" -name '*.partial')" ]

# ---- the clipboard -----------------------------------------------------------

tm set-option -s set-clipboard on
clip_is() { [ "$(tm show-buffer)" = "$1" ]; }
line=$(sed -n 2p "$proposed" | tr -d '\r')
type_text 'gy'
check 'y tells what it copied' see 'copied a row of pairs: 4,query,3,0,'
check 'the row is on the clipboard' until_true clip_is "$line"
type_text 'Y'
until_true command_is_shown
type_text 'y'
check 'the command, too' until_true clip_is "ropescope export 'it'\\''s a model' --view pairs --layer 4 --head 3"
keys Escape
keys q
see 'shell>'
close_terminal
TERM_LINUX="env TERM=linux"
open_shell 80 24 "$WORK"
tm send-keys -l "clear; $TERM_LINUX $PROGRAM \"$MODEL\""
keys Enter
see 'query heads'
type_text 'y'
check 'a console that would print it gets nothing' see 'this terminal (TERM=linux) has no clipboard'
keys q
close_terminal

no_findings() { ! cat "$HOLD"/asan* 2>/dev/null; }
check 'no sanitizer had anything to say' no_findings
finish
