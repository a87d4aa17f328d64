#!/bin/bash
# A slow line: keys are typed faster than what they change can be sent. They are all obeyed, and what is sent is what
# they lead to, not every picture on the way.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/tap.sh
program=$(realpath "${ROPESCOPE:-build/ropescope}")
tool=$(realpath "${TOOLS:-build/tools}/slow_line")
hold=$(mktemp -d) || exit 1
trap 'rm -rf "$hold"' EXIT
export XDG_CACHE_HOME=$hold/cache XDG_CONFIG_HOME=$hold/config LC_ALL=C.UTF-8 TERM=xterm-256color
"$program" scan tests/data/demo/base 2>"$hold/said" >"$hold/angles" # fills the cache

# Bytes that a hundred moves and q send on such a line; status in `status`.
send() { # RATE
    read -r bytes status <<<"$("$tool" "$1" "$(printf 'jk%.0s' $(seq 50))q" "$program" tests/data/demo/base)"
    echo "# $1 bytes a second: $bytes bytes, status $status"
}

# A pseudoterminal holds 8 kB that cannot be taken back; a picture of the whole screen has 4 kB.
send 1000000
check 'a fast line shows every picture' [ "$status" = 0 -a "$bytes" -gt 36000 ]
send 4800
check 'a slow one what the keys lead to' [ "$status" = 0 -a "$bytes" -lt 24000 ]
finish
