#!/bin/sh
# `ropescope export` from outside: columns, order, narrowing, what happens when it cannot be done.
# Prints TAP.
cd "$(dirname "$0")/../.." || exit 1
PROGRAM=${ROPESCOPE:-build/ropescope}
MODEL=tests/data/demo/base # 6 layers, 4 query heads, 2 key heads, 32 pairs a head

HOLD=$(mktemp -d) || exit 1
export XDG_CACHE_HOME="$HOLD/cache"
trap 'rm -rf "$HOLD"' EXIT
trap 'exit 1' INT TERM HUP

count=0
failed=0
result() { # result STATUS WORDS
    count=$((count + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $count - $2"
    else
        failed=$((failed + 1))
        echo "not ok $count - $2"
    fi
}
export_to() { # export_to FILE FLAGS...: standard output in FILE, errors in $HOLD/err
    file=$1
    shift
    "$PROGRAM" export $MODEL "$@" >"$HOLD/$file" 2>"$HOLD/err"
}
rows() { # rows FILE: without the header line
    tr -d '\r' <"$HOLD/$1" | tail -n +2
}

# ---- columns and rows --------------------------------------------------------

# The flags of the spectrum follow its turns, and those --context.
flags_follow() { # flags_follow FILE: and prints the first pairs that they hold of
    rows "$1" | awk -F, '
        ($10 != ($7 < 1)) || ($11 != ($7 < 0.5)) || ($6 * $7 - context) ^ 2 > 1e-6 { exit 1 }
        $10 && partial == "" { partial = $4 } $11 && half == "" { half = $4 }
        END { print partial, half }' context="$2"
}

export_to spectrum --view spectrum
head -n 1 "$HOLD/spectrum" | tr -d '\r' | grep -q "^layer,projection,head,pair,frequency,wavelength,turns,norm"
result $? 'columns of the spectrum'
[ "$(rows spectrum | wc -l)" -eq $((6 * (4 + 2) * 32)) ] && [ "$(flags_follow spectrum 256)" = '13 16' ]
result $? 'a row a pair, and pairs 13 and 16 of 32 are the first to turn less than once and half (base 10^4, 256 tokens)'
export_to spectrum --view spectrum --context 4096 --layer 2 --head 1
[ "$(rows spectrum | wc -l)" -eq 64 ] && [ "$(flags_follow spectrum 4096)" = '23 25' ]
result $? 'in a context of 4096 they are 23 and 25'

export_to pairs --view pairs
columns=layer,projection,head,pair,row_a,row_b,frequency,wavelength,cos,norm_a,norm_b,fixed
head -n 1 "$HOLD/pairs" | tr -d '\r' | grep -q "^$columns"
result $? 'columns of the pairs'
[ "$(rows pairs | wc -l)" -eq $((6 * (4 + 2) * 32)) ]
result $? 'a row a pair of the whole model'
rows pairs | awk -F, '{ print $1 * 1e6 + ($2 == "key") * 1e5 + $3 * 1e3 + $4 }' | sort -c -n
result $? 'layers in order, query before key, heads, pairs'
rows pairs | awk -F, '{ c = $9 < 0 ? -$9 : $9 } (c >= 0.01) != $12 { bad = 1 } END { exit bad }'
result $? 'fixed is |cos| >= threshold in every layer'
rows pairs | awk -F, '$6 - $5 != 32 || $5 != $3 * 64 + $4 { bad = 1 } END { exit bad }'
result $? 'half-split rows of the stored tensor'

export_to one --view pairs --layer 2 --head 3
[ "$(rows one | cut -d, -f1-3 | sort -u | tr '\n' ' ')" = '2,key,1 2,query,3 ' ]
result $? '--layer --head: a query head and the key head it meets'
export_to one --view pairs --head 3
[ "$(rows one | cut -d, -f2,3 | sort | uniq -c | awk '{ print $1, $2 }' | tr '\n' ' ')" = \
    '192 key,1 192 query,3 ' ]
result $? '--head alone: of every layer'
export_to one --view pairs --head 3 --projection key
[ "$(rows one | cut -d, -f2,3 | sort -u)" = key,1 ]
result $? '--projection key: still the key head that the query head meets'
export_to one --view heads --layer 0
[ "$(rows one | wc -l)" -eq 6 ]
result $? 'a row a head'
export_to one --view layers --layer 4
[ "$(rows one | cut -d, -f1)" = 4 ]
result $? 'one layer'
export_to one --view histogram --bins 8 --layer 1
[ "$(rows one | awk -F, '{ n += $7 } END { print NR, n }')" = '16 192' ]
result $? 'the bars of a histogram hold every pair'
export_to one --view scatter
[ "$(rows one | wc -l)" -eq $((6 * 4 * 32)) ]
result $? 'a point a pair of each query head'

fixed=$(rows pairs | awk -F, '{ n += $12 } END { print n }')
export_to one --view layers
[ "$(rows one | awk -F, '{ n += $7 } END { print n }')" = "$fixed" ]
result $? 'the layers count what the pairs say'
export_to one --view heads
[ "$(rows one | awk -F, '{ n += $8 } END { print n }')" = "$fixed" ]
result $? 'and so do the heads'
export_to strict --view heads --threshold 1
[ "$(rows strict | awk -F, '{ n += $8 } END { print n }')" = 0 ]
result $? '--threshold 1 fixes nothing here'

# ---- files -------------------------------------------------------------------

export_to again --view pairs
cmp -s "$HOLD/pairs" "$HOLD/again"
result $? 'scanned or from the cache, the same bytes'
export_to nothing --view pairs -o "$HOLD/file" && cmp -s "$HOLD/pairs" "$HOLD/file"
result $? '-o writes what standard output gets'
export_to dash --view pairs -o - && cmp -s "$HOLD/pairs" "$HOLD/dash"
result $? '-o - is standard output'
export_to json --view pairs --format json &&
    [ "$(grep -c '^{"layer":' "$HOLD/json")" -eq 1152 ]
result $? 'JSON has an object a row'

refused() { # refused STATUS WORDS FLAGS...: in at most three lines, and nothing comes out
    wanted=$1 words=$2
    shift 2
    export_to refused "$@"
    [ $? -eq "$wanted" ] && [ ! -s "$HOLD/refused" ] && [ "$(wc -l <"$HOLD/err")" -le 3 ] &&
        grep -q '^ropescope: ' "$HOLD/err"
    result $? "$words"
}
refused 2 'no view' --format csv
refused 2 'a view that there is not' --view nothing
refused 2 'a layer that there is not' --view pairs --layer 6
refused 2 'a head that there is not' --view pairs --head 4
refused 2 'a projection that there is not' --view pairs --projection value
refused 2 'a threshold over 1' --view pairs --threshold 1.5
refused 2 'no bins' --view histogram --bins 0
refused 1 'a directory that there is not' --view pairs -o "$HOLD/none/file"
[ ! -e "$HOLD/none" ]
result $? 'and it is not made'
if [ -c /dev/full ]; then
    "$PROGRAM" export $MODEL --view pairs >/dev/full 2>"$HOLD/err"
    [ $? -eq 1 ] && grep -q 'No space left' "$HOLD/err"
    result $? 'a full disk is an error'
fi

echo "1..$count"
[ $failed -eq 0 ]
