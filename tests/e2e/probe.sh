#!/bin/bash
# The command probe on the demo model and on a fixture: its ways to name tokens agree, its JSON is whole, and what
# it cannot do it says in a line or two.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/tap.sh
PROGRAM=${ROPESCOPE:-$PWD/build/ropescope}
HOLD=$(mktemp -d) || exit 1
trap 'rm -rf "$HOLD"' EXIT
export XDG_CACHE_HOME=$HOLD/cache XDG_CONFIG_HOME=$HOLD/config LC_ALL=C.UTF-8
DEMO=tests/data/demo/base TINY=tests/fixtures/probe/gemma2

# says TEXT COMMAND...: the command succeeds and its output holds the text.
says() {
    local text=$1
    shift
    "$@" >"$HOLD/out" 2>&1 && grep -qF -- "$text" "$HOLD/out"
}

# refuses STATUS TEXT COMMAND...: it fails so, with the text and at most three lines.
refuses() {
    local status=$1 text=$2
    shift 2
    "$@" >"$HOLD/out" 2>"$HOLD/err"
    [ $? = "$status" ] && [ ! -s "$HOLD/out" ] && grep -qF -- "$text" "$HOLD/err" && [ "$(wc -l <"$HOLD/err")" -le 3 ]
}

# same_json COMMAND...: what it prints is what the first call has put into $HOLD/json.
same_json() {
    "$@" 2>/dev/null | cmp -s - "$HOLD/json"
}

echo '[97, 98, 32, 99]' >"$HOLD/ids.json"
"$PROGRAM" probe $DEMO --text 'ab c' --json >"$HOLD/json"
check 'text is tokens' grep -qF '"tokens": [97, 98, 32, 99]' "$HOLD/json"
check 'ids are the same' same_json "$PROGRAM" probe $DEMO --tokens 97,98,32,99 --json
check 'and so are those of a file' same_json "$PROGRAM" probe $DEMO --tokens-file "$HOLD/ids.json" --json
check 'so is one thread' same_json "$PROGRAM" probe $DEMO --tokens 97,98,32,99 --json --threads 1
check 'four positions have five choices each' [ "$(grep -o '"logit":' "$HOLD/json" | wc -l)" = 20 ]
check 'people see the tokens' says '97 "a", 98 "b"' "$PROGRAM" probe $DEMO --text 'ab c'
check 'and what follows' says ' tokens: ' "$PROGRAM" probe $DEMO --text 'ab c' --generate 3
check 'attention has hidden keys' says 'null' "$PROGRAM" probe $TINY --tokens 1,2,3 --attention-layers 0,2 --json
check 'the first layers have no logits' says '"logits": null' "$PROGRAM" probe $TINY --tokens 1,2 --layers 0..1 --json
check 'more tokens than the context: a note' says 'more than the 64' \
    "$PROGRAM" probe $TINY --tokens "$(seq -s, 1 60),1,2,3,4,5"
check 'one way to name tokens' refuses 2 'one of --tokens, --tokens-file, --text and --vocabulary is wanted' "$PROGRAM" probe $DEMO
check 'and not two' refuses 2 'more than one' "$PROGRAM" probe $DEMO --text a --tokens 1
check 'tokens past the vocabulary' refuses 2 'token 64 at position 1' "$PROGRAM" probe $TINY --tokens 1,64
check 'layers that are not there' refuses 2 'has no layer 3' "$PROGRAM" probe $TINY --tokens 1 --attention-layers 3
check 'a list of words' refuses 2 'makes no sense' "$PROGRAM" probe $TINY --tokens 1,,2
check 'a family that does not run' refuses 1 'family cohere' "$PROGRAM" probe tests/fixtures/families/cohere --tokens 1
check 'text without a tokenizer' refuses 1 'tokenizer' "$PROGRAM" probe $TINY --text a

# ---- the view of offsets ------------------------------------------------------

export XDG_CACHE_HOME=$HOLD/offsets
offsets() { "$PROGRAM" export $DEMO --view offsets "$@" 2>/dev/null | tr -d '\r'; }
check 'offsets need a text' refuses 2 'needs a text that the model runs over' "$PROGRAM" export $DEMO --view offsets
offsets --tokens 97,98,32,99 --no-cache >"$HOLD/fresh"
check 'a row for each pair of each head' [ "$(wc -l <"$HOLD/fresh")" = 1153 ]
check 'the columns of offsets' [ "$(head -n 1 "$HOLD/fresh" | cut -d, -f1-8)" = \
    layer,projection,head,pair,mean_a,mean_b,radius_mean,radius_max ]
"$PROGRAM" probe $DEMO --tokens 97,98,32,99 >/dev/null 2>&1
offsets >"$HOLD/kept"
check 'a run is kept for the view' cmp "$HOLD/fresh" "$HOLD/kept"
offsets --vocabulary --layer 0 >"$HOLD/all"
check 'the first layer needs no text' [ "$(cut -d, -f5 "$HOLD/all" | grep -c .)" = 193 ]
offsets --vocabulary --layer 1 >"$HOLD/none"
check 'and is all that it tells of' [ "$(tail -n +2 "$HOLD/none" | cut -d, -f5 | sort -u)" = "" ]
offsets --layer 0 >"$HOLD/kept"
"$PROGRAM" probe $DEMO --layers 0 >/dev/null 2>&1
offsets --layer 0 >"$HOLD/kept"
check 'the first layer alone needs no text either' cmp "$HOLD/all" "$HOLD/kept"
check 'a run begins with the first layer' refuses 2 'makes no sense' "$PROGRAM" probe $DEMO --tokens 1 --layers 2
check 'the last run is the one that is kept' cmp "$HOLD/all" "$HOLD/kept"
check 'the plot as SVG' says 'score by distance' \
    "$PROGRAM" export $DEMO --view offsets --tokens 97,98,32,99 --layer 3 --head 2 --format svg
check 'and as text' says 'tokens between query and key' \
    "$PROGRAM" show $DEMO --view offsets --tokens 97,98,32,99 --layer 3 --size 100x30
"$PROGRAM" scan $DEMO --no-cache -o "$HOLD/demo.angles" 2>/dev/null
check 'a file of angles' refuses 2 'holds no weights' "$PROGRAM" probe "$HOLD/demo.angles" --tokens 1
finish
