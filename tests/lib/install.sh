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
