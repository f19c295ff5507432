// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the legs of a set remember of it: their superblocks, which decide who
 * may take part.  dm-quorum-bitmap.c is the other half.
 *
 * All of this reads legs and sleeps; nothing is written.  A leg that does not
 * answer in time, where enough others do, counts as one that cannot be read.
 */
#include "dm-quorum.h"
#include "dm-quorum-dirty.h"
#include "dm-quorum-meta.h"
#include "dm-quorum-recall.h"

#include <linux/bitmap.h>
#include <linux/slab.h>

#define DM_MSG_PREFIX "quorum"

/* Of a new leg, in sectors. */
#define LOOKED_AT	((sector_t)32768)

/*
 * What the legs answer.
 */

static void free_units(void **unit, unsigned int nr)
{
	while (nr--)
		quorum_meta_free_unit(unit[nr]);
}

static int alloc_units(void **unit, unsigned int nr)
{
	while (nr--) {
		unit[nr] = quorum_meta_alloc_unit();
		if (!unit[nr])
			return -ENOMEM;
	}
	return 0;
}

static void free_recall(struct quorum_recall *recall)
{
	unsigned int leg;

	for (leg = 0; leg < recall->q->nr_legs; leg++) {
		free_units(recall->super[leg].at, 2);
		free_units(recall->unit[leg].at, QUORUM_META_READ);
	}
	kvfree(recall);
}

/**
 * quorum_recall_put() - the end of what quorum_recall_get() began
 * @recall: what it returned; or NULL
 *
 * As long as legs may read into it, it stays: then this is due again once all
 * that was sent is back.
 *
 * Context: May sleep.
 */
void quorum_recall_put(struct quorum_recall *recall)
{
	if (!recall)
		return;
	/* A batch may have begun: only who makes it may ask who is back. */
	if (READ_ONCE(recall->meta->io.flight.late)) {
		recall->meta->recall = recall;
		return;
	}
	recall->meta->recall = NULL;
	free_recall(recall);
}

/* Nothing is out, and nothing is sent any more.  Context: May sleep. */
void quorum_recall_exit(struct quorum_meta *meta)
{
	if (meta->recall)
		free_recall(meta->recall);
}

/**
 * quorum_recall_get() - make room for what the legs of a set remember
 * @q: the target, with metadata
 *
 * Context: May sleep.
 * Return: What quorum_recall_put() ends, or NULL if there is no memory.
 */
struct quorum_recall *quorum_recall_get(struct quorum *q)
{
	struct quorum_recall *recall;
	unsigned int leg;
	int r = 0;

	if (q->meta->recall)
		return q->meta->recall;
	recall = kvzalloc(sizeof(*recall), GFP_KERNEL);
	if (!recall)
		return NULL;
	recall->q = q;
	recall->meta = q->meta;
	quorum_for_each_leg(leg, q->present)
		r = r ?: alloc_units(recall->super[leg].at, 2) ?:
			 alloc_units(recall->unit[leg].at, QUORUM_META_READ);
	if (!r)
		return recall;
	free_recall(recall);
	return NULL;
}

/*
 * One slot that was read may be the older: a leg that did not answer when it
 * was asked for the other has not said anything.
 */
static void forget_late(struct quorum_recall *recall)
{
	unsigned int leg;

	quorum_for_each_leg(leg, recall->late)
		recall->answer[leg] = (struct quorum_answer) {
			.found = QUORUM_FOUND_UNREADABLE,
		};
}

/* Read both slots of all legs.  Context: May sleep, on leg I/O. */
void quorum_recall_supers(struct quorum_recall *recall)
{
	unsigned int leg, slot;
	u32 bad;

	memset(recall->answer, 0, sizeof(recall->answer));
	recall->late = 0;
	quorum_recall_wait_for(recall, recall->q->threshold, 0);
	for (slot = 0; slot < 2; slot++) {
		bad = quorum_meta_read(&recall->meta->io, recall->q->present,
				       recall->super, slot,
				       quorum_super_sector(slot), 1);
		recall->late |= bad & recall->meta->io.flight.late;
		quorum_for_each_leg(leg, recall->q->present)
			quorum_super_choose(&recall->answer[leg],
					    bad & BIT(leg) ? NULL :
					    recall->super[leg].at[slot], slot);
	}
	forget_late(recall);
}

static void ask_for(struct quorum_recall *recall)
{
	struct quorum_request *want = &recall->want;
	struct quorum *q = recall->q;
	unsigned int leg;

	if (memchr_inv(recall->meta->uuid, 0, QUORUM_UUID_SIZE))
		want->set_uuid = recall->meta->uuid;
	want->nr_legs = q->nr_legs;
	want->threshold = q->threshold;
	want->region_sectors = 1U << q->region_shift;
	want->length = q->ti->len;
	want->rebuild = q->rebuild;
	want->read_only = !q->writable;
	for (leg = 0; leg < q->nr_legs; leg++)
		want->offset[leg] = q->leg[leg].offset;
}

