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
 *	dm-quorum-bits.c	a set of regions: no bio, no dm
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
#include <linux/seqlock.h>
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
 * dm-quorum-bits.c: sets of regions.
 */

/**
 * struct quorum_bits - a set of regions
 * @nr: how many regions there are
 * @weight: how many of them are in the set
 * @generation: raised when the set is filled or emptied; its lowest bit says
 *	which that was
 * @chunk: the generation of each chunk of @words
 * @words: the bits, where the chunk is of this generation
 */
struct quorum_bits {
	unsigned long nr;
	unsigned long weight;
	u32 generation;
	u32 *chunk;
	unsigned long *words;
};

int quorum_bits_init(struct quorum_bits *bits, unsigned long nr);
void quorum_bits_exit(struct quorum_bits *bits);
void quorum_bits_assign_all(struct quorum_bits *bits, bool value);
void quorum_bits_assign(struct quorum_bits *bits, unsigned long first,
			unsigned long count, bool value);
unsigned long quorum_bits_word(struct quorum_bits *bits, unsigned long word);
bool quorum_bits_test(struct quorum_bits *bits, unsigned long region);
unsigned long quorum_bits_next(struct quorum_bits *bits, unsigned long from,
			       bool value);

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
 * @marked: quorum->marks when it last lost a vote, or came back
 *	(quorum->lock)
 */
