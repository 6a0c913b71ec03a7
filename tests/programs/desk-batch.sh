#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Many codes at the desk at once: answered in the order given, whatever each of them is.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
make_desk
# As of when the last codes were shown: a slow machine is no reason for "too_old".
batch() { verify scan --at "$now" "$@"; }
moment() { date -u +%Y-%m-%dT%H:%M:%SZ; }
# answers WORDS…: reasons, or errors, of all answers but the summary, in their order.
answers() {
	local got
	got=$(jq -r 'select(.summary | not) | .reason // .error' out | tr '\n' ' ')
	[ "$got" = "$* " ] || complain "answers: $got, not $*"
}
# sums EXPRESSION: of the summary, which is the last object.
sums() { tail -n 1 out | jq -e ".summary | $1" >/dev/null || complain "not so: $1: $(tail -n 1 out)"; }
for i in 1 2 3 4 5 6; do show $i --fields basic; done
now=$(moment) first=$now
sed 's/...$/000/' 1.txt >altered.txt
echo 'hello' >words.txt
head -c 3000 /dev/urandom >noise.bin
: >empty.txt

# --- order; what is wrong with one does not end the rest ---
wants 4 batch --batch 1.txt absent.txt 2.png altered.txt noise.bin 1.txt empty.txt words.txt 3.txt
answers ok cannot_read ok holder_mismatch cannot_read replayed no_code malformed ok
jq -s -e '[.[] | select(.file) | .file] == [1,2,3,4,5,6,7,8,9]' out >/dev/null || complain "places: $(jq -c .file out | tr '\n' ' ')"
jq -s -e '.[0].source == "1.txt" and .[0].line == 1 and .[0].fields.name == "홍시험" and .[5].fields == {}' out >/dev/null || complain "members"
sums '.files == 9 and .codes == 6 and .valid == 3 and .refused == 3 and .failed == 3 and .reasons == {"ok":3,"holder_mismatch":1,"replayed":1,"malformed":1}'
# The exit code: a file without an answer goes before a refusal.
wants 1 batch --batch 1.txt 4.txt
answers replayed ok
wants 0 batch --batch 5.txt
answers ok
sums '.valid == 1 and .failed == 0'
# --- without --batch several files are one showing, as ever ---
wants 0 batch 6.txt empty.txt
[ "$(wc -l <out)" = 1 ] || complain "a showing has an answer, not a summary"

# --- one file with many lines; each file's doubles, and one's own ---
for i in a b c; do show $i --fields basic; done
now=$(moment)
{ cat a.txt; echo; cat b.txt a.txt; echo SB1:X; cat c.txt; } >spool.txt
wants 1 batch --batch spool.txt c.txt
answers ok ok replayed malformed ok replayed
jq -s -e '[.[] | select(.line) | .line] == [1,3,4,5,6,1]' out >/dev/null || complain "lines: $(jq -c .line out | tr '\n' ' ')"

# --- the list of names ---
for i in 7 8 9; do show $i --fields basic; done
now=$(moment)
printf '%s\n' 7.txt '' 8.txt >list
printf 9.txt >>list
wants 0 batch --files-from list
answers ok ok ok
wants 1 batch --files-from - <list
answers replayed replayed replayed
# From another system: lines that end with CR LF.
sed 's/$/\r/' list >crlf
wants 1 batch --files-from crlf
answers replayed replayed replayed
wants 2 batch 1.txt --threads 2
says '.field == "--threads"'
wants 1 batch 1.txt --files-from list
sums '.files == 4 and .refused == 4'
echo >blank
for list in /dev/null blank; do
	wants 4 batch --files-from "$list"
	says '.error == "no_code"'
done
wants 4 batch --batch
says '.error == "no_code"'
wants 4 batch --files-from absent.list
says '.error == "cannot_read" and .field == "--files-from"'
# Names that would move a cursor, or be two lines: found, and told so that nothing obeys them.
strange=$'two\nlines\e[31m.txt'
cp 1.txt "$strange"
printf '%s\0' "$strange" 2.txt $'gone\e]0;x\a' >list
wants 4 batch --files-from list
answers replayed replayed cannot_read
jq -s -e --arg name "$strange" '.[0].source == $name' out >/dev/null || complain "the name is another"
wants 4 sinbun-verify --home "$desk" --lang en scan --files-from list
grep -q "not valid  two?lines?\[31m.txt:1  This very code" out || complain "the name is not told"
! grep -q "$(printf '[\033\a]')" out err || complain "an escape went to the terminal"
cp 1.txt $'\xff.txt'
wants 1 batch --batch $'\xff.txt'
jq -s -e '.[0].source == "?" and .[0].file == 1' out >/dev/null || complain "a name that is not UTF-8"

# --- what does not go with it ---
for option in '--challenge 12345678' '--patient 12' '--portrait-out p.jpg' '--threads 0' '--threads 65'; do
	# shellcheck disable=SC2086
	wants 2 batch --batch $option 1.txt
	says '.error == "usage" and .field != "operands"'
done
wants 2 batch --batch -
says '.error == "usage"'
wants 2 batch
says '.error == "usage"'

# --- one processor, or many: the same answers ---
# A desk of its own for what comes from an archive: this one knows all codes as accepted.
other_desk() { mkdir "$1"; wants 0 sinbun-verify --home "$1" --json update --bundle bundle.jwt --root "$registry/pki/root.pem"; }
now=$first
show late --fields adult
for round in $(seq 40); do
	for i in 1 2 3 4 5 6 7 8 9 a b c altered words late; do echo "$i.txt"; done
