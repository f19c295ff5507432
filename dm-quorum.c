// SPDX-License-Identifier: GPL-2.0-only
/*
 * The quorum target: table, map, status, messages.  How a request flows is in
 * dm-quorum-read.c and dm-quorum-write.c; what the options mean for the user
 * is in Documentation/admin-guide/device-mapper/dm-quorum.rst.
 */
#include "dm-quorum.h"

#include <crypto/hash.h>
#include <linux/ctype.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/overflow.h>

#define DM_MSG_PREFIX		"quorum"

#define DEFAULT_HASH		"sha256"
#define REGION_SECTORS		2048

/* The reserve of pages for one second look stays below this. */
#define MAX_RESERVE_BYTES	(4U << 20)
#define MAX_REQUEST_BYTES	(1U << 20)

/* Enough to overlap the waits of second looks, and no more pages than that. */
#define MAX_SLOW_WORK		16

static const char * const pattern_names[] = {
	[QUORUM_PATTERN_QUORUM]		= "quorum",
	[QUORUM_PATTERN_MINIMAL]	= "minimal",
	[QUORUM_PATTERN_FIFO]		= "fifo",
};

/*----------------------------------------------------------------
 * The table: numbers and legs.
 *--------------------------------------------------------------*/

static int table_error(struct quorum *q, int error, char *message)
{
	q->ti->error = message;
	return error;
}

/* Decimal digits and nothing else; kstrtox alone would take a sign. */
static int parse_u64(const char *arg, u64 *value)
{
	if (!arg || !isdigit(*arg))
		return -EINVAL;
	return kstrtou64(arg, 10, value);
}

static int parse_uint(const char *arg, unsigned int *value)
{
	if (!arg || !isdigit(*arg))
		return -EINVAL;
	return kstrtouint(arg, 10, value);
}

static bool overlap(sector_t a, sector_t b, sector_t len)
{
	return a < b + len && b < a + len;
}

/* Whether two legs share a sector of one disk, partitions considered. */
static bool legs_overlap(struct quorum *q, struct quorum_leg *a,
			 struct quorum_leg *b)
{
	struct block_device *dev_a = a->dev->bdev;
	struct block_device *dev_b = b->dev->bdev;

	return dev_a->bd_disk == dev_b->bd_disk &&
	       overlap(get_start_sect(dev_a) + a->offset,
		       get_start_sect(dev_b) + b->offset, q->ti->len);
}

static int check_leg(struct quorum *q, struct quorum_leg *leg)
{
	struct block_device *bdev = leg->dev->bdev;
	sector_t size = bdev_nr_sectors(bdev);
	struct quorum_leg *other;

	if (size < q->ti->len || leg->offset > size - q->ti->len)
		return table_error(q, -EINVAL, "Leg device is too small");
	if (bdev_read_only(bdev) &&
	    (dm_table_get_mode(q->ti->table) & QUORUM_MODE_WRITE))
		return table_error(q, -EROFS, "Leg device is read-only");
	for (other = q->leg; other < leg; other++)
		if (legs_overlap(q, leg, other))
			return table_error(q, -EINVAL,
					   "Leg device is used twice");
	return 0;
}

static int parse_leg(struct quorum *q, struct dm_arg_set *as,
		     struct quorum_leg *leg)
{
	const char *path = dm_shift_arg(as);
	u64 offset;
	int r;

	if (parse_u64(dm_shift_arg(as), &offset))
		return table_error(q, -EINVAL, "Invalid leg offset");

	r = dm_get_device(q->ti, path, dm_table_get_mode(q->ti->table),
			  &leg->dev);
	if (r) {
		leg->dev = NULL;
		return table_error(q, r, "Leg device lookup failed");
	}
	leg->offset = offset;
	return check_leg(q, leg);
}

static int parse_legs(struct quorum *q, struct dm_arg_set *as)
{
	unsigned int i;
	int r;

	for (i = 0; i < q->nr_legs; i++) {
		r = parse_leg(q, as, &q->leg[i]);
		if (r)
			return r;
		q->block_size = max_t(unsigned int, q->block_size,
				      bdev_logical_block_size(q->leg[i].dev->bdev));
	}
	q->live = GENMASK(q->nr_legs - 1, 0);
	return 0;
}

/*----------------------------------------------------------------
 * The table: options.
 *--------------------------------------------------------------*/

static int parse_read_pattern(struct quorum *q, const char *arg)
{
	int pattern = match_string(pattern_names, ARRAY_SIZE(pattern_names),
				   arg);

	if (pattern < 0)
		return table_error(q, -EINVAL, "Invalid read_pattern");
	q->pattern = pattern;
	return 0;
}

