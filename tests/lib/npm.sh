# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
#
# For tests against programs from npm (bash, after programs.sh): what tests/interop/package.json names, pinned by its lock file, installed
# once beside the build, and again when the lock file changes. $modules is where. Needs node 18 and a registry that npm reaches.
skip() { echo "skipped: $*" >&2; exit 77; }
# Two tests at once do not install at once.
install_modules() {
	cmp -s "$SINBUN_SRCDIR/tests/interop/package-lock.json" "$modules/installed" && return
	cp "$SINBUN_SRCDIR"/tests/interop/package.json "$SINBUN_SRCDIR"/tests/interop/package-lock.json "$modules"
	(cd "$modules" && timeout 300 npm ci --ignore-scripts --no-audit --no-fund) >npm.log 2>&1 ||
		skip "npm ci: $(grep -m1 -i error npm.log)"
	cp "$modules/package-lock.json" "$modules/installed"
}
needs_npm() {
	command -v node >/dev/null && command -v npm >/dev/null || skip "no node or npm"
	[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 18 ] || skip "node is older than 18"
	modules=$SINBUN_BUILDDIR/tests/interop/npm
	mkdir -p "$modules"
	exec 9>"$modules/lock"
	flock 9
	install_modules
	# Beside their modules, where node looks for these; what another test may be reading is left as it is.
	cp -u "$SINBUN_SRCDIR"/tests/interop/*.mjs "$modules"
	exec 9>&-
}
