#!/bin/bash
# Every family from its files to the screen: scanned into an .angles file, which then says the same without
# weights; hybrids and layers without rotation on the way; what was deduced says so.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/tap.sh
PROGRAM=${ROPESCOPE:-$PWD/build/ropescope}
HOLD=$(mktemp -d) || exit 1
trap 'rm -rf "$HOLD"' EXIT
export XDG_CACHE_HOME=$HOLD/cache XDG_CONFIG_HOME=$HOLD/config LC_ALL=C.UTF-8

# says TEXT COMMAND...: the command succeeds and its output holds the text.
says() {
    local text=$1
    shift
    "$@" >"$HOLD/out" 2>&1 && grep -qF -- "$text" "$HOLD/out"
}

# same_without_weights FIXTURE: stats and pairs of the model are those of its .angles file.
same_without_weights() {
    local model=tests/fixtures/families/$1 angles=$HOLD/$1.angles view
    "$PROGRAM" scan "$model" --no-cache -o "$angles" 2>/dev/null || return 1
    "$PROGRAM" stats "$model" --no-cache --first-layer 0 2>/dev/null | tail -n +2 >"$HOLD/stats" || return 1
    "$PROGRAM" stats "$angles" --first-layer 0 | tail -n +2 | cmp -s - "$HOLD/stats" || return 1
    for view in pairs layers; do
        "$PROGRAM" export "$model" --no-cache --view $view >"$HOLD/csv" || return 1
        "$PROGRAM" export "$angles" --view $view | cmp -s - "$HOLD/csv" || return 1
        "$PROGRAM" show "$angles" --view $view --size 80x12 >"$HOLD/picture" || return 1
    done
    "$PROGRAM" show "$angles" --size 80x24 >"$HOLD/picture"
}

# One of each layout, and the hybrids; all others differ from these in numbers alone.
for family in phi3 gpt_neox falcon_grouped falcon_multi_query codegen deepseek_v2 minicpm3 qwen3_next lfm2 \
    recurrent_gemma granitemoehybrid openelm plamo chatglm esm longcat_flash; do
    check "$family: an .angles file says what the weights say" same_without_weights $family
done

check 'a layer without attention says so' says '0  no attention in this layer' \
    "$PROGRAM" stats tests/fixtures/families/lfm2 --no-cache
check 'families lists conditions' says 'where new_decoder_architecture is true' "$PROGRAM" families
check 'families lists what is refused' says 'biases attention by distance' "$PROGRAM" families
check 'families speaks JSON' says '"same_as":' "$PROGRAM" families --json
"$PROGRAM" families somewhere >"$HOLD/out" 2>&1
check 'families takes no model' [ $? = 2 ]

mkdir "$HOLD/novel"
sed 's/"model_type": "llama"/"model_type": "novel"/' tests/fixtures/families/llama/config.json >"$HOLD/novel/config.json"
cp tests/fixtures/families/llama/model.safetensors "$HOLD/novel/"
check 'info says what was deduced' says '(deduced: names and shapes of tensors)' \
    "$PROGRAM" info "$HOLD/novel" --no-cache
check 'and in a note how' says 'model_type novel is not known' "$PROGRAM" info "$HOLD/novel" --no-cache
check 'the header says that the pairing was deduced' says 'half-split (deduced)' \
    "$PROGRAM" show "$HOLD/novel" --no-cache --size 100x24
check 'its numbers are those of the family it was taken for' cmp -s \
    <("$PROGRAM" export "$HOLD/novel" --no-cache --view pairs) \
    <("$PROGRAM" export tests/fixtures/families/llama --no-cache --view pairs)
finish
