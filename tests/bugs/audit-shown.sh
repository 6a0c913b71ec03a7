#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# `audit show` and `audit export` said that an audit without its head was whole, and a text that somebody had put into the file was shown whole, however
# long.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
db=$registry/registry.db
cp "$db" whole.db
# damage SQL: to the registry as it was.
damage() {
	rm -f "$db" "$db-wal" "$db-shm"
	cp whole.db "$db" && chmod 600 "$db"
	sqlite3 "$db" "drop trigger audit_stays; drop trigger audit_kept; $1" || complain "sqlite3: $1"
}
gone="delete from setting where name = 'audit-head'"
damage "$gone"
wants 0 admin audit show
says '(.whole | not) and all(.rows[]; .sound)'
grep -q 'audit verify' err || complain "no warning: $(cat err)"
wants 0 admin audit export --officer o1 --out rows.csv
says '.whole | not'
# The export has put the head back, and a row that tells of it.
wants 1 admin audit verify
wants 0 admin audit show
says '(.whole | not) and any(.rows[]; .verb == "audit damage")'
damage "delete from audit; $gone"
wants 0 admin audit show
says '(.whole | not) and .rows == []'

# --- texts of a length that none has ---
letters=$(printf '가%.0s' $(seq 3000))
damage "update audit set officer = '$letters', verb = '$letters', subject = '$letters', outcome = hex(zeroblob(1000000)) where seq = 2"
wants 0 admin audit show
says '.rows[] | select(.row == 2) | (.sound | not) and ([.officer, .verb, .subject, .outcome] | all(length == 101 and endswith("…")))'
says '.rows[] | select(.row == 2) | .officer[:100] == "가" * 100'
wants 0 sinbun-admin --registry "$registry" audit show --pin-fd 4 4<<<issuer-passphrase
[ "$(wc -c <out)" -lt 3000 ] || complain "$(wc -c <out) bytes on the terminal"
wants 0 admin audit export --officer o1 --out rows.csv
[ "$(wc -c <rows.csv)" -gt 2000000 ] || complain "cut in the file, too"
finish
