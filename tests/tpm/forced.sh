#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A token taken away without its unblocking code has nothing left in the TPM either: at once, or when the TPM permits it; whatever is cut short
# between. Where that cannot be, it is said.
. "${SINBUN_SRCDIR:?}/tests/lib/swtpm.sh"
start_tpm one
conf "$port"
# Power cuts count there.
tpm2_dictionarylockout --setup-parameters --max-tries=1000 --recovery-time=1 --lockout-recovery-time=1
serial() { basename "$(store)"; }
# remove CODE [OPTION…]: by force, what it prints in ./out and ./err.
remove() {
	local want=$1 got=0
	shift
	sinbun-admin --registry "$here" --json token remove --force --yes "$@" >out 2>err || got=$?
	[ "$got" = "$want" ] || complain "exit code $got, not $want: $(cat out err)"
}
says() { jq -e "$1" out >/dev/null || complain "not so: $1: $(cat out)"; }
gone() {
	[ -z "$(find tokens -mindepth 1 -maxdepth 1 -type d)" ] || complain "there: $(ls -A tokens)"
	[ ! -e tokens/trash ] || complain "still noted: $(cat tokens/trash)"
	[ "$(indices)" = "${1:-0}" ] || complain "$(indices) indices"
	nothing_loaded
}

# --- a locked PUK ---
fresh
for _ in 1 2 3 4 5 6 7 8 9 10; do is PIN_INCORRECT officer test 87654321; done
[ "$(indices)" = 3 ] || complain "$(indices) indices"
remove 0 "$(serial)"
says '.removed and .left_in_tpm == []'
[ ! -s err ] || complain "said: $(cat err)"
gone

# --- beside a token that stays ---
fresh stays
kept=$(serial)
is OK init goes
serial=$(cd tokens && ls -d [0-9a-f]*[0-9a-f] | grep -v -e "$kept" -e trash)
remove 0 "$serial"
[ "$(indices)" = 3 ] || complain "$(indices) indices beside one token"
is '1 OK' keys stays $PIN

# --- what lies there under a serial that is not its own says nothing ---
mkdir tokens/.old-0123456789abcdef && chmod 700 tokens/.old-0123456789abcdef
cp "tokens/$kept/token.db" tokens/.old-0123456789abcdef/
is '1 OK' keys stays $PIN
[ "$(indices)" = 3 ] && [ ! -e tokens/.old-0123456789abcdef ] || complain "a copy under another serial: $(indices) indices"
# … and a copy of a token that is there takes nothing from it.
cp -a "tokens/$kept" "tokens/.old-$kept"
is '1 OK' keys stays $PIN
[ "$(indices)" = 3 ] && [ ! -e "tokens/.old-$kept" ] && [ ! -e tokens/trash ] || complain "a copy of one that is there: $(indices) indices"
# … nor does what others could have written.
mkdir tokens/aside && mv "tokens/$kept" tokens/aside/
cp -a "tokens/aside/$kept" "tokens/.old-$kept"
chmod o+w "tokens/.old-$kept"
is OK init other
mv "tokens/aside/$kept" tokens/ && rmdir tokens/aside
is '1 OK' keys stays $PIN
is OK remove stays $PUK
is OK remove other $PUK
gone

# --- the TPM is away meanwhile ---
is OK init test
serial=$(serial)
stop_tpm one
remove 0 "$serial"
says '.removed and (.left_in_tpm | length == 3)'
grep -q 'tpm2_nvundefine -C o 0x01' err || complain "not said: $(cat err)"
[ ! -e "tokens/$serial" ] && [ ! -e "tokens/.old-$serial" ] || complain "there: $(ls -A tokens)"
start_tpm one
conf "$port"
[ "$(indices)" = 3 ] || complain "$(indices) indices"
is OK init next
[ "$(indices)" = 3 ] && [ ! -e tokens/trash ] || complain "the next occasion: $(indices) indices"

# --- an owner with a password; and the owner does it ---
tpm2_changeauth -c o ownerpass
remove 0 "$(serial)"
says '.left_in_tpm | length == 3'
[ "$(indices)" = 3 ] || complain "$(indices) indices"
commands=$(grep -o 'tpm2_nvundefine -C o 0x[0-9a-f]*' err)
[ "$(wc -l <<<"$commands")" = 3 ] || complain "commands: $commands"
while read -r command; do $command -P ownerpass || complain "$command"; done <<<"$commands"
[ "$(indices)" = 0 ] || complain "$(indices) indices"
tpm2_changeauth -c o -p ownerpass
is OK init next
is OK remove next $PUK
gone

# --- a damaged store: as much as can be read ---
fresh
sqlite() { "$SINBUN_BUILDDIR/tests/tpm/insider" sql none "$1" "$2"; }
sqlite "$(store)/token.db" "update meta set value = zeroblob(3) where name = 'label'"
remove 0 "$(serial)"
says '.left_in_tpm == null'
gone
fresh
sqlite "$(store)/token.db" "update meta set value = zeroblob(length(value)) where name = 'wrap-puk'"
is '5 10 OK' tries test
truncate -s 5000 "$(store)/token.db"
remove 0 "$(serial)"
says '.left_in_tpm == null'
grep -q 'tpm check' err || complain "not said: $(cat err)"
[ -z "$(find tokens -mindepth 1 -maxdepth 1 -type d)" ] || complain "there: $(ls -A tokens)"
[ "$(indices)" = 3 ] || complain "$(indices) indices"
for index in $(tpm2_getcap handles-nv-index | sed 's/- //'); do tpm2_nvundefine -C o "$index"; done

# --- cut short: out of sight, and no more ---
is OK init test
serial=$(serial)
mv "tokens/$serial" "tokens/.old-$serial"
"$SINBUN_BUILDDIR/tests/tpm/token" tries nobody >said 2>&1 # whatever it says
gone

# --- cut short at any call that changes something ---
calls='rename,renameat,renameat2,unlink,unlinkat,fsync,fdatasync,connect'
if strace -f -o trace -e trace=none true 2>/dev/null; then
	points=0
	for ((at = 1; at < 100 && failures == 0; at++)); do
		is OK init test
		serial=$(serial)
		mv "tokens/$serial" "tokens/.old-$serial"
		# The shell need not tell that it was killed.
		{ strace -f -o trace -e trace="$calls" -e "inject=$calls:signal=SIGKILL:when=$at" \
			"$SINBUN_BUILDDIR/tests/tpm/token" tries nobody >said 2>&1; } 2>/dev/null
		grep -q 'killed by SIGKILL' trace || break
		points=$((points + 1))
		power_cut one
		is OK init next
		is OK remove next $PUK
		gone
	done
	gone
	echo "$points points"
	[ "$points" -ge 5 ] || complain "$points points only"
fi
finish
