#!/bin/bash
# The screens in README.md are what the program draws; UPDATE_GOLDEN=1 draws them anew.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/tap.sh
PROGRAM=${ROPESCOPE:-$PWD/build/ropescope}
HOLD=$(mktemp -d) || exit 1
trap 'rm -rf "$HOLD"' EXIT
export XDG_CACHE_HOME=$HOLD/cache XDG_CONFIG_HOME=$HOLD/config LC_ALL=C.UTF-8

# README.md with the block behind each line "    ropescope show MODEL FLAGS" drawn by that command.
drawn() {
    local line inside=false fresh=''
    while IFS= read -r line; do
        if [ "$line" = '```' ] && [ -n "$fresh" ]; then
            printf '```\n'
            $inside || { (eval "$PROGRAM $fresh --no-cache" </dev/null) || return 1; }
            $inside && fresh='' inside=false || inside=true
            continue
        fi
        $inside && continue
        case $line in '    ropescope show tests/'*) fresh=${line#    ropescope } ;; esac
        printf '%s\n' "$line"
    done <README.md
}

drawn >"$HOLD/README.md" || exit 1
[ -z "${UPDATE_GOLDEN:-}" ] || cp "$HOLD/README.md" README.md
check 'the screens of README.md are drawn by the commands above them' \
    diff README.md "$HOLD/README.md"
drawn | grep -c '^    ropescope show tests/' >"$HOLD/count"
check 'every view has one' [ "$(cat "$HOLD/count")" -ge 7 ]
finish
