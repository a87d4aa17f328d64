#!/bin/bash
# The unit tests where bytes lie the other way round (s390x, under qemu) and where a size has 32 bits (i386): Debian's
# cross compilers build them against that architecture's own libraries, which are unpacked below a temporary folder.
# This machine's packages are left as they are. ARCHITECTURES and TESTS (a pattern) narrow it.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/tap.sh
hold=$(mktemp -d) || exit 1
trap 'rm -rf --one-file-system "$hold"' EXIT
unset MAKEFLAGS MAKELEVEL MFLAGS
PATH=$PATH:/usr/sbin:/sbin
. /etc/os-release

log() { # COMMAND...: what it says is shown where it fails
    "$@" >"$hold/log" 2>&1 && return
    tail -n 20 "$hold/log" | sed 's/^/# /'
    return 1
}

# The packages' files alone: none of their scripts is run. Links that name a library by its path lead into the folder:
# one that leads nowhere has libtinfo.a linked in beside the libtinfo.so of ncurses.
unpack() { # ARCHITECTURE FOLDER
    local needs=libncurses-dev,libcjson-dev,libcsv-dev,libxxhash-dev,libpcre2-dev,libutf8proc-dev,libopenblas-dev,libcmocka-dev
    debootstrap --foreign --arch="$1" --variant=minbase --include=$needs "$VERSION_CODENAME" "$2" >"$hold/log" 2>&1 || return 1
    for package in "$2"/var/cache/apt/archives/*.deb; do
        dpkg-deb -x "$package" "$2" || return 1
    done
    rm -rf "$2/var"
    find "$2/usr/lib" -type l -lname '/*' -printf '%l %p\n' | while read -r target link; do
        ln -sfn "$2$target" "$link"
    done
}

# A compiler that takes from there what is no part of itself.
compiler() { # PREFIX TRIPLET FOLDER
    local include=$3/usr/include/$2/openblas-pthread library=$3/usr/lib/$2/openblas-pthread
    printf '#!/bin/sh\nexec %s-gcc --sysroot=%s -isystem %s -L%s "$@"\n' "$1" "$3" "$include" "$library"
}

# All programs, as many at a time as there are processors: what each says and its status.
run_all() { # PROGRAM...
    export hold
    printf '%s\n' "$@" | xargs -P "$(nproc)" -I '{}' bash -c '
        name=$(basename "$1") && shift
        timeout 900 "$@" >"$hold/$name.log" 2>&1
        echo $? >"$hold/$name.status"' run '{}' "${runs[@]}" '{}'
}

passed() { # NAME
    grep -qE '^\[ *(PASSED|SKIPPED) *\] [1-9]' "$hold/$1.log" && [ "$(cat "$hold/$1.status")" = 0 ] && return
    grep -vE '^\[ (RUN|  *OK) ' "$hold/$1.log" | head -n 20 | sed 's/^/# /'
    return 1
}

on() { # ARCHITECTURE PREFIX TRIPLET LOADER FLAGS [EMULATOR]
    local root=$hold/$1 build=build/$1 libraries program runs
    [[ ${ARCHITECTURES:-$1} = *$1* ]] || return 0
    for program in "$2-gcc" debootstrap ${6:-}; do
        command -v "$program" >/dev/null || { skip "on $1" "no $program"; return; }
    done
    unpack "$1" "$root" || { skip "on $1" "debootstrap: $(tail -n 1 "$hold/log")"; return; }
    compiler "$2" "$3" "$root" >"$hold/cc-$1" && chmod +x "$hold/cc-$1"
    libraries=$root/usr/lib/$3:$root/lib/$3:$root/usr/lib/$3/openblas-pthread
    runs=(env LOCPATH="$root/usr/lib/locale" ${6:+"$6"} "$root/$4" --library-path "$libraries") # no locale of this machine
    log "${runs[@]}" "$root/bin/true" || { skip "on $1" 'its programs do not run here'; return; }
    local programs=()
    for program in tests/unit/test_${TESTS:-*}.c; do
        programs+=("$build/tests/$(basename "$program" .c)")
    done
    check "built for $1" log env PKG_CONFIG_LIBDIR=/nonexistent make --no-print-directory -j"$(nproc)" BUILD="$build" \
        CC="$hold/cc-$1" CFLAGS="-O1 -g $5" AR="$2-ar" "${programs[@]}"
    run_all "${programs[@]}"
    for program in "${programs[@]##*/}"; do check "$1: $program" passed "$program"; done
}

on s390x s390x-linux-gnu s390x-linux-gnu lib/ld64.so.1 '' qemu-s390x
on i386 i686-linux-gnu i386-linux-gnu lib/ld-linux.so.2 '-msse2 -mfpmath=sse' # sums of 80 bits are told elsewhere
finish