static int set_hash(struct quorum *q, const char *name)
{
	struct crypto_shash *tfm = crypto_alloc_shash(name, 0, 0);

	if (IS_ERR(tfm))
		return table_error(q, PTR_ERR(tfm), "Cannot allocate hash");
	q->hash = tfm;
	if (crypto_shash_get_flags(tfm) & CRYPTO_TFM_NEED_KEY)
		return table_error(q, -EINVAL, "Hash needs a key");
	return 0;
}

static int parse_max_errors(struct quorum *q, const char *arg)
{
	if (parse_uint(arg, &q->max_errors))
		return table_error(q, -EINVAL, "Invalid max_errors");
	return 0;
}

/* Options without a parser take no argument: that they are there is enough. */
static const struct {
	const char *name;
	int (*parse)(struct quorum *q, const char *arg);
} options[QUORUM_NR_OPTIONS] = {
	[QUORUM_READ_PATTERN]		= { "read_pattern", parse_read_pattern },
	[QUORUM_REWRITE_CORRUPTED]	= { "rewrite_corrupted" },
	[QUORUM_BLKVERIFY]		= { "blkverify" },
	[QUORUM_HASH]			= { "hash", set_hash },
	[QUORUM_ALLOW_MINORITY]		= { "allow_minority" },
	[QUORUM_NO_WRITE_COPY]		= { "no_write_copy" },
	[QUORUM_ALLOW_DISCARDS]		= { "allow_discards" },
	[QUORUM_MAX_ERRORS]		= { "max_errors", parse_max_errors },
};

static int parse_option(struct quorum *q, struct dm_arg_set *as)
{
	const char *name = dm_shift_arg(as);
	const char *arg;
	unsigned int i;

	for (i = 0; i < QUORUM_NR_OPTIONS; i++)
		if (!strcmp(name, options[i].name))
			break;
	if (i == QUORUM_NR_OPTIONS)
		return table_error(q, -EINVAL, "Unknown option");
	if (__test_and_set_bit(i, &q->options))
		return table_error(q, -EINVAL, "Repeated option");
	if (!options[i].parse)
		return 0;

	arg = dm_shift_arg(as);
	if (!arg)
		return table_error(q, -EINVAL, "Option lacks its argument");
	return options[i].parse(q, arg);
}

static int parse_options(struct quorum *q, struct dm_arg_set *as)
{
	unsigned int count;
	int r;

	if (!as->argc)
		return 0;
	if (parse_uint(dm_shift_arg(as), &count))
		return table_error(q, -EINVAL,
				   "Invalid number of optional parameters");
	if (count != as->argc)
		return table_error(q, -EINVAL,
				   "Number of optional parameters does not match");
	while (as->argc) {
		r = parse_option(q, as);
		if (r)
			return r;
	}
	return 0;
}

static int check_blkverify(struct quorum *q)
{
	if (q->nr_legs != 2 || q->threshold != 2)
		return table_error(q, -EINVAL,
				   "blkverify needs two legs and threshold 2");
	if (quorum_option(q, QUORUM_REWRITE_CORRUPTED))
		return table_error(q, -EINVAL,
				   "blkverify and rewrite_corrupted exclude each other");
	if (q->pattern != QUORUM_PATTERN_QUORUM)
		return table_error(q, -EINVAL,
				   "blkverify needs read_pattern quorum");
	return 0;
}

/* Refuse what would be dangerous, and what would be without effect. */
static int check_options(struct quorum *q)
{
	bool minority = q->threshold <= q->nr_legs / 2;

	if (minority && !quorum_option(q, QUORUM_ALLOW_MINORITY))
		return table_error(q, -EINVAL,
				   "Threshold is no majority (see allow_minority)");
	if (!minority && quorum_option(q, QUORUM_ALLOW_MINORITY))
		return table_error(q, -EINVAL,
				   "allow_minority has no effect on a majority");
	if (quorum_option(q, QUORUM_BLKVERIFY))
		return check_blkverify(q);
	if (!quorum_option(q, QUORUM_REWRITE_CORRUPTED))
		return 0;
	if (q->pattern == QUORUM_PATTERN_FIFO)
		return table_error(q, -EINVAL,
				   "rewrite_corrupted has no effect with read_pattern fifo");
	if (q->nr_legs == 1)
		return table_error(q, -EINVAL,
				   "rewrite_corrupted has no effect on one leg");
	return 0;
}

