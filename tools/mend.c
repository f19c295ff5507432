// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is done with a single leg by a message; and what is counted, forgotten.
 */
#include "mend.h"
#include "open.h"
#include "wipe.h"

#include <errno.h>
#include <stdlib.h>

/* What the kernel may mean by an errno. */
static const struct {
	const char *verb;
	int error;
	int code;
	const char *why;
} reasons[] = {
	{ "fail", EBUSY, END_FEW,
	  "without it, fewer legs than have to agree would be in sync" },
	{ "rebuild", EBUSY, END_FEW,
	  "without it, fewer legs than have to agree would be in sync; or the device is suspended, or a leg still has I/O under way"
	},
	{ "reinstate", EINVAL, END_REFUSED,
	  "the leg has not failed, or is not one of the set" },
	{ "reinstate", EBUSY, END_BUSY,
	  "I/O that was given up on is still under way to the leg" },
	{ "rebuild", EINVAL, END_REFUSED, "the leg is missing, or not one of the set"
	},
	{ "fail", EINVAL, END_REFUSED, "the leg is missing" },
	{ "reinstate", EROFS, END_REFUSED, "the device is read-only" },
	{ "rebuild", EROFS, END_REFUSED, "the device is read-only" },
	{ "rebuild", EIO, END_REFUSED, "too few legs took note of it" },
};

static int explain(const char *name, const char *verb, unsigned int leg,
		   int error)
{
	size_t i;

	for (i = 0; i < COUNT(reasons); i++)
		if (!strcmp(reasons[i].verb, verb) &&
		    reasons[i].error == -error)
			return fail(reasons[i].code, "%s: %s leg %u: %s.",
				    name, verb, leg, reasons[i].why);
	return fail(code_of(error), "%s: %s leg %u: %s.", name, verb, leg,
		    strerror(-error));
}

/* One that is missing can come back only if it is found. */
static int bring_back(const struct look *look, unsigned int leg)
{
	struct scan scan = { };
	struct set *set = NULL;
	unsigned int count = 0;
	int r = 0;

	if (look->status.has_set && !scan_all(&scan)) {
		scan_sort(&scan);
		set = scan_uuid(&scan, look->status.uuid);
	}
	if (set && set->leg[leg])
		r = open_again(look->device.name, set, &count);
	else
		r = fail(END_DEVICE, "%s: Leg %u is missing, and not found.",
			 look->device.name, leg);
	scan_free(&scan);
	return r;
}

static int send(const struct look *look, const char *verb, unsigned int leg)
{
	char *message = text("%s %u", verb, leg);
	int r = tell(look->device.name, message, NULL);

	free(message);
	return r ? explain(look->device.name, verb, leg, r) : 0;
}

/* The place of a member that is not in the table; nr_legs if it is none. */
static unsigned int place_of(const struct look *look, const char *path)
{
	struct scan scan = { };
	struct set *set = NULL;
	unsigned int place = 0;
	struct leg leg;

	if (!leg_open(&leg, path, LEG_READ | LEG_QUIET) && !scan_all(&scan)) {
		scan_sort(&scan);
		set = scan_uuid(&scan, look->status.uuid);
	}
	while (place < look->status.nr_legs &&
	       !(set && set->leg[place] && leg_is_same(set->leg[place], &leg)))
		place++;
	leg_free(&leg);
	scan_free(&scan);
	return place;
}

static int act_on_leg(const struct args *args, const char *verb)
{
	bool back = !strcmp(verb, "reinstate");
	const char *word = args->word[1];
	unsigned int leg;
	struct look look;
	u64 index;
	int r = begin_change(args->word[0], &look);

	if (r)
		goto out;
	leg = look.status.nr_legs;
	if (back && look.status.has_set && !parse_number(word, &index))
		leg = place_of(&look, word);
	if (leg == look.status.nr_legs)
		r = look_leg(&look, word, &leg);
	if (!r && back && look.status.health[leg] == '-')
		r = bring_back(&look, leg);
	else if (!r)
		r = send(&look, verb, leg);
out:
	look_free(&look);
	return r;
}

int run_fail(const struct args *args)
{
	return act_on_leg(args, "fail");
}

int run_reinstate(const struct args *args)
{
	return act_on_leg(args, "reinstate");
}

int run_rebuild(const struct args *args)
{
	return act_on_leg(args, "rebuild");
}

int run_clear(const struct args *args)
{
	struct look look;
	int r = begin_change(args->word[0], &look);

	if (!r)
		r = tell_or_refuse(&look, "clear_errors");
	look_free(&look);
	return r;
}

/*
 * A leg that is to be none any more.
 */

static int erase(struct leg *leg)
{
	const struct quorum_disk_identity *id = &leg_super(leg)->id;
	char uuid[UUID_TEXT], *question;
	struct quorum_layout layout;
	u64 end = le64_to_cpu(id->offset);
	int r;

	uuid_text(id->set_uuid, uuid);
	if (quorum_layout(&layout, le64_to_cpu(id->length),
			  le32_to_cpu(id->region_sectors),
			  le32_to_cpu(id->planes)))
		end = layout.sectors;
	question = text("%s will not be leg %u of the set %s (%s) any more.",
			leg->path, le32_to_cpu(id->leg), uuid,
			(const char *)id->label);
	r = ask(question);
	free(question);
	if (!r && !manner.dry_run)
		lock_disk(leg);
	return r ? r : wipe_head(leg, QUORUM_SUPER_SECTOR, end);
}

int run_erase(const struct args *args)
{
	unsigned int flags = manner.dry_run ? LEG_READ | LEG_FILE :
					      LEG_WRITE | LEG_ALONE;
	struct leg leg;
	int r = leg_open(&leg, args->word[0], flags);

	if (!r)
		leg_read_super(&leg);
	if (!r && !leg_super(&leg))
		r = fail(END_DEVICE, "%s: Is not a leg of a set.", leg.path);
	if (!r)
		r = erase(&leg);
	leg_free(&leg);
	return r;
}
