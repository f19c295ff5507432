// SPDX-License-Identifier: GPL-2.0-only
/*
 * A refusal of the kernel, explained: its own words, and what to try.
 */
#include "kmsg.h"

#include <stdlib.h>

/* What is in the kernel's words, and what may help. */
static const struct {
	const char *words;
	const char *hint;
} hints[] = {
	{ "too few)", "take a smaller --size, or a larger disk" },
	{ "Leg device is too small",
	  "take a smaller --size, or a larger disk" },
	{ "is in use by a file system",
	  "see what uses it: lsblk; unmount or close that first" },
	{ "is not there, or no block device", "see lsblk for what is there" },
	{ "Leg device is read-only",
	  "blockdev --setrw LEG, or open it with --readonly" },
	{ "Leg device is used twice", "give each leg a disk of its own" },
	{ "larger logical blocks",
	  "take a disk with the logical blocks of the others (512e)" },
	{ "Unknown option",
	  "modinfo dm_quorum tells its version; this one does not know the option"
	},
	{ "Threshold is no majority",
	  "take a -T of more than half of the legs" },
	{ "is not blank below its offset",
	  "see what is on it: wipefs LEG; if that can go: wipefs -a LEG, and blkdiscard --zeroout its first MiB"
	},
	{ "cannot be read below its offset",
	  "see whether it answers: dd if=LEG of=/dev/null bs=1M count=1" },
	{ "is damaged, and so are all others",
	  "nothing says what each leg missed; see dm-quorum-metadata.rst" },
	{ "belongs to another set", PROGRAM " examine tells which is whose" },
	{ "was changed apart",
	  "decide which legs are to stay, and " PROGRAM " erase the others" },
	{ "belongs to another place", PROGRAM " open finds the order itself" },
	{ "it was replaced",
	  PROGRAM " erase it, then add it as a new leg, or leave it out" },
	{ "is blank: to have it replaced",
	  PROGRAM " replace NAME INDEX LEG takes a new disk for a leg" },
	{ "too few legs of the set",
	  "bring one more leg back; see " PROGRAM " examine" },
	{ "the threshold is not the set's",
	  "a set of N legs has the threshold N/2+1 once legs come or go" },
	{ "the set cannot have as many legs",
	  "copy the data to a new set; the number of legs it can have was fixed when it was made"
	},
	{ "more than one change",
	  "wait until all legs are in sync: " PROGRAM " wait --until in-sync" },
	{ "too few of the legs that stay",
	  "wait until they are in sync: " PROGRAM " wait --until in-sync" },
	{ "the set is in use by another device",
	  PROGRAM " status tells which" },
	{ "has too little room below its offset", "take a greater --offset" },
	{ "to rebuild from",
	  "wait until enough legs are in sync: " PROGRAM " wait --until in-sync"
	},
	{ "was made by a later version", "use a newer module" },
	{ "Cannot allocate", "there is not enough memory" },
};

/* What to try, for each of the kernel's lines that is known. */
void refusal_hints(const char *lines)
{
	size_t i;

	for (i = 0; i < COUNT(hints); i++) {
		if (!strstr(lines, hints[i].words))
			continue;
		hint("try: %s", hints[i].hint);
		return;
	}
}

/* The line that says why the table was refused comes last. */
static const char *last_line(const char *lines)
{
	const char *at = lines + strlen(lines);

	if (at == lines)
		return NULL;
	for (at--; at > lines && at[-1] != '\n';)
		at--;
	return at;
}

static void show_others(const char *lines, const char *last)
{
	while (lines < last) {
		size_t length = strcspn(lines, "\n");

		hint("%.*s", (int)length, lines);
		lines += length + 1;
	}
}

/* As the kernel has it, but an errno is called EINVAL, not -EINVAL. */
static void say_reason(int code, const char *name, const char *line)
{
	char *words, *minus;

	if (!strncmp(line, "quorum: ", 8))
		line += 8;
	words = must(strndup(line, strcspn(line, "\n")));
	minus = strstr(words, "(-E");
	if (minus)
		memmove(minus + 1, minus + 2, strlen(minus + 1));
	fail(code, "%s: refused by the kernel: %s", name, words);
	free(words);
}

/**
 * refused() - say that the kernel did not do something, and why
 * @name: of the device
 * @error: errno
 * @lines: what the log says
 *
 * Return: the code to end with.
 */
int refused(const char *name, int error, const char *lines)
{
	const char *last = last_line(lines);
	int code = code_of(error);

	/* Whoever is refused has legs, a kernel and the right to ask. */
	if (code == END_DEVICE)
		code = END_REFUSED;
	if (!last) {
		fail(code, "%s: refused by the kernel: %s", name,
		     strerror(abs(error)));
		hint("dmesg may tell more");
		return code;
	}
	say_reason(code, name, last);
	show_others(lines, last_line(lines));
	refusal_hints(lines);
	if (strstr(lines, "too few legs of the set"))
		return END_FEW;
	return code;
}
