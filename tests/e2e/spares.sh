#!/bin/bash
# -o never leads into what was read: weights, config, angles, an adapter, --thresholds, however the path is spelt.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/tap.sh
PROGRAM=${ROPESCOPE:-$PWD/build/ropescope}
HOLD=$(mktemp -d) || exit 1
trap 'rm -rf "$HOLD"' EXIT
trap 'exit 1' INT TERM HUP
export XDG_CACHE_HOME=$HOLD/cache

MODEL=$HOLD/model
cp -r tests/data/demo/base "$MODEL" && chmod -R u+w "$MODEL"
"$PROGRAM" scan "$MODEL" -o "$HOLD/model.angles" 2>"$HOLD/err" || exit 1
printf 'layer,threshold\n3,0.2\n' >"$HOLD/rule.csv"
ln -s "$MODEL/model.safetensors" "$HOLD/link"
ln "$MODEL/model.safetensors" "$HOLD/twin"
sums() { (cd "$HOLD" && sha1sum model/* model.angles rule.csv); }
sums >"$HOLD/before"

spares() { # WORDS ARGUMENTS...: wrong usage that says so, in two lines, and every input as it was
    local words=$1
    shift
    "$PROGRAM" "$@" >"$HOLD/out" 2>"$HOLD/err"
    [ $? = 2 ] && grep -qF -- "$words" "$HOLD/err" && [ "$(wc -l <"$HOLD/err")" -le 3 ] &&
        sums | cmp -s - "$HOLD/before"
}
check 'mask spares the weights' spares 'a file of the model' mask "$MODEL" -o "$MODEL/model.safetensors"
check '... by another spelling' spares 'a file of the model' mask "$MODEL" -o "$MODEL/../model/./model.safetensors"
check '... through a link' spares 'a file of the model' mask "$MODEL" -o "$HOLD/link"
check '... under another name of theirs' spares 'a file of the model' mask "$MODEL" -o "$HOLD/twin"
check '... where the weight file itself was named' \
    spares 'a file of the model' mask "$MODEL/model.safetensors" -o "$MODEL/model.safetensors"
check 'mask spares the config' spares 'a file of the model' mask "$MODEL" --format json -o "$MODEL/config.json"
check 'mask spares the angles' spares 'a file of the model' mask "$HOLD/model.angles" -o "$HOLD/model.angles"
check 'mask spares its rule' \
    spares 'the file of --thresholds' mask "$MODEL" --thresholds "$HOLD/rule.csv" -o "$HOLD/rule.csv"
check 'export spares the weights' spares 'a file of the model' export "$MODEL" --view pairs -o "$MODEL/model.safetensors"
check 'scan spares the weights' spares 'a file of the model' scan "$MODEL" -o "$MODEL/model.safetensors"
check 'show spares the weights' spares 'a file of the model' show "$MODEL" -o "$MODEL/model.safetensors"

LORA=tests/fixtures/adapters
if [ -d "$LORA/plain" ] && [ -d "$LORA/llama" ]; then
    cp -r "$LORA/plain" "$HOLD/lora" && chmod -R u+w "$HOLD/lora"
    lora() { (cd "$HOLD/lora" && sha1sum ./*); }
    lora >"$HOLD/lora.before"
    check 'mask spares an adapter' \
        spares 'a file of the adapter' mask "$LORA/llama" --adapter "$HOLD/lora" -o "$HOLD/lora/adapter_model.safetensors"
    check '... which is what it was' sh -c "cd '$HOLD/lora' && sha1sum ./* | cmp -s - ../lora.before"
else
    skip 'mask spares an adapter' 'no adapter of that name'
fi

# What is no input is replaced, as ever.
echo old >"$HOLD/old.json"
"$PROGRAM" mask "$MODEL" -o "$HOLD/old.json" >"$HOLD/out" 2>"$HOLD/err"
check 'a file of no matter is replaced' grep -q '"tensors"' "$HOLD/old.json"
"$PROGRAM" mask "$MODEL" -o "$MODEL/mask.safetensors" >"$HOLD/out" 2>"$HOLD/err"
check 'a new file beside the weights is written' [ -s "$MODEL/mask.safetensors" ]
finish