struct quorum_leg {
	struct dm_dev *dev;
	sector_t offset;
	atomic64_t stat[QUORUM_NR_STATS];
	struct quorum_score score;
	struct quorum_bits stale;
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
 * struct quorum_finding - what came of looking at something for its own sake
 * @differ: sectors about which legs differ
 * @unresolved: sectors without a winner, or with one by the tie rule that
 *	legs could not be rebuilt with
 * @unread: legs that were asked and could not be read
 * @missed: legs that did not take what they were to be given
 * @vague: legs could not be rebuilt where there was no winner
 * @passing: some of what failed may succeed later
 */
struct quorum_finding {
	sector_t differ;
	sector_t unresolved;
	u32 unread;
	u32 missed;
	bool vague;
	bool passing;
};

/**
 * struct quorum_slot - one region that the sweep is at
 * @q: the target
 * @state: what @work is to do: lock the next piece; nothing, the range comes
 *	later; look at the piece
 * @busy: it takes part in the running action (sync->lock)
 * @region: the region
 * @pos: what of it is still to be done begins here
 * @end: and ends here
 * @known: that something is amiss there is no news
 * @careful: up to here, in small pieces: some leg could not read all of a large
 *	one
 * @piece: the size of these, in bytes
 * @bad: how many of these a leg could not read
 * @told: legs that could not read the last one, and were accused of that
 * @unrested: bytes looked at since it rested
 * @woke: when that was, in jiffies
 * @found: what came of the region so far
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
	bool known;
	sector_t careful;
	unsigned int piece;
	u8 bad[QUORUM_MAX_LEGS];
	u32 told;
	unsigned int unrested;
	unsigned long woke;
	struct quorum_finding found;
	u64 marks;
	struct quorum_range range;
	struct delayed_work work;
};

/**
 * struct quorum_sync - the sweep of a target
 * @action: what is under way
 * @last: what was last that started by itself
 * @frozen: nothing starts by itself
 * @suspended: nothing runs: slots leave and keep their places
 * @first: the legs are being made equal for the first time
 * @later: requests went back to dm, and are to come again before all else
 * @cancel: slots leave, and the action is over
 * @resync_due: regions are to be made equal, if there are such
 * @recover_due: live legs are to be brought up to date, likewise
 * @passing: what the action could not do may be possible later
 * @next: the next region to give to a slot
 * @done: sectors that the action, or the last one, is done with
 * @total: of so many
 * @differ: sectors found different by the last resync, check or repair
 * @unresolved: sectors that the last action found no winner for
 * @budget: when the bound on the rate allows the next piece, in ns
 * @not_before: when the next action may begin, in ns: the last one did not rest
 *	after its last piece
 * @retry_at: when the next one may that nobody has asked for, in ns
 * @pause: how long after the last one that is, in ns
 * @ended: when that was, in ns; 0 is never
 * @retry: starts it
 * @nr_busy: slots at work
 * @wait: woken when a slot leaves
 * @slot: the regions being worked on
 */
struct quorum_sync {
	/** @lock: protects all of this but what a busy slot is at */
	spinlock_t lock;
	enum quorum_sync_action action;
	enum quorum_sync_action last;
	bool frozen;
	bool suspended;
	bool first;
	bool later;
	bool cancel;
	bool resync_due;
	bool recover_due;
	bool passing;
	unsigned long next;
	sector_t done;
	sector_t total;
	u64 differ;
	u64 unresolved;
	u64 budget;
	u64 not_before;
	u64 retry_at;
	u64 pause;
	u64 ended;
	struct delayed_work retry;
	unsigned int nr_busy;
	wait_queue_head_t wait;
	struct quorum_slot slot[QUORUM_SLOTS];
};

/**
 * struct quorum_looks - second looks of reads on their way to a worker
 * @queued: one of them is queued
 * @waiting: those that are to follow it
 *
 * They are queued one after the other, each by the one before it as soon as
 * that has begun.  When no worker can be had, a workqueue's rescuer takes all
 * that is queued, and does not go on to the next before the first has ended: it
 * is to find no more than one that may wait for a leg.
 */
struct quorum_looks {
	/** @lock: protects the rest */
	spinlock_t lock;
	bool queued;
	struct list_head waiting;
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
 * @step_size: largest physical block of any leg, in bytes: the pieces in which
 *	the sweep goes over bad blocks
 * @max_bytes: largest request with a payload, in bytes
 * @writable: the table is not read-only
 * @present: legs that are not missing
 * @region_shift: a region is so many sectors, as a power of two
 * @nr_regions: how many there are
 * @vote_wq: completes reads: its work never waits for memory
 * @write_wq: writes whose range came late: its work may wait for pages
 * @look_wq: second looks of reads: these wait for leg I/O
 * @sync_wq: those of the sweep, likewise
 * @hash: names versions when legs disagree
 * @live: legs that take part
 * @stale: legs that are out of sync in some region, or held back
 * @held: live legs that vote nowhere yet: they are being flushed
 * @unsettled: regions in which legs may differ, and none is to blame
 * @undecided: regions in which the sweep last found blocks without a winner, or
 *	could not write it to a loser
 * @looks: second looks that are to be queued
 * @turn: where the next minimal read starts; a lost update does no harm
 * @last_io: when a request came last, in jiffies
 * @changes: to @live, @stale, @held and the legs' bitmaps, for readers without
 *	@lock
 * @marks: how often a leg has lost its vote somewhere, or come back, or a
 *	region was unsettled
 * @unsettled_marked: @marks when a region was unsettled last
 * @ranges: the range lock
 * @pages: what private payloads are put into
 * @rechecks: contexts of the second look
 * @sync: the sweep
 * @no_quorum: requests that failed for lack of agreement
 * @transient: faults that were none under the lock
 * @event_work: raises dm events
 * @last_event: when it last did, in jiffies
 * @log_limit: on log lines about bad legs
 * @state_limit: on those about the life of legs
 * @ring_seq: reports so far
 * @ring: the last of them
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
	unsigned int block_size;
	unsigned int step_size;
	unsigned int max_bytes;
	bool writable;
	u32 present;
	unsigned int region_shift;
	unsigned long nr_regions;
	struct workqueue_struct *vote_wq;
	struct workqueue_struct *write_wq;
	struct workqueue_struct *look_wq;
	struct workqueue_struct *sync_wq;
	struct crypto_shash *hash;

	/* What each request reads, and what hardly ever changes. */
	u32 live;
	u32 stale;
	u32 held;
	struct quorum_bits unsettled;
	struct quorum_bits undecided;

