// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table: read and shown.
 *
 * It is a head (how many legs must agree, and of how many), the legs and the
 * options.  What these mean for the user is in
 * Documentation/admin-guide/device-mapper/dm-quorum.rst; how they are spelt is
 * known here only.
 */
#include "dm-quorum.h"
#include "dm-quorum-arg.h"
#include "dm-quorum-check.h"
#include "dm-quorum-meta.h"
#include "dm-quorum-open.h"
#include "dm-quorum-table.h"

#include <crypto/hash.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include <linux/uuid.h>

#define DEFAULT_HASH		"sha256"
#define DEFAULT_REGION_SHIFT	11	/* sectors: 1 MiB */

/* In ms: an hour is as good as for ever. */
#define MIN_LEG_TIMEOUT		100
#define MAX_LEG_TIMEOUT		3600000

static const char * const pattern_names[] = {
	[QUORUM_PATTERN_QUORUM]		= "quorum",
	[QUORUM_PATTERN_MINIMAL]	= "minimal",
	[QUORUM_PATTERN_FIFO]		= "fifo",
	[QUORUM_PATTERN_EARLY]		= "early",
};

/**
 * quorum_table_head() - read what a table begins with
 * @ti: dm's side of the target, of which there is no more yet
 * @as: the words of the table; those that are read are taken away
 * @threshold: how many legs must agree
 * @nr_legs: how many there are
 *
 * Context: Any.
 * Return: 0; or a negative errno, and dm has been told why.
 */
int quorum_table_head(struct dm_target *ti, struct dm_arg_set *as,
		      unsigned int *threshold, unsigned int *nr_legs)
{
	if (quorum_parse_uint(dm_shift_arg(as), threshold))
		return quorum_refuse(ti, -EINVAL, "Invalid threshold");
	if (quorum_parse_uint(dm_shift_arg(as), nr_legs) || !*nr_legs ||
	    *nr_legs > QUORUM_MAX_LEGS)
		return quorum_refuse(ti, -EINVAL, "Invalid number of legs");
	if (!*threshold || *threshold > *nr_legs)
		return quorum_refuse(ti, -EINVAL,
				     "Threshold is not between 1 and the number of legs");
	if (as->argc < 2 * *nr_legs)
		return quorum_refuse(ti, -EINVAL,
				     "Number of legs does not match");
	return 0;
}

/* All that a table may say wrong is one error to the caller. */
static int refuse(struct quorum *q, char *message)
{
	return quorum_refuse(q->ti, -EINVAL, message);
}

/*
 * Options.
 */

static int parse_read_pattern(struct quorum *q, const char *arg)
{
	int pattern = match_string(pattern_names, ARRAY_SIZE(pattern_names),
				   arg);

	if (pattern < 0)
		return refuse(q, "Invalid read_pattern");
	q->pattern = pattern;
	return 0;
}

static int set_hash(struct quorum *q, const char *name)
{
	struct crypto_shash *tfm = crypto_alloc_shash(name, 0, 0);

	if (IS_ERR(tfm))
		return quorum_refuse(q->ti, PTR_ERR(tfm),
				     "Cannot allocate hash");
	q->hash = tfm;
	if (crypto_shash_get_flags(tfm) & CRYPTO_TFM_NEED_KEY)
		return refuse(q, "Hash needs a key");
	return 0;
}

static int refuse_region_size(struct quorum *q)
{
	quorum_log_block_size(q);
	return refuse(q, "region_size is less than a logical block");
}

static int parse_region_size(struct quorum *q, const char *arg)
{
	unsigned int sectors;

	if (quorum_parse_uint(arg, &sectors) || !is_power_of_2(sectors))
		return refuse(q, "Invalid region_size");
	if (sectors < q->block_size >> SECTOR_SHIFT)
		return refuse_region_size(q);
	q->region_shift = ilog2(sectors);
	return 0;
}

