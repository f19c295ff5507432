// SPDX-License-Identifier: GPL-2.0-only
/*
 * A set put into use, and out of it.
 *
 * When a table is made, the superblocks are only read, to refuse what can never
 * work: another table may use the set as yet.  All is read again when the
 * device is resumed; nothing passes from one table to the next but on the legs.
 * What is written then, in which order, is in dm-quorum-assemble.h.
 */
#include "dm-quorum.h"
#include "dm-quorum-activate.h"
#include "dm-quorum-clean.h"
#include "dm-quorum-commit.h"
#include "dm-quorum-dirty.h"
#include "dm-quorum-leg.h"
#include "dm-quorum-meta.h"
#include "dm-quorum-recall.h"
#include "dm-quorum-sync.h"

#include <linux/bitmap.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/uuid.h>

#define DM_MSG_PREFIX "quorum"

/* Sets that are in use for writing, by whatever device. */
static struct list_head claims;
static struct mutex claims_lock;

/* Context: Before any target is made. */
void quorum_activations_init(void)
{
	INIT_LIST_HEAD(&claims);
	mutex_init(&claims_lock);
}

static bool claim(struct quorum_meta *meta)
{
	struct quorum_meta *other;
	bool free = true;

	mutex_lock(&claims_lock);
	list_for_each_entry(other, &claims, claim)
		if (!memcmp(other->uuid, meta->uuid, QUORUM_UUID_SIZE))
			free = false;
	if (free)
		list_add(&meta->claim, &claims);
	mutex_unlock(&claims_lock);
	return free;
}

static void unclaim(struct quorum_meta *meta)
{
	mutex_lock(&claims_lock);
	list_del_init(&meta->claim);
	mutex_unlock(&claims_lock);
}

/*
 * The steps.
 */

/* Which legs have their newest superblock in slot 1. */
static void note_super_slots(struct quorum_recall *act)
{
	unsigned int leg;

	act->meta->super_slots = 0;
	quorum_for_each_leg(leg, act->q->present)
		if (act->answer[leg].super &&
		    act->answer[leg].super == act->super[leg].at[1])
			act->meta->super_slots |= BIT(leg);
}

static void make_super(struct quorum_recall *act)
{
	struct quorum_disk_super *sb = act->meta->super;

	memset(sb, 0, sizeof(*sb));
	if (act->as.newest == QUORUM_NO_LEG) {
		if (!act->want.set_uuid)
			generate_random_uuid(act->meta->uuid);
		memcpy(sb->id.set_uuid, act->meta->uuid, QUORUM_UUID_SIZE);
		memcpy(sb->id.label, act->meta->label, QUORUM_LABEL_SIZE);
		sb->id.created = cpu_to_le64(ktime_get_real_seconds());
	}
	quorum_assembly_super(&act->as, sb, act->fresh);
	memcpy(act->meta->uuid, sb->id.set_uuid, QUORUM_UUID_SIZE);
	get_random_bytes(sb->nonce, sizeof(sb->nonce));
}

/*
 * Legs that are written to with the others, and count.  What could not be read
 * of a leg may be the newest there is, and must not be written over before the
 * others know all: if these are enough, it is told later.
 */
static u32 prompt_legs(struct quorum_recall *act)
{
	u32 legs = (act->as.trusted | act->as.added) & ~act->as.late;
	u32 read = legs & ~act->unread;

	if (hweight32(read & act->as.trusted) >=
	    quorum_assembly_quorum(&act->as))
		return read;
	return legs;
}

static int too_few(struct quorum_recall *act, const char *what)
{
	DMERR("%s: too few legs took the %s",
	      dm_table_device_name(act->q->ti->table), what);
	return -EIO;
}

/* What a quorum knows to be dirty may be written to at once. */
static void recall_safe(struct quorum *q)
{
	struct quorum_meta *meta = q->meta;
	unsigned long region = 0, flags;

	while ((region = quorum_next_dirty(&q->regions, region)) <
	       q->nr_regions) {
		unsigned long word = region / BITS_PER_LONG;
		unsigned long dirty = quorum_dirty_word(&q->regions, word);

		dirty = quorum_enough_word(&q->regions, word, dirty);
		spin_lock_irqsave(&meta->lock, flags);
		quorum_bits_assign_word(&meta->safe, word, dirty,
					q->writable);
		spin_unlock_irqrestore(&meta->lock, flags);
		region = (word + 1) * BITS_PER_LONG;
	}
}

