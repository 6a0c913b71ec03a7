#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# `sinbun-admin tpm check`: whether a TPM is fit, what stays open, and that the commands it names close it; a TPM that is absent, in lockout,
# somebody else's, or no TPM at all. It changes nothing.
. "${SINBUN_SRCDIR:?}/tests/lib/swtpm.sh"
start_tpm one
conf "$port"
# wants CODE [OPTION…]: what it prints in ./out and ./err.
wants() {
	local want=$1 got=0
	shift
	sinbun-admin --registry "$here" "${@:---json}" tpm check >out 2>err || got=$?
	[ "$got" = "$want" ] || complain "exit code $got, not $want: $(cat out err)"
}
says() { jq -e "$1" out >/dev/null || complain "not so: $1: $(cat out)"; }
open_is() { [ "$(jq -r '[.open[].point] | join(" ")' out)" = "$1" ] || complain "open: $(jq -c .open out)"; }
contents() { tpm2_getcap handles-persistent; tpm2_getcap handles-nv-index; tpm2_getcap properties-variable; }

# --- something that never answers, in the background for as long as its patience lasts ---
tap() {
	tap=$((port + 2 + RANDOM % 500 * 2))
	: >tap.out
	"$SINBUN_BUILDDIR/tests/lib/tcp-proxy" $tap "$port" capture "$@" >tap.out 2>&1 &
	tapper=$!
	until grep -q ready tap.out; do
		kill -0 $tapper 2>/dev/null || { tap "$@"; return; } # the port was taken
		sleep 0.02
	done
}
tap 0
pids+=($tapper)
mkdir mute
sed "s/port=.*/port=$tap/" sinbun.conf >mute/sinbun.conf
sinbun-admin --registry "$here/mute" --json tpm check >mute/out 2>mute/err &
mute=$!
until grep -q cut tap.out; do sleep 0.05; done

# --- a TPM as it comes ---
stop_tpm one # the mute one holds its only connection
start_tpm one
conf "$port"
contents >before
wants 0
says '.fit and .owner_password == false and .lockout_password == false and .manufacturer == "IBM" and .srk == "absent" and .nv_indices.all == 0'
says '.lockout | .now == false and .failures == 0 and .max_tries == 3 and .recovery_s == 1000 and .all_pins_days == 11574'
says '[.notes[].point] == ["software_tpm"]'
open_is 'lockout_password owner_password'
wants 0 --lang en
grep -q '^This TPM is fit for the seal' out && grep -q 'To close it: .*tpm2_changeauth -c lockout file:lockout-password' out && grep -q 'What it costs: Keep' out ||
	complain "in English: $(cat out)"
wants 0 --lang ko
grep -q '토큰 보호에 쓸 수 있습니다' out && grep -q '잠금 해제 암호' out && ! grep -q "password:" out || complain "in Korean: $(cat out)"
contents >after
cmp -s before after || complain "something changed: $(diff before after)"
nothing_loaded
# Without a registry the usual configuration holds.
mkdir empty
cp out before
got=0
sinbun-admin --registry "$here/empty" --json tpm check >out 2>err || got=$?
[ "$got" = 0 ] || complain "the usual configuration: $got"
says ".configuration == \"$here/sinbun.conf\""

# --- with tokens ---
fresh
is OK init second
contents >before
wants 0
says '.srk == "usual" and .srk_compared and .nv_indices == {"all":6, "like_ours":6, "tokens":2, "counters_left":.nv_indices.counters_left}'
contents >after
cmp -s before after || complain "something changed: $(diff before after)"
nothing_loaded
tpm2_nvdefine -Q -C o -s 8 -a 'authread|authwrite|no_da' -p x 0x1810016
wants 0
says '.nv_indices.all == 7 and .nv_indices.like_ours == 6'
tpm2_nvundefine -Q -C o 0x1810016
index=$(tpm2_getcap handles-nv-index | sed -n '1s/- //p')
cp -a one kept
tpm2_nvundefine -Q -C o "$index"
wants 0
says '.nv_indices == {"all":5, "like_ours":5, "tokens":1, "counters_left":.nv_indices.counters_left} and ([.notes[].point] | contains(["remains"]))'
stop_tpm one
rm -r one && mv kept one
start_tpm one
conf "$port"

# --- the commands close what is open, one after the other ---
tpm2_dictionarylockout --setup-parameters --max-tries=1000 --recovery-time=0 --lockout-recovery-time=1
wants 0
open_is 'lockout_weak lockout_password owner_password'
says '.lockout.all_pins_days == null'
tpm2_dictionarylockout --setup-parameters --max-tries=32 --recovery-time=599 --lockout-recovery-time=1
for left in 'lockout_password owner_password' 'owner_password' ''; do
	wants 0
	command=$(jq -r '.open[0].command' out)
	bash -c "$command" >said 2>&1 || complain "$command: $(cat said)"
	wants 0
	open_is "$left"