static int parse_rebuild(struct quorum *q, const char *arg)
{
	unsigned int leg;

	if (quorum_parse_uint(arg, &leg) || leg >= q->nr_legs)
		return refuse(q, "Invalid leg to rebuild");
	if (!(q->present & BIT(leg)))
		return refuse(q, "A missing leg cannot be rebuilt");
	if (q->rebuild & BIT(leg))
		return refuse(q, "Repeated leg to rebuild");
	q->rebuild |= BIT(leg);
	return 0;
}

static int parse_max_recovery_rate(struct quorum *q, const char *arg)
{
	if (quorum_parse_uint(arg, &q->max_rate) || !q->max_rate)
		return refuse(q, "Invalid max_recovery_rate");
	return 0;
}

static int parse_max_errors(struct quorum *q, const char *arg)
{
	if (quorum_parse_uint(arg, &q->max_errors))
		return refuse(q, "Invalid max_errors");
	return 0;
}

static int parse_leg_timeout(struct quorum *q, const char *arg)
{
	if (quorum_parse_uint(arg, &q->leg_timeout) ||
	    q->leg_timeout < MIN_LEG_TIMEOUT ||
	    q->leg_timeout > MAX_LEG_TIMEOUT)
		return refuse(q, "Invalid leg_timeout");
	return 0;
}

static int parse_queue_if_no_quorum(struct quorum *q, const char *arg)
{
	if (quorum_parse_uint(arg, &q->hold.seconds))
		return refuse(q, "Invalid queue_if_no_quorum");
	return 0;
}

/*
 * Metadata.
 */

static struct quorum_meta *need_meta(struct quorum *q)
{
	if (!q->meta)
		q->meta = kzalloc(sizeof(*q->meta), GFP_KERNEL);
	return q->meta;
}

static int parse_metadata(struct quorum *q, const char *arg)
{
	if (!need_meta(q))
		return quorum_refuse(q->ti, -ENOMEM,
				     "Cannot allocate metadata");
	if (!strcmp(arg, "-"))
		return 0;
	if (uuid_parse(arg, (uuid_t *)q->meta->uuid) ||
	    uuid_is_null((uuid_t *)q->meta->uuid))
		return refuse(q, "Invalid UUID");
	return 0;
}

static int parse_label(struct quorum *q, const char *arg)
{
	if (!*arg || strlen(arg) >= QUORUM_LABEL_SIZE)
		return refuse(q, "Invalid label");
	if (!need_meta(q))
		return quorum_refuse(q->ti, -ENOMEM,
				     "Cannot allocate metadata");
	strscpy(q->meta->label, arg, QUORUM_LABEL_SIZE);
	return 0;
}

/* Options without a parser take no argument: that they are there is enough. */
static const struct {
	const char *name;
	int (*parse)(struct quorum *q, const char *arg);
} options[QUORUM_NR_OPTIONS] = {
	[QUORUM_READ_PATTERN]		= { "read_pattern",
					    parse_read_pattern },
	[QUORUM_REWRITE_CORRUPTED]	= { "rewrite_corrupted" },
	[QUORUM_BLKVERIFY]		= { "blkverify" },
	[QUORUM_HASH]			= { "hash", set_hash },
	[QUORUM_ALLOW_MINORITY]		= { "allow_minority" },
	[QUORUM_NO_WRITE_COPY]		= { "no_write_copy" },
	[QUORUM_ALLOW_DISCARDS]		= { "allow_discards" },
	[QUORUM_REGION_SIZE]		= { "region_size", parse_region_size },
	[QUORUM_SYNC]			= { "sync" },
	[QUORUM_NOSYNC]			= { "nosync" },
	[QUORUM_REBUILD]		= { "rebuild", parse_rebuild },
	[QUORUM_MAX_ERRORS]		= { "max_errors", parse_max_errors },
	[QUORUM_MAX_RECOVERY_RATE]	= { "max_recovery_rate",
					    parse_max_recovery_rate },
	[QUORUM_METADATA]		= { "metadata", parse_metadata },
	[QUORUM_LABEL]			= { "label", parse_label },
	[QUORUM_LEG_TIMEOUT]		= { "leg_timeout", parse_leg_timeout },
	[QUORUM_QUEUE_IF_NO_QUORUM]	= { "queue_if_no_quorum",
					    parse_queue_if_no_quorum },
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
		return refuse(q, "Unknown option");
	if (__test_and_set_bit(i, &q->options) && i != QUORUM_REBUILD)
		return refuse(q, "Repeated option");
	if (!options[i].parse)
		return 0;

	arg = dm_shift_arg(as);
	if (!arg)
		return refuse(q, "Option lacks its argument");
	return options[i].parse(q, arg);
}

