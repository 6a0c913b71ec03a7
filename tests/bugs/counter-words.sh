#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# What people at a counter, and alone, were told wrongly or not at all: the command of the step that comes first without its officer and options, which
# ways there are to sign in, whose lock is held, why a refresh is refused, and times in whatever zone the machine is.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
spoken() { sinbun-admin --registry "$registry" --lang "$1" "${@:2}" --pin-fd 4 4<<<issuer-passphrase; }
lacks() { grep -qF -- "$1" "${2:-out}" && complain "it says: $1"; }
tells() { grep -qF -- "$1" "${2:-out}" || complain "it does not say: $1 ($(cat "${2:-out}"))"; }

# --- at a counter ---
wants 0 admin apply start --officer o1
counter=$(jq -r .application out)
wants 10 admin apply card --application "$counter" --officer o1 --input person.json
says ".error == \"out_of_order\" and (.message | endswith(\"sinbun-admin apply login --application $counter --officer o1 --kind KIND --input FILE\"))"
wants 0 spoken ko apply start --officer o1
tells '  대면 확인: --kind in-person --input FILE (FILE에 JSON으로 쓸 항목: name, birth_date)'

# --- alone ---
wants 0 spoken ko apply start --self
alone=$(grep -o 'A[0-9a-f]\{24\}' out | head -1)
tells '  간편인증: --kind simple --provider NAME --input FILE'
tells '  인증서: --kind certificate --challenge FILE'
tells '알리지 마세요'
lacks in-person
wants 4 admin apply login --application "$alone" --kind simple --input - <<<'{"name":"홍시험","birth_date":"1990-01-01","phone":"010-0000-0001"}'
says '.error == "missing" and .field == "provider"'
wants 10 admin apply card --application "$alone" --input person.json
says ".message | endswith(\"apply login --application $alone --kind KIND --input FILE\")"
wants 4 admin apply login --application "$alone" --input person.json
says '.message | contains("simple, certificate, member") and (contains("in-person") | not)'

# What waits is gone on with, and not begun anew.
wants 0 admin apply login --application "$alone" --kind certificate --challenge challenge
wants 0 spoken en apply status --application "$alone"
tells "Then: sinbun-admin apply login --application $alone --signed FILE"
lacks '--kind'

# --- times: Korea's, whatever the machine's zone ---
TZ=America/Los_Angeles
export TZ
wants 0 spoken ko apply status --application "$alone"
at=$(sqlite3 "$registry/registry.db" "select max(time) from audit where verb = 'apply start'")
tells "$(TZ=KST-9 date -d "@$at" '+%F %T KST')"
wants 0 spoken en audit show --verb apply
tells "$(TZ=KST-9 date -d "@$at" '+%F %T KST')"
unset TZ

# --- a lock of those who publish ---
exec 8>"$registry/publish.lock"
flock 8
wants 10 spoken ko status publish --out status
tells publish.lock err
lacks '주민등록 자료' err
exec 8>&-
wants 0 admin status publish --out status

# --- a refresh that is refused ---
echo '{}' >refresh.json
wants 4 spoken ko refresh --self --request refresh.json --response refreshed.json
lacks '발급 요청' err
lacks '(' err
tells 'sinbun refresh --request' err
finish
