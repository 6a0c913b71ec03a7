#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# The desk's scanner: a camera that sees the same code over and over, several pictures, the photo beside the code, only the fields asked for.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
# Two faces of nobody, small enough to be shown in frames.
base64 -d >face.jpg <<'JPEG'
/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7gYKBTmCNl4x9lnN+gXz/
2wBDARUXFx4aHjshITt8U0ZTfHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHz/wAARCAA2ACoDASIAAhEBAxEB/8QA
HwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkK
FhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXG
x8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAEC
AxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOE
hYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwDrqKK5rxDf
3E92umWWdx/1hU/p9KbdhI231GzR9j3UIb0LirKsGUMpBB6EVySeFsx/vLrEnsnApthPc6BqCW1y262lPXt9RUqVynGx2FFFFUSFc5pUO7U9RuH5cSFB7f54
ro6z1tjb3k7qPkmIfPo3Q/0qZ7FQ3HRSrLGJFztPqCD+VZeuol1pBnUHKEMuRg9cVqNNGrhGbDHoO5+lR3lu13CLcfddhuPooOTWS3NXsXLQk2sJbqUGfyqa
kAAAA4Apa3MApGxj5sY96hvLpLSAyv8AgPU1zF3fT3bkyOQvZR0FO1wOjLpnhhj61Yi2bfkII9Qc1xdSwXEtu4aJyp9qShYpyudlRVHTNQF7GQ2FlX7w9fer
1Mk57xDKzXMcf8Krn8TWTRRVIAooopgW9KlaLUISv8TbT9DXV0UVEgP/2Q==
JPEG
base64 -d >other.jpg <<'JPEG'
/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7gYKBTmCNl4x9lnN+gXz/
2wBDARUXFx4aHjshITt8U0ZTfHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHz/wAARCAA2ACoDASIAAhEBAxEB/8QA
HwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkK
FhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXG
x8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAEC
AxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOE
hYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwDrqKKwtcvZ
nnWwtM72GXI/lTbsCVzVa+tUfY1xEG9CwqcEMAQQQe4rmU8O/J89xh/ZeKXT5p9Ivktbg5glOAew96hTuU42OmooorQgKxbSPOp30zj5g+0ewxW1VNoPKuJJ
F+7Jgn2PT/ConsVDcbFKssYkXO0+oIP5VQ1UJc6b5yA/IQy5GD1xV9po1cIzYY9B3P0omgNygi/hLDd9Ac1itzVlyMkxoT1wM06iiugwCkbGPm6VDd3KWkJk
f8B6mubur6a6cmRyF7KOgqZSSLjByOgLJk4YY+tWI9u35CD9DXHVLDcS27bonKn2rKMrM1lC6Ovoqlp1+LyMhsCVeo9fertbp3MGraGBr0ha4SP+FVz+JrKo
ornludEPhQUUUVJZb0yUxX8JH8TbT+NdRRRW1PY56u5//9k=
JPEG
cheap "$registry" 'profile = general'
wants 0 admin init --issuer 시험구청 --url https://id.example
printf '%s\n' rrn,name,address,authority,issue_date,portrait \
	'900101-1000000,홍시험,서울특별시 시험구 시험로 1,서울특별시 시험구청장,2024-03-02,face.jpg' >residents.csv
wants 0 admin registry import residents.csv
echo "$resident" >person.json
make_card
make_desk
frames=$SINBUN_BUILDDIR/tests/lib/portrait-frames
"$frames" face.jpg >face.txt
"$frames" other.jpg >other.txt
[ "$(wc -l <face.txt)" = 2 ] || complain "frames: $(cat face.txt)"

# --- a camera ---
# answers WORDS…: the desk's answers on standard output so far, or at the end, as "result/portrait".
answers() { [ "$(jq -r '.reason + "/" + .portrait' out | tr '\n' ' ')" = "$* " ] || complain "answers: $(jq -c '[.reason, .portrait]' out | tr '\n' ' '), not $*"; }
show one --fields basic
show two --fields basic
# Ten times in view: one answer. After another code it is a new showing.
wants 0 verify scan - < <(for i in 1 2 3 4 5 6 7 8 9 10; do cat one.txt; done)
answers ok/not_checked
wants 1 verify scan - < <(cat two.txt two.txt one.txt one.txt)
answers ok/not_checked replayed/not_checked
# In another session it is one at once; a code that is refused is told once, too.
wants 1 verify scan - < <(cat two.txt two.txt)
answers replayed/not_checked
wants 1 verify scan - < <(echo SB1:X; echo SB1:X; echo; echo SB1:Y; echo 'SBP1:9/9:A')
answers malformed/not_checked malformed/not_checked
# Out of view for a while, and then held up again.
show three --fields basic
wants 1 verify scan - < <(cat three.txt; sleep 6.2; cat three.txt)
answers ok/not_checked replayed/not_checked
# A line without an end is no reason to take in more than a code has; what follows is judged.
show four --fields basic
wants 1 verify scan - < <(head -c 3000000 /dev/zero | tr '\0' 'A'; echo; cat four.txt)
answers malformed/not_checked ok/not_checked
# A code that stays in view longer than it lives is judged again.
if [ -z "${SINBUN_SANITIZED:-}" ]; then
	later() { LD_PRELOAD=$SINBUN_BUILDDIR/tests/lib/.libs/other-clock.so OTHER_CLOCK=$1 "${@:2}"; }
	show five --fields basic
	wants 1 later 32 sinbun-verify --home "$desk" --json scan five.txt
	says '.reason == "too_old"'
	# A clock that is wrong for certain: no card is judged by it.
	wants 10 later -4000 sinbun-verify --home "$desk" --json scan five.txt
	says '.error == "clock" and (.message | contains("clock"))'
	wants 0 sinbun-verify --home "$desk" --json scan five.txt
	# The list grows old: told of after a day, refused when the desk says so.
	wants 1 later 90000 sinbun-verify --home "$desk" --json scan five.txt
	says '.reason == "too_old"'
	printf '%s\n' '# rules of this desk' 'bundle-warn = 1' >"$desk/desk.conf"
	LD_PRELOAD=$SINBUN_BUILDDIR/tests/lib/.libs/other-clock.so OTHER_CLOCK=7200 holder present --qr --once --text late.txt --png late.png >out
	wants 0 later 7200 sinbun-verify --home "$desk" --json scan late.txt
	says '.warning == "status_old" and .status_age_s > 7100'
	printf '%s\n' 'bundle-refuse = 1' >"$desk/desk.conf"
	wants 1 later 7200 sinbun-verify --home "$desk" --json scan late.txt
	says '.reason == "status_stale" and .fields == {}'
