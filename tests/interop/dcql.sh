#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# DCQL by a library from npm (package.json, pinned): of a table of queries it and the resident's program find the same ones good, and the same
# ones possible; what is presented satisfies the library, and shows what it would have shown and no more; the desk takes it too.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/npm.sh"
needs_foreign_hosts
needs_npm
theirs() { node "$modules/dcql.mjs" "$@"; }
make_registry
make_card
make_desk
elements='"name", "birth_date", "rrn", "address", "issue_date", "authority", "age_over_19"'
jq -n "{client_id: \"redirect_uri:https://rp.example/cb\", response_type: \"vp_token\", response_mode: \"direct_post\", response_uri: \"https://rp.example/cb\",
	nonce: \"N\", dcql_query: {credentials: [
	{id: \"m\", format: \"mso_mdoc\", meta: {doctype_value: \"kr.sinbun.resident.1\"}, claims: [($elements) | {path: [\"kr.sinbun.resident.1\", .]}]},
	{id: \"j\", format: \"dc+sd-jwt\", meta: {vct_values: [\"urn:sinbun:resident:1\"]}, claims: [($elements) | {path: [.]}]}]}}" >all.json
wants 0 holder present --request all.json --consent all --out held.json
wants 0 theirs queries .
says '.held | length == 2 and all(length == 7)'
says '.satisfied >= 15 and .unsatisfied >= 8 and .invalid >= 12'
cp out counts
code_of() { case $1 in satisfied) echo 0 ;; unsatisfied) echo 10 ;; invalid) echo 4 ;; esac; }
while IFS=$'\t' read -r file outcome name; do
	wants "$(code_of "$outcome")" holder present --request "$file" --consent all --out "${file/query/answer}"
	[ "$outcome" = satisfied ] || { [ ! -e "${file/query/answer}" ] || complain "an answer: $name"; continue; }
	wants 0 verify check "${file/query/answer}" --request "$file"
	jq -e '.result == "valid"' out >/dev/null || complain "not valid: $name"
done < <(jq -r '.[] | [.file, .ours // .outcome, .name] | @tsv' queries.json)
wants 0 theirs judge .
says '.wrong == []'
cp out judged
jq -r '.[] | select(.ours) | "otherwise here: \(.name): \(.note)"' queries.json
jq -rs '"\(.[0].satisfied) queries answered alike, \(.[1].taken) answers taken by the library; \(.[0].unsatisfied) that cannot be answered and \(.[0].invalid) that are no queries refused alike"' counts judged
# More than was asked for is no good answer.
cp answer.02.json answer.00.json
wants 1 theirs judge .
says '.wrong | map(.name) == ["one claim of an mdoc"]'
finish
