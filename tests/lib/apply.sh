# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
#
# For tests of applications (bash): a registry whose residents have phone lines, and the steps at a counter. Sourced after programs.sh.
consents='["terms@1","own-phone@1","collection@1","third-party@1"]'
card_data='{"name":"홍시험","rrn":"900101-1000000","issue_date":"2024-03-02"}'

# make_lines: 홍시험 with a line of his own, 가시험 with one that is his father's, 다시험 with a lost card, 라시험 without a line.
make_lines() {
	make_registry
	cat >lines.csv <<-CSV
	rrn,name,address,authority,issue_date,phone,carrier,phone_owner,card_status
	900101-1000000,홍시험,서울특별시 시험구 시험로 1,서울특별시 시험구청장,2024-03-02,010-0000-0001,SKT,,
	910101-1000000,가시험,서울특별시 시험구 시험로 3,서울특별시 시험구청장,2024-03-02,010-0000-0002,KT_MVNO,나시험,
	920101-1000000,다시험,서울특별시 시험구 시험로 4,서울특별시 시험구청장,2024-03-02,010-0000-0003,LGU,다시험,lost
	930101-1000000,라시험,서울특별시 시험구 시험로 5,서울특별시 시험구청장,2024-03-02,,,,
	CSV
	wants 0 admin registry import lines.csv
}
# apply CODE STEP [OPTION…]: a step of $application by the clerk o1; its input, if any, in $1 of --input.
apply() { wants "$1" admin apply "$2" --application "$application" --officer o1 "${@:3}"; }
# entered CODE STEP JSON [OPTION…]: the same with what was entered.
entered() { wants "$1" admin apply "$2" --application "$application" --officer o1 --input - "${@:4}" <<<"$3"; }
start() {
	wants 0 admin apply start --officer o1
	application=$(jq -r .application out)
}
# steps_to STEP: a new application of 홍시험 at the counter, every step before this one done.
steps_to() {
	start
	[ "$1" = login ] || entered 0 login '{"name":"홍시험","birth_date":"1990-01-01"}' --kind in-person
	case $1 in phone | card | biometrics | offer | issue) entered 0 consent "{\"consents\":$consents}" ;; esac
	case $1 in card | biometrics | offer | issue) entered 0 phone '{"phone":"010-0000-0001","carrier":"SKT"}' --attested ;; esac
	case $1 in biometrics | offer | issue) entered 0 card "$card_data" ;; esac
	case $1 in offer | issue) apply 0 biometrics --answer no ;; esac
	case $1 in issue) apply 0 offer --offer offer.json ;; esac
}
# stands STATE NEXT: what apply status tells of $application; NEXT may be null.
stands() {
	wants 0 admin apply status --application "$application"
	says ".state == \"$1\" and .next == $([ "$2" = null ] && echo null || echo "\"$2\"")"
}

# --- somebody outside: providers and the gateway for text messages, on this machine (tests/lib/forging-provider.c) ---
# outside: starts it; its answers are set by mode, what it is asked stands in ./requests.
mode() { echo "$1" >mode.new && mv mode.new mode; }
outside() {
	unset http_proxy https_proxy HTTPS_PROXY ALL_PROXY all_proxy
	mkfifo in out.port
	"$SINBUN_BUILDDIR/tests/lib/forging-provider" <in >out.port &
	exec 7>in
	read -r -t 30 port <out.port
	mode '{}'
	mkdir -p "$registry/providers.d"
	echo a-secret >"$registry/secret"
	for kind in ciba pass; do
		printf '%s\n' 'label.ko = 시험 인증' 'label.en = a test provider' "kind = $kind" "issuer = http://127.0.0.1:$port" 'client-id = client' \
			'client-auth = client_secret_basic' 'client-secret-file = ../secret' >"$registry/providers.d/$kind.conf"
	done
	printf '%s\n' "url = http://127.0.0.1:$port/sms" 'username = user' 'password-file = secret' 'from = 15880000' >"$registry/sms.conf"
}
pending='"at":"/token","status":400,"raw":"{\"error\":\"authorization_pending\"}"'
mine='"claims":{"phone_number":"+82 10-0000-0001"}'
accepted='{"at":"/sms","status":202,"raw":"0: Accepted for delivery"}'
# code: the verification code that was sent last.
code() { grep -o '[0-9]\{6\}' requests | tail -1; }
# forget: what was counted of tries and questions of everybody.
forget() { sqlite3 "$registry/registry.db" 'delete from wrong_try'; }
# later SECONDS COMMAND…: with a clock that is ahead.
later() { LD_PRELOAD=$SINBUN_BUILDDIR/tests/lib/.libs/other-clock.so OTHER_CLOCK=$1 "${@:2}"; }
# entered_later SECONDS CODE STEP JSON [OPTION…]: entered, so much later.
entered_later() {
	wants "$2" later "$1" sinbun-admin --registry "$registry" --json apply "$3" --application "$application" --officer o1 --input - "${@:5}" --pin-fd 4 \
		4<<<issuer-passphrase <<<"$4"
}
