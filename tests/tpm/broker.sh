#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A TPM behind a broker (tpm2-abrmd): what the host must not notice of the message bus that leads there.
. "${SINBUN_SRCDIR:?}/tests/lib/swtpm.sh"
start_tpm one
start_broker || { echo "no tpm2-abrmd or dbus-daemon"; exit 77; }
conf "$TPM2TOOLS_TCTI"
fresh
is PIN_INCORRECT login test $WRONG
is '4 10 OK' tries test
is '1 OK' keys test $PIN
is OK change test $PIN $NEW
is OK change test $NEW $PIN
nothing_loaded

# A forked child has its parent's connection to the bus, and nobody who listens to it: it is told so, and waits for nothing.
is 'in the child DEVICE_ERROR
OK' fork test $PIN

# The broker is away; then the bus is: silence.
kill "$broker"
wait "$broker"
is DEVICE_ERROR login test $PIN
is 'sinbun slot: no TPM answers; DEVICE_ERROR' why test $PIN
is '5 10 OK' tries test
bus=$DBUS_SESSION_BUS_ADDRESS
unset DBUS_SESSION_BUS_ADDRESS
is DEVICE_ERROR login test $PIN
export DBUS_SESSION_BUS_ADDRESS=$bus
finish
