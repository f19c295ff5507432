// SPDX-License-Identifier: GPL-2.0-only
/*
 * A linear target that refuses what it is told to, and counts what it is sent.
 *
 *	<start> <length> refuse <dev> <offset>
 *
 * It passes everything on until a message says otherwise:
 *
 *	<op> <status> [<sector> <sectors>]	end it with that status
 *	<op> delay <ms> [<sector> <sectors>]	do so, or pass it on, later
 *	<op> hold [<sector> <sectors>]		or once it is released
 *	<op> release				let go of what is held by now
 *	<op> ok					forget all this, let go of it
 *	clear					count from zero
 *
 * <op> is read, write, flush, zeroes, discard or all; <status> is notsupp,
 * inval, again, resource, target or ioerr.  Several rules may stand.  A request
 * that touches the sectors of a rule falls under it as a whole; of two such
 * rules that give a status, the one made first counts.  What was held or late
 * is judged by the rules that stand when it goes on.
 *
 * Status: "<op> <bios>/<sectors>" for each op, "fua <bios>" and "held <bios>".
 */
#include <linux/bio.h>
#include <linux/device-mapper.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#define DM_MSG_PREFIX	"refuse"

#define MAX_RULES	256

enum op { OP_READ, OP_WRITE, OP_FLUSH, OP_ZEROES, OP_DISCARD, NR_OPS };

#define ALL_OPS		(BIT(NR_OPS) - 1)

static const char * const op_names[NR_OPS] = {
	"read", "write", "flush", "zeroes", "discard"
};

static const struct {
	const char *name;
	blk_status_t status;
} statuses[] = {
	{ "notsupp", BLK_STS_NOTSUPP },
#ifdef BLK_STS_INVAL
	{ "inval", BLK_STS_INVAL },
#endif
	{ "again", BLK_STS_AGAIN },
	{ "resource", BLK_STS_RESOURCE },
	{ "target", BLK_STS_TARGET },
	{ "ioerr", BLK_STS_IOERR },
};

enum rule_kind { RULE_STATUS, RULE_DELAY, RULE_HOLD };

/*
 * struct rule - what a message said
 * @kind: what is to be done
 * @ops: to which requests, as bits
 * @status: to end them with
 * @delay: in ms
 * @first: the first sector
 * @last: the last one
 */
struct rule {
	enum rule_kind kind;
	unsigned int ops;
	blk_status_t status;
	unsigned int delay;
	sector_t first;
	sector_t last;
};

/*
 * struct refuse - one target
 * @dev: what it maps to
 * @offset: from there on
 * @rules: in the order they came
 * @nr_rules: how many stand
 * @suspended: nothing is held or late
 * @parked: bios that are
 * @nr_parked: how many
 * @bios: that came, by op
 * @sectors: in these
 * @fua: bios that were writes through
 * @wq: where late bios go on
 * @work: looks for them
 */
struct refuse {
	struct dm_dev *dev;
	sector_t offset;
	/* @lock: protects what follows it */
	spinlock_t lock;
	struct rule rules[MAX_RULES];
	unsigned int nr_rules;
	bool suspended;
	struct list_head parked;
	unsigned int nr_parked;
	u64 bios[NR_OPS];
	u64 sectors[NR_OPS];
	u64 fua;
	struct workqueue_struct *wq;
	struct delayed_work work;
};

/*
 * struct parked - a bio that is held or late
 * @op: what it is
 * @held: it waits for a message, not for a time
 * @due: that time, in jiffies
 */
struct parked {
	struct list_head list;
	enum op op;
	bool held;
	unsigned long due;
};

static enum op bio_kind(struct bio *bio)
{
	if (!bio_sectors(bio) && op_is_write(bio_op(bio)))
		return OP_FLUSH;
	switch (bio_op(bio)) {
	case REQ_OP_WRITE_ZEROES:
		return OP_ZEROES;
	case REQ_OP_DISCARD:
		return OP_DISCARD;
	default:
		return op_is_write(bio_op(bio)) ? OP_WRITE : OP_READ;
	}
}

/* Returns the first rule of this kind for a mapped bio.  Holds r->lock. */
static struct rule *__find(struct refuse *r, enum rule_kind kind,
			   struct bio *bio)
{
	sector_t first = bio->bi_iter.bi_sector - r->offset;
	sector_t last = first + bio_sectors(bio);
	enum op op = bio_kind(bio);
	unsigned int i;

