// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers, sizes and names as users write them.
 */
#include "tool.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* All digits up to @end, which is set. */
static bool parse_digits(const char *word, u64 *value, const char **end)
{
	char *rest;

	if (!isdigit((unsigned char)*word))
		return false;
	errno = 0;
	*value = strtoull(word, &rest, 10);
	*end = rest;
	return !errno;
}

bool parse_number(const char *word, u64 *value)
{
	const char *end;

	return parse_digits(word, value, &end) && !*end;
}

/* How many sectors a unit has, as a power of two; -1 if there is none. */
static int shift_of(const char *unit)
{
	static const struct {
		const char *name;
		int shift;
	} units[] = {
		{ "", 0 }, { "s", 0 },
		{ "K", 1 }, { "M", 11 }, { "G", 21 }, { "T", 31 },
	};
	size_t i;

	for (i = 0; i < COUNT(units); i++)
		if (!strcasecmp(unit, units[i].name))
			return units[i].shift;
	if (strlen(unit) == 3 && !strcasecmp(unit + 1, "iB"))
		for (i = 2; i < COUNT(units); i++)
			if (toupper((unsigned char)*unit) == *units[i].name)
				return units[i].shift;
	return -1;
}

static bool parse_size(const char *word, u64 *sectors, const char **end)
{
	char unit[4] = "";
	size_t length;
	int shift;

	if (!parse_digits(word, sectors, end))
		return false;
	length = strcspn(*end, "+");
	if (length >= sizeof(unit))
		return false;
	memcpy(unit, *end, length);
	*end += length;
	shift = shift_of(unit);
	if (shift < 0 || *sectors > (u64)INT64_MAX >> 9 >> shift)
		return false;
	*sectors <<= shift;
	return true;
}

/**
 * parse_sectors() - a size, in sectors or with a unit
 * @word: what the user wrote
 * @sectors: set to it
 *
 * Return: Whether it is one, and no more bytes than can be counted.
 */
bool parse_sectors(const char *word, u64 *sectors)
{
	const char *end;

	return parse_size(word, sectors, &end) && !*end;
}

/* Of the form <sector>+<sectors>. */
bool parse_range(const char *word, u64 *sector, u64 *sectors)
{
	const char *end;

	return parse_size(word, sector, &end) && *end == '+' &&
	       parse_sectors(end + 1, sectors) && *sectors;
}

/* A time: seconds, or with a unit. */
bool parse_seconds(const char *word, u64 *seconds)
{
	static const char units[] = "smhd";
	static const unsigned int factor[] = { 1, 60, 3600, 86400 };
	const char *end, *unit;

	if (!parse_digits(word, seconds, &end))
		return false;
	if (!*end)
		return *seconds <= INT32_MAX;
	unit = strchr(units, *end);
	if (!unit || end[1] || *seconds > INT32_MAX / factor[unit - units])
		return false;
	*seconds *= factor[unit - units];
	return true;
}

/* What dm takes for a name: a file below /dev/mapper. */
bool is_good_name(const char *name)
{
	return *name && strlen(name) < 128 && !strchr(name, '/') &&
	       strcmp(name, ".") && strcmp(name, "..") &&
	       strcmp(name, "control");
}

/* It is a word of the table, and the name to open it by. */
bool is_good_label(const char *label)
{
	const char *p;

	for (p = label; *p; p++)
		if (!isgraph((unsigned char)*p) || *p == '\\')
			return false;
	return strlen(label) < 32 && is_good_name(label);
}

/* For people: about how much that is.  To be freed. */
char *show_sectors(u64 sectors)
{
	static const char units[] = "KMGT";
	double size = sectors / 2.0;
	size_t unit = 0;

	while (size >= 1024 && unit < 3) {
		size /= 1024;
		unit++;
	}
	return text("%.*f %ciB", size < 10 ? 1 : 0, size, units[unit]);
}
