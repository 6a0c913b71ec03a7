#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
#
# A power cut loses what was written but not synchronised. So every commit to a token's write-ahead log waits for the disk before anything
# else happens: the try that a PIN costs is on the disk before the PIN is checked, and where the disk does not say so nothing is checked.
driver=${SINBUN_BUILDDIR:?}/tests/fault/crash-driver
[ -z "${SINBUN_SANITIZED:-}" ] || exit 77
command -v strace >/dev/null || exit 77
strace -o /dev/null true 2>/dev/null || { echo 'skipped: ptrace is not allowed'; exit 77; }
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"

cheap cold
export SINBUN_CONF=$here/base/sinbun.conf CRASH_REPORT=$here/report
mv cold base
"$driver" prepare token || exit 1
fresh() { rm -rf home report && cp -a base home; }
export SINBUN_CONF=$here/home/sinbun.conf

# Every run of writes to the log ends in a synchronisation of the same file, before the next call on another file and before the end.
# The last of a login's are the try and its pardon; COUNT: how many commits there are at least.
commits_wait() {
	fresh
	strace -f -y -o trace -e trace=pwrite64,fsync,fdatasync,pread64,unlink,ftruncate,flock "$driver" run "$1" || complain "$1: ended with $?"
	awk -v op="$1" -v least="$2" '
		{ call = $2; sub(/\(.*/, "", call); wal = /token\.db-wal>/ }
		wal && call == "pwrite64" { open = 1; next }
		wal && (call == "fsync" || call == "fdatasync") { if (open) commits++; open = 0; next }
		# The lock is let go, or the store itself is written: by then the log has to be on the disk.
		open && (call == "flock" || (call == "pwrite64" && /token\.db>/)) { print op ": goes on before its commit is on the disk: " $0; bad = 1; exit }
		END { if (open) { print op ": ends before its commit is on the disk"; bad = 1 }
			if (!bad && commits < least) { print op ": " commits + 0 " commits, not " least " or more"; bad = 1 }
			exit bad }' trace >out || complain "$(cat out)"
}
commits_wait wrong-login 1
commits_wait wrong-so-login 1
commits_wait login 2
commits_wait pin-change 3
commits_wait unblock 3
commits_wait key-pair 3
commits_wait object-create 3
commits_wait object-modify 3
commits_wait object-destroy 3
commits_wait init-again 3
commits_wait init-free 1
# Those of the directory: the new name of a token or of the numbering, and the one that went away.
names_wait() {
	fresh
	strace -f -y -o trace -e trace=rename,renameat,renameat2,fsync "$driver" run "$1" || complain "$1: ended with $?"
	awk -v op="$1" '
		$2 ~ /^rename/ { open++; next }
		$2 ~ /^fsync/ && /\/tokens>/ { open = 0; synced++ }
		END { if (open || !synced) { print op ": a new name is not on the disk"; exit 1 } }' trace >out || complain "$(cat out)"
}
names_wait init-free
names_wait remove

# A disk that fails as the try is to be kept: the right PIN and the wrong one get the same answer.
for op in login wrong-login; do
	fresh
	strace -f -o trace -e trace=fdatasync -e inject=fdatasync:error=EIO "$driver" run "$op"
	grep -q INJECTED trace || complain "$op: nothing was synchronised"
	# login_done, then the answer: 8 bytes each, in the machine's order.
	od -An -v -tx8 -j8 -N8 report >"answer-$op"
done
cmp -s answer-login answer-wrong-login || complain "a try that could not be kept was answered: right$(cat answer-login), wrong$(cat answer-wrong-login)"
finish
