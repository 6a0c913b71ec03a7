#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Every published vector that is there is read by a test, or is named here with the reason why it is not: none is passed over unseen.
: "${SINBUN_SRCDIR:?}" "${SINBUN_BUILDDIR:?}"
[ -d "${SINBUN_VECTORS:-}" ] || { echo "skipped: no vectors in \$SINBUN_VECTORS" >&2; exit 77; }
work=$(mktemp -d "${TMPDIR:-/tmp}/sinbun-test.XXXXXX")
trap 'rm -rf "$work"' EXIT
export LC_ALL=C SINBUN_VECTORS_USED=$work/used

# A pattern of names, and why.
not_read='
cose/KeySet.txt|the keys in diagnostic notation; they stand in the messages too
openid4vp-1.0/encrypted_response*|responses are not encrypted here (direct_post)
openid4vp-1.0/response/kb_jwt_unsecured.json|is not signed, and has transaction data, which is refused
openid4vp-1.0/sd_jwt_vcld/*.md|a word on where they come from
openid4vp-1.0/sd_jwt_vcld/*.yml|what they were made from
openid4vp-1.0/sd_jwt_vcld/01/specification.yml|what they were made from
sd-cwt/kbt.edn|the same as kbt.cbor.hex, in diagnostic notation
wycheproof/LICENSE|is no vector
wycheproof/COMMIT|is no vector
'
# This one takes whatever is in its folder, and tells its counts itself.
folder_of_module=wycheproof
grep -q '"%s/wycheproof"' "$SINBUN_SRCDIR/tests/api/test-wycheproof.c" && grep -q 'scandir(folder' "$SINBUN_SRCDIR/tests/api/test-wycheproof.c" || exit 1

failed=0
for test in $(cd "$SINBUN_SRCDIR" && grep -lE 'vector_(read|hex|json|line|token|pem)\(' tests/unit/*.c); do
	"$SINBUN_BUILDDIR/${test%.c}" >"$work/out" 2>&1 || { echo "${test%.c} failed" >&2; failed=1; }
	grep -E '(vectors|values|texts|messages|transcripts|queries|entries|tokens|tests|SD-JWTs)' "$work/out" | grep -v ' failed' | sed "s|^|${test##*/}: |; s|\.c: |: |"
done
why() {
	local pattern reason
	while IFS='|' read -r pattern reason; do
		# shellcheck disable=SC2254
		[ -z "$pattern" ] || case $1 in $pattern) echo "$reason"; return ;; esac
	done <<<"$not_read"
}
sort -u "$work/used" >"$work/read"
declare -A total read
while read -r name; do
	folder=${name%%/*}
	total[$folder]=$((${total[$folder]:-0} + 1))
	if grep -qxF "$name" "$work/read" || [[ $name == "$folder_of_module"/*.json ]]; then
		read[$folder]=$((${read[$folder]:-0} + 1))
	elif [ -n "$(why "$name")" ]; then
		echo "not read: $name: $(why "$name")"
	else
		echo "no test reads $name" >&2
		failed=1
	fi
done < <(cd "$SINBUN_VECTORS" && find . -type f | sed 's|^\./||' | sort)
for folder in $(printf '%s\n' "${!total[@]}" | sort); do
	echo "$folder: ${read[$folder]:-0} of ${total[$folder]} files read"
done
exit $failed