/*----------------------------------------------------------------
 * Construction.  quorum_free() takes apart whatever stands.
 *--------------------------------------------------------------*/

static void quorum_free(struct quorum *q)
{
	unsigned int i;

	quorum_reports_exit(q);
	if (q->slow_wq)
		destroy_workqueue(q->slow_wq);
	if (q->vote_wq)
		destroy_workqueue(q->vote_wq);
	quorum_rechecks_exit(q);
	quorum_bufs_exit(q);
	if (q->hash)
		crypto_free_shash(q->hash);
	for (i = 0; i < q->nr_legs; i++)
		if (q->leg[i].dev)
			dm_put_device(q->ti, q->leg[i].dev);
	kfree(q);
}

static struct quorum *quorum_alloc(struct dm_target *ti, unsigned int nr_legs)
{
	struct quorum *q = kzalloc(struct_size(q, leg, nr_legs), GFP_KERNEL);

	if (!q)
		return NULL;
	q->ti = ti;
	q->nr_legs = nr_legs;
	q->block_size = SECTOR_SIZE;
	spin_lock_init(&q->lock);
	quorum_ranges_init(&q->ranges);
	quorum_reports_init(q);
	return q;
}

static struct quorum *parse_head(struct dm_target *ti, struct dm_arg_set *as)
{
	unsigned int threshold, nr_legs;
	struct quorum *q;

	if (parse_uint(dm_shift_arg(as), &threshold)) {
		ti->error = "Invalid threshold";
		return ERR_PTR(-EINVAL);
	}
	if (parse_uint(dm_shift_arg(as), &nr_legs) || !nr_legs ||
	    nr_legs > QUORUM_MAX_LEGS) {
		ti->error = "Invalid number of legs";
		return ERR_PTR(-EINVAL);
	}
	if (!threshold || threshold > nr_legs) {
		ti->error = "Threshold is not between 1 and the number of legs";
		return ERR_PTR(-EINVAL);
	}
	if (as->argc < 2 * nr_legs) {
		ti->error = "Number of legs does not match";
		return ERR_PTR(-EINVAL);
	}

	q = quorum_alloc(ti, nr_legs);
	if (!q) {
		ti->error = "Cannot allocate context";
		return ERR_PTR(-ENOMEM);
	}
	q->threshold = threshold;
	return q;
}

/* The largest request whose second look fits the reserve. */
static unsigned int max_request_bytes(unsigned int nr_legs)
{
	unsigned int bytes = MAX_REQUEST_BYTES;

	while (bytes * nr_legs > MAX_RESERVE_BYTES)
		bytes /= 2;
	return bytes;
}

static int start_engine(struct quorum *q)
{
	q->max_bytes = max_request_bytes(q->nr_legs);

	q->vote_wq = alloc_workqueue("kquorum_vote", WQ_UNBOUND |
				     WQ_MEM_RECLAIM, 0);
	q->slow_wq = alloc_workqueue("kquorum_slow", WQ_UNBOUND |
				     WQ_MEM_RECLAIM, MAX_SLOW_WORK);
	if (!q->vote_wq || !q->slow_wq)
		return table_error(q, -ENOMEM, "Cannot allocate workqueue");
	if (quorum_bufs_init(q))
		return table_error(q, -ENOMEM, "Cannot allocate page reserve");
	if (quorum_rechecks_init(q))
		return table_error(q, -ENOMEM, "Cannot allocate recheck reserve");
	return 0;
}

static int set_target(struct quorum *q)
{
	struct dm_target *ti = q->ti;

	ti->num_flush_bios = 1;
	ti->num_write_zeroes_bios = 1;
	if (quorum_option(q, QUORUM_ALLOW_DISCARDS)) {
		ti->num_discard_bios = 1;
		ti->discards_supported = true;
	}
	ti->limit_swap_bios = true;
	ti->accounts_remapped_io = true;
	ti->per_io_data_size = quorum_io_size(q->nr_legs);
	return dm_set_target_max_io_len(ti, q->max_bytes >> SECTOR_SHIFT);
}

static int quorum_construct(struct quorum *q, struct dm_arg_set *as)
{
	int r;

	r = parse_legs(q, as);
	if (!r)
		r = parse_options(q, as);
	if (!r)
		r = check_options(q);
	if (!r && !q->hash)
		r = set_hash(q, DEFAULT_HASH);
	if (!r)
		r = start_engine(q);
	if (!r)
		r = set_target(q);
	return r;
}

