#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
#
# The crash sweep. Each operation of crash-driver is traced once; then, for each of its system calls that matter, one run on a fresh copy
# of the token ends with the process killed as the call begins, one has the call answer ENOSPC, one EIO. What stands afterwards must be the
# old state or the new one, whole, with no try given away. $SINBUN_SWEEP: how many points are taken, evenly spread ("all": every one);
# $SINBUN_SWEEP_OPERATIONS: of which operations.
#   crash-sweep.sh                              the sweep
#   crash-sweep.sh point BASE OP CALL K HOW     one point again: the k-th CALL since the program began; HOW is kill, ENOSPC or EIO
# Killing a process loses nothing that it wrote; that a commit waits for the disk is what durable.sh looks at.
driver=${SINBUN_BUILDDIR:?}/tests/fault/crash-driver
calls='openat pwrite64 write fsync fdatasync ftruncate rename renameat renameat2 unlink unlinkat rmdir mkdir mkdirat fchmod flock fcntl'

# One point; nothing is said unless it fails.
point() {
	local base=$1 op=$2 call=$3 k=$4 how=$5 inject work
	work=$(mktemp -d "$SWEEP/point.XXXXXX") || exit 1
	cp -a "$SWEEP/$base" "$work/home"
	export SINBUN_CONF=$work/home/sinbun.conf CRASH_REPORT=$work/report
	case $how in kill) inject=signal=SIGKILL ;; *) inject=error=$how ;; esac
	# strace ends as its program does; the shell need not tell.
	{ strace -f -o "$work/trace" -e trace="$call" -e inject="$call:$inject:when=$k" "$driver" run "$op" >"$work/said" 2>&1; } 2>/dev/null
	case $? in
	0 | 1 | 137) ;;
	*) echo "the run ended with $?" >>"$work/complaint" ;;
	esac
	grep -q INJECTED "$work/trace" || grep -q 'killed by SIGKILL' "$work/trace" || echo missed >>"$SWEEP/missed"
	"$driver" check "$op" >>"$work/complaint" 2>&1 || echo "crash-sweep.sh: $base $op $call $k $how: $(cat "$work/complaint")"
	[ ! -s "$work/complaint" ] || return 1
	rm -rf "$work"
}
if [ "${1-}" = point ]; then
	if [ -n "${SWEEP-}" ]; then
		shift
		point "$@"
		exit
	fi
	again=("${@:2}")
fi

[ -z "${SINBUN_SANITIZED:-}" ] || exit 77 # leak detection and ptrace exclude each other
command -v strace >/dev/null || exit 77
strace -o /dev/null true 2>/dev/null || { echo 'skipped: ptrace is not allowed'; exit 77; }

umask 077
SWEEP=$(mktemp -d "${TMPDIR:-/tmp}/sinbun-test.XXXXXX") || exit 1
trap 'rm -rf "$SWEEP"' EXIT
export SWEEP

. "${SINBUN_SRCDIR:?}/tests/fault/bases.sh"
prepare_bases "$SWEEP" || exit 1

# points BASE OP: a line for each call between the marks, and each way to break it.
points() {
	local work=$SWEEP/count
	rm -rf "$work" && cp -a "$SWEEP/$1" "$work"
	SINBUN_CONF=$work/sinbun.conf CRASH_REPORT=$SWEEP/report strace -f -o "$SWEEP/trace" \
		-e trace="?access,?faccessat,?faccessat2,$(echo "$calls" | sed 's/[a-z0-9]*/?&/g; s/ /,/g')" "$driver" run "$2" || return 1
	SINBUN_CONF=$work/sinbun.conf CRASH_REPORT=$SWEEP/report "$driver" check "$2" || return 1
	awk -v base="$1" -v op="$2" '
		{ call = $2; sub(/\(.*/, "", call); n[call]++ }
		/sinbun-crash-mark/ { inside = !inside; next }
		/sinbun-crash-/ { next }
		!inside || call !~ /^[a-z]/ { next }
		# Locks change no file: to be killed there is to be killed at the next call that does.
		call != "fcntl" && call != "flock" { print base, op, call, n[call], "kill"; print base, op, call, n[call], "ENOSPC" }
		{ print base, op, call, n[call], "EIO" }
	' "$SWEEP/trace"
}

if [ -n "${again-}" ]; then
	point "${again[@]}" && echo 'nothing to complain of'
	exit
fi
sound_points() { points "$@" || { echo "$* fails undisturbed" >&2; return 1; }; }
only=${SINBUN_SWEEP_OPERATIONS-} each_operation sound_points >"$SWEEP/points" || exit 1
[ -s "$SWEEP/points" ] || { echo "no such operation: $SINBUN_SWEEP_OPERATIONS" >&2; exit 1; }
all=$(wc -l <"$SWEEP/points")
case ${SINBUN_SWEEP:-40} in
all) cp "$SWEEP/points" "$SWEEP/taken" ;;
*) # Without the locks of SQLite: one that fails to be let go holds its own process up, for many times five seconds.
	grep -v ' fcntl ' "$SWEEP/points" >"$SWEEP/brief"
	awk -v all="$(wc -l <"$SWEEP/brief")" -v want="${SINBUN_SWEEP:-40}" \
		'int(NR * want / all) > int((NR - 1) * want / all)' "$SWEEP/brief" >"$SWEEP/taken" ;;
esac
# Many a point waits, for a lock that it cannot have: more of them at once than there are processors.
xargs -P $(($(nproc) * 4)) -n 5 "$0" point <"$SWEEP/taken" >"$SWEEP/complaints"
result=$?
cat "$SWEEP/complaints" >&2
echo "$(wc -l <"$SWEEP/taken") of $all points, $(cat "$SWEEP/missed" 2>/dev/null | wc -l) not reached, $(grep -c '^crash-sweep' "$SWEEP/complaints") complaints"
[ "$result" = 0 ]
