#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# `make bench`: this module, and where they are to be had SoftHSM2, NSS and tpm2-pkcs11 (over swtpm), each beside bare OpenSSL in the same run; and
# this module behind p11-kit's proxy and behind its server. Writes bench.jsonl (every figure), bench.md (the table) and bench-objects.svg and
# bench-threads.svg (what grows) where make was called.
# ROUNDS: how often each figure is taken. OBJECTS: the counts for searches. MODULES: which of sinbun proxy remote softhsm2 nss tpm2.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
bench=$SINBUN_BUILDDIR/tests/bench/bench-module
results=$SINBUN_BUILDDIR/bench.jsonl
PIN=bench-passphrase
export ROUNDS=${ROUNDS:-15}
modules=${MODULES:-sinbun proxy remote softhsm2 nss tpm2}
objects=${OBJECTS:-10 1000 10000 100000}
: >"$results"
skip() { echo "left out: $*" >&2; return 1; }
note() { echo "$*" >&2; }

# measure WHO MODULE LABEL GROUP [NUMBER]: its lines, marked with whose they are.
measure() {
	note "$1: $4${5:+, $5}"
	"$bench" "$4" "$2" "$3" ${5:+"$5"} <<<"$PIN" 2>err >lines || { note "$1, $4: $(head -n 1 err)"; failures=$((failures + 1)); }
	jq -c --arg who "$1" '{module: $who} + .' lines >>"$results"
}
# groups WHO MODULE LABEL
groups() {
	local group
	for group in signatures mechanisms calls threads processes memory start start start start start; do measure "$1" "$2" "$3" "$group"; done
}
# objects WHO MODULE LABEL NUMBER: one process makes them, another one searches.
objects() { measure "$1" "$2" "$3" objects "$4" && measure "$1" "$2" "$3" objects "$4"; }
fits() { [[ " $modules " = *" $1 "* ]]; }

# --- the modules; each sets up its token and measures ---
# fresh DIRECTORY: a token of ours there, for a service; $SINBUN_CONF names it.
fresh() {
	cheap "$here/$1" 'profile = general' "${@:2}"
	chmod go= "$here/$1"
	wants 0 sinbun-admin --registry "$here/$1" --json token init bench --puk-out "$1.puk" --pin-fd 4 4<<<"$PIN"
	export SINBUN_CONF=$here/$1/sinbun.conf
}
sinbun() {
	local count
	fresh ours
	groups sinbun "$SINBUN_MODULE" bench
	# As cheap() has it; a resident's token takes what sinbun.conf says, 256 MiB and 3 passes.
	for count in 1 2 3 4 5; do "$bench" derivation 19 2 | jq -c '{module: "sinbun"} + .' >>"$results"; done
	for count in $objects; do
		fresh "objects$count"
		objects sinbun "$SINBUN_MODULE" bench "$count"
		# From nothing to a signature must not grow either; the first start makes the key.
		"$bench" start "$SINBUN_MODULE" bench <<<"$PIN" >/dev/null
		"$bench" start "$SINBUN_MODULE" bench <<<"$PIN" | jq -c --argjson n "$count" '{module: "sinbun"} + . + {with: $n}' >>"$results"
		rm -rf "$here/objects$count"
	done
}
proxy() {
	local so
	so=$(pkg-config --variable=proxy_module p11-kit-1)
	[ -e "$so" ] || { skip "no p11-kit proxy"; return; }
	fresh proxied
	mkdir -p modules
	printf 'module: %s\n' "$SINBUN_MODULE" >modules/sinbun.module
	# The user's configuration is not read where root runs this; the system's is replaced in a mount namespace.
	[ "$(id -u)" = 0 ] || { skip "p11-kit's proxy reads the machine's configuration; as root it is replaced for this"; return; }
	local directory
	directory=$(pkg-config --variable=p11_module_configs p11-kit-1)
	unshare --mount bash -c "mount --bind '$here/modules' '$directory' && exec bash -s" <<END || note "proxy: failed"
for group in signatures calls; do
	'$bench' "\$group" '$so' bench <<<'$PIN' | jq -c '{module: "sinbun, p11-kit proxy"} + .' >>'$results'
done
END
}
remote() {
	local client server
	client=$(pkg-config --variable=p11_module_path p11-kit-1)/p11-kit-client.so
	[ -e "$client" ] && command -v p11-kit >/dev/null || { skip "no p11-kit client"; return; }
	fresh served
	server=$(p11-kit server --name "$here/socket" --provider "$SINBUN_MODULE" 'pkcs11:token=bench') || { skip "p11-kit server"; return; }
	eval "$server" >/dev/null
	ROUNDS=5
	for group in signatures calls; do measure 'sinbun, p11-kit server' "$client" bench "$group"; done
	ROUNDS=$rounds
	kill "$P11_KIT_SERVER_PID"
	unset P11_KIT_SERVER_ADDRESS
}
softhsm2() {
	local count
	. "$SINBUN_SRCDIR/tests/lib/softhsm2.sh" || return
	[ -n "$soft" ] || return
	export SOFTHSM2_CONF=$here/soft.conf
	for count in 0 $objects; do
		[ "$count" -le 1000 ] || { note "SoftHSM2: $count objects left out; it would take hours"; continue; }
		rm -rf soft && mkdir soft
		printf 'directories.tokendir = %s\n' "$here/soft" >soft.conf
		"$util" --module "$soft" --init-token --free --label bench --pin "$PIN" --so-pin 12345678 >softlog 2>&1 || complain "SoftHSM2: $(cat softlog)"
		if [ "$count" = 0 ]; then groups SoftHSM2 "$soft" bench; else objects SoftHSM2 "$soft" bench "$count"; fi
	done
}
nss() {
	local so count
	so=$(find /usr/lib -name libsoftokn3.so 2>/dev/null | head -n 1)
	[ -n "$so" ] && command -v certutil >/dev/null || { skip "no NSS, or no certutil (libnss3-tools)"; return; }
	for count in 0 $objects; do
		[ "$count" -le 1000 ] || continue
		rm -rf nss && mkdir nss
		echo "$PIN" >nss.pin
		certutil -N -d "sql:$here/nss" -f nss.pin || complain "NSS: no database"
		export BENCH_INIT="configdir='sql:$here/nss' certPrefix='' keyPrefix='' secmod='secmod.db' flags="
		if [ "$count" = 0 ]; then groups NSS "$so" 'NSS Certificate DB'; else objects NSS "$so" 'NSS Certificate DB' "$count"; fi
		unset BENCH_INIT
	done
}
# In a place and a shell of its own, which ends what it starts.
tpm2() (
	here=$(mktemp -d) && cd "$here" || exit
	. "$SINBUN_SRCDIR/tests/lib/clients.sh"
	PIN=bench-passphrase
	. "$SINBUN_SRCDIR/tests/lib/tpm2-pkcs11.sh"
	{
		pkcs11-tool --module "$soft" --init-token --label bench --so-pin 12345678 &&
			pkcs11-tool --module "$soft" --token-label bench --login --login-type so --so-pin 12345678 --init-pin --new-pin "$PIN"
	} >tool.log 2>&1 || { note "tpm2-pkcs11: $(tail -n 1 tool.log)"; exit 1; }
	export ROUNDS=5
	for group in signatures calls memory start start start; do measure tpm2-pkcs11 "$soft" bench "$group"; done
	objects tpm2-pkcs11 "$soft" bench 10
)

rounds=$ROUNDS
for each in $modules; do "$each"; done
"$SINBUN_SRCDIR/tests/bench/report.sh" "$results" "$SINBUN_BUILDDIR"
finish
