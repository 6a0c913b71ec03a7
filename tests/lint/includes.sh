#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Who may include whom: the layers as ranks. A file includes only files of its own rank or below;
# foreign libraries are seen only in the rooms named for them.
. "${SINBUN_SRCDIR:?}/tests/lib/lint.sh"

rank() {
	case $1 in
	base/*) echo 0 ;;
	crypto/*) echo 1 ;;
	store/* | seal/*) echo 2 ;;
	pin*.[ch] | audit.[ch]) echo 3 ;;
	attribute*.[ch] | token*.[ch] | mechanism*.[ch]) echo 4 ;;
	cryptoki.h | sinbun-pkcs11.h) echo 2 ;;
	ck_*.[ch]) echo 5 ;;
	api.* | api_*.[ch]) echo 6 ;;
	exports.c) echo 7 ;;
	*) echo unknown ;;
	esac
}

includes() { sed -n 's/^[ \t]*#[ \t]*include[ \t]*"\(.*\)".*/\1/p' "$1"; }

for file in $(find module -name '*.[ch]'); do
	own=$(rank "${file#module/}")
	[ "$own" != unknown ] || { complain "$file: which room is it in? (tests/lint/includes.sh)"; continue; }
	for include in $(includes "$file"); do
		theirs=$(rank "$include")
		[ "$theirs" != unknown ] && [ "$theirs" -le "$own" ] || complain "$file includes $include"
	done
done

for file in $(find tools -name '*.[ch]'); do
	room=${file#tools/}
	room=${room%%/*}
	for include in $(includes "$file"); do
		case $room:$include in
		*:base/* | *:crypto/* | *:formats/*) ;;
		registry:registry/* | common:common/* | common:sinbun-pkcs11.h) ;;
		identity:identity/* | identity:common/*) ;;
		admin:common/* | admin:registry/* | admin:identity/* | admin:admin/*) ;;
		holder:common/* | holder:holder/* | verify:common/* | verify:verify/*) ;;
		*) [ "$file:$include" = tools/admin/tpm.c:seal/tpm.h ] || complain "$file includes $include" ;;
		esac
	done
done

# only HEADER-PATTERN ROOM...: who may see a foreign library.
only() {
	pattern=$1
	shift
	for file in $(grep -rlE "#[ ]*include <($pattern)" module tools --include='*.[ch]'); do
		ok=
		for room in "$@"; do case $file in "$room"*) ok=1 ;; esac; done
		[ -n "$ok" ] || complain "$file includes <$pattern>"
	done
}
only openssl/ module/crypto/
only sodium module/crypto/
only sqlite3 module/store/ tools/registry/ tools/verify/
only p11-kit/ tools/common/
only tss2/ module/seal/ tools/admin/tpm.c
only curl/ tools/common/http.c
only 'zbar|qrencode|cairo|pango|gdk-pixbuf|glib' tools/common/
finish
