#!/bin/bash
# `ropescope mask` from outside: what it writes where, what it refuses, and that nothing is left behind.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/tap.sh
PROGRAM=${ROPESCOPE:-$PWD/build/ropescope}
MODEL=tests/data/demo/base # 6 layers, 4 query heads, 2 key heads, 32 pairs a head
HOLD=$(mktemp -d) || exit 1
trap 'rm -rf "$HOLD"' EXIT
export XDG_CACHE_HOME=$HOLD/cache LC_ALL=C.UTF-8

mask() { "$PROGRAM" mask "$@" >"$HOLD/out" 2>"$HOLD/err" </dev/null; }
refuses() { # STATUS WORDS FLAGS...: exit status, words on stderr, no file
    local status=$1 words=$2
    shift 2
    rm -f "$HOLD/refused"
    mask "$@" -o "$HOLD/refused"
    [ $? = "$status" ] && grep -qF -- "$words" "$HOLD/err" && [ ! -e "$HOLD/refused" ] &&
        [ "$(wc -l <"$HOLD/err")" -le 3 ]
}
same() { cmp -s "$1" "$2"; }

mask $MODEL --threshold 0.05 -o "$HOLD/m.safetensors"
check 'a name that ends in .safetensors gets safetensors' \
    sh -c "head -c 400 '$HOLD/m.safetensors' | grep -q '{\"__metadata__\":{'"
check 'what was frozen is told' grep -qE '^[0-9,]+ of 768 pairs, [0-9,]+ of 2,304 rows frozen$' "$HOLD/out"
check 'and by which rule' grep -qF '|cos| >= 0.05 fixes in queries and keys of layers >= 2' "$HOLD/out"
mask $MODEL --threshold 0.05 -o "$HOLD/m.csv"
check 'one in .csv a row a pair' [ "$(wc -l <"$HOLD/m.csv")" = 1153 ]
mask $MODEL --threshold 0.05 -o "$HOLD/m"
check 'any other JSON' grep -q '^{$' "$HOLD/m"
mask $MODEL --threshold 0.05 --format safetensors -o "$HOLD/n"
check '--format goes before the name' same "$HOLD/n" "$HOLD/m.safetensors"
mask $MODEL --threshold 0.05
check 'without -o the mask alone goes to standard output' same "$HOLD/out" "$HOLD/m"

"$PROGRAM" scan $MODEL -o "$HOLD/m.angles" 2>"$HOLD/err"
mask "$HOLD/m.angles" --threshold 0.05 -o "$HOLD/n"
check 'a file of angles is enough, and gives the same mask' same "$HOLD/n" "$HOLD/m"

