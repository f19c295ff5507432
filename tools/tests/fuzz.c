// SPDX-License-Identifier: GPL-2.0-only
/*
 * All that quorumsetup reads and others wrote, for libFuzzer: the first byte
 * says what it is to be taken for.
 */
#include "dm-quorum-format.h"
#include "status.h"
#include "tab.h"
#include "table.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void read_table(const char *text)
{
	struct table table;
	char *again;

	if (table_parse(&table, text)) {
		again = table_text(&table);
		table_rebuild(&table, table.nr_legs - 1);
		table_drop_leg(&table, 0);
		table_set_option(&table, "x=y");
		table_set_option(&table, "no-x");
		free(again);
	}
	table_free(&table);
}

static void read_status(const char *text)
{
	struct status status;
	struct report report;
	struct work work;

	if (status_parse(&status, text))
		status_condition(&status);
	work_parse(&work, text);
	while (report_parse(&report, &text))
		;
}

static void read_words(const char *text)
{
	struct tab_line line;
	const char *error;
	u64 a, b;

	tab_parse(&line, text, &error);
	tab_free(&line);
	parse_sectors(text, &a);
	parse_range(text, &a, &b);
	parse_seconds(text, &a);
	is_good_label(text);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	char *text;

	if (!size)
		return 0;
	text = must(strndup((const char *)data + 1, size - 1));
	switch (*data % 3) {
	case 0:
		read_table(text);
		break;
	case 1:
		read_status(text);
		break;
	default:
		read_words(text);
		break;
	}
	free(text);
	return 0;
}
