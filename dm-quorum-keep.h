/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-keep.c: what is kept of counters and of the background work.
 */
#ifndef DM_QUORUM_KEEP_H
#define DM_QUORUM_KEEP_H

#include <linux/types.h>

struct quorum_disk_super;
struct quorum_reports;

/* What was asked for and is not at its end: as on the legs. */
enum quorum_kept_action {
	QUORUM_KEPT_NOTHING,
	QUORUM_KEPT_CHECK,
	QUORUM_KEPT_REPAIR,
};

/**
 * struct quorum_kept - the background work, as it is kept
 * @action: a scrub that is to go on
 * @frozen: nothing starts by itself
 * @start: the first sector that it is about
 * @end: the one behind the last
 * @at: it is done with what is before this
 * @differ: sectors found different by it so far
 * @unresolved: sectors that it found no winner for
 * @check_end: when a scrub last came to its end, in seconds since 1970
 * @check_differ: sectors found different by that, or a resync since
 * @check_unresolved: sectors that it found no winner for
 */
struct quorum_kept {
	enum quorum_kept_action action;
	bool frozen;
	u64 start;
	u64 end;
	u64 at;
	u64 differ;
	u64 unresolved;
	u64 check_end;
	u64 check_differ;
	u64 check_unresolved;
};

void quorum_keep(struct quorum_disk_super *sb, struct quorum_reports *reports,
		 unsigned int nr_legs, const struct quorum_kept *kept);
void quorum_restore(const struct quorum_disk_super *sb,
		    struct quorum_reports *reports, unsigned int nr_legs,
		    struct quorum_kept *kept);

#endif /* DM_QUORUM_KEEP_H */
