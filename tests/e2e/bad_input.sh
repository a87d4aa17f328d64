#!/bin/bash
# The program on bad files and wrong words: the right exit status, at most three lines on stderr that say
# what is wrong, nothing on stdout, and never a byte that could steer the terminal.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/tap.sh
program=$(realpath "${ROPESCOPE:-build/ropescope}")
hold=$(mktemp -d) || exit 1
trap 'rm -rf "$hold"' EXIT
export XDG_CACHE_HOME=$hold/cache
models=$hold/models
mkdir -p "$models"

# ---- files -------------------------------------------------------------------

# le64 N: N as 8 bytes, little-endian, for printf.
le64() {
    local value=$1 i
    for i in 1 2 3 4 5 6 7 8; do
        printf '\\x%02x' $((value & 255))
        value=$((value >> 8))
    done
}

# weights FILE HEADER BYTES: a safetensors file with that many zero bytes of data.
weights() {
    printf "$(le64 ${#2})" >"$1"
    printf '%s' "$2" >>"$1"
    head -c "$3" /dev/zero >>"$1"
}

# A model of one layer: 4 query heads and 2 key heads of 8, rows of 6.
entry() { # NAME DTYPE SHAPE BEGIN END
    printf '"%s":{"dtype":"%s","shape":%s,"data_offsets":[%s,%s]}' "$@"
}
q=model.layers.0.self_attn.q_proj.weight
k=model.layers.0.self_attn.k_proj.weight
good="{$(entry $q F32 '[32,6]' 0 768),$(entry $k F32 '[16,6]' 768 1152)}"
config='"model_type":"llama","num_hidden_layers":1,"num_attention_heads":4,"num_key_value_heads":2'

# model NAME [CONFIG [HEADER [BYTES]]]: a directory, good where nothing is said.
model() {
    mkdir -p "$models/$1"
    printf '%s' "${2:-{$config\}}" >"$models/$1/config.json"
    weights "$models/$1/model.safetensors" "${3:-$good}" "${4:-1152}"
}

# ---- what must come out ------------------------------------------------------

complain() {
    echo "# $1"
    sed 's/^/# | /' "$hold/err" | cat -v
    return 1
}

# refuses STATUS PATTERN ARGUMENTS...: stdout is empty, or $sink where that is set.
refuses() {
    local wanted=$1 pattern=$2 status
    shift 2
    timeout 60 "$program" "$@" >"${sink:-$hold/out}" 2>"$hold/err" </dev/null
    status=$?
    [ "$status" = "$wanted" ] || complain "exit status $status, not $wanted" || return 1
    [ -n "${sink:-}" ] || [ ! -s "$hold/out" ] || complain "something on stdout" || return 1
    [ -s "$hold/err" ] || complain "no message" || return 1
    [ "$(wc -l <"$hold/err")" -le 3 ] || complain "more than three lines" || return 1
    ! LC_ALL=C grep -q $'[\x01-\x09\x0b-\x1f\x7f]' "$hold/err" || complain "control characters" || return 1
    grep -qE -- "$pattern" "$hold/err" || complain "nothing says \"$pattern\""
}

bad_file() { # WORDS PATTERN ARGUMENTS...
    local words=$1
    shift
    check "$words" refuses 1 "$@"
}

bad_words() {
    local words=$1
    shift
    check "$words" refuses 2 "$@"
}

# ---- paths -------------------------------------------------------------------

