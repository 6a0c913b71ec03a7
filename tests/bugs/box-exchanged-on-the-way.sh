#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Whoever put a key of his own into a request on its way to the registrar could read the response: the proofs said nothing of the box.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_request
jq -c '.box = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"' request.json >exchanged.json
wants 4 admin issue --officer o1 --request exchanged.json --response response.json
says '.error == "bad_request" and .field == "proofs"'
[ ! -e response.json ] || complain "a response was written all the same"
wants 0 admin issue --officer o1 --request request.json --response response.json
wants 0 holder enrol --response response.json
finish
