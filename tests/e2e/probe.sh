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
check 'the first layers have no logits' says '"logits": null' "$PROGRAM" probe $TINY --tokens 1,2 --layers 1 --json
check 'more tokens than the context: a note' says 'more than the 64' \
    "$PROGRAM" probe $TINY --tokens "$(seq -s, 1 60),1,2,3,4,5"
check 'one way to name tokens' refuses 2 'one of --tokens, --tokens-file, --text and --vocabulary is wanted' "$PROGRAM" probe $DEMO
check 'and not two' refuses 2 'more than one' "$PROGRAM" probe $DEMO --text a --tokens 1
check 'tokens past the vocabulary' refuses 2 'token 64 at position 1' "$PROGRAM" probe $TINY --tokens 1,64
check 'layers that are not there' refuses 2 'has no layer 3' "$PROGRAM" probe $TINY --tokens 1 --attention-layers 3
check 'a list of words' refuses 2 'makes no sense' "$PROGRAM" probe $TINY --tokens 1,,2
check 'a family that does not run' refuses 1 'family cohere' "$PROGRAM" probe tests/fixtures/families/cohere --tokens 1
check 'text without a tokenizer' refuses 1 'tokenizer' "$PROGRAM" probe $TINY --text a
"$PROGRAM" scan $DEMO --no-cache -o "$HOLD/demo.angles" 2>/dev/null
check 'a file of angles' refuses 2 'holds no weights' "$PROGRAM" probe "$HOLD/demo.angles" --tokens 1
finish
