#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# One notice whose content did not open stopped all others, for good, and made every verb warn of a damaged registry.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
printf '%s\n' 'mail-dir = ../mail' >"$registry/notice.conf" # which is not there yet
db=$registry/registry.db
wants 0 admin suspend --officer o1 --card "$card" --reason lost
wants 0 admin resume --officer o1 --card "$card"
wants 0 admin suspend --officer o1 --card "$card" --reason stolen
[ "$(sqlite3 "$db" 'select count(*) from notice where state = 0')" = 3 ] || complain "not three that wait"
# The content of the first is another's, that of the second is cut.
sqlite3 "$db" 'update notice set next = 0; update notice set box = (select box from notice where seq = (select max(seq) from notice)) where seq = (select min(seq) from notice);
	update notice set box = substr(box, 1, 30) where seq = (select min(seq) + 1 from notice)'
damaged=$(sqlite3 "$db" 'select id from notice order by seq limit 1')
mkdir mail
wants 0 admin notice send
says '.sent == 1 and .given_up == 2 and .waiting == 0'
[ "$(grep -c "$card" err)" = 2 ] && grep -q "$damaged" err || complain "not told of both: $(cat err)"
[ "$(find mail -type f | wc -l)" = 1 ] || complain "not one mail"
wants 0 admin notice list
says '[.notices[] | [.kind, .state, .error]] == [["suspended", "given_up", "damaged"], ["resumed", "given_up", "damaged"]]'
wants 0 admin notice send
says '.sent == 0 and .given_up == 0'
[ ! -s err ] || complain "told again: $(cat err)"
# What is done at a counter goes on.
wants 0 admin resume --officer o1 --card "$card"
[ ! -s err ] || complain "it warns: $(cat err)"
[ "$(find mail -type f | wc -l)" = 2 ] || complain "no mail"
finish
