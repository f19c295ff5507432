// SPDX-License-Identifier: GPL-2.0-only
/*
 * Status and messages: what is told of a target, and what it is told.
 *
 * What the words of the status line and the messages mean for the user is in
 * Documentation/admin-guide/device-mapper/dm-quorum.rst.
 */
#include "dm-quorum.h"
#include "dm-quorum-arg.h"
#include "dm-quorum-behind.h"
#include "dm-quorum-cells.h"
#include "dm-quorum-leg.h"
#include "dm-quorum-message.h"
#include "dm-quorum-meta.h"
#include "dm-quorum-open.h"
#include "dm-quorum-sync.h"
#include "dm-quorum-table.h"

#include <linux/bitmap.h>
#include <linux/sched.h>
#include <linux/sizes.h>

/*
 * Status.
 */

static char leg_health(struct quorum *q, unsigned int leg)
{
	if (!(q->present & BIT(leg)))
		return '-';
	if (!(quorum_live(&q->regions) & BIT(leg)))
		return 'D';
	return quorum_stale(&q->regions) & BIT(leg) ? 'a' : 'A';
}

static void emit_health(struct quorum *q, char health[QUORUM_MAX_LEGS + 1])
{
	unsigned int i;

	for (i = 0; i < q->nr_legs; i++)
		health[i] = leg_health(q, i);
	health[i] = '\0';
}

/*
 * In how many regions all is well: all live legs vote there, and it is neither
 * unsettled nor undecided.
 */
static unsigned long nr_in_sync(struct quorum *q)
{
	unsigned long in_sync = q->nr_regions, region, amiss;

	if (!quorum_behind(&q->regions) &&
	    !quorum_nr_unsettled(&q->suspects) &&
	    !quorum_nr_undecided(&q->suspects))
		return in_sync;
	for (region = 0; region < q->nr_regions; region += BITS_PER_LONG) {
		amiss = quorum_regions_word(&q->regions,
					    region / BITS_PER_LONG) |
			quorum_suspects_word(&q->suspects,
					     region / BITS_PER_LONG);
		if (q->nr_regions - region < BITS_PER_LONG)
			amiss &= BITMAP_LAST_WORD_MASK(q->nr_regions);
		in_sync -= hweight_long(amiss);
		if (!(region % SZ_1M))
			cond_resched();
	}
	return in_sync;
}

/* The last group is about the set. */
static unsigned int emit_set(struct quorum *q, u64 check_end, char *result,
			     unsigned int maxlen, unsigned int sz)
{
	const struct quorum_disk_super *sb = q->meta->super;

	DMEMIT(" 3 %pUb %llu.%llu %llu", q->meta->uuid,
	       le64_to_cpu(READ_ONCE(sb->epoch)),
	       le64_to_cpu(READ_ONCE(sb->seq)), check_end);
	return sz;
}

/* The action comes first: a line that says idle shows all that was done. */
static void emit_status(struct quorum *q, char *result, unsigned int maxlen)
{
	char health[QUORUM_MAX_LEGS + 1];
	struct quorum_sync_state sync;
	unsigned int i, stat;
	unsigned int sz = 0;
	unsigned long in_sync;

	quorum_sync_look(q, &sync);
	in_sync = nr_in_sync(q);
	emit_health(q, health);
	DMEMIT("%uof%u %u %s %lu/%lu %s %llu %llu %llu %u",
	       q->threshold, q->nr_legs, q->nr_legs, health, in_sync,
	       q->nr_regions, sync.action, sync.differ,
	       quorum_nr_no_quorum(&q->reports),
	       quorum_nr_transient(&q->reports),
	       QUORUM_NR_STATS);
	for (i = 0; i < q->nr_legs; i++) {
		DMEMIT(" %s", quorum_leg_name(q, i));
		for (stat = 0; stat < QUORUM_NR_STATS; stat++)
			DMEMIT(" %llu", quorum_stat(&q->reports, i, stat));
	}
	if (q->meta)
		emit_set(q, sync.check_end, result, maxlen, sz);
}

static void emit_ima(struct quorum *q, char *result, unsigned int maxlen)
{
	char health[QUORUM_MAX_LEGS + 1];
	unsigned int sz = 0;

	emit_health(q, health);
	DMEMIT_TARGET_NAME_VERSION(q->ti->type);
	DMEMIT(",threshold=%u,nr_legs=%u,health=%s", q->threshold, q->nr_legs,
	       health);
	sz = quorum_table_emit_ima(q, result, maxlen, sz);
	DMEMIT(";");
}

