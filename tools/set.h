/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which sets there are, found by what is on legs.
 */
#ifndef QUORUM_SET_H
#define QUORUM_SET_H

#include "leg.h"
#include "table.h"

#define UUID_TEXT	37

/* What a leg is in its set. */
enum standing {
	/* A member that knows what it missed. */
	STANDING_MEMBER,
	/* A member that has missed something. */
	STANDING_BEHIND,
	/* A member, but nothing on it is of use: it is rebuilt. */
	STANDING_REBUILD,
	/* A member whose superblock is damaged, or older than it may be. */
	STANDING_DAMAGED,
	/* Another leg has taken its place. */
	STANDING_REPLACED,
	/* The same leg is there a second time. */
	STANDING_DOUBLED,
};

/**
 * struct set - legs that know of each other
 * @uuid: the set's, as text
 * @super: the newest superblock
 * @nr_legs: how many there are to be
 * @threshold: how many have to agree
 * @leg: by place; NULL is missing
 * @standing: of these
 * @nr_strays: legs that are no members, or are there twice
 * @stray: these
 * @stray_standing: what is wrong with them
 */
struct set {
	char uuid[UUID_TEXT];
	const struct quorum_disk_super *super;
	unsigned int nr_legs;
	unsigned int threshold;
	struct leg *leg[QUORUM_DISK_LEGS];
	enum standing standing[QUORUM_DISK_LEGS];
	unsigned int nr_strays;
	struct leg *stray[QUORUM_DISK_LEGS];
	enum standing stray_standing[QUORUM_DISK_LEGS];
};

/**
 * struct scan - what was found
 * @nr_legs: legs
 * @leg: these
 * @nr_sets: sets that they belong to
 * @set: these
 */
struct scan {
	unsigned int nr_legs;
	struct leg **leg;
	unsigned int nr_sets;
	struct set *set;
};

int scan_all(struct scan *scan);
int scan_add(struct scan *scan, const char *path, unsigned int flags);
void scan_sort(struct scan *scan);
void scan_free(struct scan *scan);
struct set *scan_uuid(struct scan *scan, const char *uuid);
struct set *scan_label(struct scan *scan, const char *label,
		       unsigned int *count);

unsigned int set_present(const struct set *set);
unsigned int set_answering(const struct set *set);
unsigned int set_needed(const struct set *set);
bool set_is_startable(const struct set *set);
void set_explain_missing(const struct set *set);
void set_explain_strays(const struct set *set);
int set_table(const struct set *set, struct table *table);
const char *standing_text(enum standing standing);
void uuid_text(const u8 *uuid, char made[UUID_TEXT]);

#endif /* QUORUM_SET_H */