model good
opens() { timeout 60 "$program" info "$1" >/dev/null; }
check "the model that all others are changed from is good" opens "$models/good"
bad_file "no such file" 'absent: No such file' stats "$models/absent"
bad_file "no such file, for the explorer" 'absent: No such file' "$models/absent"
bad_file "an empty path" 'No such file' stats ""
mkdir "$models/empty"
bad_file "a directory without weights" 'empty: no weights here' stats "$models/empty"
echo text >"$models/readme.txt"
bad_file "a file of another kind" 'readme.txt: not a file that' info "$models/readme.txt"
printf 'GGUF' >"$models/short.gguf"
bad_file "a GGUF file of four bytes" 'short.gguf: header: the file ends there' info "$models/short.gguf"
printf 'GGUF\003\000\000\000%016d' 0 >"$models/counts.gguf"
bad_file "a GGUF file that promises too much" 'counts.gguf: header: .* cannot lie in a file' info "$models/counts.gguf"
printf 'no weights' >"$models/named.gguf"
bad_file "a file that only calls itself GGUF" 'named.gguf: header: it begins with 6e 6f 20 77' info "$models/named.gguf"
printf 'GGUF' >"$models/set-00002-of-00003.gguf"
bad_file "a set without its first file" 'set-00001-of-00003.gguf: No such file' info "$models/set-00002-of-00003.gguf"
mkfifo "$models/pipe.safetensors"
bad_file "a pipe" 'pipe.safetensors: not a regular file' info "$models/pipe.safetensors"
strange=$'\x1b[31mred\x1b]0;title\x07\xff\n'
mkdir "$models/$strange"
bad_file "a path that would steer the terminal" '\?\[31mred\?\]0;title' stats "$models/$strange"
bad_file "such a path that is not there" '\?\[31mred' stats "$models/x$strange"
long=$(printf 'x%.0s' $(seq 5000))
bad_file "an endless path" 'xxx.*: File name too long' stats "$models/$long"

# ---- config and index --------------------------------------------------------

model no_config
rm "$models/no_config/config.json"
bad_file "no config.json" 'config.json: not there' stats "$models/no_config"
model broken_config '{"model_type": "llama"'
bad_file "a broken config" 'config.json: no valid JSON' stats "$models/broken_config"
model list_config '[]'
bad_file "a config that is a list" 'config.json: it is no JSON object' stats "$models/list_config"
model gpt2 '{"model_type":"gpt2"}'
bad_file "a model without rotary pairs" 'gpt2 has no rotary pairs' stats "$models/gpt2"
model unknown '{"model_type":"\u001b[1mnew"}'
bad_file "an unknown family" '\?\[1mnew is not known' stats "$models/unknown"
model heads "{${config/heads\":4/heads\":5}}"
bad_file "heads that do not divide the rows" '5 query heads .* do not divide the 32 rows' \
    stats "$models/heads"
model layers "{${config/layers\":1/layers\":1000000000}}"
bad_file "a billion layers" 'num_hidden_layers is 1000000000' stats "$models/layers"
model odd "{${config/heads\":4/heads\":32},\"head_dim\":1}"
bad_file "an odd head_dim" 'do not make|dims of a head' stats "$models/odd"
model theta "{$config,\"rope_theta\":\"10000\"}"
bad_file "a theta that is text" 'rope_theta is "10000", no number' stats "$models/theta"
mkdir "$models/index"
cp "$models/good/config.json" "$models/index"
cp "$models/good/model.safetensors" "$models/index/a.safetensors"
echo '{"weight_map":' >"$models/index/model.safetensors.index.json"
bad_file "a broken index" 'index.json: no valid JSON' stats "$models/index"
echo '{"weight_map":{"x":"../good/model.safetensors"}}' >"$models/index/model.safetensors.index.json"
bad_file "an index that points elsewhere" 'no plain file name' stats "$models/index"
echo '{"weight_map":{"x":"b.safetensors"}}' >"$models/index/model.safetensors.index.json"
bad_file "a missing shard" 'b.safetensors: No such file' stats "$models/index"
check "a missing shard: the help names the index" grep -q 'index.json names it' "$hold/err"

# ---- weights -----------------------------------------------------------------

