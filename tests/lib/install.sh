# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
#
# For tests of what make install puts in place (bash; after programs.sh, which it sources). $tree: a fresh DESTDIR.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
tree=$here/tree

# A make of its own, which knows nothing of the one that runs the tests.
make_in_tree() {
	(umask 022 && env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u MAKEOVERRIDES make -s -C "$SINBUN_BUILDDIR" DESTDIR="$tree" "$@" >made 2>&1) ||
		complain "make $*: $(tail -n 5 made)"
}
install_tree() { make_in_tree install; }
# setting NAME: the value of a variable of the Makefile, whole.
setting() {
	printf 'include Makefile\nsinbun-setting:\n\t@echo $(%s)\n' "$1" |
		env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u MAKEOVERRIDES make -s -C "$SINBUN_BUILDDIR" -f - sinbun-setting
}

# --- the installed tree at its own place, for an ordinary user. It is only there for the processes of the test (a mount namespace). ---
# have_place: installs, and makes ready what in_place takes: $here/home is the user's. Skips where there is no such place to be had.
have_place() {
	local program
	for program in unshare setpriv p11-kit pkg-config; do
		command -v $program >/dev/null || { echo "no $program"; exit 77; }
	done
	prefix=$(setting prefix)
	[ -d "$prefix" ] || { echo "$prefix is not there, so nothing can be put in its place"; exit 77; }
	# A prefix that only holds what was installed may be covered whole; another is seen through it.
	cat >place.sh <<-'END'
		set -e
		mount -t overlay overlay -o "lowerdir=$2$1:$1" "$1" 2>/dev/null || { [ "$1" != /usr ] && mount --bind "$2$1" "$1"; }
		[ -z "${SINBUN_OWN_NETWORK-}" ] || ip link set lo up
		[ $# -gt 2 ] || exit 0
		mount --bind "$3" "$4"
		shift 4
		exec "$@"
	END
	install_tree
	apart sh place.sh "$prefix" "$tree" 2>/dev/null || { echo "no mount namespaces here"; exit 77; }
	registrations=$(pkg-config --variable=p11_module_configs p11-kit-1)
	mkdir home home/.config home/.config/sinbun modules
	cp "$registrations"/*.module modules 2>/dev/null
	cp "$tree$(setting p11configdir)/sinbun.module" modules
	printf 'kdf-memory = 19\nkdf-passes = 2\nseal = software\n' >home/.config/sinbun/sinbun.conf
	chmod 711 "$here"
	chmod 755 modules tree
	chmod 644 modules/*
	own home
}
network=''
# own_network: in_place will have one, in which every port is free. 1 where there is none to be had.
own_network() {
	command -v ip >/dev/null || return
	network=--net
	apart ip link set lo up 2>/dev/null && export SINBUN_OWN_NETWORK=1 || { network=''; return 1; }
}
# OpenSSH wants a user that has a name: nobody.
if [ "$(id -u)" = 0 ]; then
	# shellcheck disable=SC2086
	apart() { unshare --mount $network "$@"; }
	ordinary='setpriv --reuid 65534 --regid 65534 --clear-groups'
	own() { chown -R 65534:65534 "$@"; }
else
	# shellcheck disable=SC2086
	apart() { unshare --user --map-root-user --mount $network "$@"; }
	ordinary='unshare --user --map-user=65534'
	own() { :; }
fi
# in_place COMMAND…: as that user, with no environment variable of ours.
in_place() {
	# shellcheck disable=SC2086
	apart sh place.sh "$prefix" "$tree" "$here/modules" "$registrations" \
		$ordinary env -i HOME="$here/home" PATH="$(setting bindir):/usr/bin:/bin" "$@"
}