	/* What requests write. */
	unsigned int turn ____cacheline_aligned_in_smp;
	unsigned long last_io;

	/**
	 * @lock: protects @live, @stale, @held, @unsettled, @undecided, @marks,
	 * @unsettled_marked, the legs' scores and bitmaps, @ring and @ring_seq
	 */
	spinlock_t lock ____cacheline_aligned_in_smp;
	seqcount_spinlock_t changes;
	u64 marks;
	u64 unsettled_marked;

	struct quorum_ranges ranges ____cacheline_aligned_in_smp;

	struct quorum_pages pages ____cacheline_aligned_in_smp;
	struct quorum_looks looks;
	mempool_t rechecks;

	struct quorum_sync sync;

	atomic64_t no_quorum;
	atomic64_t transient;
	struct delayed_work event_work;
	unsigned long last_event;
	struct ratelimit_state log_limit;
	struct ratelimit_state state_limit;
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

void *quorum_buf_at(struct quorum_buf *buf, unsigned int off);
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
bool quorum_missed_before(struct quorum *q, u32 legs, sector_t sector,
			  sector_t sectors);
bool quorum_unsettled(struct quorum *q, sector_t sector);
bool quorum_any_undecided(struct quorum *q, sector_t sector, sector_t sectors);
bool __quorum_enough(struct quorum *q, u32 legs, sector_t sector,
		     sector_t sectors);
void __quorum_mark(struct quorum *q, u32 legs, sector_t sector,
		   sector_t sectors);
void __quorum_remark(struct quorum *q, unsigned int leg);
void quorum_unsettle(struct quorum *q, sector_t sector, sector_t sectors);
u64 quorum_marks(struct quorum *q);
bool quorum_region_rebuilt(struct quorum *q, unsigned long region, u64 marks,
			   u32 missed);
void quorum_region_settled(struct quorum *q, unsigned long region, u64 marks);
void quorum_region_decided(struct quorum *q, unsigned long region,
			   bool decided);
unsigned long quorum_next_stale(struct quorum *q, unsigned long region);
unsigned long quorum_next_suspect(struct quorum *q, unsigned long region);
unsigned long quorum_nr_in_sync(struct quorum *q);

/*
 * dm-quorum-leg.c: the life of a leg.
 */

u32 quorum_live(struct quorum *q);
bool quorum_passing(blk_status_t status);
bool quorum_refusal(blk_status_t status);
u32 quorum_faulty(const u8 *said, u32 asked, bool advice);
bool quorum_requeues(struct quorum *q, blk_status_t status);
bool quorum_leg_fail(struct quorum *q, unsigned int leg);
int quorum_leg_reinstate(struct quorum *q, unsigned int leg);
bool quorum_leg_rebuild(struct quorum *q, unsigned int leg);
bool quorum_legs_commit(struct quorum *q, sector_t sector, sector_t sectors,
			u32 took, u32 missed, u32 faulty);
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
 * @tried: legs a fifo read need not ask again
 * @by_hand: legs that cannot write zeroes and get them as data
 * @zeroed: sectors of these that are done
 * @pending: leg bios still out
 * @end: called when the last of them has completed, in its context
 * @range: held by whatever changes the legs, and by the second look
 * @dissent: the first look failed to agree (as against: never took place)
 * @copy: what a write sends to every leg
 * @granted: how it goes on once the range is there
 * @work: what goes on elsewhere
 * @list: among second looks that wait for their turn
 * @leg: what is sent to each leg
 */
struct quorum_io {
	struct quorum *q;
	struct bio *bio;
	sector_t sector;
	u32 legs;
	u32 tried;
	u32 by_hand;
	sector_t zeroed;
	atomic_t pending;
	void (*end)(struct quorum_io *io);
	struct quorum_range range;
	void (*granted)(struct quorum_io *io);
	struct work_struct work;
	struct list_head list;
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
void quorum_io_defer(struct quorum_io *io, struct workqueue_struct *wq,
		     work_func_t then);
bool quorum_io_lock(struct quorum_io *io,
		    void (*granted)(struct quorum_io *io));
void quorum_io_unlock(struct quorum_io *io);
void quorum_io_end(struct quorum_io *io, blk_status_t status);
u32 quorum_io_failed(struct quorum_io *io, u8 *said);
blk_status_t quorum_error_vote(const u8 *said, u32 failed);

/*
 * dm-quorum-recheck.c: the second look.
 */

/**
 * enum quorum_look_flag - what a second look is to do
 * @QUORUM_LOOK_DISSENT: the first look failed to agree
 * @QUORUM_LOOK_UNSETTLED: differences are not the legs' fault
 * @QUORUM_LOOK_SWEEP: every leg counts for each block that can be read
 * @QUORUM_LOOK_REWRITE: write the winner over what lost
 * @QUORUM_LOOK_REBUILD: write it to the legs that have no vote here
 * @QUORUM_LOOK_REFILL: write it at least over what legs were given where there
 *	was no winner
 * @QUORUM_LOOK_KNOWN: what is wrong is no news
 */
enum quorum_look_flag {
	QUORUM_LOOK_DISSENT	= BIT(0),
	QUORUM_LOOK_UNSETTLED	= BIT(1),
	QUORUM_LOOK_SWEEP	= BIT(2),
	QUORUM_LOOK_REWRITE	= BIT(3),
	QUORUM_LOOK_REBUILD	= BIT(4),
	QUORUM_LOOK_REFILL	= BIT(5),
	QUORUM_LOOK_KNOWN	= BIT(6),
};

/**
 * struct quorum_look - a look of the sweep at a piece
 * @sector: first sector
 * @bytes: length, at most q->max_bytes and within one region
 * @flags: of enum quorum_look_flag
 * @shun: legs that are only read where the others do not decide
 * @dead: those of them that are not read at all
 * @told: legs that were accused before of what can be read no better now
 * @done: bytes that the sweep is done with; 0 if it should try a smaller piece
 * @found: what came of them
 */
struct quorum_look {
	sector_t sector;
	unsigned int bytes;
	unsigned int flags;
	u32 shun;
	u32 dead;
	u32 told;
	unsigned int done;
	struct quorum_finding found;
};

int quorum_rechecks_init(struct quorum *q);
void quorum_rechecks_exit(struct quorum *q);
blk_status_t quorum_recheck_read(struct quorum *q, sector_t sector,
				 struct bio *bio, bool dissent);
void quorum_recheck_sweep(struct quorum *q, struct quorum_look *look);

/*
 * dm-quorum-sync.c: the background sweep.
 */

/**
 * struct quorum_sync_state - what is told of the sweep
 * @action: what is under way, in a word
 * @done: as in struct quorum_sync
 * @total: likewise
 * @differ: likewise
 * @unresolved: likewise
 */
struct quorum_sync_state {
	const char *action;
	sector_t done;
	sector_t total;
	u64 differ;
	u64 unresolved;
};

void quorum_sync_init(struct quorum *q, bool resync);
void quorum_sync_resume(struct quorum *q);
void quorum_sync_suspend(struct quorum *q);
void quorum_sync_due(struct quorum *q);
void quorum_sync_later(struct quorum *q);
void quorum_sync_recover(struct quorum *q);
int quorum_sync_request(struct quorum *q, enum quorum_sync_action action);
int quorum_sync_stop(struct quorum *q, bool freeze);
void quorum_sync_clear(struct quorum *q);
void quorum_sync_look(struct quorum *q, struct quorum_sync_state *state);

/*
 * dm-quorum-read.c and dm-quorum-write.c: the ways in from map.
 */

void quorum_reads_init(struct quorum *q);
void quorum_read(struct quorum_io *io);
void quorum_write(struct quorum_io *io);
void quorum_flush(struct quorum_io *io);
void quorum_writes_init(void);

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
