#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Every header compiles alone, and twice in one unit.
. "${SINBUN_SRCDIR:?}/tests/lib/lint.sh"
flags=$(pkg-config --cflags jansson p11-kit-1 sqlite3 libcrypto libsodium tss2-esys)
for header in $(find module tools tests/lib -name '*.h'); do
	first=
	[ "$header" = module/sinbun-pkcs11.h ] && first='#include "cryptoki.h"'
	printf '%s\n#include "%s"\n#include "%s"\n' "$first" "$PWD/$header" "$PWD/$header" |
		${CC:-cc} -std=gnu11 -D_GNU_SOURCE -Wall -Wno-unused-function -Wno-unused-variable -Werror -fsyntax-only \
			-x c -I module -I tools -I tests/lib $flags - || complain "$header does not compile alone"
done
finish
