#!/bin/bash
# Man page and completions in the programs that read them; install and uninstall.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/tap.sh
PROGRAM=${ROPESCOPE:-$PWD/build/ropescope}
HOLD=$(mktemp -d) || exit 1
trap 'rm -rf "$HOLD"' EXIT
unset MAKEFLAGS MAKELEVEL MFLAGS
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

# ---- installing --------------------------------------------------------------

# make builds nothing here: the program is there, and its own name would be another build's.
build=$(dirname "$PROGRAM")
[ "$(basename "$build")" = sanitize ] && sanitize=SANITIZE=1 || sanitize=
install_make() { make --no-print-directory $sanitize "$@" >"$HOLD/said" 2>&1; }
tree() { (cd "$1" && find . -type f | LC_ALL=C sort); }

check 'make install' install_make install DESTDIR="$HOLD/stage" PREFIX=/usr
{
    echo ./usr/bin/ropescope
    echo ./usr/share/bash-completion/completions/ropescope
    echo ./usr/share/man/man1/ropescope.1
    echo ./usr/share/ropescope/demo/config.json
    echo ./usr/share/ropescope/demo/model.safetensors
    for theme in themes/*.theme; do echo "./usr/share/ropescope/$theme"; done
    echo ./usr/share/zsh/site-functions/_ropescope
} | LC_ALL=C sort >"$HOLD/wanted"
tree "$HOLD/stage" >"$HOLD/files"
check '  puts what it should, and nothing else' diff "$HOLD/files" "$HOLD/wanted"
installed=$HOLD/stage/usr/bin/ropescope
away() { (cd / && "$@"); }
runs() { away "$installed" --version >"$HOLD/said" && grep -q '^ropescope [0-9]' "$HOLD/said"; }
check '  the program runs from there' runs
finds_themes() {
    away "$installed" --list-themes >"$HOLD/said" &&
        grep -q "^\* dark  *$HOLD/stage/usr/share/ropescope/themes/dark.theme$" "$HOLD/said"
}
check '  and finds its themes' finds_themes
finds_demo() {
    # The explorer without a MODEL wants a terminal, so it is told by how far it gets.
    setsid -w "$installed" </dev/null >"$HOLD/said" 2>&1
    grep -q 'needs a terminal' "$HOLD/said"
}
check '  and its demo model' finds_demo
modes() { find "$HOLD/stage" -type f ! -perm 644 | sed "s|$HOLD/stage||"; }
check '  the program alone may be run' test "$(modes)" = /usr/bin/ropescope
find "$HOLD/stage" -type f -exec cksum {} + | LC_ALL=C sort >"$HOLD/sums"
rm -rf "$HOLD/stage"
install_make install DESTDIR="$HOLD/stage" PREFIX=/usr
find "$HOLD/stage" -type f -exec cksum {} + | LC_ALL=C sort >"$HOLD/sums-again"
check '  twice, the same bytes' cmp "$HOLD/sums" "$HOLD/sums-again"

echo kept >"$HOLD/stage/usr/share/ropescope/themes/mine.theme"
check 'make uninstall' install_make uninstall DESTDIR="$HOLD/stage" PREFIX=/usr
tree "$HOLD/stage" >"$HOLD/files"
check "  leaves what is not its own" test "$(cat "$HOLD/files")" = \
    ./usr/share/ropescope/themes/mine.theme
rm "$HOLD/stage/usr/share/ropescope/themes/mine.theme"
mkdir -p "$HOLD/stage"
install_make install DESTDIR="$HOLD/stage" PREFIX=/usr
install_make uninstall DESTDIR="$HOLD/stage" PREFIX=/usr
nothing_left() { [ -z "$(find "$HOLD/stage" -type f -o -name '*ropescope*')" ]; }
check '  and otherwise no file, and no folder of its own' nothing_left
finish