	for (i = 0; i < r->nr_rules; i++) {
		struct rule *rule = &r->rules[i];

		if (rule->kind != kind || !(rule->ops & BIT(op)))
			continue;
		if (op == OP_FLUSH || (first <= rule->last &&
				       last > rule->first))
			return rule;
	}
	return NULL;
}

/* Returns the status it is to end with, if it is to. */
static blk_status_t judge(struct refuse *r, struct bio *bio)
{
	blk_status_t status = BLK_STS_OK;
	unsigned long flags;
	struct rule *rule;

	spin_lock_irqsave(&r->lock, flags);
	rule = __find(r, RULE_STATUS, bio);
	if (rule)
		status = rule->status;
	spin_unlock_irqrestore(&r->lock, flags);
	return status;
}

/*
 * Late bios.
 */

static struct bio *parked_bio(struct parked *p)
{
	return dm_bio_from_per_bio_data(p, sizeof(*p));
}

/* Takes what is due off the list.  Returns how long until the next one is. */
static unsigned long __take_due(struct refuse *r, struct list_head *due)
{
	unsigned long next = MAX_JIFFY_OFFSET;
	struct parked *p, *tmp;

	list_for_each_entry_safe(p, tmp, &r->parked, list) {
		if (p->held)
			continue;
		if (time_before(jiffies, p->due)) {
			next = min(next, p->due - jiffies);
			continue;
		}
		list_move_tail(&p->list, due);
		r->nr_parked--;
	}
	return next;
}

static void send_due(struct work_struct *work)
{
	struct refuse *r = container_of(work, struct refuse, work.work);
	struct parked *p, *tmp;
	unsigned long next;
	LIST_HEAD(due);

	spin_lock_irq(&r->lock);
	next = __take_due(r, &due);
	if (next != MAX_JIFFY_OFFSET)
		mod_delayed_work(r->wq, &r->work, next);
	spin_unlock_irq(&r->lock);

	list_for_each_entry_safe(p, tmp, &due, list) {
		struct bio *bio = parked_bio(p);

		bio->bi_status = judge(r, bio);
		if (bio->bi_status)
			bio_endio(bio);
		else
			dm_submit_bio_remap(bio, NULL);
	}
}

/* Let go of what is held of these ops.  Holds r->lock. */
static void __let_go(struct refuse *r, unsigned int ops)
{
	struct parked *p;

	list_for_each_entry(p, &r->parked, list) {
		if (!p->held || !(ops & BIT(p->op)))
			continue;
		p->held = false;
		p->due = jiffies;
	}
	mod_delayed_work(r->wq, &r->work, 0);
}

/* Keep a bio if it is to be held or late.  Returns whether it is. */
static bool park(struct refuse *r, struct bio *bio)
{
	struct parked *p = dm_per_bio_data(bio, sizeof(*p));
	struct rule *rule = NULL;
	unsigned long flags;

	spin_lock_irqsave(&r->lock, flags);
	if (!r->suspended)
		rule = __find(r, RULE_HOLD, bio) ?: __find(r, RULE_DELAY, bio);
	if (rule) {
		p->op = bio_kind(bio);
		p->held = rule->kind == RULE_HOLD;
		p->due = jiffies + msecs_to_jiffies(rule->delay);
		list_add_tail(&p->list, &r->parked);
		r->nr_parked++;
		if (!p->held)
			mod_delayed_work(r->wq, &r->work, 0);
	}
	spin_unlock_irqrestore(&r->lock, flags);
	return rule;
}

static void count(struct refuse *r, struct bio *bio)
{
	enum op op = bio_kind(bio);
	unsigned long flags;

	spin_lock_irqsave(&r->lock, flags);
	r->bios[op]++;
	r->sectors[op] += bio_sectors(bio);
	if (op == OP_WRITE && bio->bi_opf & REQ_FUA)
		r->fua++;
	spin_unlock_irqrestore(&r->lock, flags);
}

