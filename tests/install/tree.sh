#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# What make install puts where, that it fits together, and that make uninstall leaves nothing of it.
. "${SINBUN_SRCDIR:?}/tests/lib/install.sh"
install_tree
prefix=$(setting prefix)

# have DIRECTORY NAME…: there, and readable by everybody.
have() {
	local directory=$1 name
	shift
	for name; do
		[ "$(stat -c %a "$tree$directory/$name" 2>/dev/null)" = 644 ] || complain "$directory/$name: missing, or not for everybody to read"
	done
}
[ "$(stat -c %a "$tree$(setting bindir)"/sinbun{,-admin,-verify} | sort -u)" = 755 ] || complain "programs"
module=$(setting pkcs11dir)/sinbun-pkcs11.so
[ -r "$tree$module" ] && [ ! -e "$tree${module%.so}.la" ] || complain "$module"
have "$(setting p11configdir)" sinbun.module
have "$(setting pkgconfigdir)" sinbun-pkcs11.pc
have "$(setting includedir)" sinbun-pkcs11.h
have "$(setting localedir)/ko/LC_MESSAGES" sinbun.mo
data=$(setting pkgdatadir)
for file in "$SINBUN_SRCDIR"/conf/{documents.d,terms,providers.d}/*; do have "$data" "$(realpath --relative-to="$SINBUN_SRCDIR/conf" "$file")"; done
have "$data" sms.conf
have "$(setting docdir)" README.md ARCHITECTURE.md clients.md quick-start.md sinbun.conf
for page in "$SINBUN_SRCDIR"/{conf,module,tools/*}/*.[1-8]; do have "$(setting mandir)/man${page##*.}" "${page##*/}"; done
have "$(setting bashcompletiondir)" sinbun sinbun-admin sinbun-verify
have "$(setting zshcompletiondir)" _sinbun _sinbun-admin _sinbun-verify
have "$(setting fishcompletiondir)" sinbun.fish sinbun-admin.fish sinbun-verify.fish
units=$(setting systemduserunitdir)
[ "$units" = no ] || have "$units" sinbun-token.service
# A file in the system's place would move every user's tokens.
[ ! -e "$tree$(setting sysconfdir)/sinbun" ] || complain "a sinbun.conf for everybody is installed"

# The sample has every key, and is right with all of them uncommented.
sed -n 's/^\.It Ic //; t key; d; :key; s/ Pq .*//; s/ , /\n/g; p' "$SINBUN_SRCDIR/conf/sinbun.conf.5" | sort >keys
sed -n 's/^#\([a-z-]*\) = .*/\1/p' "$SINBUN_SRCDIR/conf/sinbun.conf" | sort | diff keys - || complain "the sample sinbun.conf and sinbun.conf(5) have other keys"
mkdir sample
sed 's/^#\([a-z-]* = \)/\1/; s/= auto/= software/' "$SINBUN_SRCDIR/conf/sinbun.conf" >sample/sinbun.conf
sinbun --home sample --json doctor >out 2>err
says '[.checks[] | select(.check == "configuration" or .check == "module") | .status] == ["ok", "ok"]'

# --- each names the others as they are ---
grep -qx "module: $module" "$tree$(setting p11configdir)/sinbun.module" || complain "sinbun.module names another module"
if command -v pkg-config >/dev/null; then
	pc() { PKG_CONFIG_PATH=$tree$(setting pkgconfigdir) pkg-config "$@" sinbun-pkcs11; }
	[ "$(pc --variable=module)" = "$module" ] || complain "sinbun-pkcs11.pc names another module"
	[ "$(pc --variable=includedir)" = "$(setting includedir)" ] && [ "$(pc --modversion)" = "$(setting VERSION)" ] || complain "sinbun-pkcs11.pc"
fi
if command -v cc >/dev/null; then
	printf '#include <sinbun-pkcs11.h>\nunsigned long n = CKO_SINBUN_TOKEN;\n' >uses.c
	cc -c -Werror -I "$tree$(setting includedir)" uses.c 2>err || complain "sinbun-pkcs11.h by itself: $(cat err)"
fi
grep -qF -- "--provider $module " "$tree$units/sinbun-token.service" 2>/dev/null || [ "$units" = no ] || complain "the unit names another module"
! grep -rE '%[A-Z0-9_]+%' "$tree" --include='sinbun.module' --include='*.pc' --include='sinbun-token.*' || complain "a name was not filled in"

# --- and nothing stays ---
make_in_tree uninstall
left=$(find "$tree" ! -type d)
[ -z "$left" ] || complain "make uninstall leaves: $left"
left=$(find "$tree" -type d -name '*sinbun*' -path "*$prefix/*")
[ -z "$left" ] || complain "make uninstall leaves empty directories: $left"
finish