static void load_new(struct quorum *q, unsigned long word)
{
	quorum_recall_dirty(&q->regions, word, ~0UL);
	quorum_suspects_recall(&q->suspects, word, ~0UL, false);
}

/* A new set: nothing is known, but for what the table says. */
static void begin_blocks(struct quorum_recall *act)
{
	struct quorum *q = act->q;
	unsigned long word, words = DIV_ROUND_UP(q->nr_regions, BITS_PER_LONG);

	for (word = 0; quorum_option(q, QUORUM_SYNC) && word < words; word++)
		load_new(q, word);
	bitmap_fill(act->meta->needed, act->meta->layout.blocks);
}

/* Counters and the background work go on where they were. */
static void go_on(struct quorum_recall *act)
{
	struct quorum *q = act->q;
	struct quorum_kept kept;

	/* Another try has counted what was wrong with the first. */
	if (act->meta->recalled)
		return;
	act->meta->recalled = true;
	quorum_restore(act->meta->super, &q->reports, q->nr_legs, &kept);
	quorum_sync_recall(q, &kept);
}

static u32 found_legs(struct quorum_recall *act, enum quorum_found found)
{
	unsigned int leg;
	u32 legs = 0;

	quorum_for_each_leg(leg, act->q->present)
		if (act->answer[leg].found == found)
			legs |= BIT(leg);
	return legs;
}

static void report_late(struct quorum_recall *act, u32 legs)
{
	unsigned int leg;

	quorum_for_each_leg(leg, legs)
		quorum_report(&act->q->reports, leg, QUORUM_TIMEOUTS, 0, 0,
			      BLK_STS_TIMEOUT);
}

static int read_set(struct quorum_recall *act)
{
	struct quorum_meta *meta = act->meta;
	unsigned int leg;

	get_random_bytes(act->fresh, sizeof(act->fresh));
	make_super(act);
	go_on(act);
	report_late(act, act->late);
	note_super_slots(act);
	if (quorum_meta_lay_out(meta))
		return -ENOMEM;
	quorum_recall_live(&act->q->regions, act->as.live);
	meta->shunned = found_legs(act, QUORUM_FOUND_FOREIGN);
	meta->unread = found_legs(act, QUORUM_FOUND_UNREADABLE);
	meta->rebuild = 0;
	for (leg = 0; leg < act->q->nr_legs; leg++)
		if (act->as.state[leg] == QUORUM_MEMBER_REBUILD)
			meta->rebuild |= BIT(leg);
	return 0;
}

static int act_epoch(struct quorum_recall *act)
{
	struct quorum_meta *meta = act->meta;
	u32 legs = prompt_legs(act);
	unsigned int quorum = quorum_assembly_quorum(&act->as);

	meta->late = 0;
	/* Those that are not trusted do not count. */
	legs = quorum_commit_super(meta, legs, quorum +
				   hweight32(legs & ~act->as.trusted));
	if (hweight32(legs & act->as.trusted) < quorum &&
	    act->as.change != QUORUM_CHANGE_CREATE)
		return too_few(act, "epoch");
	if (hweight32(legs) < quorum)
		return too_few(act, "epoch");
	meta->members = legs;
	/* Those that take no part yet are told when they do. */
	meta->late |= act->q->present & ~legs;
	return 0;
}

static int act_table(struct quorum_recall *act)
{
	struct quorum_meta *meta = act->meta;

	meta->quorum = quorum_assembly_quorum(&act->as);
	meta->super_due = true;
	quorum_meta_run(meta, true);
	if (quorum_meta_commit(meta)) {
		quorum_meta_run(meta, false);
		return too_few(act, "bitmap");
	}
	meta->quorum = act->q->threshold;
	return 0;
}

/* The rest follows: who is to be rebuilt is behind, and late legs are told. */
static void act_late(struct quorum_meta *meta)
{
	if (meta->rebuild)
		quorum_meta_need_super(meta);
	meta->rebuild = 0;
	if (meta->late)
		quorum_meta_kick(meta);
}

static int use_set(struct quorum_recall *act)
{
	struct quorum *q = act->q;
	struct quorum_debt debt;
	int r = read_set(act);

	if (r)
		return r;
	if (act->as.change == QUORUM_CHANGE_CREATE)
		begin_blocks(act);
	else
		quorum_recall_blocks(act);
	/* A leg that is to be rebuilt has missed all: that takes all blocks. */
	if (q->meta->rebuild)
		bitmap_fill(q->meta->needed, q->meta->layout.blocks);
	quorum_debt(&q->regions, 0, &debt);
	q->meta->paid = debt.marks;
	q->meta->losses = debt.losses;
	if (q->writable) {
		r = act_epoch(act) ?: act_table(act);
		if (r)
			return r;
		act_late(q->meta);
	}
	recall_safe(q);
	q->meta->used = true;
	return 0;
}

