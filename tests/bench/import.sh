#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# What an import costs: rows a second and peak memory, of a tenth and of the whole, beside SQLite's own .import of the same columns into a
# table with the same keys: make bench-import ROWS=1000000
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
rows=${ROWS:-1000000}
cheap "$registry" 'profile = general'
wants 0 admin init --issuer 시험구청 --url https://id.example
cp -r "$registry" empty
"$SINBUN_SRCDIR/tests/lib/residents.sh" "$rows" >all.csv
export SQLITE_TMPDIR=$here # large temporary files stay where the rest is

# measured NAME COUNT COMMAND…
measured() {
	local name=$1 count=$2
	shift 2
	/usr/bin/time -o time -f '%e %U %S %M' "$@" >out 2>err || complain "$name: $(head -c 300 err)"
	awk -v name="$name" -v count="$count" '{ printf "%-28s %9d rows %8.1f s %9.0f rows/s  user %6.1f s  system %5.1f s  peak %7d KiB\n",
		name, count, $1, count / $1, $2, $3, $4 }' time
}
import() { sinbun-admin --registry "$1" --json registry import "$2" --report report.csv --pin-fd 4 4<<<issuer-passphrase; }
export -f import

head -n $((rows / 10 + 1)) all.csv >tenth.csv
measured 'sinbun-admin, a tenth' $((rows / 10)) bash -c "import '$registry' tenth.csv"
rm -r "$registry"
cp -r empty "$registry"
measured 'sinbun-admin' "$rows" bash -c "import '$registry' all.csv"
measured 'sinbun-admin, again' "$rows" bash -c "import '$registry' all.csv"
measured 'sinbun-admin, dry run' "$rows" sinbun-admin --registry "$registry" --json registry import all.csv --dry-run --pin-fd 4 4<<<issuer-passphrase
cat >plain.sql <<'END'
pragma journal_mode = wal;
pragma synchronous = full;
create table resident(rrn text primary key, name text, address text, authority text, issue_date text, phone text, carrier text);
create index resident_phone on resident(phone);
.mode csv
.import --skip 1 all.csv resident
END
measured "SQLite's .import" "$rows" sqlite3 plain.db '.read plain.sql'
finish
