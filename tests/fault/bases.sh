# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
#
# Sourced by what sweeps over the operations of crash-driver ($driver).

# prepare_bases DIRECTORY: in it TOKEN-cold and TOKEN-warm for each token that an operation begins with. Cold: closed in order. Warm: left by
# a crash, with a write-ahead log.
prepare_bases() {
	local token
	for token in token bare sample; do
		prepare_base $token "$1/$token-cold" && CRASH_WARM=1 prepare_base $token "$1/$token-warm" || return 1
	done
}

prepare_base() {
	mkdir "$2"
	printf '%s\n' 'seal = software' 'kdf-memory = 19' 'kdf-passes = 2' >"$2/sinbun.conf"
	if [ "$1" = sample ]; then # as tests/samples/README tells
		mkdir -p "$2/tokens/f7fa66de7dfd0256" &&
			cp "${SINBUN_SRCDIR:?}/tests/samples/format-1/slots" "$2/tokens/" &&
			cp "$SINBUN_SRCDIR/tests/samples/format-1/token.db" "$2/tokens/f7fa66de7dfd0256/" &&
			chmod -R u+rwX,go= "$2/tokens"
	fi
	SINBUN_CONF=$2/sinbun.conf CRASH_REPORT=$2.report "$driver" prepare "$1" &&
		# A directory changed a moment ago is looked at more often: all runs shall make the same calls.
		touch -d '1 minute ago' "$2/tokens"
}

# each_operation FUNCTION: calls it with the base and the name of each operation, or of those in $only.
each_operation() {
	local op token state
	while read -r op token; do
		[[ -z ${only-} || " $only " == *" $op "* ]] || continue
		for state in cold warm; do
			"$1" "$token-$state" "$op" || return 1
		done
	done < <("$driver" operations)
}
