#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# What is typed is data: SQL, paths, formats, terminals' sequences, marks that turn text, lengths and types that nobody meant, in every member of every
# input and every option of the registrar's verbs. It is refused, with a message that a terminal shows and does not obey, or kept as it stands; the
# registry, and the files around it, are afterwards what they were. (Columns of an import: import-forms.sh.)
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/apply.sh"
[ -z "${SINBUN_SANITIZED:-}" ] || ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
make_lines
outside
provider=$(jobs -p)
mode "$accepted"
make_card
wants 0 admin member add --officer o1 --input - <<<'{"id":"ra.test","name":"라시험","rrn":"930101-1000000","password":"correct horse 7"}'
mkdir outside-of-it && echo "untouched" >outside-of-it/canary
tables() { sqlite3 "$registry/registry.db" "select name, sql from sqlite_master order by name"; }
counts() { sqlite3 "$registry/registry.db" "select (select count(*) from resident), (select count(*) from credential)"; }
tables >tables.before
counts >counts.before

# Values as JSON. In an option only texts without NUL can be.
long=$(printf '가%.0s' $(seq 10000))
cat >values <<END
"'; drop table apply; --"
"\" or 1=1; delete from resident; /*"
"../outside-of-it/canary"
"/etc/passwd%n%s%n\$(touch pwned)\`touch pwned\`"
"a\u001b[2J\u0007\u009b31m\u202e\u2066\r\nb"
"\u0000"
"a\u0000b"
"$long"
"-1"
""
{"\$ne": null}
["x"]
-9223372036854775808
1e400
null
true
END
sed -n '1,5p; 8,10p' values >texts

