// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which options of a table go together, and with its legs.
 */
#include "dm-quorum.h"
#include "dm-quorum-arg.h"
#include "dm-quorum-check.h"
#include "dm-quorum-format.h"
#include "dm-quorum-open.h"

/* All that a table may say wrong is one error to the caller. */
static int refuse(struct quorum *q, char *message)
{
	return quorum_refuse(q->ti, -EINVAL, message);
}

static int check_blkverify(struct quorum *q)
{
	if (q->nr_legs != 2 || q->threshold != 2)
		return refuse(q, "blkverify needs two legs and threshold 2");
	if (quorum_option(q, QUORUM_REWRITE_CORRUPTED))
		return refuse(q,
			      "blkverify and rewrite_corrupted exclude each other");
	if (q->pattern != QUORUM_PATTERN_QUORUM)
		return refuse(q, "blkverify needs read_pattern quorum");
	return 0;
}

static int check_rewrite_corrupted(struct quorum *q)
{
	if (q->pattern == QUORUM_PATTERN_FIFO)
		return refuse(q,
			      "rewrite_corrupted has no effect with read_pattern fifo");
	return 0;
}

/* Where nothing is voted on, no versions are told apart. */
static int check_hash(struct quorum *q)
{
	if (q->pattern == QUORUM_PATTERN_FIFO)
		return refuse(q, "hash has no effect with read_pattern fifo");
	if (quorum_option(q, QUORUM_BLKVERIFY))
		return refuse(q, "hash has no effect with blkverify");
	return 0;
}

/* One leg has none to differ from, and can never be spared. */
static int check_one_leg(struct quorum *q)
{
	if (quorum_option(q, QUORUM_REWRITE_CORRUPTED))
		return refuse(q, "rewrite_corrupted has no effect on one leg");
	if (quorum_option(q, QUORUM_HASH))
		return refuse(q, "hash has no effect on one leg");
	if (quorum_option(q, QUORUM_NO_WRITE_COPY))
		return refuse(q, "no_write_copy has no effect on one leg");
	if (quorum_option(q, QUORUM_SYNC))
		return refuse(q, "sync has no effect on one leg");
	if (q->max_errors)
		return refuse(q, "max_errors has no effect on one leg");
	if (q->leg_timeout)
		return refuse(q, "leg_timeout has no effect on one leg");
	if (q->pattern == QUORUM_PATTERN_EARLY)
		return refuse(q, "read_pattern early has no effect on one leg");
	return 0;
}

/* What may be late is written from a copy, always. */
static int check_leg_timeout(struct quorum *q)
{
	if (quorum_option(q, QUORUM_NO_WRITE_COPY))
		return refuse(q,
			      "no_write_copy has no effect with leg_timeout");
	return 0;
}

static int check_threshold(struct quorum *q)
{
	bool minority = q->threshold <= q->nr_legs / 2;

	if (minority && !quorum_option(q, QUORUM_ALLOW_MINORITY))
		return refuse(q,
			      "Threshold is no majority (see allow_minority)");
	if (!minority && quorum_option(q, QUORUM_ALLOW_MINORITY))
		return refuse(q, "allow_minority has no effect on a majority");
	if (hweight32(q->present & ~q->rebuild) < q->threshold)
		return refuse(q,
			      "Fewer legs than the threshold to rebuild from");
	return 0;
}

static int check_sync(struct quorum *q)
{
	if (quorum_option(q, QUORUM_SYNC) && quorum_option(q, QUORUM_NOSYNC))
		return refuse(q, "sync and nosync exclude each other");
	return 0;
}

static int check_metadata(struct quorum *q)
{
	if (quorum_option(q, QUORUM_ALLOW_MINORITY))
		return refuse(q,
			      "metadata and allow_minority exclude each other");
	if (q->block_size > QUORUM_DISK_UNIT) {
		quorum_log_block_size(q);
		return refuse(q,
			      "metadata needs logical blocks of at most 4096 bytes");
	}
	return 0;
}

/**
 * quorum_check_options() - refuse what would be dangerous or without effect
 * @q: the target, with all that the table says
 *
 * Context: May sleep.
 * Return: 0; or a negative errno, and dm has been told why.
 */
int quorum_check_options(struct quorum *q)
{
	int r = check_threshold(q);

	if (!r)
		r = check_sync(q);
	if (!r && quorum_option(q, QUORUM_METADATA))
		r = check_metadata(q);
	else if (!r && quorum_option(q, QUORUM_LABEL))
		r = refuse(q, "label has no effect without metadata");
	if (!r && q->nr_legs == 1)
		r = check_one_leg(q);
	if (!r && quorum_option(q, QUORUM_BLKVERIFY))
		r = check_blkverify(q);
	if (!r && q->leg_timeout)
		r = check_leg_timeout(q);
	if (!r && quorum_option(q, QUORUM_REWRITE_CORRUPTED))
		r = check_rewrite_corrupted(q);
	if (!r && quorum_option(q, QUORUM_HASH))
		r = check_hash(q);
	return r;
}
