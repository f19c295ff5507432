// SPDX-License-Identifier: GPL-2.0-only
/*
 * Status and messages: what is told of a target, and what it is told.
 *
 * What the words of the status line and the messages mean for the user is in
 * Documentation/admin-guide/device-mapper/dm-quorum.rst.
 */
#include "dm-quorum.h"
#include "dm-quorum-arg.h"
#include "dm-quorum-leg.h"
#include "dm-quorum-message.h"
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

static int message_reinstate(struct quorum *q, unsigned int leg)
{
	int r;

	if (!q->writable)
		return -EROFS;
	r = quorum_leg_reinstate(q, leg);
	if (!r)
		quorum_sync_recover(q);
	return r;
}

static int message_rebuild(struct quorum *q, unsigned int leg)
{
	if (!q->writable)
		return -EROFS;
	if (!quorum_leg_rebuild(q, leg))
		return -EBUSY;
	quorum_sync_recover(q);
	return 0;
}

static int message_clear_errors(struct quorum *q)
{
	quorum_reports_clear(&q->reports);
	quorum_forgive(&q->regions);
	quorum_sync_clear(q);
	return 0;
}

static int message_check(struct quorum *q)
{
	return quorum_sync_request(q, QUORUM_SYNC_CHECK);
}

static int message_repair(struct quorum *q)
{
	return quorum_sync_request(q, QUORUM_SYNC_REPAIR);
}

static int message_idle(struct quorum *q)
{
	return quorum_sync_stop(q, false);
}

static int message_frozen(struct quorum *q)
{
	return quorum_sync_stop(q, true);
}

/* Messages to the target, and messages about one leg. */
static const struct {
	const char *name;
	int (*act)(struct quorum *q);
	int (*act_on_leg)(struct quorum *q, unsigned int leg);
} messages[] = {
	{ "check",		message_check },
	{ "repair",		message_repair },
	{ "idle",		message_idle },
	{ "frozen",		message_frozen },
	{ "clear_errors",	message_clear_errors },
	{ "fail",		NULL, message_fail },
	{ "reinstate",		NULL, message_reinstate },
	{ "rebuild",		NULL, message_rebuild },
};

static void emit_progress(struct quorum *q, char *result, unsigned int maxlen)
{
	struct quorum_sync_state sync;
	unsigned int sz = 0;

	quorum_sync_look(q, &sync);
	DMEMIT("%s %llu %llu %llu %llu", sync.action,
	       (unsigned long long)sync.done, (unsigned long long)sync.total,
	       sync.differ, sync.unresolved);
}

static void emit_reports(struct quorum *q, char *result, unsigned int maxlen)
{
	quorum_reports_emit(&q->reports, result, maxlen);
}

/* Messages that are answered. */
static const struct {
	const char *name;
	void (*emit)(struct quorum *q, char *result, unsigned int maxlen);
} queries[] = {
	{ "reports",		emit_reports },
	{ "progress",		emit_progress },
};

static int parse_present_leg(struct quorum *q, const char *arg,
			     unsigned int *leg)
{
	if (quorum_parse_uint(arg, leg) || *leg >= q->nr_legs ||
	    !(q->present & BIT(*leg)))
		return -EINVAL;
	return 0;
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
	unsigned int i, leg;

	for (i = 0; i < ARRAY_SIZE(queries); i++) {
		if (argc != 1 || strcmp(argv[0], queries[i].name))
			continue;
		queries[i].emit(q, result, maxlen);
		return 1;
	}
	for (i = 0; i < ARRAY_SIZE(messages); i++) {
		if (strcmp(argv[0], messages[i].name))
			continue;
		if (messages[i].act && argc == 1)
			return messages[i].act(q);
		if (messages[i].act_on_leg && argc == 2 &&
		    !parse_present_leg(q, argv[1], &leg))
			return messages[i].act_on_leg(q, leg);
	}
	return -EINVAL;
}
