#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# An address of more than 512 bytes (170 syllables) was shown cut, without a word.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
end="$(printf '가%.0s' $(seq 180)) 끝"
printf '%s\n' rrn,name,address,authority,issue_date "900101-1000000,홍시험,\"시험시 시험로 1, $end\",시험시장,2024-03-02" >rows.csv
wants 0 admin registry import rows.csv
make_card
wants 0 sinbun --home "$phone" --lang en show --details --pin-fd 3 3<<<"$PIN"
grep -q "시험시 시험로 1, $end" out || complain "the address is not there to its end"
# What would move a terminal's cursor is not shown as it is, wherever it stands.
wants 4 admin suspend --officer o1 --card "$(printf '%0600d\e[2J끝\u202e\u0085' 0)"
says '.message | contains("?[2J끝??")'
finish