static int refuse_map(struct dm_target *ti, struct bio *bio)
{
	struct refuse *r = ti->private;
	blk_status_t status;

	bio_set_dev(bio, r->dev->bdev);
	bio->bi_iter.bi_sector = r->offset +
				 dm_target_offset(ti, bio->bi_iter.bi_sector);
	count(r, bio);
	if (park(r, bio))
		return DM_MAPIO_SUBMITTED;
	status = judge(r, bio);
	if (!status)
		return DM_MAPIO_REMAPPED;
	bio->bi_status = status;
	bio_endio(bio);
	return DM_MAPIO_SUBMITTED;
}

/*
 * Messages.
 */

/* Returns the ops as bits, 0 if there is no such op. */
static unsigned int parse_op(const char *word)
{
	unsigned int op;

	if (!strcmp(word, "all"))
		return ALL_OPS;
	for (op = 0; op < NR_OPS; op++)
		if (!strcmp(word, op_names[op]))
			return BIT(op);
	return 0;
}

static int parse_status(const char *word, blk_status_t *status)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(statuses); i++) {
		if (!strcmp(word, statuses[i].name)) {
			*status = statuses[i].status;
			return 0;
		}
	}
	return -EINVAL;
}

/* The sectors of a rule: all of them, if there are no words. */
static int parse_sectors(struct rule *rule, unsigned int argc, char **argv)
{
	unsigned long long first, sectors;

	rule->first = 0;
	rule->last = (sector_t)-1;
	if (!argc)
		return 0;
	if (argc != 2 || kstrtoull(argv[0], 10, &first) ||
	    kstrtoull(argv[1], 10, &sectors) || !sectors)
		return -EINVAL;
	rule->first = first;
	rule->last = first + sectors - 1;
	return 0;
}

static int parse_rule(struct rule *rule, unsigned int argc, char **argv)
{
	if (!strcmp(argv[0], "hold")) {
		rule->kind = RULE_HOLD;
	} else if (!strcmp(argv[0], "delay")) {
		rule->kind = RULE_DELAY;
		if (argc < 2 || kstrtouint(argv[1], 10, &rule->delay))
			return -EINVAL;
		argc--;
		argv++;
	} else {
		rule->kind = RULE_STATUS;
		if (parse_status(argv[0], &rule->status))
			return -EINVAL;
	}
	return parse_sectors(rule, argc - 1, argv + 1);
}

static int add_rule(struct refuse *r, const struct rule *rule)
{
	int error = 0;

	spin_lock_irq(&r->lock);
	if (r->nr_rules < MAX_RULES)
		r->rules[r->nr_rules++] = *rule;
	else
		error = -ENOSPC;
	spin_unlock_irq(&r->lock);
	return error;
}

static void forget(struct refuse *r, unsigned int ops)
{
	unsigned int i, left = 0;

	spin_lock_irq(&r->lock);
	for (i = 0; i < r->nr_rules; i++) {
		r->rules[i].ops &= ~ops;
		if (r->rules[i].ops)
			r->rules[left++] = r->rules[i];
	}
	r->nr_rules = left;
	__let_go(r, ops);
	spin_unlock_irq(&r->lock);
}

static void release(struct refuse *r, unsigned int ops)
{
	spin_lock_irq(&r->lock);
	__let_go(r, ops);
	spin_unlock_irq(&r->lock);
}

static int clear(struct refuse *r)
{
	spin_lock_irq(&r->lock);
	memset(r->bios, 0, sizeof(r->bios));
	memset(r->sectors, 0, sizeof(r->sectors));
	r->fua = 0;
	spin_unlock_irq(&r->lock);
	return 0;
}

static int refuse_message(struct dm_target *ti, unsigned int argc, char **argv,
			  char *result, unsigned int maxlen)
{
	struct refuse *r = ti->private;
	struct rule rule = {};

	if (argc == 1 && !strcmp(argv[0], "clear"))
		return clear(r);
	if (argc < 2)
		return -EINVAL;
	rule.ops = parse_op(argv[0]);
	if (!rule.ops)
		return -EINVAL;
	if (argc == 2 && !strcmp(argv[1], "ok")) {
		forget(r, rule.ops);
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "release")) {
		release(r, rule.ops);
		return 0;
	}
	return parse_rule(&rule, argc - 1, argv + 1) ?: add_rule(r, &rule);
}

