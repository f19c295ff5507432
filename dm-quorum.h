/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum: a device that returns only what a quorum of its legs agrees on.
 *
 * Here is struct quorum: what the table said, and one of each room.  A room is
 * a file that owns a struct, which nobody else touches, and offers what its
 * header says.  Calls go down this list, never up ("make lint" sees to it):
 *
 *	dm-quorum.c		the target: construct, map, suspend and resume
 *	dm-quorum-message.c	status and messages
 *	dm-quorum-activate.c	a set put into use, and out of it
 *	dm-quorum-bitmap.c	what the legs remember of regions, read
 *	dm-quorum-recall.c	and of the set
 *	dm-quorum-table.c	the table, read and shown
 *	dm-quorum-check.c	which options of it go together
 *	dm-quorum-open.c	the legs a table names: opened, or refused
 *	dm-quorum-read.c	optimistic reads
 *	dm-quorum-fifo.c	reads that ask one leg after the other
 *	dm-quorum-ask.c		whom reads ask, and where the answers go
 *	dm-quorum-early.c	reads that are answered once enough agree
 *	dm-quorum-write.c	ordered fan-out of everything that changes legs
 *	dm-quorum-zero.c	zeroes for legs that do not know how
 *	dm-quorum-clean.c	what is dirty made clean again
 *	dm-quorum-sync.c	the background sweep: what is due, start, stop
 *	dm-quorum-scrub.c	check and repair, which outlive the device
 *	dm-quorum-sweep.c	an action of it: who works on what, and rests
 *	dm-quorum-slot.c	one region of it, piece by piece
 *	dm-quorum-walk.c	which region is next, how far it came
 *	dm-quorum-recheck.c	the second look: read again under the lock, vote
 *	dm-quorum-repair.c	what follows from it: accuse, rewrite, rebuild
 *	dm-quorum-recheck-io.c	its memory, its reads and writes
 *	dm-quorum-look.h	what it is told to do, and what it found
 *	dm-quorum-detach.c	requests that may outlive their bio
 *	dm-quorum-reserve.c	what is set aside for when memory is short
 *	dm-quorum-io.c		one request, one bio for each leg
 *	dm-quorum-leg.c		the life of a leg: accused, failed, reinstated
 *	dm-quorum-flush.c	flushes that no request asked for
 *	dm-quorum-commit.c	what legs are told of the set, batch by batch
 *	dm-quorum-image.c	the same, block by block
 *	dm-quorum-meta.c	what is to be remembered, and who waits for it
 *	dm-quorum-meta-io.c	metadata on its way to the legs and from them
 *	dm-quorum.h		struct quorum
 *
 * The ground: these know nothing of struct quorum, most of them not of dm.
 *
 *	dm-quorum-keep.c	what of counters and work is kept on legs
 *	dm-quorum-report.c	counters, ring, log lines, events
 *	dm-quorum-cells.c	what a leg lacks, part by part
 *	dm-quorum-behind.c	where legs are to be rebuilt
 *	dm-quorum-dirty.c	what of them is remembered on the legs
 *	dm-quorum-region.c	which legs have a vote where
 *	dm-quorum-suspect.c	where legs may differ, and none is to blame
 *	dm-quorum-bits.c	a set of regions
 *	dm-quorum-pace.c	how fast the sweep goes, and when again
 *	dm-quorum-assemble.c	which legs make a set, who is refused, and why
 *	dm-quorum-fit.c		whether the table fits it
 *	dm-quorum-adopt.c	what they are written once that is decided
 *	dm-quorum-assemble.h	what the table asks for, and what is decided
 *	dm-quorum-format.c	what is on legs below their offset
 *	dm-quorum-verdict.c	the votes of a second look
 *	dm-quorum-answer.c	what a leg's answer means
 *	dm-quorum-buf.c		private payloads
 *	dm-quorum-pages.c	the pages they are made of, with a reserve
 *	dm-quorum-hold.c	requests held for better times
 *	dm-quorum-flight.c	what was sent to legs, and whom not to wait for
 *	dm-quorum-owed.c	what these have not answered yet
 *	dm-quorum-flight.h	both of it
 *	dm-quorum-device.c	what they owe, whichever table asked for it
 *	dm-quorum-range.c	the range lock
 *	dm-quorum-vote.c	who wins
 *	dm-quorum-arg.h		numbers in tables and messages
 *	dm-quorum-compat.h	what kernels differ in
 *
 * A set of legs is a u32 with one bit for each.  Sectors are 512 bytes and
 * count from the start of the target unless a comment says otherwise.
 *
 * A request takes what it needs in this order: range, recheck context, pages,
 * leg I/O.  Whoever holds pages waits for leg I/O only, so pages always come
 * back; whoever waits for pages holds ranges only.
 */
#ifndef DM_QUORUM_H
#define DM_QUORUM_H

#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/device-mapper.h>
#include <linux/mempool.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "dm-quorum-flight.h"
#include "dm-quorum-hold.h"
#include "dm-quorum-pages.h"
#include "dm-quorum-range.h"
#include "dm-quorum-region.h"
#include "dm-quorum-report.h"
#include "dm-quorum-suspect.h"
#include "dm-quorum-vote.h"

