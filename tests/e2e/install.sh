#!/bin/bash
# make install, and what others make of what it puts there: the program, the library in C and in C++, nothing
# left after make uninstall; how the program is hardened; what is told where something is missing; make dist.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/tap.sh
PROGRAM=${ROPESCOPE:-$PWD/build/ropescope}
HOLD=$(mktemp -d) || exit 1
trap 'rm -rf "$HOLD"' EXIT
unset MAKEFLAGS MAKELEVEL MFLAGS
export XDG_CACHE_HOME=$HOLD/cache XDG_CONFIG_HOME=$HOLD/config LC_ALL=C.UTF-8

# make builds nothing here: the program is there, and its own name would be another build's.
build=$(dirname "$PROGRAM")
[ "$(basename "$build")" = sanitize ] && sanitize=SANITIZE=1 || sanitize=
install_make() { make --no-print-directory $sanitize "$@" >"$HOLD/said" 2>&1; }
tree() { (cd "$1" && find . -type f | LC_ALL=C sort); }
silent() { # COMMAND...: it succeeds and says nothing
    "$@" >"$HOLD/said" 2>&1 && [ ! -s "$HOLD/said" ] && return
    sed 's/^/# /' "$HOLD/said" | head -n 10
    return 1
}

# ---- what is put where -------------------------------------------------------

