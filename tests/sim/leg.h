/* SPDX-License-Identifier: GPL-2.0-only */
/* Legs: devices with a volatile cache, and faults. */
#ifndef SIM_LEG_H
#define SIM_LEG_H

#include "sim.h"

#define SIM_MAX_DEVS	14
#define SIM_MAX_SECTORS	2048
#define SIM_MAX_START	512

/*
 * What a sector holds, as a number: 0 is zeroes; up to SIM_ID_MASK the version
 * that was written there; above it, something else, which equals nothing but
 * itself.
 */
#define SIM_ID_ZERO	0u
#define SIM_ID_FIRST	1u
#define SIM_ID_BAD	0x80000000u

/**
 * struct sim_leg - a device
 * @start: where the set's data begins on it, in sectors
 * @disk: what survives a crash
 * @cache: what does not, where @dirty
 * @meta_dirty: likewise, below @start, from the start of the device
 * @meta_stamp: another one whenever what survives there has changed
 * @id: what a read of a sector of the set's data returns
 * @durable: what one would return after a crash
 * @rot: sectors that return something else than they should
 * @rot_durable: likewise, after a crash
 * @unreadable: sectors that return an error
 * @suspect: it may have missed something, and may have lost its vote anywhere
 * @set_back: and was not written to since: the target may not know
 * @dead: it returns errors only
 * @write_ms: a write takes so much longer than a read
 * @flush_ms: likewise, a flush
 * @hung: it answers nothing, until it is released
 * @held: what it was sent meanwhile, or would have answered
 * @failed_flush: oracle_tick when it was last to blame for one
 * @gave: what it gave cause for, ever
 */
struct sim_leg {
	unsigned int index;
	struct block_device bdev;
	struct gendisk disk_dev;
	struct request_queue queue;
	struct dm_dev dev;
	sector_t sectors;
	sector_t start;
	u8 *disk;
	u8 *cache;
	DECLARE_BITMAP(dirty, SIM_MAX_SECTORS);
	DECLARE_BITMAP(meta_dirty, SIM_MAX_START);
	u64 meta_stamp;
	u32 id[SIM_MAX_SECTORS];
	u32 durable[SIM_MAX_SECTORS];
	DECLARE_BITMAP(rot, SIM_MAX_SECTORS);
	DECLARE_BITMAP(rot_durable, SIM_MAX_SECTORS);
	DECLARE_BITMAP(unreadable, SIM_MAX_SECTORS);
	u64 failed_flush;
	bool suspect;
	bool set_back;
	bool dead;
	bool knows_zeroes;
	bool knows_discard;
	bool refuses_late;
	unsigned int sync_percent;
	unsigned int latency_us;
	unsigned int write_ms;
	unsigned int flush_ms;
	unsigned int out;
	u64 frozen_until;
	bool hung;
	struct list_head held;
	struct {
		u64 reads;
		u64 writes;
		u64 flushes;
		u64 late;
		u64 lies;
		u64 blamed_writes;
		u64 blamed_flushes;
		u64 blamed_looks;
	} gave;
};

extern struct sim_leg sim_legs[SIM_MAX_DEVS];

void legs_init(void);
void leg_setup(struct sim_leg *leg, sector_t start, sector_t slack);
void leg_submit(struct bio *bio);
void leg_stamp(struct sim_leg *leg);
void leg_garbage(struct sim_leg *leg, sector_t sector, sector_t sectors);
void leg_store(struct sim_leg *leg, sector_t sector, const u8 *data,
	       bool durable);
void leg_drop_cache(struct sim_leg *leg);
bool leg_has_filler(struct sim_leg *leg, unsigned int block);
void leg_release(struct sim_leg *leg);
void legs_crash(void);
struct sim_leg *leg_by_name(const char *name);
bool legs_quiet(void);

/* content.c: what is written, and how it is known again */
u32 content_id(const u8 *data, sector_t sector);
void content_fill(u8 *data, u32 id, sector_t sector);
u32 content_join(const u32 *ids, unsigned int n);

/* fault.c */
struct fault_plan {
	const char *name;
	bool on;
	bool overload;
	unsigned int unreadable;	/* all in permille of leg bios */
	unsigned int rot;
	unsigned int lost;
	unsigned int misplaced;
	unsigned int torn;
	unsigned int write_error;
	unsigned int flush_error;
	unsigned int die;
	unsigned int stall;
	unsigned int hang;
	unsigned int passing;
	unsigned int refusing;
};

extern struct fault_plan fault_plan;
void fault_choose(void);
blk_status_t fault_read(struct sim_leg *leg, sector_t sector, sector_t n);
blk_status_t fault_write(struct sim_leg *leg, sector_t sector, sector_t n,
			 bool data);
blk_status_t fault_meta(struct sim_leg *leg, sector_t at, bool write);
blk_status_t fault_flush(struct sim_leg *leg);
bool fault_lands(struct sim_leg *leg, sector_t sector);
bool fault_skips(struct sim_leg *leg, sector_t sector, sector_t n,
		 sector_t *first, sector_t *end, sector_t *shift);
void fault_rots(struct sim_leg *leg, sector_t sector, sector_t n);
u64 fault_stall(struct sim_leg *leg);
void fault_hang(struct sim_leg *leg);
void fault_rot(struct sim_leg *leg, sector_t sector, sector_t n);
void faults_stop(void);
void fault_forgive(void);
void fault_force(struct sim_leg *leg);
bool fault_suspect(struct sim_leg *leg);
bool fault_none_moves(void);
bool fault_none_mute(void);
bool status_blames(blk_status_t status);

#endif /* SIM_LEG_H */