struct crypto_shash;
struct quorum_clean;
struct quorum_io;
struct quorum_meta;
struct quorum_reads;
struct quorum_sync;

enum quorum_read_pattern {
	QUORUM_PATTERN_QUORUM,
	QUORUM_PATTERN_MINIMAL,
	QUORUM_PATTERN_FIFO,
	QUORUM_PATTERN_EARLY,
};

/**
 * struct quorum_leg - one of the copies
 * @dev: the device; NULL if the leg is missing
 * @offset: where the leg's copy starts on it, in sectors
 */
struct quorum_leg {
	struct dm_dev *dev;
	sector_t offset;
};

/**
 * struct quorum - one target
 * @ti: dm's side of it
 * @threshold: how many legs must agree
 * @nr_legs: how many there are, missing ones included
 * @pattern: which legs a read asks
 * @options: what the table said: bits of enum quorum_option
 * @max_errors: how many errors a leg is failed for; 0 is never
 * @max_rate: bound on the sweep, in KiB/s for each leg; 0 is none
 * @leg_timeout: after so many ms a leg is given up on; 0 is never
 * @block_size: largest logical block of any leg, in bytes: what is voted on
 * @step_size: largest physical block of any leg, in bytes: the pieces in which
 *	the sweep goes over bad blocks
 * @max_bytes: largest request with a payload, in bytes
 * @detach: which requests may outlive their bio
 * @writable: the table is not read-only
 * @present: legs that are not missing
 * @members: legs whose misses count: these; with metadata all
 * @rebuild: those of them that the table says are to be rebuilt
 * @region_shift: a region is so many sectors, as a power of two
 * @nr_regions: how many there are
 * @reads: what is the reads' own
 * @meta: what the legs are told of the set; NULL without metadata
 * @clean: what makes it clean; likewise
 * @start: begins with a request, or begins again
 * @vote_wq: completes reads: its work never waits for memory
 * @write_wq: writes whose range came late: its work may wait for pages
 * @hash: names versions when legs disagree
 * @regions: which legs have a vote where
 * @suspects: where legs may differ
 * @last_io: when a request came last, in jiffies
 * @ranges: the range lock
 * @hold: requests that too few legs answered
 * @flights: what legs were sent and have not answered
 * @pages: what private payloads are put into
 * @rechecks: contexts of the second look
 * @flushes: those that no request asked for
 * @detached: requests that may outlive their bio
 * @detach_wq: those that wait for room for that
 * @refill: sets aside anew what legs that hang keep
 * @sync: the sweep
 * @reports: what is told of bad legs
 * @leg: the legs
 */
struct quorum {
	/* What never changes. */
	struct dm_target *ti;
	unsigned int threshold;
	unsigned int nr_legs;
	enum quorum_read_pattern pattern;
	unsigned long options;
	unsigned int max_errors;
	unsigned int max_rate;
	unsigned int leg_timeout;
	unsigned int block_size;
	unsigned int step_size;
	unsigned int max_bytes;
	u8 detach;
	bool writable;
	u32 present;
	u32 members;
	u32 rebuild;
	unsigned int region_shift;
	unsigned long nr_regions;
	struct quorum_reads *reads;
	struct quorum_meta *meta;
	struct quorum_clean *clean;
	void (*start)(struct quorum_io *io);
	struct workqueue_struct *vote_wq;
	struct workqueue_struct *write_wq;
	struct crypto_shash *hash;

	/* What each request reads, and what hardly ever changes. */
	struct quorum_regions regions;
	struct quorum_suspects suspects;

	/* What requests write. */
	unsigned long last_io ____cacheline_aligned_in_smp;

	struct quorum_ranges ranges ____cacheline_aligned_in_smp;

	struct quorum_hold hold;

	struct quorum_flights flights ____cacheline_aligned_in_smp;

	struct quorum_pages pages ____cacheline_aligned_in_smp;
	mempool_t rechecks;
	mempool_t flushes;
	mempool_t detached;
	struct workqueue_struct *detach_wq;
	struct delayed_work refill;

	struct quorum_sync *sync;

	struct quorum_reports reports;

	struct quorum_leg leg[];
};

/*
 * Bits of quorum->options: what the table said, in the order it is shown.  Only
 * QUORUM_QUEUE_IF_NO_QUORUM can change later.
 */
enum quorum_option {
	QUORUM_READ_PATTERN,
	QUORUM_REWRITE_CORRUPTED,
	QUORUM_BLKVERIFY,
	QUORUM_HASH,
	QUORUM_ALLOW_MINORITY,
	QUORUM_NO_WRITE_COPY,
	QUORUM_ALLOW_DISCARDS,
	QUORUM_REGION_SIZE,
	QUORUM_SYNC,
	QUORUM_NOSYNC,
	QUORUM_REBUILD,
	QUORUM_MAX_ERRORS,
	QUORUM_MAX_RECOVERY_RATE,
	QUORUM_METADATA,
	QUORUM_LABEL,
	QUORUM_LEG_TIMEOUT,
	QUORUM_QUEUE_IF_NO_QUORUM,
	QUORUM_NR_OPTIONS
};

static inline bool quorum_option(const struct quorum *q,
				 enum quorum_option option)
{
	return test_bit(option, &q->options);
}

#endif /* DM_QUORUM_H */