static const char *leg_name(struct quorum_recall *recall, unsigned int leg)
{
	struct quorum_leg *l = &recall->q->leg[leg];

	return l->dev ? l->dev->name : "-";
}

static void log_refusal(struct quorum_recall *recall)
{
	struct quorum_assembly *as = &recall->as;
	const char *name = dm_table_device_name(recall->q->ti->table);
	char numbers[64] = "";

	if (as->need || as->have)
		snprintf(numbers, sizeof(numbers), ": needed %llu, have %llu",
			 as->need, as->have);
	if (as->leg == QUORUM_NO_LEG)
		DMERR("%s: %s%s", name, quorum_refusal_text(as->refusal),
		      numbers);
	else
		DMERR("%s: leg %u (%s) %s%s", name, as->leg,
		      leg_name(recall, as->leg),
		      quorum_refusal_text(as->refusal), numbers);
}

/* Log the legs that the set does without, or that are built anew. */
void quorum_recall_tell(struct quorum_recall *recall)
{
	const struct quorum_assembly *as = &recall->as;
	const struct {
		u32 legs;
		const char *what;
	} about[] = {
		{ as->shunned & recall->late,
		  "does not answer: it is left out" },
		{ as->shunned & ~recall->late,
		  "has no superblock of the set: it is left alone" },
		{ as->damaged, "has a damaged superblock: it is rebuilt" },
		{ as->rolled_back,
		  "has lost what it had acknowledged: it is rebuilt" },
		{ as->change == QUORUM_CHANGE_CREATE ? 0 : as->added,
		  "is new in the set: it is built" },
	};
	unsigned int i, leg;

	for (i = 0; i < ARRAY_SIZE(about); i++)
		quorum_for_each_leg(leg, about[i].legs)
			DMWARN("%s: leg %u (%s) %s",
			       dm_table_device_name(recall->q->ti->table), leg,
			       leg_name(recall, leg), about[i].what);
}

/* Whether a leg's first sectors, up to @end, must not be written over. */
static enum quorum_refusal look_for_blank(struct quorum_recall *recall,
					  unsigned int leg, sector_t end)
{
	unsigned int nr, i;
	sector_t sector;

	quorum_recall_wait_for(recall, 1, ~BIT(leg));
	for (sector = 0; sector < end; sector += nr * QUORUM_DISK_SECTORS) {
		nr = min_t(sector_t, QUORUM_META_READ,
			   (end - sector) / QUORUM_DISK_SECTORS);
		if (!nr)
			break;
		if (quorum_meta_read(&recall->meta->io, BIT(leg), recall->unit,
				     0, sector, nr))
			return QUORUM_REFUSE_UNREAD;
		for (i = 0; i < nr; i++)
			if (memchr_inv(recall->unit[leg].at[i], 0,
				       QUORUM_DISK_UNIT))
				return QUORUM_REFUSE_NOT_BLANK;
	}
	return QUORUM_REFUSE_NOT;
}

/*
 * So much of a leg is looked at before it becomes a member: what is to be
 * written, and where other users of a disk keep what they know of it.
 */
static sector_t looked_at(struct quorum_recall *recall, unsigned int leg)
{
	sector_t least = recall->meta->layout.sectors;

	return min(recall->q->leg[leg].offset, max(least, LOOKED_AT));
}

/* A leg that is to be new is looked at closely. */
static bool are_blank(struct quorum_recall *recall)
{
	struct quorum_assembly *as = &recall->as;
	unsigned int leg;

	quorum_for_each_leg(leg, as->added) {
		if (recall->answer[leg].found == QUORUM_FOUND_BLANK)
			as->refusal = look_for_blank(recall, leg,
						     looked_at(recall, leg));
		if (!as->refusal)
			continue;
		as->leg = leg;
		return false;
	}
	return true;
}

/* The layout the set has, or will have. */
static bool lay_out(struct quorum_recall *recall)
{
	u32 planes = quorum_planes_for(recall->q->nr_legs);

	if (recall->as.newest != QUORUM_NO_LEG) {
		const struct quorum_disk_identity *id =
			&recall->answer[recall->as.newest].super->id;

		planes = le32_to_cpu(id->planes);
		if (!quorum_layout(&recall->before, le64_to_cpu(id->length),
				   recall->want.region_sectors, planes))
			return false;
	}
	return quorum_layout(&recall->meta->layout, recall->want.length,
			     recall->want.region_sectors, planes);
}

/**
 * quorum_recall_legs() - decide whether the table can have its legs
 * @recall: of the target; superblocks are read anew
 *
 * Context: May sleep, on leg I/O.
 * Return: Whether it can; if not, the log says why.
 */
bool quorum_recall_legs(struct quorum_recall *recall)
{
	ask_for(recall);
	quorum_recall_supers(recall);
	if (quorum_assemble(&recall->as, &recall->want, recall->answer) &&
	    lay_out(recall) && are_blank(recall))
		return true;
	log_refusal(recall);
	return false;
}
