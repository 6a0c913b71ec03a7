# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
#
# For tests with a TPM in software (bash). Works in a fresh directory; `finish` at the end gives the result.
set -u
export LC_ALL=C.UTF-8
unset SINBUN_CONF XDG_DATA_HOME TSS2_LOG TPM2TOOLS_TCTI
command -v swtpm >/dev/null || { echo "no swtpm"; exit 77; }
# The libraries are the host's, and a sanitizer's runtime sees what they leave behind.
[ -z "${SINBUN_SANITIZED:-}" ] || export ASAN_OPTIONS=detect_leaks=0
here=$(mktemp -d "${TMPDIR:-/tmp}/sinbun-tpm.XXXXXX")
trap 'stop_all; rm -rf "$here"' EXIT
cd "$here" || exit 1
umask 077
failures=0 pids=()
PIN=274916 NEW=837261 WRONG=111222 PUK=12345678

complain() {
	local i=0
	while [ "${BASH_SOURCE[i + 1]:-$0}" != "$0" ]; do i=$((i + 1)); done
	printf '%s: line %s: %s\n' "${0##*/}" "${BASH_LINENO[i]}" "$*" >&2
	failures=$((failures + 1))
}
finish() { [ "$failures" = 0 ]; exit; }
stop_all() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done; }

# start_tpm NAME: a TPM whose state is ./NAME, kept from one start to the next; $port is where it listens.
start_tpm() {
	mkdir -p "$1"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		port=$((20000 + RANDOM % 20000 * 2))
		if swtpm socket --tpm2 --tpmstate dir="$here/$1" --server type=tcp,port=$port,disconnect --ctrl type=tcp,port=$((port + 1)) \
			--flags startup-clear --daemon --pid file="$here/$1.pid" 2>swtpm.err; then
			pids+=("$(cat "$1.pid")")
			export TPM2TOOLS_TCTI=swtpm:host=127.0.0.1,port=$port
			return
		fi
	done
	cat swtpm.err >&2
	exit 77
}
# stop_tpm NAME: as the power goes.
stop_tpm() {
	local pid
	pid=$(cat "$1.pid")
	kill -9 "$pid"
	# Whoever inherited it may take his time to bury it.
	while [ -r "/proc/$pid/status" ] && ! grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null; do sleep 0.02; done
	rm -f "$1.pid"
}
# power_cut NAME: all sessions gone; the same state again.
power_cut() { stop_tpm "$1"; start_tpm "$1"; conf "$port"; }

# start_broker: what shares one TPM among many (a resource manager), before the TPM that was started last, on a message bus of its own that
# starts nothing by itself. 1 where it is not installed: no list of packages names it, as tpm2-abrmd's starts a daemon for the machine.
# While it runs the TPM talks to nobody else; $TPM2TOOLS_TCTI leads through it.
start_broker() {
	local busy=$TPM2TOOLS_TCTI PATH=$PATH:/usr/sbin:/sbin
	command -v tpm2-abrmd >/dev/null && command -v dbus-daemon >/dev/null && ldconfig -p | grep -q libtss2-tcti-tabrmd || return 1
	cat >bus.conf <<-END
		<busconfig>
		<type>session</type><listen>unix:path=$here/bus</listen>
		<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
		</busconfig>
	END
	dbus-daemon --config-file=bus.conf --nofork --print-address >bus.out 2>bus.err &
	pids+=($!)
	export DBUS_SESSION_BUS_ADDRESS=unix:path=$here/bus
	until [ -s bus.out ]; do kill -0 "${pids[-1]}" || { cat bus.err >&2; exit 1; }; sleep 0.05; done
	tpm2-abrmd --session --allow-root --tcti="$busy" >broker.out 2>&1 &
	broker=$!
	pids+=($broker)
	export TPM2TOOLS_TCTI=tabrmd:bus_type=session
	until tpm2_getcap properties-variable >/dev/null 2>&1; do
		kill -0 $broker || { cat broker.out >&2; exit 1; }
		sleep 0.05
	done
}

# conf PORT|TCTI [LINE…]: sinbun.conf of a cheap sealed token; $SINBUN_CONF names it.
conf() {
	local tcti=$1
	[[ $tcti = *:* ]] || tcti=swtpm:host=127.0.0.1,port=$tcti
	printf '%s\n' 'seal = tpm' "tcti = $tcti" 'kdf-memory = 19' 'kdf-passes = 2' "${@:2}" >sinbun.conf
	export SINBUN_CONF=$here/sinbun.conf
}

# token VERB ARGUMENT…: one process with the module, that does one thing (tests/tpm/token.c).
token() { "$SINBUN_BUILDDIR/tests/tpm/token" "$@" 2>>noise; }
# is WANT VERB ARGUMENT…: what it answers; and nothing must be heard of it.
is() {
	local want=$1 got
	shift
	got=$(token "$@")
	[ "$got" = "$want" ] || complain "$*: $got, not $want"
	[ ! -s noise ] || { complain "noise: $(head -c 300 noise)"; : >noise; }
}
# fresh [LABEL]: a token with a PIN and one key.
fresh() {
	is OK init "${1:-test}"
	is OK set-pin "${1:-test}" $PUK $PIN
	is OK key "${1:-test}" $PIN
}
indices() { tpm2_getcap handles-nv-index 2>/dev/null | wc -l; }
lockout_counter() { tpm2_getcap properties-variable 2>/dev/null | sed -n 's/.*LOCKOUT_COUNTER: *//p'; }
# Nothing of ours may be left loaded.
nothing_loaded() {
	local left
	left=$(tpm2_getcap handles-transient; tpm2_getcap handles-loaded-session; tpm2_getcap handles-saved-session)
	[ -z "$left" ] || complain "left in the TPM: $left"
}
store() { echo "$here"/tokens/[0-9a-f]*; }
