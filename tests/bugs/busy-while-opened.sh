#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A registry, or a desk's memory, without a write-ahead log (an old one, a copy that was put back) was "busy" at once where another program wrote
# to it as it was opened: it waits now, as it does otherwise.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
make_desk
show real --fields basic

# written_to FILE: without its log, and another program holds its lock for a second.
written_to() {
	sqlite3 "$1" 'pragma journal_mode = delete' >/dev/null
	rm -f held
	printf 'begin immediate;\n.shell touch held; sleep 1\ncommit;\n' | sqlite3 "$1" &
	writer=$!
	until [ -e held ]; do sleep 0.05; done
}
written_to "$registry/registry.db"
wants 0 admin registry show --card "$card"
wait "$writer"
written_to "$desk/desk.db"
wants 0 verify scan real.txt
wait "$writer"
finish
