# SPDX-License-Identifier: GPL-2.0-only
#
# See report, which runs this.

{
	ns[$1, $2, $3] = $4
	slow[$1, $2, $3] = $7
	if ($1 == "main" && !seen[$2]++)
		device[++devices] = $2
	if (!(($2, $3) in best) || $5 < best[$2, $3])
		best[$2, $3] = $5
}

# main(DEVICE, WORKLOAD), in thousands
function main(d, w)
{
	return ns["main", d, w] / 1000
}

# As many digits as matter.
function digits(x)
{
	if (x == 0)
		return "-"
	return sprintf(x < 10 ? "%.2f" : x < 1000 ? "%.1f" : "%.0f", x)
}

# 0 if there is none: 0 stands for what was not measured.
function quotient(a, b)
{
	return b ? a / b : 0
}

function ratio(d, w, to)
{
	if (!main(d, w) || !main(to, w))
		return "-"
	return sprintf("%.2f", main(d, w) / main(to, w))
}

function ratio_table(to,    i, j)
{
	printf "\n%-28s", "Times " to
	for (j = 1; j <= workloads; j++)
		printf "%9s", heading[j]
	printf "\n"
	for (i = 1; i <= devices; i++) {
		printf "%-28s", device[i]
		for (j = 1; j <= workloads; j++)
			printf "%9s", ratio(device[i], workload[j], to)
		printf "\n"
	}
}

function markdown_heading(text, title, n,    j)
{
	printf "| %s |", text
	for (j = 1; j <= n; j++)
		printf " %s |", title[j]
	printf "\n|---|"
	for (j = 1; j <= n; j++)
		printf "---:|"
	printf "\n"
}

# For README.md: the figures, and what they are times raw and times md raid1.
function markdown(    i, j)
{
	markdown_heading(mode == "count" ? "1000 instructions" : "us",
			 heading, workloads)
	for (i = 1; i <= devices; i++) {
		printf "| %s |", device[i]
		for (j = 1; j <= workloads; j++)
			printf " %s |", digits(main(device[i], workload[j]))
		printf "\n"
	}
	markdown_ratios("raw")
	markdown_ratios("md raid1")
	if (mode == "count")
		metadata_table()
}

function markdown_ratios(to,    i, j)
{
	printf "\n"
	markdown_heading("times " to, heading, workloads)
	for (i = 1; i <= devices; i++) {
		if (device[i] == to)
			continue
		printf "| %s |", device[i]
		for (j = 1; j <= workloads; j++)
			printf " %s |", ratio(device[i], workload[j], to)
		printf "\n"
	}
}

# target(TEXT, MEASURED, LIMIT [, 1 if LIMIT is the least])
function target(text, measured, limit, least,    verdict)
{
	if (!measured || !limit)
		verdict = "not measured"
	else if (least ? measured >= limit : measured <= limit)
		verdict = "met"
	else
		verdict = "MISSED"
	count_of[verdict]++
	printf "%-58s%9s %s %-9s%s\n", text, digits(measured),
		least ? ">=" : "<=", digits(limit), verdict
}

# What a voted read of a size may cost.
function voted_limit(j)
{
	return j == 1 ? 13.5 : 1.15 * main("floor", size[j] "-read")
}

function read_targets(    j, w, above_floor)
{
	above_floor = ": 1.15 x floor"
	for (j = 1; j <= 3; j++)
		target("voted read " size_name[j] (j == 1 ? "" : above_floor),
		       main("dm-quorum", size[j] "-read"), voted_limit(j))
	for (j = 1; j <= 3; j++) {
		w = size[j] "-read"
		target("QEMU quorum / voted read " size_name[j],
		       quotient(main("QEMU quorum", w), main("dm-quorum", w)),
		       qemu_factor[j], 1)
	}
	for (j = 1; j <= 3; j++) {
		w = size[j] "-read"
		target("minimal read " size_name[j] ": 0.75 x a voted one's",
		       main("dm-quorum minimal", w),
		       0.75 * voted_limit(j))
	}
	for (j = 1; j <= 3; j++) {
		w = size[j] "-read"
		target("fifo read " size_name[j] ": 1.1 x md raid1",
		       main("dm-quorum fifo", w), 1.1 * main("md raid1", w))
	}
}

# What a copy costs is seen on the floor.
function write_targets(    j, w, copy)
{
	for (j = 1; j <= 3; j++) {
		w = size[j] "-write"
		target("no_write_copy write " size_name[j] ": md raid1",
		       main("dm-quorum no_write_copy", w), main("md raid1", w))
	}
	for (j = 1; j <= 3; j++) {
		w = size[j] "-write"
		copy = main("floor copy", w) - main("floor", w)
		target("write " size_name[j] ": md raid1 + copy",
		       main("dm-quorum", w), main("md raid1", w) + copy)
	}
}

function lie(who, w)
{
	return ns["disagreement", "dm-quorum, " who, w] / 1000
}

function disagreement_targets(    i, j, n, w, leg)
{
	n = split("2 0", leg, " ")
	for (i = 1; i <= n; i++)
		for (j = 1; j <= 3; j++) {
			w = size[j] "-read"
			target("read " size_name[j] ", leg " leg[i] \
			       " lies: 3 x agreeing", lie(leg[i], w),
			       3 * lie("none", w))
		}
}

