#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A full disk in every step of an application and in issuing, and on the device: told as such, nothing half done, no try given away and no message sent
# whose code is not kept; the same step again goes on when there is room. The disk is a small one of memory, in a name space of its own.
unshare -rm true 2>/dev/null || { echo "skipped: no name spaces here" >&2; exit 77; }
[ -n "${SINBUN_UNSHARED:-}" ] || SINBUN_UNSHARED=1 exec unshare -rm bash "$0"
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/apply.sh"
[ -z "${SINBUN_SANITIZED:-}" ] || ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
trap 'umount "$here/disk" 2>/dev/null; rm -rf "$here"' EXIT
make_lines
outside
mode "$accepted"
mkdir disk
mount -t tmpfs -o size=4m,mode=700 tmpfs disk || exit 77
mv registry disk/registry
registry=$here/disk/registry
sed -i "s,^password-file.*,password-file = $here/secret," "$registry/sms.conf"
echo a-secret >secret
database() { sqlite3 "$registry/registry.db" "$1"; }
# leave KIB: so much room, to the page.
leave() {
	rm -f disk/filler
	local free
	free=$(df -k --output=avail disk | tail -1)
	fallocate -l $(((free - $1) * 1024)) disk/filler || complain "the disk cannot be filled"
}
rounds=0
# fills CODE COMMAND…: with more room each time, until it ends with this code (0: done); each time before as a full disk. What must hold after each
# failure: the function `holds`.
fills() {
	local code=$1 room got before=$rounds
	shift
	for room in $(seq 0 28 1200); do
		leave "$room"
		got=0
		"$@" >out 2>err <input || got=$?
		rm -f disk/filler
		[ $got != "$code" ] || break
		rounds=$((rounds + 1))
		[ $got = 9 ] && jq -e '(.error == "disk_full" or .error == "cannot_write") and (.message | test("space"))' out >/dev/null ||
			{ complain "exit code $got with $room KiB: $* ($(head -c 300 err))"; break; }
		[ "$(database 'pragma integrity_check')" = ok ] || complain "damaged with $room KiB: $*"
		holds "$room"
	done
	[ $got = "$code" ] || complain "never done: $*"
	[ $rounds != $before ] || complain "there was room: $*"
}
holds() { :; }
steps_done() { database "select count(*) from apply_step where application = '$application'"; }
# step NUMBER COMMAND INPUT [OPTION…]: of $application, which is then at that step.
step() {
	local number=$1 name=$2
	printf '%s' "$3" >input
	holds() { [ "$(steps_done)" = $((number - 1)) ] || [ "$number$(steps_done)" = 77 ] || complain "$name with $1 KiB: $(steps_done) steps"; }
	fills 0 admin apply "$name" --application "$application" --officer o1 "${@:4}"
	[ "$(steps_done)" = "$number" ] || complain "$name: $(steps_done) steps"
	[ "$(database "select count(*) from audit where subject = '$application' and verb = 'apply $name' and outcome =
		(select outcome from apply_step where application = '$application' and step = $number)")" = 1 ] || [ "$name" = offer ] || complain "$name: the audit does not tell of it once"
}

# --- opening one: none is left that nobody was told of ---
: >input
holds() { [ "$(database 'select count(*) from apply')" = 0 ] || complain "an application with $1 KiB"; }
fills 0 admin apply start --officer o1
application=$(jq -r .application out)
[ "$(database 'select count(*) from apply')" = 1 ] || complain "not one application"

# --- every step, each way of it ---
step 2 login '{"name":"홍시험","birth_date":"1990-01-01"}' --kind in-person --input -
step 3 consent "{\"consents\":$consents}" --input -
[ "$(database "select count(*) from consent where application = '$application'")" = 5 ] || complain "consents"
# Nothing is sent before its code is kept.
printf '{"phone":"010-0000-0001","carrier":"SKT"}' >input
holds() { [ ! -s requests ] || complain "a message was sent with $1 KiB"; }
fills 0 admin apply phone --application "$application" --officer o1 --input -
[ "$(grep -c '^POST /sms' requests)" = 1 ] || complain "not one message"
right=$(code)
# A wrong code, or a wrong date, is charged before it is told: where that cannot be, neither is it told.
printf '{"code":"%06d"}' $(((10#$right + 1) % 1000000)) >input
holds() { says '.tries_left == null'; }
fills 4 admin apply phone --application "$application" --officer o1 --input -
says '.tries_left == 4'
step 4 phone "{\"code\":\"$right\"}" --input -
echo "${card_data/03-02/03-03}" >input
holds() { says '.tries_left == null' && [ "$(database 'select max(wrong_dates) from resident')" = 0 ] || complain "a try was told with $1 KiB"; }
fills 4 admin apply card --application "$application" --officer o1 --input -
says '.tries_left == 4'
step 5 card "$card_data" --input -
step 6 biometrics '' --answer no
step 7 offer '' --offer "$here/disk/offer.json"

# --- the device, its token on the same disk, and the card ---
phone=$here/disk/phone
cheap "$phone"
: >input
holds() { [ ! -e disk/request.json ] || complain "half a request with $1 KiB"; }
fills 0 holder enrol --offer disk/offer.json --request disk/request.json --puk-out disk/puk
holds() { [ "$(database 'select count(*) from credential')" -le 1 ] && [ ! -e disk/response.json ] || complain "a card with $1 KiB"; }
fills 0 admin issue --officer o1 --request disk/request.json --response disk/response.json
[ "$(database 'select count(*) from credential')" = 1 ] || complain "not one card"
holds() { :; }
fills 0 holder enrol --response disk/response.json
wants 0 holder show
says '.fields.name == "홍시험"'

# --- members, the sign-ins of others, the counter in one go ---
echo '{"id":"ra.test","name":"라시험","rrn":"930101-1000000","password":"correct horse 7"}' >input
holds() { [ "$(database 'select count(*) from member')" = 0 ] || complain "a member with $1 KiB"; }
fills 0 admin member add --officer o1 --input -
wants 0 admin apply start --officer o1
application=$(jq -r .application out)
step 2 login '{"id":"ra.test","password":"correct horse 7"}' --kind member --input -
wants 0 admin apply withdraw --application "$application" --officer o1
wants 0 admin apply start --officer o1
application=$(jq -r .application out)
: >input
holds() { :; }
fills 0 admin apply login --application "$application" --officer o1 --kind certificate --challenge disk/challenge.json
fills 0 holder login --challenge disk/challenge.json --signed disk/signed.jws
step 2 login '' --kind certificate --signed disk/signed.jws
wants 0 admin apply withdraw --application "$application" --officer o1
mode "{$pending}"
wants 0 admin apply start --officer o1
application=$(jq -r .application out)
echo '{"name":"홍시험","birth_date":"1990-01-01","phone":"010-0000-0001","consents":["third-party@1"]}' >input
holds() { [ "$(steps_done)" = 1 ] || complain "signed in with $1 KiB"; }
fills 0 admin apply login --application "$application" --officer o1 --kind simple --provider ciba --input -
says '.state == "waiting"'
echo "$resident" >input
holds() { [ "$(database "select count(*) from audit where verb = 'enrol'")" -le 1 ] || complain "two offers with $1 KiB"; }
fills 0 admin enrol --officer o1 --input - --offer disk/offer2.json --replace
echo "$rounds times full" >&2
exec 7>&-
wait
finish
