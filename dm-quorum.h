/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum: a device that returns only what a quorum of its legs agrees on.
 *
 * This header holds the types the rooms share and, room by room, what each
 * offers the others.  Calls go down this list, never up:
 *
 *	dm-quorum.c		the target: table, map, status, messages
 *	dm-quorum-read.c	optimistic reads
 *	dm-quorum-write.c	ordered fan-out of everything that changes legs
 *	dm-quorum-sync.c	the background sweep
 *	dm-quorum-recheck.c	the second look: re-read under the lock and vote
 *	dm-quorum-io.c		one request, one bio for each leg
 *	dm-quorum-leg.c		which legs are live, and how one is failed
 *	dm-quorum-region.c	which legs are out of sync where
 *	dm-quorum-report.c	counters, ring, log lines, events
 *	dm-quorum-buf.c		private payloads
 *	dm-quorum-pages.c	the pages they are made of; no leg, no dm
 *	dm-quorum-range.c	the range lock: no bio, no dm
 *	dm-quorum-vote.c	who wins: no bio, no dm
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

#include <linux/atomic.h>
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/device-mapper.h>
#include <linux/list.h>
#include <linux/mempool.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#define QUORUM_MAX_LEGS		32

struct crypto_shash;

/*
 * dm-quorum-vote.c: pure arithmetic on ballots and scores.
 *
 * A ballot is one byte: two voters agree iff their ballots are equal.  For
 * payloads it is the number of the lowest leg with the same content, for
 * errors the blk_status_t.
 */

/**
 * struct quorum_tally - the result of counting ballots
 * @agree: voters that cast the leading ballot
 * @first: the lowest of them
 * @votes: how many they are
 * @tied: another ballot has as many votes
 */
struct quorum_tally {
	u32 agree;
	unsigned int first;
	unsigned int votes;
	bool tied;
};

void quorum_tally(const u8 *ballot, u32 voters, struct quorum_tally *tally);
void quorum_classify(u8 *ballot, u32 voters,
		     bool (*same)(void *ctx, unsigned int a, unsigned int b),
		     void *ctx);

/**
 * struct quorum_score - errors of a leg, of which old ones count less
 * @errors: how many, halved every hour
 * @halved: when they last were, in seconds of any clock
 */
struct quorum_score {
	unsigned int errors;
	time64_t halved;
};

unsigned int quorum_score_add(struct quorum_score *score, time64_t now);

/*
 * dm-quorum-range.c: exclusive, first come first served, and it never
 * allocates: the caller embeds the node.
 */

/* A part of a range; those of one tree do not overlap. */
struct quorum_piece {
	sector_t start;
	sector_t last;
	/* Where in its tree it is, and what points to it there. */
	struct quorum_piece *left, *right, **link;
	u32 weight;
	/* Who waits for all of the tree; of the topmost piece only. */
	struct quorum_range *waiter;
	struct quorum_range *owner;
	/* The next older one of the same owner. */
	struct quorum_piece *next;
};

/**
 * struct quorum_range - one holder of, or waiter for, a range of sectors
 * @start: first sector
 * @last: last sector, inclusive
 * @granted: called once, without locks and in the context of whoever
 *	unlocked, if quorum_range_lock() did not grant at once; may not sleep,
 *	and must leave unlocking to others, lest it recurse through all waiters
 */
struct quorum_range {
	sector_t start;
	sector_t last;
	void (*granted)(struct quorum_range *range);
	/* private: */
	/* Its own first piece, and room for two of whatever ranges. */
	struct quorum_piece piece[3];
	/* All it owns, newest first. */
	struct quorum_piece *pieces;
	/* The tree of what it waits for. */
	struct quorum_piece *ahead;
	struct quorum_range *next;
};

/**
 * struct quorum_ranges - the ranges of one target
 * @latest: the tree of who asked last, sector by sector
 * @random: where weights come from
 */
struct quorum_ranges {
	/** @lock: protects the rest and the private part of every range */
	spinlock_t lock;
	struct quorum_piece *latest;
	u64 random;
};

void quorum_ranges_init(struct quorum_ranges *ranges);
bool quorum_range_lock(struct quorum_ranges *ranges,
		       struct quorum_range *range);