static int parse_options(struct quorum *q, struct dm_arg_set *as)
{
	unsigned int count;
	int r;

	if (!as->argc)
		return 0;
	if (quorum_parse_uint(dm_shift_arg(as), &count))
		return refuse(q, "Invalid number of optional parameters");
	if (count != as->argc)
		return refuse(q,
			      "Number of optional parameters does not match");
	while (as->argc) {
		r = parse_option(q, as);
		if (r)
			return r;
	}
	return 0;
}

/**
 * quorum_table_read() - read what follows the head: legs and options
 * @q: the target, with what the head said
 * @as: the words that are left
 *
 * Legs are opened, and the hash is allocated.  If this fails,
 * quorum_table_exit() releases what there is of them.
 *
 * Context: May sleep.
 * Return: 0; or a negative errno, and dm has been told why.
 */
int quorum_table_read(struct quorum *q, struct dm_arg_set *as)
{
	int r;

	q->region_shift = DEFAULT_REGION_SHIFT;
	r = quorum_open_legs(q, as);
	if (!r)
		r = parse_options(q, as);
	if (!r)
		r = quorum_check_options(q);
	if (!r && !q->hash)
		r = set_hash(q, DEFAULT_HASH);
	return r;
}

/**
 * quorum_table_exit() - release what quorum_table_read() took
 * @q: the target
 *
 * Context: May sleep.
 */
void quorum_table_exit(struct quorum *q)
{
	if (q->hash)
		crypto_free_shash(q->hash);
	quorum_close_legs(q);
}

/*
 * The table as it is shown.
 */

/*
 * The legs a new table could not trust: only this one knows what they lack, if
 * there is no metadata.
 */
static u32 to_rebuild(struct quorum *q)
{
	if (q->meta)
		return 0;
	return q->present &
	       (~quorum_live(&q->regions) | quorum_stale(&q->regions));
}

/*
 * The options as the table said them, but for "sync".  A new table would not
 * know which regions are unsettled, so it is to compare all as long as some
 * are, and no longer.
 */
static unsigned long shown_options(struct quorum *q)
{
	unsigned long shown = q->options & ~BIT(QUORUM_REBUILD);

	if (q->meta)
		return shown & ~(BIT(QUORUM_SYNC) | BIT(QUORUM_LABEL));
	if (!q->writable)
		return shown;
	if (quorum_nr_unsettled(&q->suspects))
		return (shown & ~BIT(QUORUM_NOSYNC)) | BIT(QUORUM_SYNC);
	return shown & ~BIT(QUORUM_SYNC);
}

static unsigned int count_option_words(unsigned long shown, u32 rebuild)
{
	unsigned int words = 2 * hweight32(rebuild);
	unsigned int i;

	for_each_set_bit(i, &shown, QUORUM_NR_OPTIONS)
		words += options[i].parse ? 2 : 1;
	return words;
}

static unsigned int emit_rebuild(u32 rebuild, char *result, unsigned int maxlen,
				 unsigned int sz)
{
	unsigned int leg;

	quorum_for_each_leg(leg, rebuild)
		DMEMIT(" %s %u", options[QUORUM_REBUILD].name, leg);
	return sz;
}