/**
 * quorum_status() - tell what is known of a target
 * @ti: dm's side of it
 * @type: its state, its table, or what is measured of it
 * @status_flags: nothing that matters here
 * @result: where it goes
 * @maxlen: room there
 *
 * Context: May sleep.
 */
void quorum_status(struct dm_target *ti, status_type_t type,
		   unsigned int status_flags, char *result, unsigned int maxlen)
{
	struct quorum *q = ti->private;

	switch (type) {
	case STATUSTYPE_INFO:
		emit_status(q, result, maxlen);
		break;
	case STATUSTYPE_TABLE:
		quorum_table_emit(q, result, maxlen);
		break;
	case STATUSTYPE_IMA:
		emit_ima(q, result, maxlen);
		break;
	}
}

/*
 * Messages.
 */

static int message_fail(struct quorum *q, unsigned int leg)
{
	return quorum_leg_fail(q, leg) ? 0 : -EBUSY;
}

/* With metadata, a leg that does not seem to be of the set is left alone. */
static bool is_shunned(struct quorum *q, unsigned int leg)
{
	return q->meta && q->meta->shunned & BIT(leg);
}

static int message_rebuild(struct quorum *q, unsigned int leg)
{
	if (!q->writable)
		return -EROFS;
	if (is_shunned(q, leg))
		return -EINVAL;
	/* With metadata it is to be remembered, so somebody has to be told. */
	if (q->meta && !quorum_meta_in_use(q->meta))
		return -EBUSY;
	if (quorum_flights_late(&q->flights, leg) ||
	    !quorum_leg_rebuild(q, leg))
		return -EBUSY;
	if (q->meta) {
		q->meta->unread &= ~BIT(leg);
		if (quorum_meta_commit(q->meta))
			return -EIO;
	}
	quorum_sync_recover(q);
	return 0;
}

static int message_reinstate(struct quorum *q, unsigned int leg)
{
	int r;

	if (!q->writable)
		return -EROFS;
	if (is_shunned(q, leg))
		return -EINVAL;
	/* Nobody has seen what it knows: nothing on it is trusted. */
	if (q->meta && q->meta->unread & BIT(leg))
		return message_rebuild(q, leg);
	r = quorum_leg_reinstate(q, leg);
	if (!r)
		quorum_sync_recover(q);
	return r;
}

static int message_clear_errors(struct quorum *q)
{
	quorum_reports_clear(&q->reports);
	quorum_forgive(&q->regions);
	quorum_sync_clear(q);
	return 0;
}

static int message_check(struct quorum *q, sector_t sector, sector_t sectors)
{
	return quorum_sync_request(q, QUORUM_SYNC_CHECK, sector, sectors);
}

static int message_repair(struct quorum *q, sector_t sector, sector_t sectors)
{
	return quorum_sync_request(q, QUORUM_SYNC_REPAIR, sector, sectors);
}

static int message_idle(struct quorum *q)
{
	return quorum_sync_stop(q, false);
}

static int message_frozen(struct quorum *q)
{
	return quorum_sync_stop(q, true);
}

static int message_queue(struct quorum *q, unsigned int seconds)
{
	set_bit(QUORUM_QUEUE_IF_NO_QUORUM, &q->options);
	quorum_hold_set(&q->hold, true, seconds);
	return 0;
}

static int message_no_queue(struct quorum *q)
{
	clear_bit(QUORUM_QUEUE_IF_NO_QUORUM, &q->options);
	quorum_hold_set(&q->hold, false, 0);
	return 0;
}

/* Messages to the target; about one leg; about a range or all; a number. */
static const struct {
	const char *name;
	int (*act)(struct quorum *q);
	int (*act_on_leg)(struct quorum *q, unsigned int leg);
	int (*act_on_range)(struct quorum *q, sector_t sector,
			    sector_t sectors);
	int (*act_on_number)(struct quorum *q, unsigned int number);
} messages[] = {
	{ "check",		NULL, NULL, message_check },
	{ "repair",		NULL, NULL, message_repair },
	{ "idle",		message_idle },
	{ "frozen",		message_frozen },
	{ "clear_errors",	message_clear_errors },
	{ "fail",		NULL, message_fail },
	{ "reinstate",		NULL, message_reinstate },
	{ "rebuild",		NULL, message_rebuild },
	{ "fail_if_no_quorum",	message_no_queue },
	{ "queue_if_no_quorum",	NULL, NULL, NULL, message_queue },
};

