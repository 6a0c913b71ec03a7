#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Text messages through Kannel, Debian's, with its own SMS centre for tests (fakesmsc): what arrives there is what was sent, Hangul and all; a wrong
# password, a centre that is away and a gateway that is down are told apart.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/kannel.sh"
client() { "$SINBUN_BUILDDIR/tests/lib/identity-client" "$here/root" "$@"; }
needs_kannel
trap 'kannel_stop; rm -rf "$here"' EXIT
kannel_begin
mkdir root
kannel_settings root

# --- what is sent arrives ---
n=0
for text in '[모바일 신분증] 인증번호 482913 (3분 안에 입력하세요)' 'plain text, 100% + more' '뷁 똠방각하 金洪 «é» €'; do
	n=$((n + 1))
	wants 0 client sms 010-0000-1234 "$text"
	says '.queued == false'
	got=$(received $n 01000001234)
	[ "$got" = "$text" ] || complain "received: $got ($(tail -1 centre.log))"
done
# The password and the text are in no address that Kannel saw.
! grep -q 'Got HTTP request.*[?]' smsbox.log || complain "an address with parameters: $(grep 'Got HTTP request.*[?]' smsbox.log)"

# --- and what is not is told ---
echo another >root/password
wants 3 client sms 010-0000-1234 'not sent'
says '.error == "sms_denied" and (.message | contains("Authorization failed"))'
echo a-password >root/password
kill "$kannel_centre"
until_says bearerbox.log 'Closing connection'
wants 0 client sms 010-0000-1234 'kept until the centre is back'
says '.queued == true'
kannel_stop
wants 8 client sms 010-0000-1234 'not sent'
says '.error == "network" and .field == "sms.conf"'
! grep -q 'not sent' centre.log || complain "sent all the same"
finish
