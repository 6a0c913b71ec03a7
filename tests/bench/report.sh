#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# report.sh bench.jsonl DIRECTORY: the figures of module.sh as a table for people, and what grows as pictures.
set -eu
jsonl=$1 to=$2

# A cell: a ratio, or a time. Several of the same (start) are their median.
jq -rs '
def median: sort | if length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def time: if . >= 1e6 then "\(. / 1e4 | round / 100) ms" elif . >= 1000 then "\(. / 10 | round / 100) µs" else "\(. * 10 | round / 10) ns" end;
def cell: if length == 0 then "" elif .[0].skipped then "-" elif .[0].ratio then "\(map(.ratio) | median * 1000 | round / 1000) (\(map(.ns) | median | time))"
	elif .[0].KiB then "\(map(.KiB) | median) KiB" else map(.ns) | median | time end;
. as $all
| (reduce .[] as $l ([]; if index($l.module) then . else . + [$l.module] end)) as $modules
| (reduce .[] as $l ([]; ($l.figure + (if $l.with then ", " + ($l.with | tostring) else "" end)) as $f | if index($f) then . else . + [$f] end)) as $figures
| "A ratio of 1 is as fast as bare OpenSSL in the same run; times are of one operation, medians.", "",
  "| figure | " + ($modules | join(" | ")) + " |", "|---|" + ($modules | map("---|") | add),
  ($figures[] as $f | "| " + $f + " | " + ([$modules[] as $m | [$all[] | select(.module == $m and (.figure + (if .with then ", " + (.with | tostring) else "" end)) == $f)]
	| cell] | join(" | ")) + " |")' "$jsonl" >"$to/bench.md"

# plot FILE TITLE FIGURE VALUE: a line for each module over "with", both axes logarithmic.
plot() {
	jq -rs --arg title "$2" --arg figure "$3" --arg value "$4" '
	def time: if . >= 1e6 then "\(. / 1e4 | round / 100) ms" elif . >= 1000 then "\(. / 10 | round / 100) µs" else "\(. * 10 | round / 10) ns" end;
	def log10safe: if . > 0 then log10 else -9 end;
	[.[] | select(.with and (.figure | test($figure)) and .[$value])] as $points
	| if ($points | length) == 0 then empty else
	($points | map(.with | log10safe)) as $xs | ($points | map(.[$value] | log10safe)) as $ys
	| ($xs | min) as $x0 | ($xs | max) as $x1 | ($ys | min | floor) as $y0 | ([($ys | max | ceil), $y0 + 1] | max) as $y1
	| def px: 90 + (. - $x0) / ([$x1 - $x0, 0.001] | max) * 560; def py: 330 - (. - $y0) / ($y1 - $y0) * 270;
	  ["#0b4f8a", "#b5460f", "#2a7d2e", "#6a3d9a", "#555555", "#9a7d0a", "#a02060", "#107070"] as $colours
	| ($points | map("\(.module), \(.figure)") | unique) as $series
	| "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"920\" height=\"400\" font-family=\"sans-serif\" font-size=\"13\">",
	  "<rect width=\"920\" height=\"400\" fill=\"white\"/><text x=\"90\" y=\"30\" font-size=\"17\">\($title)</text>",
	  (range($y0; $y1 + 1) | "<line x1=\"90\" x2=\"650\" y1=\"\(py)\" y2=\"\(py)\" stroke=\"#ddd\"/><text x=\"82\" y=\"\(py + 4)\" text-anchor=\"end\">\(pow(10; .) | time)</text>"),
	  ([$points[].with] | unique[] | "<text x=\"\(log10safe | px)\" y=\"352\" text-anchor=\"middle\">\(.)</text>"),
	  (range($series | length) as $i | $series[$i] as $s | $colours[$i % 8] as $c
	  | [$points[] | select("\(.module), \(.figure)" == $s) | {x: (.with | log10safe | px), y: (.[$value] | log10safe | py)}] as $line
	  | "<polyline fill=\"none\" stroke=\"\($c)\" stroke-width=\"2\" points=\"\($line | map("\(.x),\(.y)") | join(" "))\"/>",
	    ($line[] | "<circle cx=\"\(.x)\" cy=\"\(.y)\" r=\"3\" fill=\"\($c)\"/>"),
	    "<line x1=\"665\" x2=\"685\" y1=\"\(60 + $i * 20)\" y2=\"\(60 + $i * 20)\" stroke=\"\($c)\" stroke-width=\"2\"/><text x=\"692\" y=\"\(64 + $i * 20)\">\($s)</text>"),
	  "</svg>" end' "$jsonl" >"$1"
}
plot "$to/bench-objects.svg" 'A search among so many objects' '^find (by id|a public key)' ns
plot "$to/bench-threads.svg" 'Signatures by so many threads: from one to the next' '^sign P-256, threads' ns
cat "$to/bench.md"