void quorum_range_unlock(struct quorum_ranges *ranges,
			 struct quorum_range *range);

/*
 * dm-quorum-pages.c: pages for payloads, with a reserve.
 *
 * Used pages are kept for a while.  Nobody depends on that: all of them may be
 * taken back at any time, and who waits for pages waits in the reserve.
 */

struct quorum_stack;

/**
 * struct quorum_pages - pages of one target
 * @reserve: what lets one request of any size proceed
 * @stacks: pages used before, by CPU
 * @shelf: more of them, for all CPUs
 * @nr_shelf: how many
 * @max_shelf: how many there may be
 * @traded: when a stack last traded with the shelf, in jiffies
 * @idle_work: gives back what was not used for some time
 * @shrinker: gives back what it can when memory is short
 */
struct quorum_pages {
	mempool_t reserve;
	/**
	 * @reserve_mutex: held while waiting for more than one of @reserve, so
	 * that two half-served requests never wait for each other
	 */
	struct mutex reserve_mutex;
	struct quorum_stack __percpu *stacks;
	/** @shelf_lock: protects what is told of the shelf */
	spinlock_t shelf_lock;
	struct list_head shelf;
	unsigned int nr_shelf;
	unsigned int max_shelf;
	unsigned long traded;
	struct delayed_work idle_work;
	struct shrinker *shrinker;
};

int quorum_pages_init(struct quorum_pages *pages, unsigned int nr);
void quorum_pages_exit(struct quorum_pages *pages);
unsigned int quorum_pages_get(struct quorum_pages *pages,
			      struct bio_vec *bvecs, unsigned int nr,
			      gfp_t gfp);
void quorum_pages_put(struct quorum_pages *pages, struct bio_vec *bvecs,
		      unsigned int nr);
void quorum_pages_trim(struct quorum_pages *pages);

/*
 * Shared types.
 */

enum quorum_read_pattern {
	QUORUM_PATTERN_QUORUM,
	QUORUM_PATTERN_MINIMAL,
	QUORUM_PATTERN_FIFO,
};

/* Per-leg counters, in the order of the status line. */
enum quorum_stat {
	QUORUM_READ_ERRORS,
	QUORUM_WRITE_ERRORS,
	QUORUM_FLUSH_ERRORS,
	QUORUM_MISMATCHES,
	QUORUM_REWRITES,
	QUORUM_REWRITE_ERRORS,
	QUORUM_NR_STATS
};

/**
 * struct quorum_leg - one of the copies
 * @dev: the device; NULL if the leg is missing
 * @offset: where the leg's copy starts on it, in sectors
 * @stat: counters, of I/Os
 * @score: read errors and mismatches (quorum->lock)
 * @stale: regions it is out of sync in (quorum->lock to write)
 * @nr_stale: how many these are (quorum->lock to write)
 * @marked: quorum->marks when it last lost a vote, or came back
 *	(quorum->lock)
 */
struct quorum_leg {
	struct dm_dev *dev;
	sector_t offset;
	atomic64_t stat[QUORUM_NR_STATS];
	struct quorum_score score;
	unsigned long *stale;
	unsigned long nr_stale;
	u64 marked;
};

#define QUORUM_RING	64

/**
 * struct quorum_report - one accusation, as the ring remembers it
 * @seq: number of the report since the table was loaded, from 1
 * @sector: first sector, on the mapped device
 * @sectors: how many
 * @error: a positive errno, 0 for a mismatch
 * @leg: the leg
 * @kind: which counter it went to
 */
struct quorum_report {
	u64 seq;
	sector_t sector;
	sector_t sectors;
	int error;
	u8 leg;
	u8 kind;
};

enum quorum_sync_action {
	QUORUM_SYNC_IDLE,
	QUORUM_SYNC_RESYNC,
	QUORUM_SYNC_RECOVER,
	QUORUM_SYNC_CHECK,
	QUORUM_SYNC_REPAIR,
};

#define QUORUM_SLOTS	4

/**
 * struct quorum_slot - one region that the sweep is at
 * @q: the target
 * @state: what @work is to do: lock the next piece; nothing, the range comes
 *	later; look at the piece
 * @busy: it takes part in the running action (sync->lock)
 * @region: the region
 * @pos: what of it is still to be done begins here
 * @end: and ends here
 * @decided: all blocks so far
 * @missed: legs that did not take all they were to be given so far
 * @marks: quorum_marks() when the region was begun
 * @range: of the piece
 * @work: the next step
 */
