# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
#
# For tests against programs of Debian's that are not installed, mostly because their packages start daemons for the machine when they are
# (bash, after programs.sh). They are fetched and unpacked beside the build, once, and nothing of them runs but what the test starts.
skip() { echo "skipped: $*" >&2; exit 77; }
# unpack NAME PACKAGE…: $unpacked is the directory, $libraries what LD_LIBRARY_PATH needs for programs in it.
unpack() {
	unpacked=$SINBUN_BUILDDIR/tests/interop/packages/$1
	shift
	mkdir -p "$unpacked"
	exec 9>"$unpacked/lock"
	flock 9
	if [ ! -e "$unpacked/ready" ]; then
		command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || skip "not installed, and no apt-get to fetch it with: $*"
		(cd "$unpacked" && timeout 120 apt-get download "$@") >apt.log 2>&1 || skip "apt-get download: $(grep -m1 '^E:' apt.log)"
		for deb in "$unpacked"/*.deb; do dpkg-deb -x "$deb" "$unpacked" || skip "$deb cannot be unpacked"; done
		rm "$unpacked"/*.deb
		touch "$unpacked/ready"
	fi
	exec 9>&-
	libraries=$(echo "$unpacked"/usr/lib/*-linux-gnu):$(echo "$unpacked"/lib/*-linux-gnu)
}