# The clock is read twice for each I/O in both. A tenth, for the delay has a
# timer.
function slow_targets(    i, n, name)
{
	n = split("minimal fifo", name, " ")
	for (i = 1; i <= n; i++)
		target(name[i] " read 4K that leaves a slow leg out: 1.1 x",
		       late(name[i]), 1.1 * late(name[i] ", no leg late"))
}

function late(what)
{
	return ns["slow", what, "4k-read"] / 1000
}

function legs(n, w)
{
	return ns["legs", n, w] / 1000
}

# What a leg more costs among many, times what it costs among few.
function legs_targets(    i, n, name, few, many)
{
	n = split("4k-read 4k-write 64k-read 64k-write", name, " ")
	for (i = 1; i <= n; i++) {
		few = (legs(5, name[i]) - legs(2, name[i])) / 3
		many = (legs(32, name[i]) - legs(17, name[i])) / 15
		target(name[i] ": a leg beyond 17, times one below 6",
		       quotient(many, few), 1.15)
	}
}

function kept(d, w)
{
	return ns["metadata", d, w] / 1000
}

# Beside the same without metadata, and md with its bitmap.
function metadata_targets(    i, n, w, name)
{
	target("metadata, 4K write: 1.02 x without",
	       kept("dm-quorum metadata", "4k-write"),
	       1.02 * kept("dm-quorum", "4k-write"))
	n = split("4k 64k 1m", name, " ")
	for (i = 1; i <= n; i++) {
		w = name[i] "-on"
		target("metadata, " name[i] " writes in order: 1.03 x without",
		       kept("dm-quorum metadata", w),
		       1.03 * kept("dm-quorum", w))
	}
	target("metadata, 4K write where none was: md raid1 bitmap",
	       kept("dm-quorum metadata", "4k-cold"),
	       kept("md raid1 bitmap", "4k-cold"))
	n = split("make activate crashed", name, " ")
	for (i = 1; i <= n; i++)
		target("16 TiB, " name[i] ": ms",
		       ns["activation", "16 TiB", name[i]] / 1e6, 1000)
}

function metadata_table(    i, j, n, m, d, w, title)
{
	n = split("dm-quorum,dm-quorum metadata,md raid1,md raid1 bitmap", d,
		  ",")
	m = split("4k-write 4k-cold 4k-cold-32 4k-on 64k-on 1m-on", w, " ")
	split("4K w,cold 4K w,cold 4K w/32,4K on,64K on,1M on", title, ",")
	printf "\n"
	markdown_heading("1000 instructions", title, m)
	for (i = 1; i <= n; i++) {
		printf "| %s |", d[i]
		for (j = 1; j <= m; j++)
			printf " %s |", digits(kept(d[i], w[j]))
		printf "\n"
	}
}

# The caller itself pays for depth: what a bare leg costs more is allowed.
function depth_targets(    i, n, name, direction, j, w, caller)
{
	n = split("dm-quorum,dm-quorum no_write_copy,dm-quorum minimal," \
		  "dm-quorum fifo", name, ",")
	split("4k-read 4k-write", direction, " ")
	for (i = 1; i <= n; i++)
		for (j = 1; j <= 2; j++) {
			w = direction[j]
			caller = main("raw", w "-32") - main("raw", w)
			target(name[i] " " w " depth 32: depth 1 + caller's",
			       main(name[i], w "-32"),
			       main(name[i], w) + caller)
		}
}

# How much more two processes do than one: each undisturbed, as far as that
# happened in several turns.
function scaling(d)
{
	return quotient(best[d, "4k-read-one"], best[d, "4k-read-two"])
}

function threads_targets(    i, n, name, control)
{
	control = scaling("raw")
	if (scaling("raw again") > control)
		control = scaling("raw again")
	printf "two processes, times one, a bare leg: %s\n", digits(control)
	if (control < 1.8)
		print "(the host is too busy to say more)"
	n = split("quorum minimal fifo", name, " ")
	for (i = 1; i <= n; i++)
		target("two processes, times one, " name[i],
		       control < 1.8 ? 0 : scaling("dm-quorum " name[i]),
		       1.7, 1)
}

END {
	workloads = split("4k-read 4k-write 4k-read-32 4k-write-32 64k-read " \
			  "64k-write 1m-read 1m-write", workload, " ")
	split("4K r,4K w,4K r/32,4K w/32,64K r,64K w,1M r,1M w", heading, ",")
	split("4k 64k 1m", size, " ")
	split("4K 64K 1M", size_name, " ")
	split("5 2.8 4", qemu_factor, " ")
	if (format == "markdown") {
		markdown()
		exit
	}
	ratio_table("raw")
	ratio_table("md raid1")
	printf "\nTargets\n"
	if (mode == "count") {
		read_targets()
		write_targets()
		disagreement_targets()
		slow_targets()
		legs_targets()
		depth_targets()
		metadata_targets()
	} else {
		slow_targets()
		threads_targets()
	}
	printf "%d met, %d missed, %d not measured\n", count_of["met"],
		count_of["MISSED"], count_of["not measured"]
}