done
says '.owner_password and .lockout_password and .lockout.max_tries == 32 and .lockout.recovery_s == 600 and ([.notes[].point] | contains(["owner_password_set"]))'
[ "$(stat -c %a lockout-password owner-password | sort -u)" = 600 ] || complain "the passwords' files are open to others"
[ "$(wc -c <lockout-password)" = 32 ] && ! grep -qf lockout-password -f owner-password out || complain "a password is told"
wants 0 --lang en
grep -q '^Nothing stays open' out || complain "not told: $(cat out)"
is '1 OK' keys test $PIN
# The lockout's limits once more, now with its password.
tpm2_dictionarylockout --setup-parameters --max-tries=33 --recovery-time=600 --lockout-recovery-time=1 --auth=file:lockout-password
wants 0
open_is lockout_weak
bash -c "$(jq -r '.open[0].command' out)" >said 2>&1 || complain "with its password: $(cat said)"
wants 0
open_is ''
# A password that is there is never written over.
(set -C; : >lockout-password) 2>/dev/null && complain "written over"

# --- failures, and lockout now ---
tpm2_nvdefine -Q -C o -P file:owner-password -s 8 -a 'authread|authwrite' -p right 0x1500016
tpm2_nvread -C 0x1500016 -P wrong -s 8 0x1500016 >said 2>&1
wants 0
says '.lockout.failures == 1 and ([.notes[].point] | contains(["failures"]))'
tpm2_dictionarylockout --setup-parameters --max-tries=1 --recovery-time=1000 --lockout-recovery-time=1000 --auth=file:lockout-password
wants 5
says '.error == "tpm_lockout" and (.message | contains("--clear-lockout"))'
wants 5 --lang en
grep -q '^Lockout: 1 of 1 failures' out || complain "not told: $(cat out)"
tpm2_dictionarylockout --clear-lockout --auth=file:lockout-password
wants 0

# --- another key in the storage root key's place ---
mv sinbun.conf one.conf
start_tpm two
conf "$port"
# put TEXT OPTION…: a key of that kind; what came of it.
put() {
	tpm2_createprimary -Q -c key.ctx "$@" 2>said && tpm2_evictcontrol -Q -C o -c key.ctx 0x81000001 2>>said || complain "$*: $(cat said)"
	tpm2_flushcontext -t
	wants "$want"
	tpm2_evictcontrol -Q -C o -c 0x81000001
}
want=0
put -C o -G rsa2048
says '.srk == "other" and .fit and ([.notes[].point] | contains(["other_srk"]))'
srk='fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|decrypt'
put -C e -G ecc256:aes128cfb -a "$srk" # by the template, and of another seed
says '.srk == "other" and .srk_compared'
want=5
put -C o -G ecc256 -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign'
says '.error == "tpm_srk" and (.message | contains("tpm2_evictcontrol"))'
nothing_loaded

# --- absent, not permitted, a configuration that is wrong ---
stop_tpm two
wants 5
says '.error == "tpm_absent" and .field == "tcti"'
sed -i "s|^tcti.*|tcti = device:$here/node|" sinbun.conf
wants 5
says '.error == "tpm_absent"'
: >node
chmod 0 node
if [ "$(id -u)" != 0 ]; then
	wants 5
	says '.error == "tpm_denied"'
fi
chmod 600 node
wants 5
says '.error == "tpm_absent"' # a file is no TPM
sed -i 's|^tcti.*|tcti = nonsense|' sinbun.conf
wants 3
says '.error == "bad_configuration" and .field == "tcti"'

# --- answers that are wrong: an end, and nothing worse ---
mv one.conf sinbun.conf
start_tpm three
conf "$port"
is OK init test
fit=0
for ((lie = 1; lie <= ${SINBUN_LIES:-48}; lie++)); do
	tap 1000000000 $lie
	conf $tap
	got=0
	sinbun-admin --registry "$here" --json tpm check >out 2>err || got=$?
	kill $tapper
	wait $tapper 2>/dev/null
	case $got in
	0) fit=$((fit + 1)) && says '.fit' ;;
	5) says '.error | startswith("tpm_")' ;;
	*) complain "lie $lie: exit code $got: $(cat out err)" ;;
	esac
	grep -q '[[:cntrl:]]' out && complain "lie $lie: control characters"
	tpm2_flushcontext -t 2>/dev/null
	tpm2_flushcontext -l 2>/dev/null
done
echo "$((lie - 1)) lies, of which $fit went unnoticed"
conf "$port"
wants 0

# --- the mute one ---
wait $mute
[ $? = 5 ] && [ "$(jq -r .error mute/out)" = tpm_failed ] || complain "the mute one: $(cat mute/out mute/err)"
finish