static int quorum_ctr(struct dm_target *ti, unsigned int argc, char **argv)
{
	struct dm_arg_set as = { .argc = argc, .argv = argv };
	struct quorum *q;
	int r;

	q = parse_head(ti, &as);
	if (IS_ERR(q))
		return PTR_ERR(q);

	r = quorum_construct(q, &as);
	if (r) {
		quorum_free(q);
		return r;
	}
	ti->private = q;
	return 0;
}

static void quorum_dtr(struct dm_target *ti)
{
	quorum_free(ti->private);
}

/*----------------------------------------------------------------
 * I/O.
 *--------------------------------------------------------------*/

static int quorum_map(struct dm_target *ti, struct bio *bio)
{
	struct quorum_io *io = dm_per_bio_data(bio, ti->per_io_data_size);

	quorum_io_init(io, ti->private, bio);
	switch (bio_op(bio)) {
	case REQ_OP_READ:
		quorum_read(io);
		return DM_MAPIO_SUBMITTED;
	case REQ_OP_WRITE:
	case REQ_OP_FLUSH:
		if (!bio_sectors(bio)) {
			quorum_flush(io);
			return DM_MAPIO_SUBMITTED;
		}
		fallthrough;
	case REQ_OP_WRITE_ZEROES:
	case REQ_OP_DISCARD:
		quorum_write(io);
		return DM_MAPIO_SUBMITTED;
	default:
		return DM_MAPIO_KILL;
	}
}

static void quorum_resume(struct dm_target *ti)
{
	struct quorum *q = ti->private;

	if (quorum_option(q, QUORUM_NO_WRITE_COPY))
		quorum_flag_stable_pages(ti);
}

/*
 * No request is in flight any more, so no report can come.  An event that is
 * still to be raised would find another table in place.
 */
static void quorum_postsuspend(struct dm_target *ti)
{
	struct quorum *q = ti->private;

	flush_work(&q->event_work);
}

static int quorum_iterate_devices(struct dm_target *ti,
				  iterate_devices_callout_fn fn, void *data)
{
	struct quorum *q = ti->private;
	unsigned int i;
	int r = 0;

	for (i = 0; !r && i < q->nr_legs; i++)
		r = fn(ti, q->leg[i].dev, q->leg[i].offset, ti->len, data);
	return r;
}

static void quorum_io_hints(struct dm_target *ti, struct queue_limits *limits)
{
	struct quorum *q = ti->private;

	if (quorum_option(q, QUORUM_NO_WRITE_COPY))
		quorum_limit_stable_pages(limits);
}

/*----------------------------------------------------------------
 * Status.
 *--------------------------------------------------------------*/

static sector_t nr_regions(struct quorum *q)
{
	return DIV_ROUND_UP_SECTOR_T(q->ti->len, REGION_SECTORS);
}

static char leg_health(struct quorum *q, unsigned int leg)
{
	return quorum_live(q) & BIT(leg) ? 'A' : 'D';
}

static void emit_health(struct quorum *q, char health[QUORUM_MAX_LEGS + 1])
{
	unsigned int i;

	for (i = 0; i < q->nr_legs; i++)
		health[i] = leg_health(q, i);
	health[i] = '\0';
}

static unsigned long long stat_of(struct quorum_leg *leg, enum quorum_stat stat)
{
	return atomic64_read(&leg->stat[stat]);
}

static void emit_status(struct quorum *q, char *result, unsigned int maxlen)
{
	unsigned long long regions = nr_regions(q);
	char health[QUORUM_MAX_LEGS + 1];
	unsigned int i, stat;
	unsigned int sz = 0;

	emit_health(q, health);
	DMEMIT("%uof%u %u %s %llu/%llu idle 0 %llu %llu %u",
	       q->threshold, q->nr_legs, q->nr_legs, health, regions, regions,
	       (unsigned long long)atomic64_read(&q->no_quorum),
	       (unsigned long long)atomic64_read(&q->transient),
	       QUORUM_NR_STATS);
	for (i = 0; i < q->nr_legs; i++) {
		DMEMIT(" %s", q->leg[i].dev->name);
		for (stat = 0; stat < QUORUM_NR_STATS; stat++)
			DMEMIT(" %llu", stat_of(&q->leg[i], stat));
	}
}

static unsigned int count_option_words(struct quorum *q)
{
	unsigned int words = 0;
	unsigned int i;

	for (i = 0; i < QUORUM_NR_OPTIONS; i++)
		if (quorum_option(q, i))
			words += options[i].parse ? 2 : 1;
	return words;
}

