#!/bin/bash
# Man page and completions in the programs that read them.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/tap.sh
PROGRAM=${ROPESCOPE:-$PWD/build/ropescope}
HOLD=$(mktemp -d) || exit 1
trap 'rm -rf "$HOLD"' EXIT
export XDG_CACHE_HOME=$HOLD/cache XDG_CONFIG_HOME=$HOLD/config LC_ALL=C.UTF-8

silent() { # COMMAND...: it succeeds and says nothing
    "$@" >"$HOLD/said" 2>&1 && [ ! -s "$HOLD/said" ] && return
    sed 's/^/# /' "$HOLD/said" | head -n 10
    return 1
}

# ---- the man page ------------------------------------------------------------

page=src/manual/ropescope.1
if command -v groff >/dev/null 2>&1; then
    check 'groff formats the man page without a warning' silent groff -man -Tutf8 -ww -z $page
else
    skip 'groff formats the man page' 'no groff'
fi
if command -v mandoc >/dev/null 2>&1; then
    check 'mandoc has nothing to say of it' silent mandoc -T lint $page
else
    skip 'mandoc checks the man page' 'no mandoc'
fi

# ---- completions -------------------------------------------------------------

check 'the bash completion parses' bash -n src/completions/ropescope.bash
# complete_words WORD...: what bash offers for the last word, sorted, in a line.
complete_words() {
    (
        PATH=$HOLD/bin:$PATH
        . src/completions/ropescope.bash
        COMP_WORDS=(ropescope "$@")
        COMP_CWORD=$#
        _ropescope
        printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort -u | paste -sd ' '
    )
}
offers() { # "WORDS OFFERED" WORD...
    local wanted=$1 got
    shift
    got=$(complete_words "$@")
    [ "$got" = "$wanted" ] && return
    echo "# $* offers: $got"
    return 1
}
offers_among() { # WORD WORDS...: it is one of those
    local wanted=$1
    shift
    case " $(complete_words "$@") " in *" $wanted "*) return 0 ;; esac
    return 1
}
offers_not() { ! offers_among "$@"; }
mkdir "$HOLD/bin"
ln -s "$PROGRAM" "$HOLD/bin/ropescope"
check 'bash: commands' offers 'explore export' e
check '  views' offers 'heads help histogram' export --view h
check '  values after =' offers 'cos' show --unit = cos
check '  glyphs' offers 'ascii blocks braille' show model --glyphs ''
check '  themes, out of the program' offers_among gruvbox --theme g
check '  flags of the command' offers '--theme --threads --threshold --thresholds' show --th
check '  and no others' offers_not --size export --s
check '  files where a model is wanted' offers_among tests/data show tests/d
check '  nothing where a number is wanted' offers '' show --threshold ''
if command -v zsh >/dev/null 2>&1; then
    check 'the zsh completion parses' zsh -n src/completions/_ropescope
else
    skip 'the zsh completion parses' 'no zsh'
fi

finish