static int answer_progress(struct quorum *q, char **argv, char *result,
			   unsigned int maxlen)
{
	struct quorum_sync_state sync;
	unsigned int sz = 0;

	quorum_sync_look(q, &sync);
	DMEMIT("%s %llu %llu %llu %llu", sync.action,
	       (unsigned long long)sync.done, (unsigned long long)sync.total,
	       sync.differ, sync.unresolved);
	return 1;
}

static int answer_reports(struct quorum *q, char **argv, char *result,
			  unsigned int maxlen)
{
	quorum_reports_emit(&q->reports, result, maxlen);
	return 1;
}

static int answer_map(struct quorum *q, char **argv, char *result,
		      unsigned int maxlen)
{
	unsigned int leg, cell, cells;
	unsigned int sz = 0;

	if (quorum_parse_uint(argv[1], &cells) || !cells ||
	    cells > QUORUM_MAX_CELLS)
		return -EINVAL;
	for (leg = 0; leg < q->nr_legs; leg++) {
		DMEMIT("%u", leg);
		for (cell = 0; cell < cells; cell++)
			DMEMIT(" %lu", quorum_cell(&q->regions, leg, cell,
						   cells));
		DMEMIT("\n");
	}
	return 1;
}

/*
 * Messages that are answered, and how many words they have.  What does not fit
 * is cut off: dm sees that, and whoever asked tries again with more room.
 */
static const struct {
	const char *name;
	unsigned int argc;
	int (*answer)(struct quorum *q, char **argv, char *result,
		      unsigned int maxlen);
} queries[] = {
	{ "reports",		1, answer_reports },
	{ "progress",		1, answer_progress },
	{ "map",		2, answer_map },
};

static int parse_present_leg(struct quorum *q, const char *arg,
			     unsigned int *leg)
{
	if (quorum_parse_uint(arg, leg) || *leg >= q->nr_legs ||
	    !(q->present & BIT(*leg)))
		return -EINVAL;
	return 0;
}

/* A range is given as reports give it; without one it is all of the target. */
static int parse_range(struct quorum *q, unsigned int argc, char **argv,
		       sector_t *sector, sector_t *sectors)
{
	u64 first, count;

	*sector = 0;
	*sectors = q->ti->len;
	if (argc == 1)
		return 0;
	if (argc != 3 || quorum_parse_u64(argv[1], &first) ||
	    quorum_parse_u64(argv[2], &count) || first < q->ti->begin)
		return -EINVAL;
	first -= q->ti->begin;
	if (!count || first >= *sectors || count > *sectors - first)
		return -EINVAL;
	*sector = first;
	*sectors = count;
	return 0;
}

/* Do what a message says that has the name of this one. */
static int act(struct quorum *q, unsigned int i, unsigned int argc, char **argv)
{
	sector_t sector, sectors;
	unsigned int leg, number;

	if (messages[i].act && argc == 1)
		return messages[i].act(q);
	if (messages[i].act_on_leg && argc == 2 &&
	    !parse_present_leg(q, argv[1], &leg))
		return messages[i].act_on_leg(q, leg);
	if (messages[i].act_on_number && argc == 2 &&
	    !quorum_parse_uint(argv[1], &number))
		return messages[i].act_on_number(q, number);
	if (messages[i].act_on_range &&
	    !parse_range(q, argc, argv, &sector, &sectors))
		return messages[i].act_on_range(q, sector, sectors);
	return -EINVAL;
}

/**
 * quorum_message() - do what a message says, or answer it
 * @ti: dm's side of the target
 * @argc: how many words it has
 * @argv: the words
 * @result: where an answer goes
 * @maxlen: room there
 *
 * Context: May sleep, until the sweep stands still.
 * Return: 0; 1 if there is an answer; or a negative errno.
 */
int quorum_message(struct dm_target *ti, unsigned int argc, char **argv,
		   char *result, unsigned int maxlen)
{
	struct quorum *q = ti->private;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(queries); i++) {
		if (argc == queries[i].argc &&
		    !strcmp(argv[0], queries[i].name))
			return queries[i].answer(q, argv, result, maxlen);
	}
	for (i = 0; i < ARRAY_SIZE(messages); i++)
		if (!strcmp(argv[0], messages[i].name))
			return act(q, i, argc, argv);
	return -EINVAL;
}
