// SPDX-License-Identifier: GPL-2.0-only
/*
 * What outlives the device on its legs beside the data and what is known of
 * regions: counters, and where the background work stands.
 *
 * This is the other half of dm-quorum-report.c.
 */
#include "dm-quorum-format.h"
#include "dm-quorum-keep.h"
#include "dm-quorum-report.h"

static_assert(QUORUM_NR_STATS <= QUORUM_DISK_COUNTERS);

static void keep_work(struct quorum_disk_super *sb,
		      const struct quorum_kept *kept)
{
	sb->action = cpu_to_le32(kept->action);
	sb->frozen = cpu_to_le32(kept->frozen);
	sb->sweep_first = cpu_to_le64(kept->start);
	sb->sweep_end = cpu_to_le64(kept->end);
	sb->sweep_at = cpu_to_le64(kept->at);
	sb->sweep_differ = cpu_to_le64(kept->differ);
	sb->sweep_unresolved = cpu_to_le64(kept->unresolved);
	sb->check_end = cpu_to_le64(kept->check_end);
	sb->check_differ = cpu_to_le64(kept->check_differ);
	sb->check_unresolved = cpu_to_le64(kept->check_unresolved);
}

/**
 * quorum_keep() - put into a superblock what is to be kept
 * @sb: the superblock
 * @reports: the counters
 * @nr_legs: of so many legs
 * @kept: the background work
 *
 * Context: Any, without reports->lock.
 */
void quorum_keep(struct quorum_disk_super *sb, struct quorum_reports *reports,
		 unsigned int nr_legs, const struct quorum_kept *kept)
{
	unsigned int leg, stat;
	unsigned long flags;

	keep_work(sb, kept);
	spin_lock_irqsave(&reports->lock, flags);
	sb->report_seq = cpu_to_le64(reports->seq);
	spin_unlock_irqrestore(&reports->lock, flags);
	sb->no_quorum = cpu_to_le64(quorum_nr_no_quorum(reports));
	sb->transient = cpu_to_le64(quorum_nr_transient(reports));
	for (leg = 0; leg < nr_legs; leg++)
		for (stat = 0; stat < QUORUM_NR_STATS; stat++)
			sb->counter[leg][stat] =
				cpu_to_le64(quorum_stat(reports, leg, stat));
}

static void restore_work(const struct quorum_disk_super *sb,
			 struct quorum_kept *kept)
{
	kept->action = le32_to_cpu(sb->action);
	kept->frozen = le32_to_cpu(sb->frozen);
	kept->start = le64_to_cpu(sb->sweep_first);
	kept->end = le64_to_cpu(sb->sweep_end);
	kept->at = le64_to_cpu(sb->sweep_at);
	kept->differ = le64_to_cpu(sb->sweep_differ);
	kept->unresolved = le64_to_cpu(sb->sweep_unresolved);
	kept->check_end = le64_to_cpu(sb->check_end);
	kept->check_differ = le64_to_cpu(sb->check_differ);
	kept->check_unresolved = le64_to_cpu(sb->check_unresolved);
}

/* Whether a scrub can go on there. */
static bool makes_sense(const struct quorum_kept *kept, u64 length)
{
	return (kept->action == QUORUM_KEPT_CHECK ||
		kept->action == QUORUM_KEPT_REPAIR) &&
	       kept->start < kept->end && kept->end <= length &&
	       kept->start <= kept->at && kept->at <= kept->end;
}

/**
 * quorum_restore() - take from a superblock what was kept
 * @sb: the superblock, as it is to be written by whoever uses the set now
 * @reports: whose counters are set
 * @nr_legs: of so many legs
 * @kept: set to the background work; a scrub that makes no sense is none
 *
 * Context: Any; there is nothing to report yet.
 */
void quorum_restore(const struct quorum_disk_super *sb,
		    struct quorum_reports *reports, unsigned int nr_legs,
		    struct quorum_kept *kept)
{
	unsigned int leg, stat;
	unsigned long flags;

	restore_work(sb, kept);
	if (!makes_sense(kept, le64_to_cpu(sb->id.length)))
		kept->action = QUORUM_KEPT_NOTHING;
	spin_lock_irqsave(&reports->lock, flags);
	reports->seq = le64_to_cpu(sb->report_seq);
	atomic64_set(&reports->no_quorum, le64_to_cpu(sb->no_quorum));
	atomic64_set(&reports->transient, le64_to_cpu(sb->transient));
	for (leg = 0; leg < nr_legs; leg++)
		for (stat = 0; stat < QUORUM_NR_STATS; stat++)
			atomic64_set(&reports->leg[leg].stat[stat],
				     le64_to_cpu(sb->counter[leg][stat]));
	spin_unlock_irqrestore(&reports->lock, flags);
}
