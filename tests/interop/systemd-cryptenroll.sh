#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# systemd-cryptenroll looks for tokens that could open a disk, as p11-kit finds them. It lists those in hardware only, which sinbun's does not claim
# to be; what matters is that it looks at sinbun's and does not stumble over them or the free slot, which would hide everybody else's.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/clients.sh"
command -v systemd-cryptenroll >/dev/null || skip "no systemd-cryptenroll"
systemd-cryptenroll --version | grep -q '+P11KIT' || skip "a systemd-cryptenroll without p11-kit"
. "$SINBUN_SRCDIR/tests/lib/p11-kit.sh"
client "systemd-cryptenroll $(systemd-cryptenroll --version | sed -n '1s/systemd \([0-9]*\).*/\1/p')"
list() { user systemd-cryptenroll --pkcs11-token-uri=list; }
looks() {
	as_typed SYSTEMD_LOG_LEVEL=debug systemd-cryptenroll --pkcs11-token-uri=list >ran
	user env SYSTEMD_LOG_LEVEL=debug systemd-cryptenroll --pkcs11-token-uri=list
}
lists() { # WHAT LABEL
	works "$1: the tokens in hardware" list
	grep -q 'No suitable PKCS#11 tokens found' err || complain "another list: $(cat out err)"
	works "$1: … and what it looked at" looks
	told "$1: … this one too" "Found matching token with URI .*token=$2" 0 'SYSTEMD_LOG_LEVEL=debug systemd-cryptenroll --pkcs11-token-uri=list'
}
mkdir none
cheap "$here/none"
SINBUN_CONF=$here/none/sinbun.conf
export SINBUN_CONF
works 'no token at all' list
make_service
lists service service
lock_pin
works 'locked PIN' list
unlock_pin
hide_token
works 'missing token' list
show_token
install -m 755 "$module" second.so
printf 'module: %s\n' "$here/second.so" >home/.config/pkcs11/modules/second.module
works 'module loaded twice, by another name' looks
[ "$(grep -c 'Found matching token.*token=service' err)" = 2 ] || complain "not both: $(cat err)"
rm home/.config/pkcs11/modules/second.module
make_resident
chmod 711 "$phone"
lists resident mobile-id
recorded
