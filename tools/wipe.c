// SPDX-License-Identifier: GPL-2.0-only
/*
 * Legs made blank: what is on them is lost.
 */
#include "progress.h"
#include "set.h"
#include "wipe.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define CHUNK		(64 * MIB)
#define LOOK_NS		50000000

/**
 * struct wiper - a leg being wiped, by a thread of its own
 * @leg: which
 * @from: first sector
 * @to: the one behind the last
 * @done: sectors so far
 * @running: it is
 * @error: errno
 * @thread: which
 */
struct wiper {
	struct leg *leg;
	u64 from;
	u64 to;
	atomic_ullong done;
	atomic_bool running;
	int error;
	pthread_t thread;
};

static void *wipe(void *context)
{
	struct wiper *wiper = context;
	u64 at = wiper->from;

	while (at < wiper->to && !wiper->error && !interrupted()) {
		u64 part = wiper->to - at;

		if (part > CHUNK)
			part = CHUNK;
		wiper->error = leg_zero(wiper->leg, at, part);
		at += part;
		atomic_store(&wiper->done, at - wiper->from);
	}
	if (!wiper->error && fsync(wiper->leg->fd))
		wiper->error = errno;
	atomic_store(&wiper->running, false);
	return NULL;
}

/* Sets @done to what is done on all together; returns whether some run. */
static bool look(struct wiper *wipers, unsigned int count, u64 *done)
{
	bool running = false;
	unsigned int i;

	*done = 0;
	for (i = 0; i < count; i++) {
		running |= atomic_load(&wipers[i].running);
		*done += atomic_load(&wipers[i].done);
	}
	return running;
}

static int join(struct wiper *wipers, unsigned int count)
{
	unsigned int i;
	int r = 0;

	for (i = 0; i < count; i++) {
		pthread_join(wipers[i].thread, NULL);
		if (wipers[i].error && !r)
			r = fail(END_DEVICE, "%s: Cannot be wiped: %s.",
				 wipers[i].leg->path,
				 strerror(wipers[i].error));
	}
	if (!r && interrupted())
		r = END_INTERRUPTED;
	return r;
}

static int start(struct wiper *wiper)
{
	atomic_store(&wiper->running, true);
	return pthread_create(&wiper->thread, NULL, wipe, wiper);
}

static int run_all(struct wiper *wipers, unsigned int count, u64 total)
{
	const struct timespec pause = { .tv_nsec = LOOK_NS };
	struct progress progress;
	unsigned int i;
	u64 done;
	int r;

	progress_begin(&progress, "Wipe", wipers[0].leg->path, 0);
	for (i = 0; i < count; i++)
		if (start(&wipers[i]))
			break;
	while (look(wipers, i, &done)) {
		progress_show(&progress, done, total, "");
		nanosleep(&pause, NULL);
	}
	r = join(wipers, i);
	if (!r && i < count)
		r = fail(END_MEMORY, "Cannot start a thread.");
	if (r)
		progress_break(&progress);
	else
		progress_end(&progress, done, total, "");
	return r;
}

/* As long as it is open, udev does not look at what is half done. */
void lock_disk(struct leg *leg)
{
	flock(leg->fd, LOCK_EX | LOCK_NB);
}

/* Zeroes from some sector of a leg on. */
int wipe_head(struct leg *leg, u64 from, u64 to)
{
	int r;

	if (manner.dry_run) {
		would("blkdiscard --zeroout --offset %llu --length %llu '%s'",
		      from * SECTOR, (to - from) * SECTOR, leg->path);
		return 0;
	}
	r = leg_zero(leg, from, to - from);
	if (!r && fsync(leg->fd))
		r = errno;
	return r ? fail(END_DEVICE, "%s: Cannot be wiped: %s.", leg->path,
			strerror(r)) : 0;
}

/* What is before the data, and the end, where others leave their marks. */
int wipe_ends(struct leg *leg, u64 offset)
{
	u64 tail = leg->sectors > LEG_TAIL ? leg->sectors - LEG_TAIL : 0;
	int r;

	if (tail <= offset)
		return wipe_head(leg, 0, leg->sectors);
	r = wipe_head(leg, 0, offset);
	return r ? r : wipe_head(leg, tail, leg->sectors);
}

/**
 * wipe_all() - zero all of some legs, so that they are equal
 * @legs: open for writing
 * @count: how many
 * @offset: where their data will start
 * @length: how much there will be
 *
 * Their ends come first: whatever they were before, they are it no more.
 */
int wipe_all(struct leg *legs, unsigned int count, u64 offset, u64 length)
{
	struct wiper wipers[QUORUM_DISK_LEGS] = { };
	unsigned int i;
	int r;

	for (i = 0; i < count; i++) {
		r = wipe_ends(&legs[i], offset);
		if (r || interrupted())
			return r ? r : END_INTERRUPTED;
		wipers[i].leg = &legs[i];
		wipers[i].from = offset;
		wipers[i].to = offset + length;
	}
	if (!manner.dry_run)
		return run_all(wipers, count, count * length);
	for (i = 0; i < count; i++)
		wipe_head(&legs[i], offset, offset + length);
	return 0;
}

/* Warns of what is on a leg; returns whether there is something. */
bool check_content(struct leg *leg)
{
	char *content;
	bool found;

	leg_read_super(leg);
	if (leg_super(leg)) {
		char uuid[UUID_TEXT];

		uuid_text(leg_super(leg)->id.set_uuid, uuid);
		warn("%s is a leg of the set %s.", leg->path, uuid);
		return true;
	}
	content = leg_content(leg);
	found = content;
	if (found)
		warn("%s holds %s.", leg->path, content);
	free(content);
	return found;
}