fi
for line in 'bundle-warn = -1' 'bundle-warn = 1x' 'bundle-warn' 'colour = blue' 'bundle-url = http://id.example/b' 'receipt-key = label' \
	"bundle-warn = 1
bundle-warn = 2"; do
	echo "$line" >"$desk/desk.conf"
	wants 3 verify scan one.txt
	says '.error == "bad_configuration" and (.message | contains("desk.conf, line"))'
done
rm "$desk/desk.conf"

# --- the photo beside the code ---
photo() { cmp -s face.jpg "$1" || complain "$1 is not the card's photo"; }
show a --fields full
wants 0 verify scan a.txt face.txt --portrait-out seen.jpg
says '.portrait == "checked"'
photo seen.jpg
[ "$(stat -c %a seen.jpg)" = 600 ] || complain "the photo is open to others"
# Pictures, in any order; one of them blurred.
if command -v qrencode >/dev/null; then
	for i in 1 2; do sed -n ${i}p face.txt | tr -d '\n' | qrencode -l L -o frame$i.png; done
	head -c 900 frame1.png >blurred.png
	show b --fields full
	wants 0 verify scan frame2.png blurred.png b.png frame1.png --portrait-out seen.jpg
	says '.portrait == "checked"'
	grep -q blurred.png err || complain "nothing said of the blurred picture"
	photo seen.jpg
fi
# Frames missing: valid, and not checked; the last person's photo does not stay.
show c --fields full
wants 0 verify scan c.txt <(head -1 face.txt) --portrait-out seen.jpg
says '.portrait == "not_checked" and .result == "valid"'
[ ! -e seen.jpg ] || complain "a photo of before lies there"
# Somebody else's face: refused, and the code is not used up.
show d --fields full
wants 1 verify scan d.txt other.txt --portrait-out seen.jpg
says '.reason == "altered" and .fields == {}'
[ ! -e seen.jpg ] || complain "another's photo was written"
wants 0 verify scan d.txt
wants 4 verify scan face.txt
says '.error == "no_code"'
# On the line: frames before and after the code, others between.
show e --fields full
wants 0 verify scan - --portrait-out seen.jpg < <(tail -1 other.txt; head -1 face.txt; cat e.txt; head -1 other.txt; cat face.txt e.txt face.txt)
answers ok/not_checked ok/checked
photo seen.jpg
# With a challenge the line ends when it is answered and the photo is there; the codes that follow answer nobody.
challenge=$(verify challenge | jq -r .challenge)
show f --fields full --challenge "$challenge"
show g --fields full --challenge "$challenge"
wants 0 verify scan - --challenge "$challenge" --portrait-out seen.jpg < <(cat f.txt g.txt face.txt g.txt f.txt)
answers ok/not_checked ok/checked

# --- only what the desk needs ---
show h --fields full
wants 0 verify scan h.txt --fields birth_date
says '.fields == {birth_date: "1990-01-01"} and .missing == []'
show i --fields basic
wants 0 verify scan i.txt --fields adult,name
says '.fields == {name: "홍시험"} and .missing == ["age_over_19"]'
wants 2 verify scan i.txt --fields shoe_size
says '.error == "usage" and .field == "--fields"'
show j --fields basic
sinbun-verify --home "$desk" --lang ko scan j.txt --fields basic,address_short >said
grep -q '홍시험' said && grep -q '주소(일부)' said || complain "nothing of what is missing: $(cat said)"

# --- for people: the word also in text, and plainly ---
show k --fields basic
sinbun-verify --home "$desk" --lang ko scan k.txt --plain >said
grep -q '결과: 유효' said && ! grep -qP '[\x1b✔█]' said || complain "plain: $(cat said)"
sinbun-verify --home "$desk" --lang en scan k.txt --plain >said
grep -q 'Result: not valid' said && grep -q 'accepted here before' said || complain "plain: $(cat said)"
show l --fields basic
on_terminal 1 --size 40x100 -- sinbun-verify --home "$desk" --lang ko scan k.txt
grep -q '██' typed && grep -q '✘  무효' typed || complain "no large word: $(cat typed)"
on_terminal 0 --size 40x100 -- sinbun-verify --home "$desk" --lang en scan l.txt
grep -q '█' typed && grep -q '✔  VALID' typed && grep -q 'photo not checked' typed || complain "no large word: $(cat typed)"
finish