/*
 * A leg that does not answer could not be told anything either.  @before: legs
 * that owed something already have been reported.
 */
static void fail_late(struct quorum_recall *act, u32 before)
{
	unsigned int leg;

	report_late(act, act->late & ~before);
	quorum_for_each_leg(leg, act->late)
		quorum_leg_fail(act->q, leg);
}

/* The same table again: has somebody else been here meanwhile? */
static int use_again(struct quorum_recall *act)
{
	struct quorum_meta *meta = act->meta;
	u32 before = quorum_meta_io_late(&meta->io);
	enum quorum_refusal refusal;

	quorum_recall_supers(act);
	refusal = quorum_still_ours(act->answer, meta->super);
	if (refusal) {
		DMERR("%s: %s", dm_table_device_name(act->q->ti->table),
		      quorum_refusal_text(refusal));
		return -ESTALE;
	}
	fail_late(act, before);
	if (act->q->writable)
		quorum_meta_run(meta, true);
	quorum_meta_kick(meta);
	return 0;
}

static int activate(struct quorum_recall *act)
{
	if (act->meta->used)
		return use_again(act);
	if (!quorum_recall_legs(act))
		return -EINVAL;
	quorum_recall_tell(act);
	return use_set(act);
}

/**
 * quorum_activate() - put a set into use
 * @q: the target, with metadata; without requests
 *
 * Context: May sleep, on leg I/O.
 * Return: 0, or a negative errno, and the log says why.
 */
int quorum_activate(struct quorum *q)
{
	struct quorum_recall *act = quorum_recall_get(q);
	int r;

	if (!act)
		return -ENOMEM;
	if (q->writable && memchr_inv(q->meta->uuid, 0, QUORUM_UUID_SIZE) &&
	    !claim(q->meta)) {
		DMERR("%s: the set is in use by another device",
		      dm_table_device_name(q->ti->table));
		quorum_recall_put(act);
		return -EBUSY;
	}
	r = activate(act);
	if (r)
		unclaim(q->meta);
	quorum_recall_put(act);
	return r;
}

/**
 * quorum_activate_check() - refuse what can never be put into use
 * @q: the target, with metadata
 *
 * Nothing is written, and nothing of what was read kept.
 *
 * Context: May sleep, on leg I/O.
 * Return: 0, or a negative errno, and dm and the log have been told why.
 */
int quorum_activate_check(struct quorum *q)
{
	struct quorum_recall *act = quorum_recall_get(q);
	int r = 0;

	if (!act) {
		q->ti->error = "Cannot allocate metadata";
		return -ENOMEM;
	}
	if (!quorum_recall_legs(act)) {
		q->ti->error = (char *)quorum_refusal_text(act->as.refusal);
		r = -EINVAL;
	} else if (act->as.newest != QUORUM_NO_LEG) {
		memcpy(q->meta->uuid,
		       act->answer[act->as.newest].super->id.set_uuid,
		       QUORUM_UUID_SIZE);
	} else if (!act->want.set_uuid) {
		generate_random_uuid(q->meta->uuid);
	}
	quorum_recall_put(act);
	return r;
}

/* Legs have all that was written: what is settled may be clean. */
static void clean_all(struct quorum *q)
{
	unsigned long region = 0;

	while ((region = quorum_next_dirty(&q->regions, region)) <
	       q->nr_regions) {
		unsigned long word = region / BITS_PER_LONG;

		quorum_meta_clean(q->meta, word,
				  ~quorum_suspects_word(&q->suspects, word));
		region = (word + 1) * BITS_PER_LONG;
	}
}

/**
 * quorum_deactivate() - put a set out of use
 * @q: the target, with metadata; without requests or a sweep
 *
 * Context: May sleep, on leg I/O.
 */
void quorum_deactivate(struct quorum *q)
{
	struct quorum_meta *meta = q->meta;

	if (!meta->running)
		goto out;
	quorum_sync_keep(q);
	quorum_meta_commit(meta);
	flush_work(&meta->work);
	if (quorum_clean_prepare(q)) {
		quorum_meta_forget_touches(meta);
		clean_all(q);
	}
	quorum_meta_need_super(meta);
	quorum_meta_commit(meta);
	quorum_meta_run(meta, false);
out:
	unclaim(meta);
}
