#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# history-days = 0 left what was noted in the same second, and what a clock that was ahead had noted.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
[ -z "${SINBUN_SANITIZED:-}" ] || exit 77
make_registry
make_desk
echo 'no code' >none.txt
LD_PRELOAD=$SINBUN_BUILDDIR/tests/lib/.libs/other-clock.so OTHER_CLOCK=600 sinbun-verify --home "$desk" --json scan none.txt >out
says '.reason == "malformed"'
wants 0 verify history
says '.entries | length == 1'
echo 'history-days = 0' >"$desk/desk.conf"
wants 0 verify history
says '.entries == []'
rm "$desk/desk.conf"
wants 0 verify history
says '.entries == []'
finish
