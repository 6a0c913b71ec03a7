#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# An import that is killed goes on where it was and ends as if it had never been; two at once; no room on the disk.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
rows() { sqlite3 -cmd '.timeout 10000' "$registry/registry.db" 'select count(*) from resident'; }
make() { "$SINBUN_SRCDIR/tests/lib/residents.sh" "$@"; }
# Beside good rows: wrong ones at the beginning and the end, and one whose number stands far in front.
make 30000 >all.csv
sed -i '5s/-/x/; 29000s/2024-/2099-/' all.csv
sed -n 10p all.csv >>all.csv
cp -r "$registry" whole
wants 4 sinbun-admin --registry whole --json registry import all.csv --report whole.csv --pin-fd 4 4<<<issuer-passphrase
jq -S 'del(.message, .field)' out >whole.json

# --- killed once something is stored (or just done, on a quick machine), and begun again until it is through ---
for kill in 1 2 3; do
	sinbun-admin --registry "$registry" registry import all.csv --report report.csv --pin-fd 4 4<<<issuer-passphrase >killed 2>&1 &
	import=$! stored=$(rows)
	while kill -0 "$import" 2>/dev/null && [ "$(rows)" -le "$stored" ]; do :; done
	kill -9 "$import" 2>/dev/null
	wait "$import" 2>/dev/null
done
[ "$(rows)" -gt 2000 ] || complain "nothing was stored"
mark=$(sqlite3 "$registry/registry.db" "select length(value) from setting where name = 'import'")
wants 4 admin registry import all.csv --report report.csv
[ "$mark" = 0 ] || says '.resumed_at >= 2000'
jq -S 'del(.message, .field, .resumed_at)' out >resumed.json
[ "$mark" = 0 ] || cmp whole.json resumed.json || complain "other counts than in one go: $(diff whole.json resumed.json)"
cmp whole.csv report.csv || complain "another report than in one go"
[ "$(rows)" = "$(sqlite3 whole/registry.db 'select count(*) from resident')" ] || complain "other residents than in one go"
wants 4 admin registry import all.csv --report report.csv
says '(has("resumed_at") | not) and .added == 0 and .changed == 0 and .refused == 3'
cmp whole.csv report.csv || complain "another report the second time"

# --- cut off behind 5000 rows, for certain: the same file goes on there, another one with that name does not ---
# cut_off FILE: an import of a pipe that never ends is killed when those rows are stored; FILE is what stood in it, by the same name.
cut_off() {
	rm -f piped.csv
	mkfifo piped.csv
	sinbun-admin --registry "$registry" registry import piped.csv --pin-fd 4 4<<<issuer-passphrase >killed 2>&1 &
	import=$!
	exec 8>piped.csv
	head -5101 "$1" >&8
	while kill -0 "$import" && [ "$(sqlite3 -cmd '.timeout 10000' "$registry/registry.db" "select length(value) from setting where name = 'import'")" != 80 ]; do sleep 0.1; done
	kill -9 "$import"
	wait "$import" 2>/dev/null
	exec 8>&-
	rm piped.csv
	cp "$1" piped.csv
}
make 6000 60000 >other.csv
cut_off other.csv
wants 0 admin registry import piped.csv
says '.resumed_at == 5000 and .rows == 6000 and .added == 6000'
wants 0 admin registry import piped.csv
says '(has("resumed_at") | not) and .same == 6000'
cut_off other.csv
sed -i '2s/시험로/시험길/' piped.csv
wants 0 admin registry import piped.csv
says '(has("resumed_at") | not) and .rows == 6000 and .changed == 1 and .same == 5999'
cut_off other.csv # a number that stood before the cut stands there still
sed -n 2p other.csv >>piped.csv
wants 4 admin registry import piped.csv --report report.csv
says '.resumed_at == 5000 and .refused == 1'
grep -q '^6002,rrn,duplicate,' report.csv || complain "a number from before the cut was taken again: $(cat report.csv)"

# --- no room on the disk ---
make 6000 40000 >other.csv
(
	trap '' XFSZ
	ulimit -f 20 # KiB: the registry's log cannot grow
	sinbun-admin --registry "$registry" --json registry import other.csv --pin-fd 4 4<<<issuer-passphrase >full 2>err
	echo $? >full.code
)
[ "$(cat full.code)" = 9 ] || complain "no room: exit code $(cat full.code), $(cat full)"
jq -e '.error and (.message | length > 10)' full >/dev/null || complain "no room: $(cat full)"
before=$(rows)
sed -i '2s/시험로/시험길/' other.csv
wants 0 admin registry import other.csv
says '(has("resumed_at") | not) and .rows == 6000 and .added + .same + .changed == 6000'
[ "$(rows)" = $(($(sqlite3 whole/registry.db 'select count(*) from resident') + 12000)) ] || complain "$(rows) residents, $before before"

# --- a report that cannot be kept ---
wants 9 admin registry import all.csv --report /dev/full
says '.error == "cannot_write" and .field == "--report"'
wants 9 admin registry import all.csv --report nowhere/report.csv
says '.error == "cannot_write"'

cp other.csv kept.csv
wants 2 admin registry import other.csv --report ./other.csv
says '.field == "--report"'
cmp other.csv kept.csv || complain "the report was written over the file"

# --- two at once: the second is told; a dry run is no import ---
mkfifo slow.csv
admin registry import slow.csv >first 2>first.err &
exec 8>slow.csv
head -1 other.csv >&8
for i in $(seq 600); do
	[ -e "$registry/import.lock" ] && ! flock -n "$registry/import.lock" true && break
	sleep 0.1
done
wants 10 admin registry import other.csv
says '.error == "import_running"'
wants 0 admin registry import other.csv --dry-run
says '.same == 6000'
sed -n 2p other.csv >&8
exec 8>&-
wait
jq -e '.rows == 1 and .same == 1' first >/dev/null || complain "the first: $(cat first first.err)"
finish
