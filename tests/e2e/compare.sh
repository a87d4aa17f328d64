#!/bin/bash
# Two models side by side from outside: --compare, --compare-adapter, further models; what is refused; the cache.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/tap.sh
PROGRAM=${ROPESCOPE:-build/ropescope}
HOLD=$(mktemp -d) || exit 1
trap 'rm -rf "$HOLD"' EXIT
export XDG_CACHE_HOME=$HOLD/cache XDG_CONFIG_HOME=$HOLD/config LC_ALL=C.UTF-8
BASE=tests/data/demo/base TUNED=tests/data/demo/tuned ADAPTERS=tests/fixtures/adapters

change() { "$PROGRAM" export "$@" --view change 2>"$HOLD/err" | tr -d '\r'; }
refused() { # STATUS WORDS COMMAND...
    local status=$1 words=$2 got
    shift 2
    "$@" >"$HOLD/out" 2>"$HOLD/err"
    got=$?
    [ $got = "$status" ] && [ ! -s "$HOLD/out" ] && grep -q -- "$words" "$HOLD/err" && [ "$(wc -l <"$HOLD/err")" -le 3 ]
}

change $BASE --compare $TUNED >"$HOLD/change"
check 'the columns of changes' [ "$(head -n 1 "$HOLD/change" | cut -d, -f1-8)" = \
    layer,projection,head,pair,cos_base,cos_tuned,distance,relative_distance ]
