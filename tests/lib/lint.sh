# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Sourced by the lint tests: complain and end.
set -u
cd "${SINBUN_SRCDIR:?run by make check}" || exit 1
failures=0
complain() { echo "$*" >&2; failures=$((failures + 1)); }
finish() { [ "$failures" = 0 ] || exit 1; exit 0; }
