// SPDX-License-Identifier: GPL-2.0-only
/*
 * A leg that came, for udev: what it is, and whether its set can be opened.
 *
 * Nothing is opened here: that would have to wait for udev, which waits for us.
 * What is noted in /run is only as good as the last event; whoever opens a set
 * reads all superblocks again.
 */
#include "options.h"
#include "set.h"
#include "tab.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER	"/run/quorumsetup"

/*
 * A note: major:minor, UUID of the leg, epoch and seq.
 */
struct note {
	unsigned int major;
	unsigned int minor;
	char uuid[UUID_TEXT];
	struct quorum_version version;
};

static bool read_note(const char *path, struct note *note)
{
	FILE *in = fopen(path, "re");
	bool good;

	if (!in)
		return false;
	good = fscanf(in, "%u:%u %36s %llu.%llu", &note->major, &note->minor,
		      note->uuid, &note->version.epoch,
		      &note->version.seq) == 5;
	fclose(in);
	return good;
}

/* A device that is gone may have been another one's number since. */
static bool is_still_there(const struct note *note)
{
	char *size = sysfs_text(note->major, note->minor, "size");
	bool there = size && strcmp(size, "0");

	free(size);
	return there;
}

static void write_note(const char *path, const struct leg *leg)
{
	const struct quorum_disk_super *sb = leg_super(leg);
	char *temporary = text("%s.new", path), uuid[UUID_TEXT];
	FILE *out = fopen(temporary, "we");

	uuid_text(sb->id.leg_uuid, uuid);
	if (out) {
		fprintf(out, "%u:%u %s %llu.%llu\n", leg->major, leg->minor,
			uuid, le64_to_cpu(sb->epoch), le64_to_cpu(sb->seq));
		if (!fclose(out))
			rename(temporary, path);
	}
	free(temporary);
}

/* Of two legs in one place, the newer one is meant. */
static bool is_outdone(const char *path, const struct leg *leg)
{
	char uuid[UUID_TEXT];
	struct note note;

	if (!read_note(path, &note) || !is_still_there(&note))
		return false;
	uuid_text(leg_super(leg)->id.leg_uuid, uuid);
	return strcmp(note.uuid, uuid) &&
	       quorum_older(quorum_super_version(leg_super(leg)),
			    note.version);
}

static unsigned int count_notes(const char *folder, u32 nr_legs)
{
	unsigned int count = 0;
	struct note note;
	u32 i;

	for (i = 0; i < nr_legs; i++) {
		char *path = text("%s/%u", folder, i);

		if (read_note(path, &note)) {
			if (is_still_there(&note))
				count++;
			else
				unlink(path);
		}
		free(path);
	}
	return count;
}

static void forget_in(const char *folder, const struct leg *leg)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	struct note note;

	while (dir && (entry = readdir(dir))) {
		char *path = text("%s/%s", folder, entry->d_name);

		if (read_note(path, &note) && note.major == leg->major &&
		    note.minor == leg->minor)
			unlink(path);
		free(path);
	}
	if (dir)
		closedir(dir);
}

/* What a device was noted as before: it may be another leg now, or none. */
static void forget_device(const struct leg *leg)
{
	DIR *dir = opendir(FOLDER);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char *folder = text(FOLDER "/%s", entry->d_name);

		if (*entry->d_name != '.')
			forget_in(folder, leg);
		free(folder);
	}
	if (dir)
		closedir(dir);
}

