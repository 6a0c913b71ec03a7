# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
#
# For tests of what the doctor finds (bash, after programs.sh).
# check CODE PROGRAM-FUNCTION CHECK STATUS [ERROR] [-- OPTION…]: the row's status, and what is wrong told in English and in Korean; the exit code is
# that of the worst row, or 1 for a warning, and CODE 0 stands for 0 or 1: what keeps this machine's clock, and what p11-kit knows, is none of the
# test's making.
check() {
	local want=$1 program=$2 row=$3 status=$4 error=${5:-null} got=0 row_of
	shift 5
	row_of=".checks[] | select(.check == \"$row\")"
	"$program" doctor --lang en "$@" >out 2>err || got=$?
	[ "$got" = "$want" ] || [ "$want$got" = 01 ] || complain "exit code $got, not $want: $row ($(head -c 300 err))"
	[ "$error" = null ] || error="\"$error\""
	jq -e "[$row_of] | length == 1" out >/dev/null || complain "$row is not looked at once"
	says "$row_of | .status == \"$status\" and .error == $error and (.message | length > 0)"
	[ ! -s err ] || complain "on standard error: $(cat err)"
	[ "$error" = null ] || in_korean "$row_of" "$error" "$@"
}
# in_korean ROW ERROR [OPTION…]: the finding in ./out stands there in English; and now in Korean.
in_korean() {
	local row_of=$1 error=$2
	shift 2
	says "$row_of | .message | test(\"[가-힣]\") | not"
	cp out english
	"$program" doctor --lang ko "$@" >out 2>err
	says "$row_of | .status == \"$status\" and .error == $error and (.message | test(\"[가-힣]\"))"
	mv english out
}
# own_home: what the doctor looks at in the user's own directory is the test's.
own_home() {
	unset XDG_CONFIG_HOME
	export HOME=$here/home
	mkdir -p home
}
phone() { sinbun --home "$phone" --json "$@"; }
office() { sinbun-admin --registry "$registry" --json "$@"; }
clinic() { sinbun-verify --home "$desk" --json "$@"; }