struct quorum_slot {
	struct quorum *q;
	enum {
		QUORUM_SLOT_RESTING,
		QUORUM_SLOT_WAITING,
		QUORUM_SLOT_GRANTED,
	} state;
	bool busy;
	unsigned long region;
	sector_t pos;
	sector_t end;
	bool decided;
	u32 missed;
	u64 marks;
	struct quorum_range range;
	struct delayed_work work;
};

/**
 * struct quorum_sync - the sweep of a target
 * @action: what is under way
 * @frozen: nothing starts by itself
 * @suspended: nothing runs: slots leave and keep their places
 * @cancel: slots leave, and the action is over
 * @resync_due: a first resync is to be done
 * @recover_due: live legs may be out of sync
 * @next: the next region to give to a slot
 * @unresolved: regions in which the last resync, check or repair found blocks
 *	without a winner, or legs that did not take one
 * @differ: sectors found different by the last resync, check or repair
 * @budget: when the bound on the rate allows the next piece, in ns
 * @not_before: when the next action may begin, in jiffies: the last one did not
 *	rest after its last piece
 * @nr_busy: slots at work
 * @wait: woken when a slot leaves
 * @slot: the regions being worked on
 */
struct quorum_sync {
	/** @lock: protects all of this but what a busy slot is at */
	spinlock_t lock;
	enum quorum_sync_action action;
	bool frozen;
	bool suspended;
	bool cancel;
	bool resync_due;
	bool recover_due;
	unsigned long next;
	unsigned long unresolved;
	u64 differ;
	u64 budget;
	unsigned long not_before;
	unsigned int nr_busy;
	wait_queue_head_t wait;
	struct quorum_slot slot[QUORUM_SLOTS];
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
 * @block_size: largest logical block of any leg, in bytes: what is voted on
 * @max_bytes: largest request with a payload, in bytes
 * @turn: where the next minimal read starts; a lost update does no harm
 * @writable: the table is not read-only
 * @present: legs that are not missing
 * @region_shift: a region is so many sectors, as a power of two
 * @nr_regions: how many there are
 * @live: legs that take part
 * @stale: legs that are out of sync in some region
 * @marks: how often a leg has lost its vote somewhere, or come back
 * @settled: a first resync has made all legs equal below this sector
 * @ranges: the range lock
 * @vote_wq: completes reads: its work never waits for memory
 * @slow_wq: work that may wait for pages and for leg I/O
 * @pages: what private payloads are put into
 * @rechecks: contexts of the second look
 * @hash: names versions when legs disagree
 * @recover_work: has the sweep look for legs to bring up to date
 * @last_io: when a request came last, in jiffies
 * @sync: the sweep
 * @no_quorum: requests that failed for lack of agreement
 * @transient: faults that were none under the lock
 * @event_work: raises dm events
 * @last_event: when it last did, in jiffies
 * @log_limit: on log lines about bad legs
 * @ring_seq: reports so far
 * @ring: the last of them
 * @leg: the legs
 */
struct quorum {
	struct dm_target *ti;
	unsigned int threshold;
	unsigned int nr_legs;
	enum quorum_read_pattern pattern;
	unsigned long options;
	unsigned int max_errors;
	unsigned int max_rate;
	unsigned int block_size;
	unsigned int max_bytes;
	unsigned int turn;

	bool writable;
	u32 present;
	unsigned int region_shift;
	unsigned long nr_regions;

	/**
	 * @lock: protects @live, @stale, @marks, the legs' scores and bitmaps,
	 * @ring and @ring_seq.  @live and @stale are read without it where an
	 * old answer only means that a leg is asked once more.
	 */
	spinlock_t lock;
	u32 live;
	u32 stale;
	u64 marks;
	sector_t settled;

	struct quorum_ranges ranges;

	struct workqueue_struct *vote_wq;
	struct workqueue_struct *slow_wq;
	struct quorum_pages pages;
	mempool_t rechecks;
	struct crypto_shash *hash;

