# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
#
# For tests with tpm2-pkcs11 on a TPM in software (bash, after clients.sh): soft is its module, tokens where it keeps them, $version what it is. The
# TPM is behind a resource manager, without which that module finds no room in it. Where the module is not installed it is fetched and unpacked
# beside the build.
PATH=$PATH:/usr/sbin:/sbin
for program in swtpm tpm2-abrmd dbus-daemon tpm2_getcap; do command -v $program >/dev/null || skip "no $program"; done
soft=$(find /usr/lib /usr/local/lib -name libtpm2_pkcs11.so 2>/dev/null | head -1)
if [ -z "$soft" ]; then
	unpack tpm2-pkcs11 libtpm2-pkcs11-1 libyaml-0-2
	soft=$(find "$unpacked" -name 'libtpm2_pkcs11.so' | head -1)
	LD_LIBRARY_PATH=$libraries pkcs11-tool --help >/dev/null 2>&1 && export LD_LIBRARY_PATH=$libraries
fi
[ -n "$soft" ] || skip "no libtpm2_pkcs11.so"

# --- a TPM and its resource manager, on a message bus of their own ---
bus() {
	printf '<busconfig><type>session</type><listen>unix:path=%s</listen><policy context="default">%s</policy></busconfig>\n' "$here/bus" \
		'<allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/>' >bus.conf
	dbus-daemon --config-file=bus.conf --nofork --print-address >bus.out 2>bus.err &
	pids="$pids $!"
	export DBUS_SESSION_BUS_ADDRESS=unix:path=$here/bus
	for _ in $(seq 200); do [ -s bus.out ] && return; sleep 0.05; done
	skip "no message bus: $(head -1 bus.err)"
}
tpm() {
	for _ in 1 2 3 4 5 6 7 8 9; do
		port=$((20000 + RANDOM % 20000 * 2))
		swtpm socket --tpm2 --tpmstate "dir=$here/tpm" --server "type=tcp,port=$port,disconnect" --ctrl "type=tcp,port=$((port + 1))" --flags startup-clear \
			--daemon --pid "file=$here/tpm.pid" 2>tpm.log && break
	done
	[ -s tpm.pid ] || skip "no TPM: $(head -1 tpm.log)"
	pids="$pids $(cat tpm.pid)"
	tpm2-abrmd --session --allow-root --tcti="swtpm:host=127.0.0.1,port=$port" >broker.log 2>&1 &
	pids="$pids $!"
	for _ in $(seq 200); do TPM2TOOLS_TCTI=tabrmd:bus_type=session tpm2_getcap properties-variable >/dev/null 2>&1 && return; sleep 0.05; done
	skip "no resource manager: $(head -1 broker.log)"
}
mkdir tpm store
bus
tpm
tokens=$here/store
export TPM2_PKCS11_STORE=$tokens TPM2_PKCS11_TCTI=tabrmd:bus_type=session TSS2_LOG=all+none
version="tpm2-pkcs11 $(dpkg-query -W -f '${Version}' libtpm2-pkcs11-1 2>/dev/null || apt-cache policy libtpm2-pkcs11-1 2>/dev/null | sed -n 's/.*Candidate: //p')"
version="$version, $(swtpm --version | sed -n '1s/.*version \([0-9.]*\).*/swtpm \1/p')"