# --- a row of the table: VERB and its options, what is right, the members to be changed ---
bad_bytes=$'[\x01-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]'
runs=0
# judge NAME CODE: of one run: a verdict among those that are for input, an object, and nothing that a terminal would obey.
judge() {
	runs=$((runs + 1))
	case $2 in 0 | 1 | 2 | 3 | 4 | 10) ;; *) complain "exit code $2: $1 ($(head -c 300 "$1.out" "$1.err"))" ;; esac
	jq -e 'type == "object" and (has("error") | not) or (.message | length > 5)' "$1.out" >/dev/null || complain "no answer: $1 ($(head -c 300 "$1.out"))"
	LC_ALL=C grep -qP "$bad_bytes" "$1.err" "$1.said" && complain "a terminal would obey: $1 ($(LC_ALL=C grep -aP "$bad_bytes" "$1.err" "$1.said" | head -c 300 | od -c | head -5))"
	rm -f "$1".*
}
mkdir runs
# attempt NAME INPUT COMMAND…: once for programs, and in words for the value that a terminal would obey.
attempt() {
	local name=runs/$1 input=$2 got=0
	shift 2
	admin "$@" <<<"$input" >"$name.out" 2>"$name.err" || got=$?
	echo $got >"$name.code"
	: >"$name.said"
	case $name in *-5)
		sinbun-admin --registry "$registry" --lang ko "$@" --pin-fd 4 4<<<issuer-passphrase <<<"$input" >"$name.said" 2>&1 ;;
	esac
}
# all NAME: those that run in the background.
all() {
	local others
	others=$(jobs -p | grep -v "^$provider\$")
	[ -z "$others" ] || wait $others
	for code in runs/*.code; do [ ! -e "$code" ] || judge "${code%.code}" "$(cat "$code")"; done
}
# chosen FILE: the lines of it that are tried now: SQL, the terminal, and another one each time; all of them where $SINBUN_INJECTIONS says so.
turn=0
chosen() {
	local lines
	lines=$(wc -l <"$1")
	turn=$((turn + 1))
	awk -v all="${SINBUN_INJECTIONS:-}" -v other=$((1 + turn % lines)) 'all || NR == 1 || NR == 5 || NR == other { print NR "\t" $0 }' "$1" >chosen
}
# members INPUT NAMES COMMAND…: each of these members of the right input becomes each value.
members() {
	local input=$1 names=$2 name n value verb
	shift 2
	verb="$1-${2:-}"
	for name in $names; do
		chosen values
		while IFS=$'\t' read -r n value; do
			attempt "${verb//\//}-$name-$n" "$(jq -c --argjson v "${value/1e400/1e308}" ".$name = \$v" <<<"$input")" "$@" &
		done <chosen
		all
	done
}
# options NAMES COMMAND…: each of these options is each text. The input is empty.
options() {
	local names=$1 name n value verb
	shift
	verb="$1-${2:-}"
	for name in $names; do
		chosen texts
		while IFS=$'\t' read -r n value; do
			attempt "${verb//\//}-$name-$n" '{}' "$@" "$name" "$(jq -r . <<<"$value")" &
		done <chosen
		all
	done
}
simple='{"name":"홍시험","birth_date":"1990-01-01","phone":"010-0000-0001","consents":["third-party@1"],"provider":"ciba","kind":"simple"}'
new() { start; as=(--application "$application" --officer o1 --input -); }

# --- signing in ---
new
members "$simple" 'name birth_date phone consents provider kind carrier' apply login "${as[@]}"
wants 0 admin apply withdraw --application "$application" --officer o1
new
members '{"id":"ra.test","password":"correct horse 7"}' 'id password' apply login --kind member "${as[@]}"
members '{}' signed apply login --kind certificate "${as[@]}"
# A name is what the clerk says it is, to the letter.
entered 0 login '{"name":"O'"'"'Neill\"; drop table apply; -- %n%s","birth_date":"1990-01-01"}' --kind in-person
stands open consent
says '.name | startswith("O")'
wants 0 admin apply withdraw --application "$application" --officer o1

# --- the steps ---
steps_to consent
as=(--application "$application" --officer o1 --input -)
members '{"consents":["terms@1"]}' 'consents consents[0]' apply consent "${as[@]}"
options '--application --officer' apply biometrics --answer maybe
entered 0 consent "{\"consents\":$consents}"
members '{"phone":"010-0000-0001","carrier":"SKT"}' 'phone carrier code provider attested' apply phone "${as[@]}"
entered 0 phone '{"phone":"010-0000-0001","carrier":"SKT"}' --attested
members "$card_data" 'name rrn issue_date' apply card "${as[@]}"
# Forms of the number: foreigners, those who cannot hold a card yet, days that are none, other scripts' digits.
while read -r rrn error rule; do
	entered "$([ "$error" = too_young ] && echo 10 || echo 4)" card "$(jq -c --arg r "$rrn" '.rrn = $r' <<<"$card_data")"
	says ".error == \"$error\" and .field == \"rrn\" and .rule == $rule"
done <<END
900101-5000000 bad_rrn "foreigner"
900101-6000000 bad_rrn "foreigner"
050101-7000000 bad_rrn "foreigner"
050101-8000000 bad_rrn "foreigner"
200301-3123456 too_young null
201015-4987654 too_young null
990230-1000000 bad_rrn "date"
000229-9000000 bad_rrn "date"
991301-3000000 bad_rrn "date"
$(date -d '+40 days' +%y%m%d)-4000000 bad_rrn "future"
９００１０１-１０００００0 bad_rrn "form"
900101‐1000000 bad_rrn "form"
900101-10000000 bad_rrn "form"
END
wants 0 admin apply withdraw --application "$application" --officer o1
options '--application --consent' apply withdraw --officer o1

# --- the counter, members, cards ---
members "$resident" 'name rrn issue_date consents' enrol --officer o1 --offer offer2.json --input -
members '{"id":"some.one","name":"다시험","rrn":"920101-1000000","password":"correct horse 7"}' 'id name rrn password' member add --officer o1 --input -
members '{"id":"some.one"}' id member remove --officer o1 --input -
members '{"rrn":"920101-1000000"}' rrn registry show --input -
options --card registry show
options '--card --reason --officer' suspend
members "$(cat request.json)" 'application box keys proofs keys.presentation proofs.authentication' issue --officer o1 --request /dev/stdin --response response2.json

# --- an officer is an id, and nothing else ---
for evil in "o'1\"; drop table audit; -- %n" $'a\nb' $'\x1b[2J' $'a\u202eb' '' ' ' ../o1 self SELF "$(printf 'o%.0s' $(seq 65))" $'\xff'; do
	wants 2 admin suspend --officer "$evil" --card "$card" --reason lost
	says '(.error == "bad_officer" or .error == "usage") and .field == "--officer"'
done
for verb in 'token unblock --puk-fd 5' 'token reseal --puk-fd 5' 'registry recover --out recovered.db' 'registry export --out ledger.csv' 'registry import lines.csv'; do
	wants 2 admin $verb --officer $'o\e[2J' 5<registry/issuer.puk
	says '(.error == "bad_officer" or .error == "usage") and .field == "--officer"'
done

# --- a picture is beside its file, and nowhere else ---
"$SINBUN_BUILDDIR/tests/lib/draw-portrait" 1 outside-of-it/p.jpg
mkdir csv
for path in ../outside-of-it/p.jpg "$here/outside-of-it/p.jpg" x/../../outside-of-it/p.jpg; do
	printf 'rrn,name,address,authority,issue_date,portrait\n940101-1000000,마시험,시험구,구청장,2024-03-02,%s\n' "$path" >csv/p.csv
	wants 4 admin registry import csv/p.csv
	says '.refused == 1'
done

# --- afterwards all is what it was ---
tables | cmp -s - tables.before || complain "another schema: $(tables | diff - tables.before | head -5)"
counts | cmp -s - counts.before || complain "residents and cards were $(cat counts.before), are $(counts)"
[ "$(sqlite3 "$registry/registry.db" 'pragma integrity_check')" = ok ] || complain "damaged"
[ "$(cat outside-of-it/canary)" = untouched ] && [ ! -e pwned ] && [ ! -e offer2.json ] && [ ! -e response2.json ] || complain "files: $(ls)"
[ "$(jq -s length values)" = 16 ] || complain "the table of values is $(jq -s length values) long"
[ "$(sqlite3 "$registry/registry.db" "select count(*) from member")" -le 2 ] || complain "more members than could be"
wants 0 holder show
echo "$runs runs" >&2
exec 7>&-
wait
finish