check 'a row a pair' [ "$(wc -l <"$HOLD/change")" = 1153 ]
check 'both databases are in the cache' [ "$(find "$HOLD/cache" -name '*.angles' | wc -l)" = 2 ]
change $BASE --compare $TUNED >"$HOLD/again"
check 'with angles from the cache the same bytes' cmp "$HOLD/change" "$HOLD/again"
changes() { find "$HOLD/cache" -name '*.changes'; }
check 'the distances are in the cache, too' [ "$(changes | wc -l)" = 1 ]
if command -v strace >/dev/null && strace -o "$HOLD/trace" true 2>/dev/null; then
    ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=open,openat -o "$HOLD/trace" \
        "$PROGRAM" export $BASE --compare $TUNED --view change >/dev/null 2>&1
    check 'a second opening opens no weight file' [ "$(grep -c 'safetensors"' "$HOLD/trace")" = 0 ]
else
    skip 'a second opening opens no weight file' 'no strace'
fi
damaged=0
size=$(wc -c <"$(changes)")
for at in 0 9 17 25 33 41 1000 $((size - 1)); do
    printf '\377' | dd of="$(changes)" bs=1 seek="$at" conv=notrunc 2>/dev/null
    change $BASE --compare $TUNED | cmp -s - "$HOLD/change" || damaged=$((damaged + 1))
done
truncate -s $((size / 2)) "$(changes)"
change $BASE --compare $TUNED | cmp -s - "$HOLD/change" || damaged=$((damaged + 1))
check 'a damaged file of distances is never believed' [ $damaged = 0 ]
check 'that is said' grep -q 'cached changes are not used (damaged): comparing again; set aside as' "$HOLD/err"
check 'and the file set aside' [ "$(find "$HOLD/cache" -name '*.changes.old' | wc -l)" = 1 ]
check 'and written again' [ "$(wc -c <"$(changes)")" = "$size" ]
cp -r $TUNED "$HOLD/other"
change $BASE --compare "$HOLD/other" >/dev/null
printf '\100\100' | dd of="$HOLD/other/model.safetensors" bs=1 seek=$(($(wc -c <$TUNED/model.safetensors) - 5000)) conv=notrunc 2>/dev/null
change $BASE --compare "$HOLD/other" >"$HOLD/moved"
"$PROGRAM" export $BASE --compare "$HOLD/other" --view change --no-cache 2>/dev/null | tr -d '\r' >"$HOLD/fresh"
check 'a model that changed is compared anew' cmp "$HOLD/moved" "$HOLD/fresh"
"$PROGRAM" export $TUNED --view pairs --no-cache 2>/dev/null | tr -d '\r' | cut -d, -f9 | tail -n +2 >"$HOLD/alone"
check 'the angles of the fine-tune are those of its own scan' \
    cmp "$HOLD/alone" <(cut -d, -f6 "$HOLD/change" | tail -n +2)
check 'a model does not differ from itself' \
    [ "$(change $BASE --compare $BASE | cut -d, -f7,8 | tail -n +2 | sort -u)" = 0,0 ]
check 'not a word about a cache that both share' [ ! -s "$HOLD/err" ]
change $BASE --compare $TUNED --sort distance:desc | cut -d, -f7 | tail -n +2 >"$HOLD/sorted"
check 'sorted by what moved most' sort -c -g -r "$HOLD/sorted"
change $ADAPTERS/llama --compare-adapter $ADAPTERS/plain >"$HOLD/adapter"
check 'an adapter over the base' [ "$(wc -l <"$HOLD/adapter")" = "$(wc -l <tests/fixtures/change/adapter.csv)" ]
check 'where it changes rows, they moved' \
    awk -F, 'NR > 1 && $7 <= 0 { bad = 1 } END { exit bad }' "$HOLD/adapter"
check 'one thread gives the same bytes' \
    cmp "$HOLD/change" <(change $BASE --compare $TUNED --threads 1 --no-cache)
"$PROGRAM" show $BASE --compare $TUNED --view change --size 80x24 >"$HOLD/picture" 2>"$HOLD/err"
check 'the picture says what the rule leaves' grep -q 'trainable .*%: .*% of the change' "$HOLD/picture"

mkdir -p "$HOLD/twin" "$HOLD/third" && cp -r $TUNED "$HOLD/twin/base" && cp -r $TUNED "$HOLD/third/base"
check 'models of one name are told apart' \
    [ "$("$PROGRAM" export $BASE "$HOLD/twin/base" "$HOLD/third/base" --view profile | cut -d, -f1 | uniq | tr -d '\n')" = \
    'model"base""base (2)""base (3)"' ]
check 'each has a line of its own on paper' \
    [ "$("$PROGRAM" export $BASE "$HOLD/twin/base" --view profile --format svg | grep -c '>key, base')" = 2 ]
check 'and so are an adapter and what it lies over' \
    [ "$("$PROGRAM" export $ADAPTERS/llama --compare-adapter $ADAPTERS/plain --view profile | cut -d, -f1 | uniq | tr -d '\n')" = \
    'model"llama""llama + plain"' ]

check 'changes need a model to compare with' refused 2 '--compare TUNED' "$PROGRAM" export $BASE --view change
check 'other shapes are refused by layer and projection' \
    refused 1 'layers and the tuned model' "$PROGRAM" export $BASE --compare $ADAPTERS/llama --view change
"$PROGRAM" scan $BASE -o "$HOLD/base.angles" 2>/dev/null
check 'a file of angles has no distances' \
    refused 1 'holds no rows, so no distances' "$PROGRAM" export "$HOLD/base.angles" --compare $TUNED --view change
check 'one fine-tune at a time' refused 2 'one fine-tune at a time' \
    "$PROGRAM" export $BASE --compare $TUNED --compare-adapter $ADAPTERS/plain --view change
check 'a fine-tune that is not there' refused 1 'nowhere' "$PROGRAM" export $BASE --compare nowhere --view change
check 'nine models are too many' refused 2 'more than 8 models' \
    "$PROGRAM" export $BASE $BASE $BASE $BASE $BASE $BASE $BASE $BASE $BASE --view pairs
check 'the file of a fine-tune is spared' \
    refused 2 'would be lost' "$PROGRAM" export $BASE --compare $TUNED --view change -o $TUNED/config.json
finish
