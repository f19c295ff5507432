/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The oracle: what is promised (design, section 2), and whether it was kept.
 */
#ifndef SIM_ORACLE_H
#define SIM_ORACLE_H

#include "dmcore.h"
#include "leg.h"

#define SIM_MAX_LEGS	10

enum sim_pattern {
	SIM_QUORUM,
	SIM_MINIMAL,
	SIM_FIFO,
	SIM_EARLY,
};

/**
 * struct sim_set - what the table in use says
 * @len: length in sectors
 * @begin: where the target begins on the device
 * @block: what is voted on, in bytes
 * @leg_block: logical block of each device
 * @physical: what most of them cannot read less of, in bytes
 * @dev: the device of each leg, or -1
 * @need: legs that have to stay good at any place
 * @silent: legs may be wrong without saying so
 * @generation: grows with each table
 * @metadata: legs know what they are
 * @home: with metadata, the device of each leg, also of one that is away
 * @former: the one that was there before, if it may be known as that leg, or -1
 * @fresh: legs whose home was blank once; if it is now, or not whole, it has to
 *	be made a leg
 * @replaced: those of them that the set has known to be new
 * @blurred: all bitmaps were lost before this life
 * @vague: they may not have been written anew since
 * @timeout: how long a leg may take, in ms; 0 is for ever
 * @queue: how long what fails is held, in seconds; 0 is for ever, -1 not
 * @queued: something may have been
 * @torn: legs may differ, and nobody told the target to make them equal
 */
struct sim_set {
	sector_t len;
	sector_t begin;
	unsigned int block;
	unsigned int leg_block[SIM_MAX_DEVS];
	unsigned int physical;
	unsigned int nr_legs;
	unsigned int threshold;
	int dev[SIM_MAX_LEGS];
	u32 members;
	enum sim_pattern pattern;
	bool minority;
	bool rewrite;
	bool no_copy;
	bool discards;
	bool blkverify;
	bool sync;
	bool readonly;
	unsigned int max_errors;
	unsigned int rate;
	unsigned int timeout;
	int queue;
	bool queued;
	unsigned int region;
	u32 rebuild;
	const char *hash;
	unsigned int need;
	bool silent;
	unsigned int generation;
	bool torn;
	bool metadata;
	int home[SIM_MAX_LEGS];
	int former[SIM_MAX_LEGS];
	u32 fresh;
	u32 replaced;
	bool blurred;
	bool vague;
};

extern struct sim_set set;

static inline unsigned int set_blocks(void)
{
	return (set.len << SECTOR_SHIFT) / set.block;
}

static inline unsigned int block_sectors(void)
{
	return set.block >> SECTOR_SHIFT;
}

enum o_state {
	O_PENDING,
	O_DONE,
	O_FAILED,
};

/* Something that changes blocks. */
struct o_write {
	u64 start;
	u64 end;
	u32 id[2];
	unsigned int nr_ids;
	enum o_state state;
	bool discard;
	bool fua;
	unsigned int refs;
};

/* What legs returned of a block while a read was under way. */
struct o_answer {
	u32 id;
	u32 legs;
};

struct o_served {
	unsigned int nr;
	struct o_answer *answer;
};

/**
 * struct o_op - a request
 * @began: when it did, in virtual time
 * @hurt: for each block, devices that were not good at some time
 * @took: for each block of a write, devices that said they took it
 * @took_at: when the first of them did
 * @said: what each device answered, if it was sent all of it at once
 * @told: those that did
 * @asked: some leg was asked
 * @requeues: how many there had been before
 * @served: for each block of a read
 */
struct o_op {
	struct list_head node;
	enum req_op op;
	bool flush;
	bool fua;
	bool ahead;
	bool scribbled;
	sector_t sector;
	unsigned int sectors;
	u64 start;
	u64 began;
	unsigned int generation;
	bool contested;
	struct o_write *write;
	u32 *hurt;
	u32 *took;
	u64 *took_at;
	blk_status_t said[SIM_MAX_DEVS];
	u32 told;
	bool asked;
	u64 requeues;
	struct o_served *served;
};

/* version.c: what was written to each block */
extern u64 oracle_tick;
void versions_init(void);
void versions_exit(void);
struct o_write *version_new(unsigned int nr_ids, const u32 *ids);
void version_add(unsigned int block, struct o_write *w);
bool version_has_id(const struct o_write *w, u32 id);
bool version_allowed(unsigned int block, u32 id, u64 when, bool for_good);
bool oracle_too_few_good(unsigned int b);
bool oracle_may_be_settled(unsigned int b, u64 when);
bool version_contested(unsigned int block, u64 when);
bool version_discarded(unsigned int block);
bool version_pending(unsigned int block);
void version_seen(unsigned int block, u32 id);
void versions_flushed(u64 when);
void versions_crash(void);
extern bool versions_forgotten;
unsigned int versions_left(unsigned int block);
bool version_ended(unsigned int block, u32 id, u64 when);
bool version_stable(unsigned int block, u32 id);
bool block_any_bit(const unsigned long *map, unsigned int block);
u64 oracle_oldest(void);

