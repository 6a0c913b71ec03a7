#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# residents.sh COUNT [FIRST]: a CSV file of residents that nobody is, each with a number of his own: names such as 가시험, addresses in the
# made-up 시험구, the plastic card's number counted up behind the dates of birth.
count=${1:?COUNT} first=${2:-0}
awk -v count="$count" -v first="$first" 'BEGIN {
	print "rrn,name,address,authority,issue_date,phone,carrier"
	syllables = split("가 나 다 라 마 바 사 아 자 차 카 타 파 하", s, " ")
	for (i = first; i < first + count; i++) {
		year = 40 + i % 60; month = 1 + int(i / 60) % 12; day = 1 + int(i / 720) % 28
		printf "%02d%02d%02d-%d%06d,%s%s시험,서울특별시 시험구 시험로 %d,서울특별시 시험구청장,2024-%02d-%02d,010-%04d-%04d,SKT\n",
			year, month, day, 1 + i % 2, int(i / 20160) * 10 + i % 10, s[1 + i % syllables], s[1 + int(i / 14) % syllables], 1 + i % 500,
			1 + i % 12, 1 + i % 28, int(i / 10000) % 10000, i % 10000
	}
}'