	atomic64_t no_quorum;
	atomic64_t transient;
	struct delayed_work event_work;
	unsigned long last_event;
	struct ratelimit_state log_limit;
	struct work_struct recover_work;
	unsigned long last_io;
	struct quorum_sync sync;

	u64 ring_seq;
	struct quorum_report ring[QUORUM_RING];

	struct quorum_leg leg[];
};

/* Bits of quorum->options: what the table said, in the order it is shown. */
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
	QUORUM_NR_OPTIONS
};

static inline bool quorum_option(const struct quorum *q,
				 enum quorum_option option)
{
	return test_bit(option, &q->options);
}

/* Every set bit of @mask in turn, lowest first. */
#define quorum_for_each_leg(i, mask)					\
	for (u32 __left = (mask);					\
	     __left && ((i) = __ffs(__left), true);			\
	     __left &= __left - 1)

/*
 * dm-quorum-buf.c: payloads in pages nobody else can touch.
 *
 * A buffer of n bytes is DIV_ROUND_UP(n, PAGE_SIZE) pages, all but the last
 * one full.  Offsets and lengths are in bytes.
 */

#define QUORUM_FEW_PAGES	4

/**
 * struct quorum_buf - a private payload
 * @bvecs: one entry for each page; @few, or a page of its own
 * @nr: entries in use; 0 when nothing is allocated
 * @few: entries enough for a small payload
 */
struct quorum_buf {
	struct bio_vec *bvecs;
	unsigned int nr;
	struct bio_vec few[QUORUM_FEW_PAGES];
};

int quorum_bufs_init(struct quorum_pages *pages, unsigned int nr_legs,
		     unsigned int max_bytes);
void quorum_bufs_exit(struct quorum_pages *pages);
bool quorum_buf_try(struct quorum_pages *pages, struct quorum_buf *buf,
		    unsigned int bytes);
void quorum_bufs_get(struct quorum_pages *pages, struct quorum_buf *bufs,
		     u32 which, unsigned int bytes);
void quorum_buf_put(struct quorum_pages *pages, struct quorum_buf *buf);

void quorum_buf_fill(struct quorum_buf *buf, struct bio *bio);
void quorum_buf_drain(struct quorum_buf *buf, struct bio *bio);
bool quorum_bufs_match(struct quorum_buf *const *bufs, unsigned int nr,
		       struct bio *bio);
void quorum_buf_copy(struct quorum_buf *to, struct quorum_buf *from,
		     unsigned int off, unsigned int len);
unsigned int quorum_buf_differ(struct quorum_buf *a, struct quorum_buf *b,
			       unsigned int off, unsigned int len);
int quorum_buf_hash(struct quorum_buf *buf, unsigned int len,
		    struct crypto_shash *tfm, u8 *digest);
void quorum_buf_attach(struct quorum_buf *buf, struct bio *bio,
		       unsigned int off, unsigned int len);

/*
 * dm-quorum-report.c: what is told about bad legs, and how.
 */

void quorum_reports_init(struct quorum *q);
void quorum_reports_exit(struct quorum *q);
void quorum_report(struct quorum *q, unsigned int leg, enum quorum_stat kind,
		   sector_t sector, sector_t sectors, blk_status_t status);
void quorum_report_state(struct quorum *q, unsigned int leg, const char *state);
void quorum_raise_event(struct quorum *q);
void quorum_report_no_quorum(struct quorum *q, sector_t sector,
			     sector_t sectors);
void quorum_report_byte(struct quorum *q, u64 byte);
void quorum_reports_clear(struct quorum *q);
void quorum_reports_emit(struct quorum *q, char *result, unsigned int maxlen);

/*
 * dm-quorum-region.c: which legs are out of sync where.
 */

int quorum_regions_init(struct quorum *q);
void quorum_regions_exit(struct quorum *q);
u32 quorum_current(struct quorum *q, sector_t sector, sector_t sectors);
bool __quorum_enough(struct quorum *q, u32 legs, sector_t sector,
		     sector_t sectors);
void __quorum_mark(struct quorum *q, u32 legs, sector_t sector,
		   sector_t sectors);
void __quorum_remark(struct quorum *q, unsigned int leg);
u64 quorum_marks(struct quorum *q);
bool quorum_region_rebuilt(struct quorum *q, unsigned long region, u64 marks,
			   u32 missed);
