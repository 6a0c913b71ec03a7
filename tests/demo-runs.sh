#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# The demo runs through, in English and in Korean.
set -eu
for lang in C.UTF-8 ko_KR.UTF-8; do
	work=$(mktemp -d)
	LC_ALL=$lang SINBUN_DEMO_FAST=1 SINBUN_DEMO_DIR=$work bash "$SINBUN_SRCDIR/tests/demo.sh"
	rm -rf "$work"
done
