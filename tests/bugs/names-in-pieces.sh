#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A name whose Hangul came in single letters (form D of Unicode, as macOS writes it) was another than the same name in syllables; an empty
# name was that of anybody whose name is a blank.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
pieces=$(printf '\u1112\u1169\u11bc\u1109\u1175\u1112\u1165\u11b7') # 홍시험
[ "$pieces" != 홍시험 ] || complain "printf composes"

# entered NAME [RRN]: what an application under this name gives.
entered() {
	jq --arg name "$1" --arg rrn "${2:-900101-1000000}" '.name = $name | .rrn = $rrn' <<<"$resident" >p.json
	admin enrol --officer o1 --input p.json --offer o.json >out 2>err
	jq -r '.error // "ok"' out
}
[ "$(entered "$pieces")" = ok ] || complain "pieces against syllables"
[ "$(entered "$(printf '홍\u00a0시\u3000험 ')")" = ok ] || complain "blanks of other kinds"
[ "$(entered "${pieces%?}")" = mismatch ] || complain "a letter less"
for blank in '' ' ' "$(printf '\u3000')"; do
	[ "$(entered "$blank")" = missing ] || complain "\"$blank\" is a name"
	says '.field == "name"'
done

# The other way round, and then the file in syllables says the same again.
printf '%s\n' rrn,name,address,authority,issue_date "910101-1000000,$pieces,시험시 시험로 1,시험시장,2024-03-02" >rows.csv
wants 0 admin registry import rows.csv
says '.added == 1'
[ "$(entered 홍시험 910101-1000000)" = ok ] || complain "syllables against pieces"
sed "s/$pieces/홍시험/" rows.csv >again.csv
wants 0 admin registry import again.csv
says '.same == 1'
finish
