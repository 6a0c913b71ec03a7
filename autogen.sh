#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
#
# ./autogen.sh          prepares the build (then: ./configure && make)
# ./autogen.sh demo     installs what is missing, builds, and walks through the main job
# ./autogen.sh check    installs what is missing, builds, and runs all tests
set -eu
cd "$(dirname "$0")"

say() { printf '== %s\n' "$*"; }

# The packages of the lists given that are not installed.
missing() {
	sed 's/#.*//' "$@" | while read -r name _; do
		[ -z "$name" ] || dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' ||
			printf '%s ' "$name"
	done
}

install_missing() {
	command -v dpkg-query >/dev/null || { say "not a Debian system: the packages of $* are taken to be there"; return 0; }
	need=$(missing "$@")
	[ -n "$need" ] || return 0
	say "installing: $need"
	sudo=
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null || {
			echo "autogen.sh: as root, run: apt-get install --no-install-recommends $need" >&2
			exit 1
		}
		sudo=sudo
	fi
	# Without recommended packages: nothing of them is used, and some start services.
	$sudo apt-get update -qq
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $need >install.log 2>&1 || {
		tail -n 20 install.log >&2
		exit 1
	}
	rm -f install.log
}

prepare() {
	mkdir -p m4
	autoreconf --install --force >autoreconf.log 2>&1 || { cat autoreconf.log >&2; exit 1; }
	rm -f autoreconf.log
}

build() {
	[ -x configure ] || { say "preparing the build"; prepare; }
	[ -f Makefile ] || { say "configuring"; ./configure --quiet --enable-werror; }
	say "building"
	make --silent -j"$(nproc)"
}

# The sums of the test run, as one line: N passed, N failed, N skipped.
totals() {
	awk '/^# PASS:/ {p += $3} /^# SKIP:/ {s += $3} /^# (FAIL|XPASS|ERROR):/ {f += $3}
	     END {printf "%d passed, %d failed, %d skipped\n", p, f, s}' "$1"
}

case "${1:-}" in
'')
	prepare
	echo "Now run: ./configure && make"
	;;
demo)
	install_missing conf/debian-packages
	build
	exec tests/demo.sh
	;;
check)
	install_missing conf/debian-packages conf/debian-packages-check
	build
	say "testing"
	# Each result is told as it comes: where a run is cut off, the last lines tell where.
	rm -f check.failed
	{ make --silent -j"$(nproc)" check || : >check.failed; } 2>&1 </dev/null | tee check.log |
		grep --line-buffered -E '^(PASS|FAIL|SKIP|ERROR|XPASS): ' || tail -n 40 check.log
	status=0
	[ ! -e check.failed ] || status=1
	rm -f check.failed
	[ "$status" = 0 ] || cat test-suite.log 2>/dev/null || true
	for log in $(grep -E '^SKIP' check.log | sed 's/^SKIP: //; s/\.sh$//'); do
		printf 'skipped %s: %s\n' "$log" "$(tail -n 2 "$log.log" 2>/dev/null | head -n 1)"
	done
	totals check.log
	exit "$status"
	;;
*)
	echo "usage: ./autogen.sh [demo|check]" >&2
	exit 2
	;;
esac
