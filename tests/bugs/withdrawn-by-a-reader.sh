#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# The audit had the ID of an application that a resident had opened alone, and who read it there could end that application in the resident's name.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/apply.sh"
make_registry
wants 0 admin apply start --self
alone=$(jq -r .application out)
wants 4 admin apply login --application "$alone" --kind member --input - <<<'{"id":"nobody.test","password":"correct horse 7"}'
wants 0 admin apply start --self
other=$(jq -r .application out)
start
wants 0 admin audit export --officer o1 --out rows.csv
grep -q "$alone\|$other" rows.csv && complain "the audit has the ID"
grep -q "$application" rows.csv || complain "the counter's application is not told"
wants 0 admin audit show --verb apply
says '[.rows[].subject] | length == 3 and (unique | length == 3)'
# What stands there ends nothing.
for subject in $(jq -r '.rows[].subject | select(startswith("application ")) | split(" ")[1]' out); do
	wants 4 admin apply withdraw --application "$subject"
	wants 4 admin apply withdraw --application "application $subject"
done
says '.error == "no_application"'
# The ID finds its rows, and ends the application.
wants 0 admin apply withdraw --application "$alone"
wants 0 admin audit show --subject "$alone"
says '[.rows[] | [.verb, .officer]] == [["apply start", "self"], ["apply withdraw", "self"]] and all(.rows[]; .subject | test("^application [0-9a-f]{14}$"))'
wants 0 admin audit show --subject "$(jq -r '.rows[0].subject' out)"
says '.matching == 2'
# One that was opened at a counter wants an officer.
wants 2 admin apply withdraw --application "$application"
wants 0 admin audit show --subject "$application"
says '.matching == 1 and .rows[0].subject == "'"$application"'"'
finish
