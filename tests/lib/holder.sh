# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
#
# For tests of a resident's ID in a token of another maker (bash, after clients.sh): set soft (its module) and tokens (where it keeps them), then
# holder_enrols, holder_works, and what is its own.

# holder VERB…: the record shows neither where things are, nor that a test gives the PIN by a descriptor.
holder() {
	as_typed sinbun --module "${soft##*/}" "$@" >"$here/ran"
	sinbun --home "$phone" --module "$soft" --json "$@" --pin-fd 3 3<<<"$PIN"
}
# lacks WHAT ERROR VERB…: refused, and this is what is said.
lacks() {
	refuses "$1" "\"$2\"" holder "${@:3}"
	says ".error == \"$2\" and (.message | length) > 15"
}
# It warns here: nothing keeps the clock of a machine that tests.
doctor() { holder doctor || [ $? = 1 ]; }
another_pin() { holder pin change --new-pin-fd 4 4<<<837261; }
unblock() { holder pin unblock --puk-fd 5 5<puk; }
# holder_enrols: from an offer to the card; $card is its number.
holder_enrols() {
	make_registry
	make_desk
	cheap "$phone"
	wants 0 admin enrol --officer o1 --input person.json --offer offer.json
	lacks 'before an enrolment' not_enrolled show
	works 'enrolment: the request; the token is made' holder enrol --offer offer.json --request request.json --puk-out puk
	wants 0 admin issue --officer o1 --request request.json --response response.json
	works 'enrolment: the card' holder enrol --response response.json
	card=$(jq -r .card out)
}
# holder_works: all that the program does with its token; the PIN is $PIN again afterwards.
holder_works() {
	works 'status' holder status
	says '.pin_set and .pin_tries_left == null and .seal == ""'
	row 'status: what such a token does not tell' 'sinbun status' 'how it is sealed, how many tries are left'
	works 'the card on the screen' holder show
	says '.fields.name == "홍시험"'
	works 'a live code' holder present --qr --once --text live.txt
	wants 0 verify scan live.txt
	says '.result == "valid" and .fields.name == "홍시험"'
	works 'its history' holder history
	says '.count == 2'
	lacks 'the log of the token' no_log log
	works 'doctor' doctor
	says '[.checks[] | select(.error != null and (.check | IN("token", "card", "seal", "module", "store")))] == []'
	says '.checks[] | select(.check == "card") | .message | startswith("Valid until")'
	says '.checks[] | select(.check == "token") | .message | contains("-1") | not'
	says '[.checks[] | select(.check == "seal")] == []'
	works 'another PIN' another_pin
	PIN=837261
	works 'another PIN: it holds' holder show

	PIN=274916
	works 'the unblocking code' unblock
	works 'the unblocking code: the PIN holds' holder show
	with_pin $WRONG lacks 'wrong PIN' pin_incorrect show
}
# holder_misses: the token is not there, nor the module.
holder_misses() {
	hide_token
	mkdir "$tokens"
	lacks 'missing token' not_enrolled show
	rm -r "$tokens"
	show_token
	works 'and back again' holder show
	local soft=$here/nowhere.so
	lacks 'no module at all' no_module show
}
