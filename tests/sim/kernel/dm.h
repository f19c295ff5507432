/* SPDX-License-Identifier: GPL-2.0-only */
/* Device-mapper, as targets see it. */
#ifndef SIM_DM_H
#define SIM_DM_H

struct dm_target;
struct dm_table;
struct mapped_device;

#define DM_NAME			"device-mapper"
#define DM_MAPIO_SUBMITTED	0
#define DM_MAPIO_REMAPPED	1
#define DM_MAPIO_REQUEUE	2
#define DM_MAPIO_DELAY_REQUEUE	3
#define DM_MAPIO_KILL		4

#define DM_ENDIO_DONE		0

typedef enum {
	STATUSTYPE_INFO,
	STATUSTYPE_TABLE,
	STATUSTYPE_IMA,
} status_type_t;

#define DM_STATUS_NOFLUSH_FLAG	1

struct dm_dev {
	struct block_device *bdev;
	blk_mode_t mode;
	char name[16];
	int sim_refs;
};

typedef int (*iterate_devices_callout_fn)(struct dm_target *ti,
					  struct dm_dev *dev, sector_t start,
					  sector_t len, void *data);

struct target_type {
	u64 features;
	const char *name;
	struct module *module;
	unsigned int version[3];
	int (*ctr)(struct dm_target *ti, unsigned int argc, char **argv);
	void (*dtr)(struct dm_target *ti);
	int (*map)(struct dm_target *ti, struct bio *bio);
	int (*end_io)(struct dm_target *ti, struct bio *bio,
		      blk_status_t *error);
	void (*presuspend)(struct dm_target *ti);
	void (*presuspend_undo)(struct dm_target *ti);
	void (*postsuspend)(struct dm_target *ti);
	int (*preresume)(struct dm_target *ti);
	void (*resume)(struct dm_target *ti);
	void (*status)(struct dm_target *ti, status_type_t type,
		       unsigned int flags, char *result, unsigned int maxlen);
	int (*message)(struct dm_target *ti, unsigned int argc, char **argv,
		       char *result, unsigned int maxlen);
	int (*iterate_devices)(struct dm_target *ti,
			       iterate_devices_callout_fn fn, void *data);
	void (*io_hints)(struct dm_target *ti, struct queue_limits *limits);
	int (*busy)(struct dm_target *ti);
};

struct dm_target {
	struct dm_table *table;
	struct target_type *type;
	sector_t begin;
	sector_t len;
	u32 max_io_len;
	unsigned int num_flush_bios;
	unsigned int num_discard_bios;
	unsigned int num_secure_erase_bios;
	unsigned int num_write_zeroes_bios;
	unsigned int per_io_data_size;
	void *private;
	char *error;
	bool flush_supported;
	bool discards_supported;
	bool limit_swap_bios;
	bool emulate_zone_append;
	bool accounts_remapped_io;
	bool needs_bio_set_dev;
	bool max_discard_granularity;
	bool max_write_zeroes_granularity;
	bool flush_bypasses_map;
	bool needs_stable_writes;
	bool mempool_needs_integrity;
};

struct dm_arg_set {
	unsigned int argc;
	char **argv;
};

struct dm_arg {
	unsigned int min;
	unsigned int max;
	char *error;
};

const char *dm_shift_arg(struct dm_arg_set *as);
void dm_consume_args(struct dm_arg_set *as, unsigned int n);
int dm_read_arg(const struct dm_arg *arg, struct dm_arg_set *as,
		unsigned int *value, char **error);
int dm_read_arg_group(const struct dm_arg *arg, struct dm_arg_set *as,
		      unsigned int *value, char **error);

int dm_register_target(struct target_type *type);
void dm_unregister_target(struct target_type *type);
int dm_get_device(struct dm_target *ti, const char *path, blk_mode_t mode,
		  struct dm_dev **result);
void dm_put_device(struct dm_target *ti, struct dm_dev *dev);
blk_mode_t dm_table_get_mode(struct dm_table *t);
struct mapped_device *dm_table_get_md(struct dm_table *t);
const char *dm_table_device_name(struct dm_table *t);
const char *dm_device_name(struct mapped_device *md);
struct gendisk *dm_disk(struct mapped_device *md);
sector_t dm_table_get_size(struct dm_table *t);
void dm_table_event(struct dm_table *t);
int dm_set_target_max_io_len(struct dm_target *ti, sector_t len);
void dm_accept_partial_bio(struct bio *bio, unsigned int sectors);
void dm_submit_bio_remap(struct bio *clone, struct bio *tgt_clone);
void *dm_per_bio_data(struct bio *bio, size_t size);
struct bio *dm_bio_from_per_bio_data(void *data, size_t size);
int dm_noflush_suspending(struct dm_target *ti);
int dm_suspended(struct dm_target *ti);
int dm_post_suspending(struct dm_target *ti);
#define dm_target_offset(ti, sector) ((sector) - (ti)->begin)
unsigned int dm_bio_get_target_bio_nr(const struct bio *bio);

#define DMEMIT(x...)							\
	((sz >= maxlen) ? 0 :						\
	 (sz += sim_scnprintf(result + sz, maxlen - sz, x)))
#define DMEMIT_TARGET_NAME_VERSION(y)					\
	DMEMIT("target_name=%s,target_version=%u.%u.%u", (y)->name,	\
	       (y)->version[0], (y)->version[1], (y)->version[2])

void sim_printk(const char *fmt, ...);
#define DMCRIT(fmt, ...)	sim_printk(fmt, ##__VA_ARGS__)
#define DMERR(fmt, ...)		sim_printk(fmt, ##__VA_ARGS__)
#define DMERR_LIMIT(fmt, ...)	sim_printk(fmt, ##__VA_ARGS__)
#define DMWARN(fmt, ...)	sim_printk(fmt, ##__VA_ARGS__)
#define DMWARN_LIMIT(fmt, ...)	sim_printk(fmt, ##__VA_ARGS__)
#define DMINFO(fmt, ...)	sim_printk(fmt, ##__VA_ARGS__)
#define DMINFO_LIMIT(fmt, ...)	sim_printk(fmt, ##__VA_ARGS__)
#define DMDEBUG(fmt, ...)	sim_printk(fmt, ##__VA_ARGS__)
#define pr_warn(fmt, ...)	sim_printk(fmt, ##__VA_ARGS__)
#define pr_err(fmt, ...)	sim_printk(fmt, ##__VA_ARGS__)
#define pr_info(fmt, ...)	sim_printk(fmt, ##__VA_ARGS__)
#define printk(fmt, ...)	sim_printk(fmt, ##__VA_ARGS__)

#endif /* SIM_DM_H */
