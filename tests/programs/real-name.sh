#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# The real-name check of one who signs up alone: neither names for a number nor numbers for a name can be tried without end, and nothing tells whether
# there is such a number. A clerk is told which of the two is wrong.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/apply.sh"
needs_foreign_hosts
make_lines
person() { jq -nc --arg n "$1" --arg r "$2" '{id: "some.one", name: $n, rrn: $r, password: "correct horse 7"}'; }
alone() { wants "$1" admin member add --self --input - <<<"$(person "$2" "$3")"; } # CODE NAME RRN
ahead() { # SECONDS CODE NAME RRN
	wants "$2" later "$1" sinbun-admin --registry "$registry" --json member add --self --input - --pin-fd 4 4<<<issuer-passphrase <<<"$(person "$3" "$4")"
}

# --- other names for one number: five, and then a pause for the right one too, twice as long after the next wrong one ---
for left in 4 3 2 1 0; do
	alone 4 "나${left}시험" 900101-1000000
	says ".error == \"mismatch\" and .field == \"name\" and .tries_left == $left"
done
alone 10 홍시험 900101-1000000
says '.error == "too_many_tries" and .field == "rrn" and (.message | test("in [0-9]+ seconds"))'
ahead 40 4 나시험 900101-1000000
ahead 50 10 홍시험 900101-1000000
ahead 110 4 다시험 900101-1000000
ahead 150 10 홍시험 900101-1000000
# The clerk is not in the way, nor are others.
wants 4 admin member add --officer o1 --input - <<<"$(person 나시험 900101-1000000)"
says '.error == "mismatch" and .field == "name"'
wants 4 admin member add --officer o1 --input - <<<"$(person 홍시험 900101-1000001)"
says '.error == "mismatch" and .field == "rrn"'
alone 4 라시험 910101-1000000
# A day later it is forgotten.
ahead 90000 0 홍시험 900101-1000000

# --- other numbers for one name and date of birth, in whatever spelling ---
i=0
for name in 가시험 '가 시험' ' 가시험' $'\u1100\u1161시험' '가시 험 '; do
	i=$((i + 1))
	alone 4 "$name" "920101-100000$i"
	[ $i -lt 5 ] && says ".tries_left == $((5 - i))"
done
alone 10 가시험 920101-1000009
says '.error == "too_many_tries"'
alone 4 가시험 920102-1000009 # another date of birth is another person

# --- it is not told whether there is such a number ---
alone 4 하시험 930101-1000000
cp out there
alone 4 하시험 930101-2345678
cmp -s out there && complain "two tries told as one"
[ "$(jq -c 'del(.tries_left, .message)' out)" = "$(jq -c 'del(.tries_left, .message)' there)" ] || complain "it tells whether the number exists: $(cat there)"
alone 4 파시험 930101-1000000
alone 4 파시험 940101-1000000
says '.message == "Name and resident registration number do not belong together. Check both. 4 tries left before a pause."'

# --- the right pair gives its tries back, whatever becomes of the account; forms cost nothing ---
alone 10 라시험 930101-1000000
says '.error == "member_exists" and .field == "id"'
for _ in 1 2 3 4 5 6; do alone 4 라시험 930101-5000000; done
says '.error == "bad_rrn"'
for left in 4 3 2 1 0; do
	alone 4 "바${left}시험" 930101-1000000
	says ".tries_left == $left"
done

# --- many at once: five are looked at ---
for i in $(seq 12); do
	admin member add --self --input - <<<"$(person "카${i}시험" 910101-1000000)" >"many.$i" 2>"err.$i" &
done
wait
[ "$(jq -sc '[.[] | select(.error == "mismatch") | .tries_left | select(. > 0)] | sort' many.*)" = '[1,2,3,4]' ] || complain "one try told twice: $(cat many.*)"
[ "$(jq -s '[.[] | select(.error == "mismatch" and .tries_left == 0 or .error == "too_many_tries")] | length' many.*)" = 8 ] || complain "no pause: $(cat many.*)"

# --- the same in an application: whoever has signed in does not find out the numbers of those born on the same day ---
forget
outside
printf 'rrn,name,address,authority,issue_date\n900101-2000000,바시험,시험구,구청장,2024-03-02\n' >twin.csv
wants 0 admin registry import twin.csv
typed() { wants "$1" admin apply "$2" --application "$application" --input - "${@:4}" <<<"$3"; }
wants 0 admin apply start --self
application=$(jq -r .application out)
mode "{$mine}"
typed 0 login '{"name":"홍시험","birth_date":"1990-01-01","phone":"010-0000-0001","consents":["third-party@1"]}' --kind simple --provider ciba --wait 10
typed 0 consent "{\"consents\":$consents}"
mode "$accepted"
typed 0 phone '{"phone":"010-0000-0001","carrier":"SKT"}'
typed 0 phone "{\"code\":\"$(code)\"}"
number() { typed "$1" card "$(jq -c --arg r "$2" '.rrn = $r' <<<"$card_data")"; }
number 4 900101-2000000
says '.error == "mismatch" and .field == "rrn" and .tries_left == 4 and .state == "open" and .next == "card"'
cp out there
number 4 900101-2000001
[ "$(jq -c 'del(.tries_left, .message)' out)" = "$(jq -c 'del(.tries_left, .message)' there)" ] || complain "it tells whether the number exists: $(cat out there)"
# A wrong date of the own card is counted as it was, and gives none of these back.
typed 4 card "${card_data/03-02/03-03}"
says '.field == "issue_date" and .tries_left == 4'
for left in 2 1 0; do
	number 4 "900101-200000$left"
	says ".tries_left == $left"
done
number 10 900101-1000000
says '.error == "too_many_tries" and .field == "rrn"'
# A clerk sees the person.
entered 4 card "$(jq -c '.rrn = "900101-2000000"' <<<"$card_data")"
says '.error == "mismatch" and .field == "name"'
wants 0 later 40 sinbun-admin --registry "$registry" --json apply card --application "$application" --input - --pin-fd 4 4<<<issuer-passphrase <<<"$card_data"
says '.next == "biometrics"'
[ "$(sqlite3 "$registry/registry.db" "select count(*) from audit where verb = 'apply card' and outcome = 'mismatch'")" -ge 5 ] || complain "the audit does not tell of them"
exec 7>&-
wait
for i in 1 2 3; do wants 4 admin member add --self --input - <<<"$(person "하${i}시험" "95010$i-1000000")"; done

# --- what is counted tells nobody who it is ---
sqlite3 "$registry/registry.db" 'select key from wrong_try' >keys
[ "$(sqlite3 "$registry/registry.db" 'select count(*) from wrong_try where length(key) = 32')" -ge 6 ] || complain "not counted"
for word in 900101 하시험; do ! grep -qa -- "$word" "$registry/registry.db" || complain "$word can be read"; done
finish