# What stats counts is what the CSV freezes.
frozen() { tr -d '\r' <"$HOLD/m.csv" | awk -F, 'NR > 1 && $6' | wc -l; }
fixed() { "$PROGRAM" stats $MODEL --json "$@" | sed -n 's/^\t"fixed":\t\([0-9]*\),$/\1/p'; }
agree() { # FLAGS...
    mask $MODEL "$@" -o "$HOLD/m.csv" && [ -n "$(frozen)" ] && [ "$(frozen)" = "$(fixed "$@")" ]
}
cat >"$HOLD/rule.csv" <<'CSV'
layer,projection,head,threshold,exception
,,,0.02,
3,,,0.1,
3,query,1,,fix
4,key,,,free
5,query,2,0.3,
CSV
check 'the same pairs as in stats' agree --threshold 0.03
check '... with another first layer' agree --threshold 0.03 --first-layer 4
check '... of the keys alone' agree --threshold 0.03 --projection key
check '... by the threshold that fixes a share' agree --fixed 30
check '... by a file of thresholds' agree --thresholds "$HOLD/rule.csv"
check '... whose threshold of everything a flag goes before' agree --thresholds "$HOLD/rule.csv" --threshold 0.4
"$PROGRAM" mask $MODEL --thresholds "$HOLD/rule.csv" -o "$HOLD/a.csv" >"$HOLD/out"
check 'the words tell the exceptions' grep -qF 'layer 3 query head 1: all fixed' "$HOLD/out"
check 'a head that is fixed by hand is' \
    [ "$(grep -c '^3,query,1,.*,1,"model' "$HOLD/a.csv")" = 32 ]
check 'one that is free is not' [ "$(grep -c '^4,key,.*,1,"model' "$HOLD/a.csv")" = 0 ]

mask $MODEL --threshold 0.05 --random -o "$HOLD/r13.csv"
mask $MODEL --threshold 0.05 --random --seed 13 -o "$HOLD/r13b.csv"
mask $MODEL --threshold 0.05 --random --seed 7 -o "$HOLD/r7.csv"
mask $MODEL --threshold 0.05 -o "$HOLD/m.csv"
modules() { awk -F, 'NR > 1 && $6 { n[$1 $2]++ } END { for (m in n) print m, n[m] }' "$1" | sort; }
check 'the seed of the baseline is 13' same "$HOLD/r13.csv" "$HOLD/r13b.csv"
check 'another draws others' sh -c "! cmp -s '$HOLD/r13.csv' '$HOLD/r7.csv'"
check '... but as many of each module as the rule fixes' \
    [ "$(modules "$HOLD/r7.csv")" = "$(modules "$HOLD/m.csv")" ]

# ---- the budget ----------------------------------------------------------------
stats() { "$PROGRAM" stats $MODEL "$@" 2>"$HOLD/err"; }
number() { # KEY FLAGS...: the first member of that name in the JSON
    local key=$1
    shift
    stats --json "$@" | sed -n "s/^\\t*\"$key\":\\t\\([0-9.]*\\),*\$/\\1/p" | head -n 1
}
# 6 layers of q 256, k 128, v 128, o 256 rows and a hidden size of 192: rank 8 on q and v is 8 * (448 + 320) * 6.
check 'LoRA of rank 8 on queries and values is the default' [ "$(number trainable_before)" = 36864 ]
check '--lora-rank' [ "$(number trainable_before --lora-rank 16)" = 73728 ]
check '--lora-targets' [ "$(number modules --lora-targets q_proj,k_proj,o_proj)" = 18 ]
check 'all-linear are the seven of each layer' [ "$(number modules --lora-targets all-linear)" = 42 ]
check '--lora-dtype halves the states' \
    [ "$(number optimizer_bytes --lora-dtype bf16)" = $(($(number optimizer_bytes) / 2)) ]
check '--lora-preset loftq has them all' [ "$(number rank --lora-preset loftq)" = 64 ]
check 'the text says it too' sh -c "'$PROGRAM' stats $MODEL | grep -qE '^LoRA of rank 8 on q_proj,v_proj: .* mask ratio [0-9]+\.[0-9][0-9] '"
check 'modules that the model lacks are wrong usage' \
    sh -c "'$PROGRAM' stats $MODEL --lora-targets q_proj,wrong 2>&1 >/dev/null | grep -q '^ropescope: wrong: '"
# The explorer's panel tells what stats does, to the digit.
panel_agrees() { # FLAGS...
    local panel key
    panel=$("$PROGRAM" show $MODEL --view budget --size 120x30 "$@" | tr -d ',') || return 1
    for key in trainable_before trainable_after mask_ratio mask_ratio_at_most; do
        stats --json "$@" | sed -n "s/^\\t*\"$key\":\\t\\([0-9.]*\\),*\$/\\1/p"
    done >"$HOLD/numbers"
    [ "$(wc -l <"$HOLD/numbers")" = 8 ] || return 1 # of LoRA and of all numbers
    while read -r key; do
        grep -qE "[ (]$(printf '%s' "$key" | sed 's/\./\\./')0?[ )]" <<<"$panel" || return 1
    done <"$HOLD/numbers"
}
check 'the panel of the explorer agrees' panel_agrees
check '... of another LoRA' panel_agrees --lora-rank 16 --lora-targets q_proj,k_proj --lora-dtype bf16
check '... under a rule with lines' panel_agrees --thresholds "$HOLD/rule.csv" --lora-targets all-linear
check 'the curve has ten thresholds' [ "$(stats --json | grep -cP '^\t\t\t"threshold":')" = 10 ]
check '--like-authors is told' sh -c "'$PROGRAM' stats $MODEL --like-authors | grep -q \"like the authors' code\""
check '... in JSON too' sh -c "'$PROGRAM' stats $MODEL --like-authors --json | grep -q '\"like_authors\"'"
mask $MODEL --like-authors -o "$HOLD/theirs.json"
check '... and by mask, in the file and on the way' \
    sh -c "grep -q '\"like_authors\":' '$HOLD/theirs.json' && grep -q 'like the authors' '$HOLD/out'"
mask $MODEL --like-authors -o "$HOLD/theirs.csv"
check '... in every row of a table' [ "$(grep -c ',like-authors' "$HOLD/theirs.csv")" = 1152 ]

check '--seed alone makes no sense' refuses 2 '--seed is that of --random' $MODEL --seed 3
check 'an order of rows that there is not' refuses 2 '--row-order' $MODEL --row-order mine
check 'a format that there is not' refuses 2 '--format' $MODEL --format xml
check 'a threshold past 1' refuses 2 '--threshold' $MODEL --threshold 1.5
printf 'layer,threshold\n9,0.1\n' >"$HOLD/bad.csv"
check 'a rule with a layer that there is not, by file and line' \
    refuses 1 "bad.csv:2: layer 9" $MODEL --thresholds "$HOLD/bad.csv"
check 'a rule that is not there' refuses 1 'none.csv' $MODEL --thresholds "$HOLD/none.csv"
check 'a model that is not there' refuses 1 'nowhere' "$HOLD/nowhere"
printf 'kept' >"$HOLD/kept"
"$PROGRAM" mask $MODEL --thresholds "$HOLD/bad.csv" -o "$HOLD/kept" 2>"$HOLD/err"
check 'a file that was there stays as it was when nothing comes of it' [ "$(cat "$HOLD/kept")" = kept ]
"$PROGRAM" mask $MODEL -o /dev/full >"$HOLD/out" 2>"$HOLD/err"
check 'a full disk is told' grep -q 'No space left' "$HOLD/err"
check 'safetensors do not go to a terminal' \
    sh -c "script -qec '$PROGRAM mask $MODEL --format safetensors' /dev/null </dev/null | grep -q 'no text for a terminal'"
finish