check 'make install' install_make install DESTDIR="$HOLD/stage" PREFIX=/usr
{
    echo ./usr/bin/ropescope
    for header in include/ropescope/*.h; do echo "./usr/$header"; done
    echo ./usr/lib/libropescope.a
    echo ./usr/lib/pkgconfig/ropescope.pc
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

# ---- the library -------------------------------------------------------------

demo=$HOLD/stage/usr/share/ropescope/demo
if command -v pkg-config >/dev/null; then
    # It has been installed below another folder than it was meant for.
    flags_of() { PKG_CONFIG_PATH=$HOLD/stage/usr/lib/pkgconfig pkg-config --define-prefix "$@" ropescope; }
    version=$("$PROGRAM" --version | head -n 1)
    check 'pkg-config knows the version' test "ropescope $(flags_of --modversion)" = "$version"
    read -ra flags <<<"$(flags_of --cflags --libs)"
    [ -z "$sanitize" ] || flags+=(-fsanitize=address,undefined)
else
    skip 'pkg-config knows the version' 'no pkg-config'
    flags=(-I"$HOLD/stage/usr/include" "$HOLD/stage/usr/lib/libropescope.a")
fi
made() { # COMPILER FLAGS... FILE: it compiles without a warning, and knows the demo model's fraction
    silent "$@" -Wall -Wextra -Werror "${flags[@]}" -o "$HOLD/made" || return
    away "$HOLD/made" "$demo" >"$HOLD/said" && grep -qx 'model: 0.9609' "$HOLD/said"
}
# each_alone COMPILER FLAGS...: every header, without any other before it.
each_alone() {
    local header
    for header in "$HOLD/stage/usr/include/ropescope/"*.h; do
        echo "#include <ropescope/$(basename "$header")>" >"$HOLD/alone"
        silent "$@" -Wall -Wextra -Werror -fsyntax-only -I"$HOLD/stage/usr/include" "$HOLD/alone" || return
    done
}
language() { # NAME COMPILER STANDARD LANGUAGE EXAMPLE
    if ! command -v "$2" >/dev/null; then
        skip "$1: the library" "no $2"
        return
    fi
    check "$1: each header by itself" each_alone "$2" "-std=$3" -x "$4"
    if [ "${#flags[@]}" -lt 4 ]; then
        skip '  a program of the library' 'no pkg-config'
    elif [ -n "$sanitize" ] && [ "$2" = clang ]; then
        skip '  a program of the library' 'sanitizers of gcc and clang do not mix'
    else
        check '  a program of the library' made "$2" "-std=$3" "$5"
    fi
}
language 'C, gcc' gcc c11 c tests/e2e/library.c
language 'C, clang' clang c11 c tests/e2e/library.c
language 'C++' g++ c++17 c++ tests/e2e/library.cc

# ---- how it is built ---------------------------------------------------------

if ! command -v readelf >/dev/null; then
    skip 'how the program is built' 'no readelf'
else
    readelf -hldW "$installed" >"$HOLD/elf"
    readelf -sW "$installed" >"$HOLD/symbols"
    check 'it may lie anywhere' grep -qE '^ *Type: *DYN' "$HOLD/elf"
    check 'its tables are read-only' grep -q GNU_RELRO "$HOLD/elf"
    check '  since all of them are filled at once' grep -qE 'FLAGS.*BIND_NOW|Flags: NOW' "$HOLD/elf"
    check 'its stack holds no code' grep -qE 'GNU_STACK.* RW +0x' "$HOLD/elf"
    check 'its stack is guarded' grep -q __stack_chk_fail "$HOLD/symbols"
    if [ -n "$sanitize" ]; then
        skip 'its buffers are checked' 'a sanitizer does that'
    else
        check 'its buffers are checked' grep -qE '__[a-z]+_chk@' "$HOLD/symbols"
    fi
    # Whatever may be seen from outside has been declared for it. Names that begin with __ are a sanitizer's.
    readelf -sW "$HOLD/stage/usr/lib/libropescope.a" 2>/dev/null |
        awk '($4 == "FUNC" || $4 == "OBJECT") && $5 == "GLOBAL" && $6 == "DEFAULT" && $7 != "UND" {print $8}' |
        grep -v '^__' | sort -u >"$HOLD/seen"
    cat include/ropescope/*.h | grep -oE '[a-z_0-9]+' | sort -u >"$HOLD/declared"
    check 'the library shows some names' test -s "$HOLD/seen"
    check '  and none that no header declares' silent comm -23 "$HOLD/seen" "$HOLD/declared"
fi

# ---- and gone again ----------------------------------------------------------

find "$HOLD/stage" -type f -exec cksum {} + | LC_ALL=C sort >"$HOLD/sums"
rm -rf "$HOLD/stage"
install_make install DESTDIR="$HOLD/stage" PREFIX=/usr
find "$HOLD/stage" -type f -exec cksum {} + | LC_ALL=C sort >"$HOLD/sums-again"
check 'installed twice, the same bytes' cmp "$HOLD/sums" "$HOLD/sums-again"
echo kept >"$HOLD/stage/usr/share/ropescope/themes/mine.theme"
check 'make uninstall' install_make uninstall DESTDIR="$HOLD/stage" PREFIX=/usr
tree "$HOLD/stage" >"$HOLD/files"
check '  leaves what is not its own' test "$(cat "$HOLD/files")" = ./usr/share/ropescope/themes/mine.theme
rm -rf "$HOLD/stage"
elsewhere=(DESTDIR="$HOLD/stage" PREFIX=/opt/r LIBDIR=/opt/r/lib64 ZSHDIR=/opt/zsh)
install_make install "${elsewhere[@]}"
check 'other folders' test -e "$HOLD/stage/opt/r/lib64/libropescope.a" -a -e "$HOLD/stage/opt/zsh/_ropescope"
check '  and the .pc file says so' grep -qx 'libdir=${prefix}/lib64' "$HOLD/stage/opt/r/lib64/pkgconfig/ropescope.pc"
install_make uninstall "${elsewhere[@]}"
nothing_left() { [ -z "$(find "$HOLD/stage" -type f -o -name '*ropescope*')" ]; }
check '  no file is left, and no folder of its own' nothing_left

# ---- what is missing ---------------------------------------------------------

# A compiler on whose machine some headers and a library are not there.
cat >"$HOLD/cc" <<'END'
#!/bin/sh
program=$(cat)
case $program in *'<csv.h>'* | *'<cblas.h>'*) exit 1 ;; esac
case " $* " in *' -lxxhash '*) exit 1 ;; esac
printf '%s\n' "$program" | cc "$@"
END
chmod +x "$HOLD/cc"
misses() { ! make --no-print-directory CC="$HOLD/cc" SANITIZER= BUILD="$HOLD/build" >"$HOLD/said" 2>&1; }
check 'a build without some libraries ends' misses
grep '^missing' "$HOLD/said" | sed 's/.*(Debian: \(.*\))/\1/' | paste -sd ' ' >"$HOLD/missing"
check '  with a line for each, and its package' \
    test "$(cat "$HOLD/missing")" = 'libcsv-dev libxxhash-dev libopenblas-dev'
check '  and before anything is compiled' silent find "$HOLD/build" -name '*.o'

# ---- the package -------------------------------------------------------------

debian=$(sed -n '1s/^ropescope (\(.*\)) .*/\1/p' src/packaging/debian/changelog)
check 'the Debian package is of this version' test "ropescope $debian" = "$("$PROGRAM" --version | head -n 1)"

# ---- make dist ---------------------------------------------------------------

if [ -n "$sanitize" ]; then
    skip 'make dist' 'no sanitizer has to do with it'
else
    ball=$(make --no-print-directory dist 2>"$HOLD/said" | sed -n 's/^  DIST //p')
    check 'make dist' test -s "${ball:-none}"
    tar -xzf "${ball:-none}" -C "$HOLD"
    unpacked=$(echo "$HOLD"/ropescope-*)
    again() { (umask 077 && cd "$1" && src/packaging/dist "${unpacked##*-}" >/dev/null 2>"$HOLD/said"); }
    check '  unpacked, without git, it can be made again' again "$unpacked"
    check '  the same bytes' cmp "$ball" "$unpacked/$ball"
    check '  of nothing but the tree' test -z "$(tar -tzf "$ball" | grep -E '/(build|\.git)/')"
fi
finish
