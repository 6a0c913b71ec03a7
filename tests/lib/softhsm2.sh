# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
#
# Sourced where SoftHSM2 is wanted: sets soft (the module) and util (softhsm2-util), or calls skip WHY. Where it is not installed it is fetched and
# unpacked beside the build.
soft=$(find /usr/lib /usr/local/lib ${SOFTHSM2_DIR:-} -name libsofthsm2.so 2>/dev/null | head -1) util=$(command -v softhsm2-util)
if [ -z "$soft" ] || [ -z "$util" ]; then
	home=$SINBUN_BUILDDIR/tests/interop/softhsm2
	if [ ! -e "$home/ready" ]; then
		command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || skip "no SoftHSM2, and no apt-get to fetch it with"
		mkdir -p "$home"
		(cd "$home" && timeout 120 apt-get download softhsm2 libsofthsm2 softhsm2-common) >apt.log 2>&1 || skip "apt-get download: $(grep -m1 '^E:' apt.log)"
		for deb in "$home"/*.deb; do dpkg-deb -x "$deb" "$home" || skip "$deb cannot be unpacked"; done
		touch "$home/ready"
	fi
	soft=$(find "$home" -name libsofthsm2.so | head -1) util=$home/usr/bin/softhsm2-util
fi
[ -n "$soft" ] && "$util" --version >version 2>&1 || skip "SoftHSM2 does not run here: $(head -1 version)"
