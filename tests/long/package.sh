#!/bin/bash
# The Debian package: built, read by lintian, installed into a bare Debian below a temporary folder, run and
# removed there. This machine's own packages are left as they are.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/tap.sh
HOLD=$(mktemp -d) || exit 1
trap 'rm -rf --one-file-system "$HOLD"' EXIT
unset MAKEFLAGS MAKELEVEL MFLAGS

skip_rest() { # "reason"
    skip 'the package in a bare Debian' "$1"
    finish
}
log() { # COMMAND...: what it says is shown where it fails
    "$@" >"$HOLD/log" 2>&1 && return
    tail -n 20 "$HOLD/log" | sed 's/^/# /'
    return 1
}

for program in dpkg-buildpackage dh; do
    command -v $program >/dev/null || skip_rest "no $program"
done
check 'make deb' log make --no-print-directory deb
package=$(echo build/ropescope_*.deb) library=$(echo build/libropescope-dev_*.deb)
[ -e "$package" ] || finish
before=$(sha256sum build/*.deb)
check '  twice, the same bytes' log make --no-print-directory deb
check '    of either package' test "$before" = "$(sha256sum build/*.deb)"
in_package() { dpkg-deb -c "$1" | grep " ./usr/$2$" >"$HOLD/log"; }
for file in bin/ropescope share/man/man1/ropescope.1.gz share/doc/ropescope/copyright \
    share/doc/ropescope/changelog.gz share/ropescope/themes/dark.theme share/ropescope/demo/model.safetensors \
    share/bash-completion/completions/ropescope share/zsh/vendor-completions/_ropescope; do
    check "  has $file" in_package "$package" $file
done
check '  and that of the library its archive' in_package "$library" 'lib/.*/libropescope.a'
check '  and its headers' in_package "$library" include/ropescope/angles.h
if command -v lintian >/dev/null; then
    check 'lintian has nothing to say' log lintian --info --fail-on error,warning,info "$package" "$library"
else
    skip 'lintian has nothing to say' 'no lintian'
fi

[ "$(id -u)" = 0 ] || skip_rest 'not root'
PATH=$PATH:/usr/sbin:/sbin
command -v debootstrap >/dev/null || skip_rest 'no debootstrap'
. /etc/os-release
bare=$HOLD/debian
needs=$(dpkg-deb -f "$package" Depends | sed 's/ *([^)]*)//g; s/ *|[^,]*//g; s/ //g')
debootstrap --variant=minbase --include="$needs" "$VERSION_CODENAME" "$bare" >"$HOLD/log" 2>&1 ||
    skip_rest "debootstrap: $(tail -n 1 "$HOLD/log")"

# What dpkg writes about packages is its own, and so are logs.
files() { (cd "$bare" && find . -xdev -path ./var/lib/dpkg -prune -o -path ./var/log -prune -o -print | sort); }
inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/nonexistent LC_ALL=C.UTF-8 chroot "$bare" "$@"; }
told() { grep -q "$1" "$HOLD/log"; }
cp "$package" "$bare/tmp/ropescope.deb"
files >"$HOLD/before"
check 'installed into a bare Debian' log inside dpkg -i /tmp/ropescope.deb
check '  all of it is there' log inside dpkg -V ropescope
check '  ropescope --version' log inside ropescope --version
check '    is that of the package' told "^ropescope $(dpkg-deb -f "$package" Version)\$"
check '  ropescope stats of the demo model' log inside ropescope stats /usr/share/ropescope/demo --no-cache
check '    has its fraction' told '738 of 768 pairs fixed .* 96.1%'
check '  its themes are found' log inside ropescope --list-themes
check '    where they were installed' told '/usr/share/ropescope/themes/gruvbox.theme'
check 'removed' log inside dpkg --purge ropescope
files >"$HOLD/after"
check '  and no file is left' log diff "$HOLD/before" "$HOLD/after"
finish