unsigned long quorum_next_stale(struct quorum *q, unsigned long region);
unsigned long quorum_nr_in_sync(struct quorum *q);
bool quorum_settled(struct quorum *q, sector_t sector);

/*
 * dm-quorum-leg.c: the life of a leg.
 */

u32 quorum_live(struct quorum *q);
bool quorum_blameless(blk_status_t status);
bool quorum_leg_fail(struct quorum *q, unsigned int leg);
bool quorum_leg_reinstate(struct quorum *q, unsigned int leg);
bool quorum_leg_rebuild(struct quorum *q, unsigned int leg);
bool quorum_legs_commit(struct quorum *q, sector_t sector, sector_t sectors,
			u32 took, u32 failed);
void quorum_leg_accuse(struct quorum *q, unsigned int leg,
		       enum quorum_stat kind, sector_t sector,
		       sector_t sectors, blk_status_t status);

/*
 * dm-quorum-io.c: one request of the mapped device.
 */

/**
 * struct quorum_leg_io - one leg's part of a request
 * @bio: what the leg is sent
 * @buf: where a read other than the first one lands
 */
struct quorum_leg_io {
	struct bio bio;
	struct quorum_buf buf;
};

/**
 * struct quorum_io - a request: dm's per-bio data
 * @q: the target
 * @bio: dm's clone, never itself submitted: its iterator stays as mapped
 * @sector: first sector
 * @legs: legs the request was sent to
 * @excused: live legs a discard was not sent to
 * @tried: legs a fifo read need not ask again
 * @pending: leg bios still out
 * @end: called when the last of them has completed, in its context
 * @range: held by whatever changes the legs, and by the second look
 * @dissent: the first look failed to agree (as against: never took place)
 * @copy: what a write sends to every leg
 * @work: what goes on elsewhere
 * @leg: what is sent to each leg
 */
struct quorum_io {
	struct quorum *q;
	struct bio *bio;
	sector_t sector;
	u32 legs;
	u32 excused;
	u32 tried;
	atomic_t pending;
	void (*end)(struct quorum_io *io);
	struct quorum_range range;
	struct work_struct work;
	bool dissent;
	struct quorum_buf copy;
	struct quorum_leg_io leg[];
};

size_t quorum_io_size(unsigned int nr_legs);
void quorum_io_init(struct quorum_io *io, struct quorum *q, struct bio *bio);
bool quorum_io_aligned(struct quorum_io *io);
void quorum_io_prepare(struct quorum_io *io, unsigned int leg);
void quorum_io_submit(struct quorum_io *io, u32 legs,
		      void (*end)(struct quorum_io *io));
bool quorum_io_lock(struct quorum_io *io, work_func_t then);
void quorum_io_unlock(struct quorum_io *io);
void quorum_io_end(struct quorum_io *io, blk_status_t status);
blk_status_t quorum_io_error_vote(struct quorum_io *io);

/*
 * dm-quorum-recheck.c: the second look.
 */

/**
 * enum quorum_look - what a second look is to do
 * @QUORUM_LOOK_DISSENT: the first look failed to agree
 * @QUORUM_LOOK_FORGIVING: read errors are not the leg's fault this time
 * @QUORUM_LOOK_UNSETTLED: nor are differences
 * @QUORUM_LOOK_SWEEP: every leg counts for each block that can be read
 * @QUORUM_LOOK_REWRITE: write the winner over what lost
 * @QUORUM_LOOK_REBUILD: write it to the legs that have no vote here
 */
enum quorum_look {
	QUORUM_LOOK_DISSENT	= BIT(0),
	QUORUM_LOOK_FORGIVING	= BIT(1),
	QUORUM_LOOK_UNSETTLED	= BIT(2),
	QUORUM_LOOK_SWEEP	= BIT(3),
	QUORUM_LOOK_REWRITE	= BIT(4),
	QUORUM_LOOK_REBUILD	= BIT(5),
};

/**
 * struct quorum_finding - what came of looking at a piece for its own sake
 * @decided: each block has a winner, not by the tie rule if legs were rebuilt
 * @missed: legs that did not take what they were to be given
 * @differ: sectors about which legs differ
 */
struct quorum_finding {
	bool decided;
	u32 missed;
	sector_t differ;
};

