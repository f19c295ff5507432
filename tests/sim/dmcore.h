/* SPDX-License-Identifier: GPL-2.0-only */
/* Device-mapper around the target. */
#ifndef SIM_DMCORE_H
#define SIM_DMCORE_H

#include "sim.h"

struct dm_table {
	struct mapped_device *md;
	struct dm_target ti;
	blk_mode_t mode;
	struct queue_limits limits;
	unsigned int nr_devs;
	struct dm_dev *devs[64];
};

struct mapped_device {
	struct dm_table *live;
	struct dm_table *loaded;
	bool suspended;
	bool blocked;
	u64 unblocked;
	bool noflush;
	unsigned int users;
	unsigned int in_flight;
	wait_queue_head_t wait;
	struct mutex lock;	/* suspends, and resumes, one by one */
	struct list_head deferred;
	struct list_head reissue;
	unsigned int queueing;
	sector_t begin;
	bool modern;
	struct workqueue_struct *wq;
	struct work_struct work;
	struct gendisk disk;
	struct request_queue queue;
	u64 events;
};

int md_create(struct mapped_device *md);
void md_destroy(struct mapped_device *md);
int md_load(struct mapped_device *md, const char *params, sector_t begin,
	    sector_t len, blk_mode_t mode, char **error);
int md_suspend(struct mapped_device *md, bool noflush, bool killable);
int md_resume(struct mapped_device *md);
void md_unload(struct mapped_device *md);
int md_message(struct mapped_device *md, char *text, char *result,
	       unsigned int size);
void md_status(struct mapped_device *md, status_type_t type, char *result,
	       unsigned int size);
void md_submit(struct mapped_device *md, struct bio *bio);

void md_work(struct work_struct *work);

extern struct target_type *dm_type;

#endif /* SIM_DMCORE_H */
