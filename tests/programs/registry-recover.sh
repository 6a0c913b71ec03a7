#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A damaged registry: what is still whole and genuine comes into a new one, what is lost is told, and the damaged file stays as it was.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
"$SINBUN_SRCDIR/tests/lib/residents.sh" 2000 100 >more.csv
wants 0 admin registry import more.csv
db=$registry/registry.db
sqlite3 "$db" 'pragma wal_checkpoint(truncate)' >/dev/null
cp "$db" whole.db
cp -r "$registry/tokens" tokens.kept
# use FILE: in the registry's place.
use() { rm -f "$db" "$db-wal" "$db-shm"; cp "$1" "$db"; chmod 600 "$db"; }
# recovered FILE…: recover the damaged registry, which stays as it is, into new.db.
recover() {
	local before
	rm -f new.db*
	before=$(sha256sum <"$db")
	wants 0 admin registry recover --officer o1 --out new.db
	[ "$before" = "$(sha256sum <"$db")" ] || complain "the damaged file was changed"
	[ "$(sqlite3 new.db 'pragma integrity_check')" = ok ] || complain "the new one is damaged"
	[ "$(stat -c %a new.db)" = 600 ] || complain "others can read the new one"
}

# --- nothing is wrong: everything is there again ---
recover
says '.whole and .tables.resident == {"kept": 2002, "refused": 0, "missing": 0, "damaged": false}'
for what in 'select hex(rrn_hash), hex(box) from resident order by id' 'select * from credential' 'select id, state, card from application' \
	"select name, hex(value) from setting where name in ('issuer', 'url', 'country')"; do
	diff <(sqlite3 whole.db "$what") <(sqlite3 new.db "$what") >/dev/null || complain "not the same: $what"
done
wants 9 admin registry recover --officer o1 --out new.db
says '.error == "exists"'
wants 2 admin registry recover --out other.db
use new.db
wants 0 admin registry show --card "$card"
says '.fields.name == "홍*험"'
wants 0 admin registry import more.csv
says '.same == 2000'

# --- pages of residents are overwritten, in two places; the rows before, between and behind them are saved ---
use whole.db
pages=$(sqlite3 "$db" "select count(*) from dbstat where name = 'resident'" 2>/dev/null) || pages=
if [ -n "$pages" ]; then
	for part in 3 2; do
		page=$(sqlite3 whole.db "select pageno from dbstat where name = 'resident' and pagetype = 'leaf' order by path limit 1 offset $((pages / part))")
		dd if=/dev/urandom of="$db" bs=4096 seek=$((page - 1)) count=1 conv=notrunc status=none
	done
	recover
	says '(.whole | not) and .tables.resident.damaged and .tables.resident.missing > 0 and .tables.resident.missing < 60'
	says '.tables.resident.kept + .tables.resident.missing == 2002 and .tables.credential.kept == 1'
	lost=$(jq .tables.resident.missing out)
	use new.db
	wants 0 admin registry import more.csv
	says ".same == 2000 - $lost and .added == $lost"
	wants 0 admin bundle --out b
fi

# --- a box that was changed is no resident ---
use whole.db
sqlite3 "$db" "update resident set box = zeroblob(length(box)) where id = 7; update resident set rrn_hash = zeroblob(32) where id = 9"
recover
says '.tables.resident.refused == 2 and .tables.resident.kept == 2000'

# --- cut off in the middle; without its beginning; no database at all ---
use whole.db
truncate -s $(($(stat -c %s whole.db) * 3 / 4 / 4096 * 4096)) "$db"
rm -f new.db*
admin registry recover --officer o1 --out new.db >out 2>err
case $? in
0) says '(.whole | not) and .tables.resident.kept > 100' ;;
9) says '.error == "damaged"' && [ ! -e new.db ] || complain "half a registry is left" ;;
*) complain "cut off: $(cat out)" ;;
esac
use whole.db
dd if=/dev/urandom of="$db" bs=4096 count=1 conv=notrunc status=none
rm -f new.db*
wants 9 admin registry recover --officer o1 --out new.db
says '.error == "damaged" and (.message | contains("copy"))'
[ ! -e new.db ] || complain "a registry with nothing in it is left"
rm "$db"
wants 3 admin registry recover --officer o1 --out new.db
says '.error == "no_registry"'

# --- the issuer's token: gone, another one, and the right one put back ---
use whole.db
rm -rf "$registry/tokens"
wants 5 admin registry recover --officer o1 --out new.db
says '.error == "no_issuer_token"'
[ ! -e new.db ] || complain "a registry without a key is left"
mkdir other
cheap other 'profile = general'
wants 0 sinbun-admin --registry other --json init --issuer 다른구청 --url https://other.example --pin-fd 4 4<<<issuer-passphrase
cp -r other/tokens "$registry/tokens"
wants 5 admin registry recover --officer o1 --out new.db
says '.error == "wrong_key"'
[ ! -e new.db ] || complain "a registry of another's key is left"
rm -rf "$registry/tokens"
cp -r tokens.kept "$registry/tokens"
recover
says '.whole and .tables.resident.kept == 2002'
finish