model weights
damaged() { # WORDS PATTERN HEADER BYTES
    weights "$models/weights/model.safetensors" "$3" "$4"
    bad_file "$1" "model.safetensors: $2" stats "$models/weights"
}
: >"$models/weights/model.safetensors"
bad_file "an empty file" '0 bytes are too few' stats "$models/weights"
head -c 60 "$models/good/model.safetensors" >"$models/weights/model.safetensors"
bad_file "a truncated header" 'header of [0-9]+ bytes is cut short' stats "$models/weights"
damaged "truncated data" "tensor $k: its data end at byte 1152" "$good" 1000
damaged "bytes behind the data" '39 bytes follow' "$good" 1191
damaged "an offset past the end" "tensor $k: its data end at byte 5000" \
    "{$(entry $q F32 '[32,6]' 0 768),$(entry $k F32 '[16,6]' 4616 5000)}" 1152
damaged "offsets that run backwards" "tensor $k: .*backwards" \
    "{$(entry $q F32 '[32,6]' 0 768),$(entry $k F32 '[16,6]' 1152 768)}" 1152
damaged "tensors that overlap" "tensor $k: .*inside the data of another" \
    "{$(entry $q F32 '[32,6]' 0 768),$(entry $k F32 '[16,6]' 384 768)}" 1152
damaged "a shape whose product wraps" "tensor $q: the product of its shape overflows" \
    "{$(entry $q F32 '[4503599627370496,4503599627370496]' 0 768)}" 768
damaged "an unknown dtype" "tensor $q: unknown dtype \"F12\"" "{$(entry $q F12 '[32,6]' 0 768)}" 768
damaged "a dtype that is no weight" "tensor $q: dtype F8_E8M0 cannot be read" \
    "{$(entry $q F8_E8M0 '[32,6]' 0 192),$(entry $k F32 '[16,6]' 192 576)}" 576
damaged "a name that would steer the terminal" 'tensor a\?\[2J: unknown dtype' \
    "{$(entry 'a\u001b[2J' X '[1]' 0 1)}" 1
damaged "a header of endless nesting" 'no valid JSON object: nested too deep' \
    "{\"a\":$(printf '[%.0s' $(seq 1000))" 0

# ---- words -------------------------------------------------------------------

bad_words "a threshold that is no number" '--threshold "x"' stats "$models/good" --threshold x
bad_words "a threshold past 1" '--threshold "1.5"' stats "$models/good" --threshold 1.5
bad_words "a threshold that is nan" '--threshold "nan"' stats "$models/good" --threshold nan
bad_words "an unknown flag" '--colour' stats "$models/good" --colour
bad_words "a flag that would steer the terminal" '\?\[31m' stats "$models/good" $'--\x1b[31m'
bad_words "a missing value" '--threshold needs a value' stats "$models/good" --threshold
bad_words "a value too many" '--json takes no value' stats "$models/good" --json=1
bad_words "two models" 'stats takes one model' stats "$models/good" "$models/gpt2"
for command in scan info stats; do
    bad_words "no MODEL for $command" "$command needs a MODEL" $command
done
bad_words "a layer that is not there" '--layer 99' export "$models/good" --view pairs --layer 99
bad_words "a head that is not there" '--head 99' export "$models/good" --view pairs --head 99
bad_words "an unknown view" 'view' export "$models/good" --view rainbow
bad_words "no threads at all" '--threads "0"' stats "$models/good" --threads 0
bad_file "heads by flag that do not fit" '5 query heads \(--heads\)' stats "$models/good" --heads 5
bad_words "the explorer without a terminal" 'terminal' "$models/good"

# ---- full disks --------------------------------------------------------------

if [ -w /dev/full ]; then
    sink=/dev/full
    full='No space left'
    bad_file "stats on a full disk" "$full" stats "$models/good"
    bad_file "stats as JSON on a full disk" "$full" stats "$models/good" --json
    bad_file "info on a full disk" "$full" info "$models/good"
    bad_file "export on a full disk" "$full" export "$models/good" --view pairs
    bad_file "help on a full disk" "$full" --help
    bad_file "the version on a full disk" "$full" --version
    unset sink
    bad_file "a scan into a full disk" "$full" scan "$models/good" -o /dev/full
else
    skip "full disks" "no /dev/full"
fi

finish