/* rewrite.c */
void rewrite_check(unsigned int block, u32 id);

/* known.c */
void known_dirty(unsigned int block);
void known_missed(unsigned int block, unsigned int slot);
void known_epoch(void);
void known_block(struct bio *bio);
void known_slot(struct sim_leg *leg, struct bio *bio);

/* lack.c */
bool lacks_any(struct sim_leg *leg, unsigned int block);
void lacks_init(void);
void lacks_all(struct sim_leg *leg);
void lacks_refused(struct sim_leg *leg, unsigned int block);
bool lacks_by_fault(struct sim_leg *leg, unsigned int block);
void lacks_took(struct sim_leg *leg, unsigned int block, u32 id, bool quiet);
bool lacks_filled(struct sim_leg *leg, unsigned int block, u32 id);
void lacks_fills(struct sim_leg *leg, unsigned int block, u32 id);
void lacks_write(struct o_op *o, unsigned int block, unsigned int i);
void lacks_known(unsigned int block);
void lacks_flush(u64 when);
void lacks_asked(struct sim_leg *leg, unsigned int block, bool held, u64 since);

/* A leg that hangs is back after so many timeouts; no request waits so many. */
#define SIM_FOR_EVER	1000
#define SIM_PATIENCE	300

void oracle_init(void);
void oracle_exit(void);
void oracle_dump(unsigned int block);
u32 oracle_new_id(void);
struct o_op *oracle_begin(enum req_op op, sector_t sector,
			  unsigned int sectors, unsigned int nr_ids, u32 *ids);
void oracle_end(struct o_op *o, blk_status_t status, const u32 *ids);
bool oracle_contested(unsigned int block);
bool oracle_allowed(unsigned int block, u32 id);
bool oracle_busy(void);
void oracle_crash(void);
unsigned int oracle_failures(void);
u32 leg_block_id(struct sim_leg *leg, unsigned int block);
u32 leg_block_durable(struct sim_leg *leg, unsigned int block);
bool leg_block_bad(struct sim_leg *leg, unsigned int block);

/* From the legs. */
bool oracle_leg_start(struct sim_leg *leg, struct bio *bio);
void oracle_leg_read(struct sim_leg *leg, sector_t sector, sector_t n,
		     blk_status_t status);
void oracle_leg_done(struct sim_leg *leg, struct bio *bio,
		     blk_status_t status, bool quiet, bool late);
void oracle_none_waits(void);
void oracle_hurt(struct sim_leg *leg, sector_t sector, sector_t n);

/* audit.c: status, accusations, and the end */
struct o_status {
	unsigned int threshold, nr_legs;
	char health[64];
	u64 in_sync, total;
	char action[16];
	u64 mismatch_cnt, no_quorum, transient;
	unsigned int nr_stats;
	u64 stat[SIM_MAX_LEGS][16];
};

enum {
	O_READ_ERRORS, O_WRITE_ERRORS, O_FLUSH_ERRORS, O_MISMATCHES,
	O_REWRITES, O_REWRITE_ERRORS, O_TIMEOUTS,
};

extern struct mapped_device sim_md;
void audit_init(void);
bool audit_status(struct o_status *st);
void audit_end(void);
void audit_quiesce(void);
int message(const char *fmt, ...) __printf(1, 2);
void audit_new_epoch(void);
void audit_fold(void);
void audit_reinstate(unsigned int slot);
void audit_fail(unsigned int slot);

/* workload.c, admin.c, table.c, reload.c, past.c, swap.c */
struct sim_load {
	unsigned int callers;
	unsigned int requests;
	unsigned int phases;
	bool admin;
	bool gentle;
	bool scribble;
	bool pressure;
	bool crash;
	bool hotplug;
	unsigned int max_sectors;
};

extern struct sim_load load;
void workload_main(void *arg);
void workload_again(void *arg);
void crash_happens(void);
void refuse_one(void);
void crash_check(void);
void callers_run(unsigned int requests);
blk_status_t request_one(enum req_op op, sector_t sector, unsigned int sectors,
			 blk_opf_t flags);
void admin_start(void);
void admin_stop(void);
void table_choose(void);
void table_text(char *text, size_t size);
void table_in_use(const struct sim_set *next);
void past_init(void);
void past_begins(void);
bool past_began(void);
bool past_says_who(struct sim_leg *leg, unsigned int slot);
bool past_spares(struct sim_leg *leg, sector_t at);
void past_forget(struct sim_leg *leg);
void past_happens(struct sim_set *next);
void swap_leg(struct sim_set *next, unsigned int slot);
bool swap_is_due(const struct sim_set *s);
void swap_fit(struct sim_set *next);
void swap_done(void);
void swap_offer(void);
void table_new_device(struct sim_leg *leg);
void table_reload(bool noflush);
void table_resume(void);
void table_bring_home(void);
bool table_enough(const struct sim_set *s);
unsigned int most_common(unsigned int block, u32 *id);
void set_calc(struct sim_set *s);

#endif /* SIM_ORACLE_H */
