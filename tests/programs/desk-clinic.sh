#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A clinic: whose identity was checked here within six months need not be checked again, and why else not; no chart number is kept.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
wants 3 verify exempt --patient 10-2345
says '.error == "no_root"'
make_desk
wants 1 verify exempt --patient 10-2345
says '.error == "check_needed" and .field == "--patient"'
# Only a code that says whose card it is is a check of identity.
show a --fields adult
wants 0 verify scan a.txt --patient 10-2345
says '.patient == "not_remembered"'
show b --fields basic
wants 0 verify scan b.txt --patient ' 10-2345 '
says '.patient == "remembered"'
wants 1 verify scan b.txt --patient 99-1
says '.reason == "replayed" and .patient == "not_remembered"'
wants 0 verify exempt --patient 10-2345
says '.exempt and .reason == "recent" and .checked_on == (now | strflocaltime("%Y-%m-%d"))'
wants 1 verify exempt --patient 99-1
wants 1 verify exempt --patient 10-234
# What the clerk says is noted as that.
for why in under-19 emergency referral prescription; do
	wants 0 verify exempt --patient 99-1 --reason $why
	says ".exempt and .reason == \"$why\""
done
wants 1 verify exempt --patient 99-1
wants 2 verify exempt --patient 99-1 --reason hurry
wants 2 verify exempt
for chart in '' ' ' "$(printf 'x%.0s' $(seq 65))" $'a\tb'; do
	wants 2 verify exempt --patient "$chart"
	says '.field == "--patient"'
done
wants 0 verify history
says '.entries | map(select(.kind == "exempt") | .reason) == ["recent", "under-19", "emergency", "referral", "prescription"]'
says '.entries | map(select(.kind == "check") | .patient) == [true, true, true]'
# Where no history is kept, it does not say that something was noted.
says '.entries | length > 0'
wants 0 verify exempt --patient 99-1 --reason referral
says '.noted'
echo 'history-days = 0' >"$desk/desk.conf"
wants 0 verify exempt --patient 99-1 --reason referral
says '.noted == false'
sinbun-verify --home "$desk" --lang en exempt --patient 99-1 --reason referral >said
grep -q 'not noted' said || complain "said: $(cat said)"
wants 0 verify history
says '.entries == []'
rm "$desk/desk.conf"
# No chart number in the desk's files; the hashes are worth nothing without the key, which stands apart and is the desk's alone.
! grep -rqa 10-2345 "$desk" || complain "the chart number can be read in the desk's files"
[ "$(stat -c %a "$desk/patient.key")" = 600 ] || complain "the key is open to others"
mv "$desk/patient.key" key
wants 1 verify exempt --patient 10-2345
mv key "$desk/patient.key"
chmod 644 "$desk/patient.key"
wants 9 verify exempt --patient 10-2345
says '.error == "unsafe_file"'
chmod 600 "$desk/patient.key"
head -c 31 "$desk/patient.key" >short && cp short "$desk/patient.key.short"
cp "$desk/patient.key" key && cp short "$desk/patient.key"
wants 9 verify exempt --patient 10-2345
cp key "$desk/patient.key"
# A camera: it ends with the patient's code; two codes in a file are two patients.
show c --fields basic
show d --fields basic
wants 0 verify scan - --patient 77 < <(cat c.txt d.txt)
[ "$(wc -l <out)" = 1 ] || complain "went on: $(cat out)"
cat d.txt a.txt >two.txt
wants 4 verify scan two.txt --patient 77
says '.error == "several_codes"'
# An old code, judged for its own time, says nothing of who is here now.
wants 2 verify scan code.txt --patient 78 --at "$(date -u -d '-1 hour' +%FT%TZ)"
says '.error == "usage" and .field == "--patient"'
# Six months by the calendar, and not a day more.
if [ -z "${SINBUN_SANITIZED:-}" ]; then
	later() { LD_PRELOAD=$SINBUN_BUILDDIR/tests/lib/.libs/other-clock.so OTHER_CLOCK=$1 sinbun-verify --home "$desk" --json "${@:2}"; }
	end=$(($(date -d "$(date +%F) +6 months" +%s) - $(date +%s)))
	wants 0 later $((end - 3 * 86400)) exempt --patient 77
	wants 1 later $((end + 4 * 86400)) exempt --patient 77
	says '.error == "check_needed"'
fi
sinbun-verify --home "$desk" --lang ko exempt --patient 77 >said
grep -q '6개월' said || complain "said: $(cat said)"
finish