static unsigned int emit_option(struct quorum *q, enum quorum_option option,
				char *result, unsigned int maxlen,
				unsigned int sz)
{
	DMEMIT(" %s", options[option].name);
	switch (option) {
	case QUORUM_READ_PATTERN:
		DMEMIT(" %s", pattern_names[q->pattern]);
		break;
	case QUORUM_HASH:
		DMEMIT(" %s", crypto_shash_alg_name(q->hash));
		break;
	case QUORUM_REGION_SIZE:
		DMEMIT(" %llu", 1ULL << q->region_shift);
		break;
	case QUORUM_MAX_ERRORS:
		DMEMIT(" %u", q->max_errors);
		break;
	case QUORUM_MAX_RECOVERY_RATE:
		DMEMIT(" %u", q->max_rate);
		break;
	case QUORUM_METADATA:
		DMEMIT(" %pUb", q->meta->uuid);
		break;
	case QUORUM_LEG_TIMEOUT:
		DMEMIT(" %u", q->leg_timeout);
		break;
	case QUORUM_QUEUE_IF_NO_QUORUM:
		DMEMIT(" %u", READ_ONCE(q->hold.seconds));
		break;
	default:
		break;
	}
	return sz;
}

/**
 * quorum_table_emit() - show the table that would take the place of this one
 * @q: the target
 * @result: where it goes
 * @maxlen: room there
 *
 * Context: Any.
 */
void quorum_table_emit(struct quorum *q, char *result, unsigned int maxlen)
{
	u32 rebuild = to_rebuild(q);
	unsigned long shown = shown_options(q);
	unsigned int words = count_option_words(shown, rebuild);
	unsigned int sz = 0;
	unsigned int i;

	DMEMIT("%u %u", q->threshold, q->nr_legs);
	for (i = 0; i < q->nr_legs; i++)
		DMEMIT(" %s %llu", quorum_leg_name(q, i),
		       (unsigned long long)q->leg[i].offset);
	if (words)
		DMEMIT(" %u", words);
	for (i = 0; i < QUORUM_NR_OPTIONS; i++) {
		if (i == QUORUM_REBUILD)
			sz = emit_rebuild(rebuild, result, maxlen, sz);
		else if (shown & BIT(i))
			sz = emit_option(q, i, result, maxlen, sz);
	}
}

/**
 * quorum_table_emit_ima() - show it as it is measured
 * @q: the target
 * @result: a line that has begun
 * @maxlen: room for all of it
 * @sz: how long it is
 *
 * All that a table may say has a name and a value here, whether it is said or
 * not.
 *
 * Context: Any.
 * Return: how long the line is then.
 */
unsigned int quorum_table_emit_ima(struct quorum *q, char *result,
				   unsigned int maxlen, unsigned int sz)
{
	unsigned int i;

	for (i = 0; i < q->nr_legs; i++)
		DMEMIT(",leg_%u_device=%s,leg_%u_offset=%llu", i,
		       quorum_leg_name(q, i), i,
		       (unsigned long long)q->leg[i].offset);
	for (i = 0; i < QUORUM_NR_OPTIONS; i++)
		if (!options[i].parse)
			DMEMIT(",%s=%c", options[i].name,
			       quorum_option(q, i) ? 'y' : 'n');
	DMEMIT(",read_pattern=%s,hash=%s", pattern_names[q->pattern],
	       crypto_shash_alg_name(q->hash));
	DMEMIT(",region_size=%llu,max_errors=%u,max_recovery_rate=%u",
	       1ULL << q->region_shift, q->max_errors, q->max_rate);
	DMEMIT(",leg_timeout=%u", q->leg_timeout);
	if (quorum_option(q, QUORUM_QUEUE_IF_NO_QUORUM))
		DMEMIT(",queue_if_no_quorum=%u", READ_ONCE(q->hold.seconds));
	else
		DMEMIT(",queue_if_no_quorum=n");
	return sz;
}