done >many
for threads in 1 2 7; do
	other_desk "archive$threads"
	wants 1 sinbun-verify --home "archive$threads" --json scan --files-from many --threads $threads --at "$now"
	head -n -1 out >"answers$threads"
	sums '.codes == 600 and .valid + .refused == 600 and .reasons.malformed == 40 and .reasons.holder_mismatch == 40'
done
cmp -s answers1 answers2 && cmp -s answers1 answers7 || complain "threads answer in different ways"

# --- an archive: each code as of when it came ---
other_desk archive
early=$(date -u -d '-1 hour' +%Y-%m-%dT%H:%M:%SZ)
{
	echo "$now $(cat 1.txt)"
	echo "$now $(cat 1.txt)"
	echo "$early $(cat 2.txt)"
	echo "2026-02-31T00:00:00Z $(cat 3.txt)"
	cat 4.txt
} >day.txt
touch -d "$now" day.txt
wants 1 sinbun-verify --home archive --json scan --batch --at received day.txt
answers ok replayed no_bundle malformed ok
jq -s -e --arg now "$now" '.[0].at == $now and .[4].at == $now' out >/dev/null || complain "times: $(jq -c .at out | tr '\n' ' ')"
wants 2 verify scan --at received 1.txt
says '.field == "--at"'

# --- the photo of a file is for the codes in that file ---
printf 'SBP1:1/1:%s\n' AAAA >frame.txt
wants 4 batch --batch frame.txt
answers no_code

# --- answers to requests, each with its request beside it ---
for i in 1 2 3 4; do
	jq -n --arg nonce "batch-$i" '{client_id:"redirect_uri:https://desk.example/r",state:"s",nonce:$nonce,response_type:"vp_token",response_mode:"direct_post",
		response_uri:"https://desk.example/r",dcql_query:{credentials:[{id:"j",format:"dc+sd-jwt",meta:{vct_values:["urn:sinbun:resident:1"]},
			claims:[{path:["name"]}]},{id:"m",format:"mso_mdoc",meta:{doctype_value:"kr.sinbun.resident.1"},
			claims:[{path:["kr.sinbun.resident.1","name"]}]}]}}' >vp$i.json.request
	wants 0 holder present --request vp$i.json.request --out vp$i.json --consent all
done
cp vp1.json again.json && cp vp1.json.request again.json.request
cp vp2.json wrong.json && cp vp1.json.request wrong.json.request
echo '{}' >none.json.request && cp vp2.json none.json
cp vp2.json locked.json && mkdir locked.json.request
show d --fields basic
now=$(moment)
wants 4 verify check --at "$now" --batch vp1.json wrong.json again.json none.json locked.json absent.json d.txt vp2.json
answers ok wrong_challenge replayed bad_request cannot_read cannot_read ok ok
sums '.files == 8 and .codes == 5 and .valid == 3 and .refused == 2 and .failed == 3'
jq -s -e '.[0].format == "vp_token" and .[0].fields.name == "홍시험" and (.[0].presentations | length) == 2 and .[1].fields == {} and .[6].line == 1' out >/dev/null || complain "members"
for threads in 1 5; do
	other_desk "answers-$threads"
	for i in $(seq 30); do echo vp3.json; echo vp4.json; echo wrong.json; done >list
	wants 1 sinbun-verify --home "answers-$threads" --json check --at "$now" --files-from list --threads $threads
	head -n -1 out >"checked$threads"
	sums '.valid == 2 and .refused == 88 and .reasons.replayed == 58'
done
cmp -s checked1 checked5 || complain "threads check in different ways"
# One request for all of them.
wants 1 verify check --at "$now" --batch --request vp3.json.request vp3.json vp4.json
answers ok wrong_challenge
wants 4 verify check --batch --request absent vp3.json
says '.error == "cannot_read"'
wants 2 verify check --batch --fields name vp3.json
wants 2 verify check vp1.json vp2.json
says '.error == "usage"'

# --- on a terminal: how far it is, taken away before an answer ---
for i in $(seq 3000); do cat altered.txt; done >long.txt
on_terminal 1 -- sinbun-verify --home archive --lang en scan --batch --threads 1 long.txt
grep -q '3000 codes: 0 valid, 3000 not valid' typed || complain "no summary on the terminal"

# --- ended in the middle: what was told is remembered, and nothing is damaged ---
other_desk killed
for i in 1 2 3 4 5 6 7 8 9 a b c late; do cat $i.txt; for n in $(seq 200); do cat altered.txt; done; done >mixed.txt
mkfifo pipe
sinbun-verify --home killed --json scan --batch --at "$first" mixed.txt >pipe 2>/dev/null &
child=$!
{ head -n 700 pipe >told; kill -9 $child; } 2>/dev/null
wait $child 2>/dev/null
jq -r 'select(.result == "valid") | .line' told >valid
[ -s valid ] || complain "nothing was told before the end"
wants 1 sinbun-verify --home killed --json scan --batch --at "$first" mixed.txt
while read -r line; do
	jq -s -e --argjson line "$line" 'any(.line == $line and .reason == "replayed")' out >/dev/null || complain "line $line was told valid, and is not remembered"
done <valid
sums '.codes == 2613'
finish
