#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Python through PyKCS11. Where it is not installed it is fetched and unpacked beside the build.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/clients.sh"
command -v python3 >/dev/null || skip "no python3"
if ! python3 -c 'import PyKCS11' 2>/dev/null; then
	unpack pykcs11 python3-pykcs11
	export PYTHONPATH=$unpacked/usr/lib/python3/dist-packages
fi
python3 -c 'import PyKCS11' 2>import.log || skip "PyKCS11 does not run here: $(tail -1 import.log)"
client "PyKCS11 $(cd "${unpacked:-/usr}/lib/python3/dist-packages" 2>/dev/null || cd "$unpacked/usr/lib/python3/dist-packages"; ls -d PyKCS11-* pykcs11-* 2>/dev/null | sed -n 's/^[^-]*-\([0-9.]*[0-9]\).*/\1/p' | head -1), Python $(python3 -c 'import platform; print(platform.python_version())')"
make_service
echo "$PIN" >pin
echo $WRONG >wrong
export PYTHONDONTWRITEBYTECODE=1
cp "$SINBUN_SRCDIR/tests/interop/token_client.py" .
with() { run timeout 60 python3 token_client.py "$@"; }
certificate=CKO_CERTIFICATE private=CKO_PRIVATE_KEY
. "$SINBUN_SRCDIR/tests/lib/bindings.sh"
