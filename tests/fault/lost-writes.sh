#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
#
# Power cuts that lose what was not synchronised. Each operation of crash-driver is traced with all that it writes; then the disk is laid out
# as a cut may leave it (lost-writes.c): before each synchronisation, after each answer, at the end; with nothing of what was not
# synchronised, and with parts of it. The module must find the old state or the new one there, whole: with the new one where it was
# answered CKR_OK, and with every try charged that was answered.
# $SINBUN_LOST: one moment in so many ("all": every one, with more parts; by default 24, and the moments after answers and at the end);
# $SINBUN_LOST_OPERATIONS: of which operations.
driver=${SINBUN_BUILDDIR:?}/tests/fault/crash-driver
if [ "${1-}" = check ]; then # OPERATION DIRECTORY
	export SINBUN_CONF=$3/home/sinbun.conf CRASH_REPORT=$3/report
	"$driver" check "$2" >"$3/complaint" 2>&1 || { echo "lost-writes.sh: ${3##*/}: $2, $(cat "$3/what"): $(cat "$3/complaint")"; exit 1; }
	rm -rf "$3"
	exit
fi

[ -z "${SINBUN_SANITIZED:-}" ] || exit 77
command -v strace >/dev/null || exit 77
strace -o /dev/null true 2>/dev/null || { echo 'skipped: ptrace is not allowed'; exit 77; }
case ${SINBUN_LOST:-24} in
all) step=1 variants=4 ;;
*) step=${SINBUN_LOST:-24} variants=1 ;;
esac

umask 077
work=$(realpath "$(mktemp -d "${TMPDIR:-/tmp}/sinbun-test.XXXXXX")") || exit 1
trap 'rm -rf "$work"' EXIT
. "${SINBUN_SRCDIR:?}/tests/fault/bases.sh"
prepare_bases "$work" || exit 1

moments=0 states=0 result=0
# cut BASE OP: all that power cuts leave of one run.
cut() {
	local n
	rm -rf "$work/home" "$work/report" "$work/out"
	cp -a "$work/$1" "$work/home" && mkdir "$work/out" || return 1
	SINBUN_CONF=$work/home/sinbun.conf CRASH_REPORT=$work/report strace -f -y -xx -s 16777216 -o "$work/trace" \
		-e trace='?access,?faccessat,?faccessat2,openat,write,pwrite64,?writev,?pwritev,?pwritev2,?fallocate,?copy_file_range,fsync,fdatasync,ftruncate,?rename,?renameat,?renameat2,?unlink,unlinkat,?rmdir,?mkdir,mkdirat' \
		"$driver" run "$2" || return 1
	n=$("$SINBUN_BUILDDIR/tests/fault/lost-writes" "$work/trace" "$work/home" "$work/$1" "$work/report" "$work/out" $variants $moments "$step") || return 1
	moments=$((moments + n)) states=$((states + $(find "$work/out" -mindepth 1 -maxdepth 1 | wc -l)))
	find "$work/out" -mindepth 1 -maxdepth 1 -print0 | xargs -0 -r -P $(($(nproc) * 2)) -n 1 "$0" check "$2" >"$work/complaints" || result=1
	sed "s/^lost-writes.sh: /&$1, /" "$work/complaints" >&2
}
only=${SINBUN_LOST_OPERATIONS-} each_operation cut || { echo 'an operation cannot be followed' >&2; exit 1; }
[ $states -gt 0 ] || { echo "no such operation: $SINBUN_LOST_OPERATIONS" >&2; exit 1; }
echo "$moments moments, $states states of the disk looked at"
exit $result
