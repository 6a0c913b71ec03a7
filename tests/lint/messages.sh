#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Korean is complete: every message in the code stands in ko.po, translated, none fuzzy, formats checked.
. "${SINBUN_SRCDIR:?}/tests/lib/lint.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
find tools module/base -name '*.[ch]' | sort >"$work/files"
xgettext --from-code=UTF-8 -k_ -kN_ -kngettext:1,2 -kX:2 -kcomplain:3 -c -L C -o "$work/now.pot" -f "$work/files" || complain "xgettext fails"
msgfmt --check -o "$work/ko.mo" tools/po/ko.po || complain "ko.po: msgfmt finds fault"
msgmerge -q --no-fuzzy-matching -o "$work/merged.po" tools/po/ko.po "$work/now.pot" || complain "msgmerge fails"
msgattrib --untranslated --no-obsolete --no-wrap "$work/merged.po" >"$work/untranslated.po"
if [ -s "$work/untranslated.po" ]; then
	cat "$work/untranslated.po" >&2
	complain "messages without Korean"
fi
[ -z "$(msgattrib --only-fuzzy tools/po/ko.po)" ] || complain "ko.po has fuzzy messages"
# A particle follows the word before it (은/는, 을/를 …), and nobody knows what a placeholder becomes: none stands right after one.
msgcat --no-wrap --no-location tools/po/ko.po | sed -n '/^msgstr/p' |
	LC_ALL=C grep -E '%[-+0-9.*]*[a-z]+(은|는|을|를|이|가|과|와|으로|로|이나|나|이라|라)([ ,.:]|"$)' >"$work/particles" && {
	cat "$work/particles" >&2
	complain "ko.po: particles after placeholders"
}
finish
