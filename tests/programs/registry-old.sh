#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A registry of the first schema, opened by eight at once: each finds it in the present one, with all that stood in it.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
version=$(sqlite3 "$registry/registry.db" 'pragma user_version')
mv "$registry/registry.db" newer.db
cp "$SINBUN_SRCDIR/tests/lib/first-schema.sql" old.sql
cat >>old.sql <<'END'
insert into setting select name, value from newer.setting where name in ('issuer', 'url', 'country');
insert into audit select seq - 1, time, officer, verb, subject, outcome, chain from newer.audit where verb <> 'audit begin';
pragma user_version = 1;
END
sqlite3 "$registry/registry.db" <old.sql >/dev/null || complain "the old registry was not made"
# The audit of then had neither a head nor a row that tells of one. (pkcs11-tool is no host for a sanitizer.)
chained=
forget_anchor
if [ -z "${SINBUN_SANITIZED:-}" ] && command -v pkcs11-tool >/dev/null; then
	SINBUN_CONF=$registry/sinbun.conf pkcs11-tool --module "$SINBUN_MODULE" --token-label issuer --login --pin issuer-passphrase --read-object --type data \
		--label registry-data-key --output-file key >/dev/null 2>err || complain "the data key: $(cat err)"
	wants 0 "$SINBUN_BUILDDIR/tests/lib/audit-chain" -w "$registry/registry.db" <key
	chained=yes
fi

for i in 1 2 3 4 5 6 7 8; do
	admin registry show --card "$card" >"show.$i" 2>"err.$i" &
done
wait
for i in 1 2 3 4 5 6 7 8; do
	jq -e '.fields.name == "홍*험" and .cards[0].state == "valid"' "show.$i" >/dev/null || complain "one of eight: $(cat "show.$i" "err.$i")"
done
[ "$(sqlite3 "$registry/registry.db" 'pragma user_version')" = "$version" ] || complain "it has not the present schema"
[ "$(sqlite3 "$registry/registry.db" 'pragma integrity_check')" = ok ] || complain "it is damaged"
same() { diff <(sqlite3 newer.db "$1") <(sqlite3 "$registry/registry.db" "$1") >/dev/null || complain "something else: $1"; }
same 'select id, hex(rrn_hash), hex(box) from resident'
same 'select card, resident, state, status_index from credential'
same "select time, officer, verb, subject, outcome from audit where verb <> 'audit begin'"
if [ "$chained" ]; then
	wants 0 admin audit show
	says '.whole and .matching > 3'
fi
wants 0 admin registry import residents.csv
says '.rows == 2 and .same == 2'
[ ! -s err ] || [ -z "$chained" ] || complain "the first row of the new kind: $(cat err)"
wants 0 admin suspend --officer o1 --card "$card"

# --- its audit goes on, has a head from the first new row on, and no row can be changed any more ---
if [ "$chained" ]; then
	wants 0 admin audit verify
	says '.whole and .headed and .rows == .last'
	wants 0 admin audit show --verb 'audit begin'
	says '.matching == 1 and .rows[0].row > 4 and .rows[0].outcome == "adopted" and .rows[0].sound'
	sqlite3 "$registry/registry.db" 'update audit set outcome = 1' 2>/dev/null && complain "rows can still be changed"
	# Without its head it is no old registry any more; one that was broken before is no whole one either.
	sqlite3 "$registry/registry.db" "delete from setting where name = 'audit-head'"
	wants 9 admin resume --officer o1 --card "$card"
	wants 0 admin registry verify --accept --officer o1
	grep -q 'audit verify' err || complain "no warning"
	wants 0 admin audit show --verb 'audit damage'
	says '.rows[0].outcome == "head missing"'
	rm -f "$registry"/registry.db*
	sqlite3 "$registry/registry.db" <old.sql >/dev/null || complain "the old registry was not made again"
	chmod 600 "$registry/registry.db"
	forget_anchor
	wants 1 admin audit verify
	says '(.headed | not) and .findings[0].row == 1'
	wants 0 admin suspend --officer o1 --card "$card"
	grep -q 'audit verify' err || complain "no warning of a broken chain"
	wants 0 admin audit show --verb 'audit damage'
	says '.rows[0].outcome == "chain broken"'
fi

# --- one with a head, of before it knew the status list, is taken over without a word ---
if [ "$chained" ]; then
	rm -f "$registry"/registry.db*
	sqlite3 "$registry/registry.db" <old.sql >/dev/null || complain "the old registry was not made once more"
	chmod 600 "$registry/registry.db"
	wants 0 "$SINBUN_BUILDDIR/tests/lib/audit-chain" -h "$registry/registry.db" <key
	forget_anchor
	wants 0 admin bundle --out b
	[ ! -s err ] || complain "a word: $(cat err)"
	wants 0 admin suspend --officer o1 --card "$card" --reason lost
	[ ! -s err ] || complain "a word: $(cat err)"
	wants 0 admin registry verify
	wants 0 admin audit verify
	says '.whole and .headed'
	wants 0 admin bundle --out b
fi

# --- one from the future is left alone ---
sqlite3 "$registry/registry.db" 'pragma user_version = 999'
before=$(sha256sum <"$registry/registry.db")
wants 9 admin registry show --card "$card"
says '.error == "newer_registry"'
[ "$before" = "$(sha256sum <"$registry/registry.db")" ] || complain "it was touched"
finish
