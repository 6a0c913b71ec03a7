#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A very long name with a very long address gave a live QR of version 25, which cameras do not read: nobody was told.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
name=홍$(printf '시험%.0s' {1..39})
place=$(printf '시험%.0s' {1..99})
cheap "$registry" 'profile = general'
wants 0 admin init --issuer 시험구청 --url https://id.example
printf 'rrn,name,address,authority,issue_date\n900101-1000000,%s,%s,시험구청장,2024-03-02\n' "$name" "$place" >residents.csv
wants 0 admin registry import residents.csv
echo "$resident" | sed "s/홍시험/$name/" >person.json
make_card
make_desk
wants 10 holder present --qr --once --fields full --text full.txt
says '.error == "qr_too_large" and .field == "--fields"'
[ ! -e full.txt ] || complain "a code was written all the same"
show basic --fields basic
wants 0 verify scan basic.png
finish
