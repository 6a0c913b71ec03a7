#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A card was suspended and its list could not go out (or the program was killed before it did): whoever suspended it again was told that it was
# suspended already, and the list stayed in. Nothing told of it either.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
mkdir -m755 published
printf 'status-dir = %s\n' "$here/published" >"$registry/registry.conf"
list() { jq -r '.checks[] | select(.check == "status_list") | .status' out; }
wants 0 admin suspend --officer o1 --card "$card" --reason lost
says .published
sinbun-admin --registry "$registry" --json doctor >out 2>err
[ "$(list)" = ok ] || complain "doctor: $(cat out)"
# The list cannot be written, as where its program is killed before that.
wants 0 admin resume --officer o1 --card "$card"
mkdir published/.status.cwt.new
wants 0 admin suspend --officer o1 --card "$card" --reason lost
says '.published == false'
rmdir published/.status.cwt.new
before=$(sha256sum <published/status.cwt)
sinbun-admin --registry "$registry" --json doctor >out 2>err
[ "$(list)" = fault ] || complain "doctor says nothing: $(cat out)"
jq -e '.checks[] | select(.check == "status_list") | .error == "list_not_out" and (.message | contains("status publish"))' out >/dev/null || complain "not told: $(cat out)"
wants 10 admin suspend --officer o1 --card "$card" --reason lost
says '.error == "wrong_state"'
[ "$before" != "$(sha256sum <published/status.cwt)" ] || complain "the list is not out"
sinbun-admin --registry "$registry" --json doctor >out 2>err
[ "$(list)" = ok ] || complain "doctor: $(cat out)"
finish
