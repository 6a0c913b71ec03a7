#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# The module exports its three entry points and nothing else, links only what it may, and is linked to stay.
. "${SINBUN_SRCDIR:?}/tests/lib/lint.sh"
want='C_GetFunctionList C_GetInterface C_GetInterfaceList'
got=$(nm -D --defined-only "$SINBUN_MODULE" | awk '$2 ~ /[TDBRVW]/ {print $3}' | sort | tr '\n' ' ' | sed 's/ $//')
[ "$got" = "$want" ] || complain "exports: '$got', not '$want'"
dynamic=$(readelf -d "$SINBUN_MODULE")
for library in $(printf '%s\n' "$dynamic" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
	case $library in
	libc.so.6 | libcrypto.so.3 | libsodium.so.23 | libsqlite3.so.0) ;;
	*) [ -n "${SINBUN_SANITIZED:-}" ] || complain "links $library" ;;
	esac
done
printf '%s\n' "$dynamic" | grep -q 'NODELETE' || complain "not linked with -z nodelete"
printf '%s\n' "$dynamic" | grep -qE 'BIND_NOW|FLAGS.*NOW' || complain "not linked with -z now"
printf '%s\n' "$dynamic" | grep -q 'TEXTREL' && complain "has text relocations"
finish
