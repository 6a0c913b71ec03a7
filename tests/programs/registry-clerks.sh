#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Eight clerks on one registry, while a ninth imports: every resident gets one card, whoever comes second is told, and the audit's chain holds.
# SINBUN_APPLICATIONS: how many residents (make check-long: 500).
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
command -v pkcs11-tool >/dev/null || { echo "no pkcs11-tool"; exit 77; }
make_registry
applications=${SINBUN_APPLICATIONS:-16} clerks=8
"$SINBUN_SRCDIR/tests/lib/residents.sh" "$applications" 100 >people.csv
wants 0 admin registry import people.csv
sql() { sqlite3 -cmd '.timeout 20000' "$registry/registry.db" "$1"; }

# input N: what the resident in line N + 1 of the file gives at the counter.
input() {
	local rrn name rest date
	IFS=, read -r rrn name rest < <(sed -n "$(($1 + 1))p" people.csv)
	date=$(cut -d, -f3 <<<"$rest")
	jq -n --arg rrn "$rrn" --arg name "$name" --arg date "$date" \
		'{rrn: $rrn, name: $name, issue_date: $date, consents: ["terms@1", "own-phone@1", "collection@1", "third-party@1"]}'
}
# again COMMAND…: as a clerk does who is told that somebody else is writing.
again() {
	local try
	for try in 1 2 3 4 5; do
		"$@" >"$told" 2>"$told.err" && return
		[ "$(jq -r .error "$told")" = busy ] || return
	done
}
# clerk ID FIRST STEP: residents FIRST, FIRST + STEP … each with a new device.
clerk() {
	local told=told.$1 n
	for ((n = $2; n <= applications; n += $3)); do
		phone=$here/phone.$1.$n
		cheap "$phone"
		input "$n" >"in.$1"
		again admin enrol --officer "$1" --input "in.$1" --offer "offer.$1" && holder enrol --offer "offer.$1" --request "request.$1" --puk-out "puk.$1" >"$told" 2>&1 &&
			again admin issue --officer "$1" --request "request.$1" --response "response.$1"
		jq -c "{clerk: \"$1\", n: $n, error}" "$told" >>"log.$1"
		rm -rf "$phone" "puk.$1" "offer.$1"
	done
}

# --- seven share the residents out; the eighth sees a third of them, too ---
for i in $(seq $((clerks - 1))); do clerk "c$i" "$i" $((clerks - 1)) & done
clerk c8 2 3 &
"$SINBUN_SRCDIR/tests/lib/residents.sh" 20000 30000 >background.csv
admin registry import background.csv >imported 2>imported.err &
wait
jq -e '.added == 20000' imported >/dev/null || complain "the import beside them: $(cat imported imported.err)"
[ "$(cat log.* | jq -s 'map(select(.error == null)) | length')" = "$applications" ] || complain "not $applications cards: $(cat log.*)"
[ "$(cat log.* | jq -s 'map(select(.error != null and .error != "on_another_device")) | length')" = 0 ] || complain "told something else: $(cat log.*)"
[ "$(sql 'select count(*), count(distinct resident), count(distinct card), count(distinct status_index) from credential where state = 0')" = \
	"$applications|$applications|$applications|$applications" ] || complain "not one card each: $(sql 'select * from credential')"
[ "$(sql 'select count(*) from application where state = 1')" = "$applications" ] || complain "applications and cards differ"

# --- two devices, two offers, one resident, the same moment ---
for i in 1 2; do
	phone=$here/phone.$i
	cheap "$phone"
	wants 0 admin enrol --officer "o$i" --input person.json --offer "offer.$i"
	wants 0 holder enrol --offer "offer.$i" --request "request.$i" --puk-out "puk.$i"
done
for i in 1 2; do admin issue --officer "o$i" --request "request.$i" --response "response.$i" >"both.$i" 2>&1 & done
wait
[ "$(jq -s '[.[] | select(.error == null)] | length' both.*)" = 1 ] || complain "not one card: $(cat both.*)"
[ "$(jq -s '[.[] | select(.error == "on_another_device")] | length' both.*)" = 1 ] || complain "the other was not told: $(cat both.*)"

# --- one offer, two requests at the same moment; and one request given twice ---
"$SINBUN_SRCDIR/tests/lib/residents.sh" 1 90000 >people.csv
wants 0 admin registry import people.csv
input 1 >in
phone=$here/phone.3
cheap "$phone"
wants 0 admin enrol --officer o3 --input in --offer offer.3
wants 0 holder enrol --offer offer.3 --request request.3 --puk-out puk.3
for i in 1 2 3 4; do admin issue --officer "o$i" --request request.3 --response "response.3.$i" >"same.$i" 2>&1 & done
wait
[ "$(jq -rs '[.[] | select(.error == null) | .card] | unique | length' same.*)" = 1 ] || complain "one request, several cards: $(cat same.*)"
[ "$(jq -s '[.[] | select(.error != null and .error != "busy")] | length' same.*)" = 0 ] || complain "one request, told something else: $(cat same.*)"
wants 0 admin issue --officer o3 --request request.3 --response response.3

wants 0 admin audit verify
says ".whole and .headed and .rows >= $((2 * applications)) and .rows == .last"

# --- the chain as another program reckons it (pkcs11-tool is no host for a sanitizer) ---
[ -z "${SINBUN_SANITIZED:-}" ] || finish
SINBUN_CONF=$registry/sinbun.conf pkcs11-tool --module "$SINBUN_MODULE" --token-label issuer --login --pin issuer-passphrase --read-object --type data \
	--label registry-data-key --output-file key >/dev/null 2>err || complain "the data key: $(cat err)"
wants 0 "$SINBUN_BUILDDIR/tests/lib/audit-chain" "$registry/registry.db" <key
[ "$(cat out)" -ge $((2 * applications)) ] || complain "$(cat out) rows"
sql "drop trigger audit_stays; update audit set outcome = 'ok ' where seq = 3"
wants 1 "$SINBUN_BUILDDIR/tests/lib/audit-chain" "$registry/registry.db" <key
finish
