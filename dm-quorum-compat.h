/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernels differ.  Features are tested here and nowhere else, never the
 * kernel's version: backports make that lie.
 */
#ifndef DM_QUORUM_COMPAT_H
#define DM_QUORUM_COMPAT_H

#include <linux/blkdev.h>
#include <linux/device-mapper.h>
#include <linux/shrinker.h>
#include <linux/slab.h>

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

#endif /* DM_QUORUM_COMPAT_H */
