# SPDX-License-Identifier: GPL-2.0-only
#
# See report, which runs this, and latency for what is in the file.

{
	if (!(($1, $2) in seen))
		device[$1, ++devices[$1]] = $2
	seen[$1, $2] = 1
	p50[$1, $2, $3] = $4 / 1e6
	p99[$1, $2, $3] = $5 / 1e6
	p999[$1, $2, $3] = $6 / 1e6
	each[$1, $2, $3] = $7 / 1e6
}

# As many digits as matter.
function digits(x)
{
	if (x == 0)
		return "-"
	return sprintf(x < 10 ? "%.2f" : x < 1000 ? "%.1f" : "%.0f", x)
}

function quotient(a, b)
{
	return b ? a / b : 0
}

function table(section,    i, j, d, depth)
{
	printf "| ms | p50 | p99 | p99.9 | p50, depth 16 | p99 | p99.9 |\n"
	printf "|---|---:|---:|---:|---:|---:|---:|\n"
	for (i = 1; i <= devices[section]; i++) {
		d = device[section, i]
		printf "| %s |", d
		for (j = 1; j <= 2; j++) {
			depth = j == 1 ? 1 : 16
			printf " %s | %s | %s |", digits(p50[section, d, depth]),
				digits(p99[section, d, depth]),
				digits(p999[section, d, depth])
		}
		printf "\n"
	}
}

# target(TEXT, MEASURED, LIMIT)
function target(text, measured, limit,    verdict)
{
	if (!measured || !limit)
		verdict = "not measured"
	else
		verdict = measured <= limit ? "met" : "MISSED"
	count_of[verdict]++
	printf "%-58s%9s <= %-9s%s\n", text, digits(measured), digits(limit),
		verdict
}

# For one read at a time, and for sixteen.
function targets(depth,    at)
{
	at = ", depth " depth
	target("p99 of early below that of a bare leg, ms" at,
	       p99["spread", "dm-quorum early", depth],
	       p99["spread", "raw", depth])
	target("early, one leg slow: 1.2 x without it, ms" at,
	       each["slow", "dm-quorum early", depth],
	       1.2 * each["slow", "early, without it", depth])
	target("early, one leg hung: 1.2 x without it, ms" at,
	       each["hung", "early", depth],
	       1.2 * each["hung", "early, without it", depth])
	target("quorum, one leg hung: 1.2 x without it, ms" at,
	       each["hung", "quorum", depth],
	       1.2 * each["hung", "quorum, without it", depth])
}

END {
	if (format == "markdown") {
		table("spread")
		exit
	}
	printf "\nTargets\n"
	targets(1)
	targets(16)
	printf "%d met, %d missed, %d not measured\n", count_of["met"],
		count_of["MISSED"], count_of["not measured"]
}