static void emit_table(struct quorum *q, char *result, unsigned int maxlen)
{
	unsigned int words = count_option_words(q);
	unsigned int sz = 0;
	unsigned int i;

	DMEMIT("%u %u", q->threshold, q->nr_legs);
	for (i = 0; i < q->nr_legs; i++)
		DMEMIT(" %s %llu", q->leg[i].dev->name,
		       (unsigned long long)q->leg[i].offset);
	if (words)
		DMEMIT(" %u", words);
	for (i = 0; i < QUORUM_NR_OPTIONS; i++) {
		if (!quorum_option(q, i))
			continue;
		DMEMIT(" %s", options[i].name);
		if (i == QUORUM_READ_PATTERN)
			DMEMIT(" %s", pattern_names[q->pattern]);
		else if (i == QUORUM_HASH)
			DMEMIT(" %s", crypto_shash_alg_name(q->hash));
		else if (i == QUORUM_MAX_ERRORS)
			DMEMIT(" %u", q->max_errors);
	}
}

static void emit_ima(struct quorum *q, char *result, unsigned int maxlen)
{
	char health[QUORUM_MAX_LEGS + 1];
	unsigned int sz = 0;
	unsigned int i;

	emit_health(q, health);
	DMEMIT_TARGET_NAME_VERSION(q->ti->type);
	DMEMIT(",threshold=%u,nr_legs=%u,health=%s", q->threshold, q->nr_legs,
	       health);
	for (i = 0; i < q->nr_legs; i++)
		DMEMIT(",leg_%u_device=%s,leg_%u_offset=%llu", i,
		       q->leg[i].dev->name, i,
		       (unsigned long long)q->leg[i].offset);
	for (i = 0; i < QUORUM_NR_OPTIONS; i++)
		if (!options[i].parse)
			DMEMIT(",%s=%c", options[i].name,
			       quorum_option(q, i) ? 'y' : 'n');
	DMEMIT(",read_pattern=%s,hash=%s,max_errors=%u;",
	       pattern_names[q->pattern], crypto_shash_alg_name(q->hash),
	       q->max_errors);
}

static void quorum_status(struct dm_target *ti, status_type_t type,
			  unsigned int status_flags, char *result,
			  unsigned int maxlen)
{
	struct quorum *q = ti->private;

	switch (type) {
	case STATUSTYPE_INFO:
		emit_status(q, result, maxlen);
		break;
	case STATUSTYPE_TABLE:
		emit_table(q, result, maxlen);
		break;
	case STATUSTYPE_IMA:
		emit_ima(q, result, maxlen);
		break;
	}
}

/*----------------------------------------------------------------
 * Messages.
 *--------------------------------------------------------------*/

static int message_fail(struct quorum *q, const char *arg)
{
	unsigned int leg;

	if (parse_uint(arg, &leg) || leg >= q->nr_legs)
		return -EINVAL;
	return quorum_leg_fail(q, leg) ? 0 : -EBUSY;
}

static int quorum_message(struct dm_target *ti, unsigned int argc, char **argv,
			  char *result, unsigned int maxlen)
{
	struct quorum *q = ti->private;

	if (argc == 2 && !strcasecmp(argv[0], "fail"))
		return message_fail(q, argv[1]);
	if (argc == 1 && !strcasecmp(argv[0], "clear_errors")) {
		quorum_reports_clear(q);
		return 0;
	}
	if (argc == 1 && !strcasecmp(argv[0], "reports")) {
		quorum_reports_emit(q, result, maxlen);
		return 1;
	}
	return -EINVAL;
}

static struct target_type quorum_target = {
	.name			= "quorum",
	.version		= { 1, 0, 0 },
	.module			= THIS_MODULE,
	.ctr			= quorum_ctr,
	.dtr			= quorum_dtr,
	.map			= quorum_map,
	.postsuspend		= quorum_postsuspend,
	.resume			= quorum_resume,
	.status			= quorum_status,
	.message		= quorum_message,
	.iterate_devices	= quorum_iterate_devices,
	.io_hints		= quorum_io_hints,
};

static int __init quorum_module_init(void)
{
	return dm_register_target(&quorum_target);
}

static void __exit quorum_module_exit(void)
{
	dm_unregister_target(&quorum_target);
}

module_init(quorum_module_init);
module_exit(quorum_module_exit);

MODULE_DESCRIPTION(DM_NAME " target that returns what a quorum of legs agrees on");
MODULE_AUTHOR("The dm-quorum developers");
MODULE_LICENSE("GPL");
MODULE_SOFTDEP("pre: sha256");