static int lock_notes(void)
{
	int fd;

	mkdir(FOLDER, 0755);
	fd = open(FOLDER "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		flock(fd, LOCK_EX);
	return fd;
}

/* Notes a leg, and says how many of its set there are; 0 if it is outdone. */
static unsigned int note_leg(const struct leg *leg)
{
	const struct quorum_disk_identity *id = &leg_super(leg)->id;
	char uuid[UUID_TEXT], *folder, *path;
	unsigned int count = 0;
	int lock;

	uuid_text(id->set_uuid, uuid);
	folder = text(FOLDER "/%s", uuid);
	path = text("%s/%u", folder, le32_to_cpu(id->leg));
	lock = lock_notes();
	mkdir(folder, 0755);
	forget_device(leg);
	if (!is_outdone(path, leg)) {
		write_note(path, leg);
		count = count_notes(folder, le32_to_cpu(id->nr_legs));
	}
	if (lock >= 0)
		close(lock);
	free(path);
	free(folder);
	return count;
}

/*
 * What udev is told.
 */

/* As udev wants it in names of links. */
static void put_encoded(const char *key, const char *value)
{
	printf("%s=", key);
	for (; *value; value++) {
		if (isalnum((unsigned char)*value) ||
		    strchr("#+-.:=@_/", *value))
			putchar(*value);
		else
			printf("\\x%02x", (unsigned char)*value);
	}
	putchar('\n');
}

/* The same, for reading. */
static void put_safe(const char *key, const char *value)
{
	printf("%s=", key);
	for (; *value; value++)
		putchar(isalnum((unsigned char)*value) ||
			strchr("#+-.:=@_/", *value) ? *value : '_');
	putchar('\n');
}

static const char *state_of(const struct leg *leg)
{
	const struct quorum_disk_identity *id = &leg_super(leg)->id;
	u32 legs = le32_to_cpu(id->nr_legs);
	u32 threshold = le32_to_cpu(id->threshold);
	unsigned int count = note_leg(leg);

	if (!count)
		return "none";
	if (count == legs)
		return "complete";
	return count >= max(threshold, legs - threshold + 1) ? "startable" :
							       "incomplete";
}

/* What the table says of its set. */
static int put_line(const struct tab_line *line, void *context)
{
	const struct set *set = context;

	if (!tab_means(line, set))
		return 0;
	put_safe("QUORUM_NAME", line->name);
	say("QUORUM_AUTO=%d", !line->noauto);
	if (line->degraded == TAB_NEVER)
		say("QUORUM_DEGRADED=never");
	else
		say("QUORUM_DEGRADED=%u", line->degraded);
	return 1;
}

static void put_leg(struct leg *leg)
{
	const struct quorum_disk_super *sb = leg_super(leg);
	struct set set = { .super = sb, .nr_legs = 1, .leg = { leg } };
	char uuid[UUID_TEXT], label[QUORUM_LABEL_SIZE + 1];

	snprintf(label, sizeof(label), "%s", (const char *)sb->id.label);
	uuid_text(sb->id.set_uuid, set.uuid);
	uuid_text(sb->id.leg_uuid, uuid);
	say("ID_FS_TYPE=DM_quorum_member");
	say("ID_FS_USAGE=raid");
	say("ID_FS_VERSION=%u", le32_to_cpu(sb->id.version));
	say("ID_FS_UUID=%s", set.uuid);
	say("ID_FS_UUID_ENC=%s", set.uuid);
	say("ID_FS_UUID_SUB=%s", uuid);
	say("ID_FS_UUID_SUB_ENC=%s", uuid);
	put_safe("ID_FS_LABEL", label);
	put_encoded("ID_FS_LABEL_ENC", label);
	say("QUORUM_UUID=%s", set.uuid);
	say("QUORUM_LEG=%u", le32_to_cpu(sb->id.leg));
	say("QUORUM_STATE=%s", state_of(leg));
	if (!tab_each(put_line, &set))
		say("QUORUM_AUTO=1");
}

static void put_none(const struct leg *leg)
{
	int lock = lock_notes();

	forget_device(leg);
	if (lock >= 0)
		close(lock);
	say("QUORUM_STATE=none");
}

int run_incremental(const struct args *args)
{
	struct leg leg;
	int r;

	if (!given(args, OPT_UDEV))
		return fail(END_PARAMETERS, "It is: %s incremental %s",
			    PROGRAM, args->verb->usage);
	r = leg_open(&leg, args->value[OPT_UDEV],
		     LEG_READ | (manner.dry_run ? LEG_FILE : 0));
	if (!r)
		leg_read_super(&leg);
	if (!r && leg.answer.found == QUORUM_FOUND_SUPER)
		put_leg(&leg);
	else if (!r)
		put_none(&leg);
	leg_free(&leg);
	return r;
}
