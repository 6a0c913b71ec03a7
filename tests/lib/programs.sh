# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
#
# For tests of the programs through their command lines (bash). Works in a fresh directory with a registrar, a phone and a desk, and
# with residents that nobody is. Sourced; `finish` at the end gives the result.
set -u
export LC_ALL=C.UTF-8
unset SINBUN_CONF XDG_DATA_HOME
here=$(mktemp -d "${TMPDIR:-/tmp}/sinbun-test.XXXXXX")
trap 'rm -rf "$here"' EXIT
cd "$here" || exit 1
umask 077
failures=0

# complain WHAT…: a failed expectation; the test goes on.
complain() {
	local i=0
	while [ "${BASH_SOURCE[i + 1]:-$0}" != "$0" ]; do i=$((i + 1)); done
	printf '%s: line %s: %s\n' "${0##*/}" "${BASH_LINENO[i]}" "$*" >&2
	[ ! -s out ] || sed 's/^/    /' out | head -5 >&2
	failures=$((failures + 1))
}
finish() { [ "$failures" = 0 ]; exit; }

# cheap DIR [LINE…]: a directory whose token costs little time to open.
cheap() {
	mkdir -p "$1"
	printf '%s\n' 'seal = software' 'kdf-memory = 19' 'kdf-passes = 2' "${@:2}" >"$1/sinbun.conf"
}

# For tests that load the module into programs that are not ours: a sanitizer's runtime wants to be in the host from the start, and finds
# fault with some of these hosts themselves.
needs_foreign_hosts() { [ -z "${SINBUN_SANITIZED:-}" ] || exit 77; }

# wants CODE COMMAND…: runs it, output in ./out (errors in ./err), and insists on the exit code.
wants() {
	local want=$1 got=0
	shift
	"$@" >out 2>err || got=$?
	[ "$got" = "$want" ] || complain "exit code $got, not $want: $* ($(head -c 300 err))"
}
# says EXPRESSION: the JSON in ./out answers true to a jq expression.
says() { jq -e "$1" out >/dev/null || complain "not so: $1"; }

# on_terminal CODE [--size RxC] [EXPECT SEND]… -- COMMAND…: on a terminal of its own (tests/lib/on-terminal.c); the screen is left in ./typed.
on_terminal() {
	local want=$1 got=0
	shift
	"$SINBUN_BUILDDIR/tests/lib/on-terminal" "$@" >typed 2>err </dev/null || got=$?
	[ "$got" = "$want" ] || complain "exit code $got, not $want, on a terminal: $* ($(head -c 300 err) $(head -c 300 typed))"
}

registry=$here/registry phone=$here/phone desk=$here/desk PIN=274916
admin() { sinbun-admin --registry "$registry" --json "$@" --pin-fd 4 4<<<issuer-passphrase; }
holder() { sinbun --home "$phone" --json "$@" --pin-fd 3 3<<<"$PIN"; }
verify() { sinbun-verify --home "$desk" --json "$@"; }

resident='{"name":"홍시험","rrn":"900101-1000000","issue_date":"2024-03-02","consents":["terms@1","own-phone@1","collection@1","third-party@1"]}'

# A registry with one adult and one child of seventeen.
make_registry() {
	cheap "$registry" 'profile = general'
	wants 0 admin init --issuer 시험구청 --url https://id.example
	{
		echo rrn,name,address,authority,issue_date
		echo '900101-1000000,홍시험,서울특별시 시험구 시험로 1,서울특별시 시험구청장,2024-03-02'
		echo "$(date -d '-17 years -40 days' +%y%m%d)-3000000,나시험,서울특별시 시험구 시험로 2,서울특별시 시험구청장,2024-03-02"
	} >residents.csv
	wants 0 admin registry import residents.csv
	echo "$resident" >person.json
}
# The phone with its request, then with its card; $card is the number.
make_request() {
	cheap "$phone"
	wants 0 admin enrol --officer o1 --input person.json --offer offer.json
	wants 0 holder enrol --offer offer.json --request request.json --puk-out puk
}
make_card() {
	make_request
	wants 0 admin issue --officer o1 --request request.json --response response.json
	card=$(jq -r .card out)
	wants 0 holder enrol --response response.json
}
make_desk() {
	mkdir -p "$desk"
	wants 0 admin bundle --out bundle.jwt
	wants 0 verify update --bundle bundle.jwt --root "$registry/pki/root.pem"
}
# show NAME [OPTION…]: a live code in NAME.txt and NAME.png.
show() { wants 0 holder present --qr --once --text "$1.txt" --png "$1.png" "${@:2}"; }
# The issuer's token as if its registry were from before tokens knew anything of one.
forget_anchor() {
	wants 0 "$SINBUN_BUILDDIR/tests/lib/token-client" --module "$SINBUN_MODULE" --registry "$registry" forget registry-anchor --pin-fd 4 4<<<issuer-passphrase
}
# refused REASON FILE [OPTION…]: the desk says so, and tells nothing of the card.
refused() {
	wants 1 verify scan "${@:2}"
	says ".result == \"refused\" and .reason == \"$1\" and .fields == {}"
}
# photographed FILE: codes drawn on a terminal as a camera sees them, a PBM: each half block as 4 x 4 dots, white paper around.
photographed() {
	sed -n '/[▄▀█]/p' "$1" | sed 's/\x1b\[[0-9;]*m//g; s/█/f/g; s/▀/u/g; s/▄/l/g' | awk '
		{ rows[++n] = $0; if (length($0) > w) w = length($0) }
		END {
			print "P1"; print (w + 8) * 4, (2 * n + 8) * 4
			for (y = -3; y <= 2 * n + 4; y++) {
				line = ""
				for (x = -3; x <= w + 4; x++) {
					c = x < 1 || y < 1 || y > 2 * n ? " " : substr(rows[int((y + 1) / 2)], x, 1)
					dark = c == "f" || (c == "u" && y % 2 == 1) || (c == "l" && y % 2 == 0)
					line = line (dark ? "1 1 1 1 " : "0 0 0 0 ")
				}
				for (k = 0; k < 4; k++) print line
			}
		}'
}
