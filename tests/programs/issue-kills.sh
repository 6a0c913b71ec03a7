#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# kill -9 where apply-kills.sh does not: opening an application, the sign-ins of members and with a certificate, PASS, the counter's enrol, issuing, and
# the device's two steps. The registry is whole, the same command again does what is left, and nothing is there twice.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/apply.sh"
needs_foreign_hosts
command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null || exit 77
make_lines
wants 0 admin member add --officer o1 --input - <<<'{"id":"ra.test","name":"라시험","rrn":"930101-1000000","password":"correct horse 7"}'
outside
mode "{$pending}"

calls=pwrite64,fdatasync,fsync,ftruncate,rename
database() { sqlite3 "$registry/registry.db" "$1"; }
# writes COMMAND…: how often the calls that write are made, of the most frequent one (strace counts each by itself).
writes() {
	strace -f -o trace -e trace="$calls" "$@" >out 2>err <input 3<<<"$PIN" 4<<<issuer-passphrase
	awk '{ sub(/\(.*/, "", $2); n[$2]++ } END { for (c in n) if (n[c] > m) m = n[c]; print m + 0 }' trace
}
as_before() {
	rm -rf "$registry" "$phone" && cp -r kept/registry "$registry"
	[ ! -d kept/phone ] || cp -r kept/phone "$phone"
}
rounds=0
: >input
start
# The first writes are those of the token's login, the same for every verb of the registrar.
first=$(writes sinbun-admin --registry "$registry" --json apply status --application "$application" --pin-fd 4)
# kills HOLDS COMMAND…: killed at its writes, $SINBUN_KILLS of them evenly between the first and the last; after each the same again ends well, or says
# that it is done, and then HOLDS. All of it begins from the same state.
kills() {
	local holds=$1 from=1 killed=0 total got
	shift
	[ "$1" != sinbun-admin ] || from=$((first - 1))
	rm -rf kept && mkdir kept && cp -r "$registry" kept/registry && { [ ! -d "$phone" ] || cp -r "$phone" kept/phone; }
	total=$(writes "$@")
	[ "$total" -gt $((from + 3)) ] || complain "only $((total - from)) writes: $*"
	for n in $(awk -v a=$from -v b="$total" -v k="${SINBUN_KILLS:-4}" 'BEGIN { k = k < b - a ? k : b - a + 1; for (i = 0; i < k; i++) print int(a + i * (b - a) / (k > 1 ? k - 1 : 1)) }'); do
		as_before
		got=0
		{ strace -f -o /dev/null -e trace="$calls" -e inject="$calls:signal=KILL:when=$n" "$@" <input >out 3<<<"$PIN" 4<<<issuer-passphrase || got=$?; } 2>err
		[ $got = 137 ] || { [ $got = 0 ] || complain "exit code $got at $n: $*"; continue; } # a write less than the time before
		rounds=$((rounds + 1)) killed=$((killed + 1))
		[ "$(database 'pragma integrity_check')" = ok ] || complain "damaged at kill $n: $*"
		got=0
		"$@" <input >out 2>err 3<<<"$PIN" 4<<<issuer-passphrase || got=$?
		[ $got = 0 ] || { [ $got = 10 ] && grep -q no_request out; } || complain "exit code $got after kill $n: $*"
		$holds "$n"
	done
	[ $killed -ge 3 ] || complain "killed only $killed times: $*"
}
administer() { command=(sinbun-admin --registry "$registry" --json "$@" --pin-fd 4); }
hold() { command=(sinbun --home "$phone" --json "$@" --pin-fd 3); }

# --- opening: at most one that nobody was told of; it is open, and ends by itself ---
opened=$(database 'select count(*) from apply')
one_more() { case $(database 'select count(*) from apply') in $((opened + 1)) | $((opened + 2))) ;; *) complain "kill $1: applications" ;; esac; }
administer apply start --officer o1
kills one_more "${command[@]}"

# --- signing in ---
signed_in() {
	[ "$(database "select count(*) from apply_step where application = '$application' and step = 2")" = 1 ] &&
		[ "$(database "select count(*) from audit where subject = '$application' and verb = 'apply login' and outcome <> 'waiting'")" = 1 ] ||
		complain "kill $1: not signed in once"
}
start
printf '{"id":"ra.test","password":"correct horse 7"}' >input
administer apply login --application "$application" --officer o1 --kind member --input -
kills signed_in "${command[@]}"
# A wrong password killed in the middle is charged all the same: the account waits after five of them, and after no more than that.
[ "$(database 'select max(wrong) from member')" = 0 ] || complain "the right password was charged: $(database 'select wrong from member')"
: >input
start
administer apply login --application "$application" --officer o1 --kind certificate --challenge challenge.json
same_challenge() { [ "$(jq -r .application challenge.json)" = "$application" ] || complain "kill $1: the challenge"; }
kills same_challenge "${command[@]}"
wants 0 admin apply withdraw --application "$application" --officer o1

# --- PASS: the question is asked again, the request that was stored goes on ---
steps_to phone
echo '{"phone":"010-0000-0001","carrier":"SKT"}' >input
waits() { [ "$(jq -r .state out)" = waiting ] || complain "kill $1: $(head -c 200 out)"; }
administer apply phone --application "$application" --officer o1 --provider pass --input -
kills waits "${command[@]}"
wants 0 admin apply withdraw --application "$application" --officer o1

# --- the counter in one go: one offer at the end is good, whatever was before ---
echo "$resident" >input
administer enrol --officer o1 --input - --offer offer.json
good_offer() { [ "$(database "select state from application where id = '$(jq -r .application offer.json)'")" = 0 ] || complain "kill $1: the offer"; }
kills good_offer "${command[@]}"

# --- the device, the card, the device ---
cheap "$phone"
: >input
rm -f request.json
hold enrol --offer offer.json --request request.json --puk-out puk
a_request() { [ "$(jq -r .application request.json)" = "$(jq -r .application offer.json)" ] || complain "kill $1: the request"; }
kills a_request "${command[@]}"
administer issue --officer o1 --request request.json --response response.json
one_card() {
	[ "$(database 'select count(*) from credential')" = 1 ] && [ "$(database "select count(*) from audit where verb = 'issue' and outcome = 'ok'")" = 1 ] ||
		complain "kill $1: not one card"
	[ "$(jq -r .card out)" = "$(database 'select card from credential')" ] || complain "kill $1: another card"
}
kills one_card "${command[@]}"
hold enrol --response response.json
has_card() { wants 0 holder show; says '.fields.name == "홍시험"'; }
kills has_card "${command[@]}"
echo "$rounds kills" >&2
exec 7>&-
wait
finish