static void refuse_status(struct dm_target *ti, status_type_t type,
			  unsigned int status_flags, char *result,
			  unsigned int maxlen)
{
	struct refuse *r = ti->private;
	unsigned int op, sz = 0;

	switch (type) {
	case STATUSTYPE_INFO:
		spin_lock_irq(&r->lock);
		for (op = 0; op < NR_OPS; op++)
			DMEMIT("%s %llu/%llu ", op_names[op], r->bios[op],
			       r->sectors[op]);
		DMEMIT("fua %llu held %u", r->fua, r->nr_parked);
		spin_unlock_irq(&r->lock);
		break;
	case STATUSTYPE_TABLE:
		DMEMIT("%s %llu", r->dev->name, (unsigned long long)r->offset);
		break;
	case STATUSTYPE_IMA:
		*result = '\0';
		break;
	}
}

/*
 * Coming and going.
 */

/* For this and for requests that come from now on. */
static void refuse_presuspend(struct dm_target *ti)
{
	struct refuse *r = ti->private;
	struct parked *p;

	spin_lock_irq(&r->lock);
	r->suspended = true;
	__let_go(r, ALL_OPS);
	list_for_each_entry(p, &r->parked, list)
		p->due = jiffies;
	spin_unlock_irq(&r->lock);
}

static void refuse_resume(struct dm_target *ti)
{
	struct refuse *r = ti->private;

	spin_lock_irq(&r->lock);
	r->suspended = false;
	spin_unlock_irq(&r->lock);
}

static int open_leg(struct dm_target *ti, struct refuse *r, char **argv)
{
	unsigned long long offset;
	int error;

	if (kstrtoull(argv[1], 10, &offset)) {
		ti->error = "Invalid offset";
		return -EINVAL;
	}
	r->offset = offset;
	error = dm_get_device(ti, argv[0], dm_table_get_mode(ti->table),
			      &r->dev);
	if (error)
		ti->error = "Device lookup failed";
	return error;
}

static struct refuse *make_refuse(void)
{
	struct refuse *r = kzalloc(sizeof(*r), GFP_KERNEL);

	if (!r)
		return NULL;
	spin_lock_init(&r->lock);
	INIT_LIST_HEAD(&r->parked);
	INIT_DELAYED_WORK(&r->work, send_due);
	r->wq = alloc_workqueue("dm-refuse", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (r->wq)
		return r;
	kfree(r);
	return NULL;
}

static void free_refuse(struct refuse *r)
{
	destroy_workqueue(r->wq);
	kfree(r);
}

static int refuse_ctr(struct dm_target *ti, unsigned int argc, char **argv)
{
	struct refuse *r;
	int error;

	if (argc != 2) {
		ti->error = "Invalid argument count";
		return -EINVAL;
	}
	r = make_refuse();
	if (!r)
		return -ENOMEM;
	error = open_leg(ti, r, argv);
	if (error) {
		free_refuse(r);
		return error;
	}
	ti->private = r;
	ti->per_io_data_size = sizeof(struct parked);
	ti->num_flush_bios = 1;
	ti->flush_supported = true;
	ti->num_discard_bios = 1;
	ti->num_write_zeroes_bios = 1;
	ti->accounts_remapped_io = true;
	return 0;
}

static void refuse_dtr(struct dm_target *ti)
{
	struct refuse *r = ti->private;

	cancel_delayed_work_sync(&r->work);
	dm_put_device(ti, r->dev);
	free_refuse(r);
}

static int refuse_iterate_devices(struct dm_target *ti,
				  iterate_devices_callout_fn fn, void *data)
{
	struct refuse *r = ti->private;

	return fn(ti, r->dev, r->offset, ti->len, data);
}

static struct target_type refuse_target = {
	.name		 = "refuse",
	.version	 = { 1, 0, 0 },
	.module		 = THIS_MODULE,
	.ctr		 = refuse_ctr,
	.dtr		 = refuse_dtr,
	.map		 = refuse_map,
	.message	 = refuse_message,
	.status		 = refuse_status,
	.presuspend	 = refuse_presuspend,
	.resume		 = refuse_resume,
	.iterate_devices = refuse_iterate_devices,
};

static int __init refuse_init(void)
{
	return dm_register_target(&refuse_target);
}

static void __exit refuse_exit(void)
{
	dm_unregister_target(&refuse_target);
}

module_init(refuse_init);
module_exit(refuse_exit);

MODULE_DESCRIPTION(DM_NAME " target that refuses what it is told to");
MODULE_AUTHOR("The dm-quorum developers");
MODULE_LICENSE("GPL");
