#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A token whose store cannot be opened was told as "not enrolled", and enrol made a second one beside it. It is named, and nothing is made.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
wants 0 admin enrol --officer o1 --replace --input person.json --offer offer2.json

# told PATH: the failure names the token's directory, by any verb, and no second one is made.
told() {
	local verb
	for verb in status show 'enrol --response response.json' "enrol --offer offer2.json --request request2.json --puk-out puk2"; do
		# shellcheck disable=SC2086
		wants 9 holder $verb
		says ".error == \"$2\" and (.message | contains(\"$1\"))"
	done
	[ "$(find "$phone/tokens" -mindepth 1 -maxdepth 1 -type d | wc -l)" = 1 ] || complain "a second token beside the damaged one"
	[ ! -e request2.json ] && [ ! -e "$phone/enrolment.puk" ] || complain "a refused enrolment left something"
}
token=$(dirname "$phone"/tokens/*/token.db)
cp "$token/token.db" good.db
truncate -s 5000 "$token/token.db"
told "$token" token_damaged
head -c 20000 /dev/urandom >"$token/token.db"
told "$token" token_damaged
rm "$token/token.db"
told "$token" token_damaged
cp good.db "$token/token.db"
wants 0 holder status

# --- the issuer's ---
token=$(dirname "$registry"/tokens/*/token.db)
cp "$token/token.db" good.db
truncate -s 5000 "$token/token.db"
wants 9 admin bundle --out bundle.jwt
says ".error == \"token_damaged\" and (.message | contains(\"$token\"))"
cp good.db "$token/token.db"
wants 0 admin bundle --out bundle.jwt
# ... also when the rest of an unfinished init is gone.
truncate -s 5000 "$token/token.db"
rm "$registry/registry.db"
cp "$registry/issuer.puk" issuer.puk
wants 9 admin init --issuer 시험구청 --url https://id.example
says '.error == "token_damaged"'
cmp -s issuer.puk "$registry/issuer.puk" || complain "the damaged token's unblocking code was written over"

# --- a full disk is not damage ---
if [ "$(id -u)" = 0 ] && mkdir full && mount -t tmpfs -o size=2m,mode=700 tmpfs full 2>/dev/null; then
	cp -r "$phone/." full/
	phone=$here/full
	cat /dev/zero >full/rest 2>/dev/null
	wants 9 holder status
	says '.error == "disk_full" and (.message | length > 20)'
	rm full/rest
	wants 0 holder status
	umount full
fi
finish