int quorum_rechecks_init(struct quorum *q);
void quorum_rechecks_exit(struct quorum *q);
blk_status_t quorum_recheck_read(struct quorum *q, sector_t sector,
				 struct bio *bio, bool dissent);
void quorum_recheck_sweep(struct quorum *q, sector_t sector,
			  unsigned int bytes, unsigned int flags,
			  struct quorum_finding *finding);

/*
 * dm-quorum-sync.c: the background sweep.
 */

/**
 * struct quorum_sync_state - what the status tells of the sweep
 * @action: what is under way, in a word
 * @unresolved: as in struct quorum_sync
 * @differ: likewise
 */
struct quorum_sync_state {
	const char *action;
	unsigned long unresolved;
	u64 differ;
};

void quorum_sync_init(struct quorum *q, bool resync);
void quorum_sync_resume(struct quorum *q);
void quorum_sync_suspend(struct quorum *q);
void quorum_sync_recover(struct quorum *q);
int quorum_sync_request(struct quorum *q, enum quorum_sync_action action);
int quorum_sync_stop(struct quorum *q, bool freeze);
void quorum_sync_clear(struct quorum *q);
void quorum_sync_look(struct quorum *q, struct quorum_sync_state *state);

/*
 * dm-quorum-read.c and dm-quorum-write.c: the ways in from map.
 */

void quorum_read(struct quorum_io *io);
void quorum_write(struct quorum_io *io);
void quorum_flush(struct quorum_io *io);

/*
 * Kernels differ.  Features are tested here and nowhere else, never the
 * kernel's version: backports make that lie.
 */

#ifdef BLK_OPEN_WRITE
#define QUORUM_MODE_WRITE	BLK_OPEN_WRITE
#else
#define QUORUM_MODE_WRITE	FMODE_WRITE
#endif

/*
 * Stable pages are a queue limit, or else a queue flag that dm clears when it
 * binds a table and that is set again when the table is resumed.
 */
#ifdef BLK_FEAT_STABLE_WRITES
static inline void quorum_limit_stable_pages(struct queue_limits *limits)
{
	limits->features |= BLK_FEAT_STABLE_WRITES;
}

static inline void quorum_flag_stable_pages(struct dm_target *ti)
{
}
#else
static inline void quorum_limit_stable_pages(struct queue_limits *limits)
{
}

static inline void quorum_flag_stable_pages(struct dm_target *ti)
{
	struct gendisk *disk = dm_disk(dm_table_get_md(ti->table));

	blk_queue_flag_set(QUEUE_FLAG_STABLE_WRITES, disk->queue);
}
#endif

/*
 * The kernel allocates a shrinker, which then knows its owner, or else takes
 * one that somebody else has allocated.  The macro came with the former.
 */
#ifdef SHRINKER_ALLOCATED
static inline struct shrinker *quorum_shrinker_alloc(void *owner)
{
	struct shrinker *shrinker = shrinker_alloc(0, "dm-quorum");

	if (shrinker)
		shrinker->private_data = owner;
	return shrinker;
}

static inline void *quorum_shrinker_owner(struct shrinker *shrinker)
{
	return shrinker->private_data;
}

static inline int quorum_shrinker_register(struct shrinker *shrinker)
{
	shrinker_register(shrinker);
	return 0;
}

static inline void quorum_shrinker_free(struct shrinker *shrinker)
{
	shrinker_free(shrinker);
}
#else
struct quorum_shrinker {
	struct shrinker shrinker;
	void *owner;
};

static inline struct shrinker *quorum_shrinker_alloc(void *owner)
{
	struct quorum_shrinker *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return NULL;
	s->owner = owner;
	return &s->shrinker;
}

static inline void *quorum_shrinker_owner(struct shrinker *shrinker)
{
	return container_of(shrinker, struct quorum_shrinker, shrinker)->owner;
}

static inline int quorum_shrinker_register(struct shrinker *shrinker)
{
	return register_shrinker(shrinker, "dm-quorum");
}

/* One that was not registered is not unregistered. */
static inline void quorum_shrinker_free(struct shrinker *shrinker)
{
	unregister_shrinker(shrinker);
	kfree(container_of(shrinker, struct quorum_shrinker, shrinker));
}
#endif

#endif /* DM_QUORUM_H */
