// SPDX-License-Identifier: GPL-2.0-only
/*
 * device-mapper, by way of libdevmapper.
 */
#include "dm.h"

#include <errno.h>
/* It has one of its own. */
#define hweight32 libdm_hweight32
#include <libdevmapper.h>
#undef hweight32
#include <stdio.h>
#include <stdlib.h>

static void note(int level, const char *file, int line, int error,
		 const char *format, ...)
	__attribute__((format(printf, 5, 6)));

static void note(int level, const char *file, int line, int error,
		 const char *format, ...)
{
	char words[512];
	va_list args;

	(void)file;
	(void)line;
	(void)error;
	if (!manner.debug || (level & 7) > 6)
		return;
	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	debug("dm: %s", words);
}

/* To be called before anything else here. */
void dm_setup(void)
{
	dm_log_with_errno_init(note);
}

static struct dm_task *task_for(int type, const char *name)
{
	struct dm_task *task = dm_task_create(type);

	if (task && name && !dm_task_set_name(task, name)) {
		dm_task_destroy(task);
		return NULL;
	}
	return task;
}

/* Sets errno itself, since some failures come before any ioctl. */
static int run_task(struct dm_task *task)
{
	int error;

	if (dm_task_run(task))
		return 0;
	error = dm_task_get_errno(task);
	return error ? -error : -ENODEV;
}

/* Waits for udev on every path, or the cookie stays behind. */
static int run_with_udev(struct dm_task *task, u16 flags)
{
	u32 cookie = 0;
	int r = -ENOMEM;

	if (dm_task_set_cookie(task, &cookie,
			       flags | DM_UDEV_DISABLE_LIBRARY_FALLBACK))
		r = run_task(task);
	dm_udev_wait(cookie);
	return r;
}

/* The target's version, for which the kernel loads the module if need be. */
int dm_version(unsigned int version[3])
{
	struct dm_task *task = task_for(DM_DEVICE_GET_TARGET_VERSION, NULL);
	struct dm_versions *versions;
	int r = -ENOMEM;

	if (task && dm_task_set_name(task, DM_TARGET))
		r = run_task(task);
	if (!r) {
		versions = dm_task_get_versions(task);
		memcpy(version, versions->version, 3 * sizeof(*version));
	}
	if (task)
		dm_task_destroy(task);
	return r;
}

static void copy_info(struct dm_task *task, struct dm_device *device)
{
	const char *uuid = dm_task_get_uuid(task);
	const char *name = dm_task_get_name(task);
	struct dm_info info;

	if (!dm_task_get_info(task, &info))
		return;
	if (name)
		snprintf(device->name, sizeof(device->name), "%s", name);
	snprintf(device->uuid, sizeof(device->uuid), "%s", uuid ? uuid : "");
	device->major = info.major;
	device->minor = info.minor;
	device->opens = info.open_count;
	device->events = info.event_nr;
	device->suspended = info.suspended;
	device->read_only = info.read_only;
	device->live = info.live_table;
}

static bool has_device(struct dm_task *task)
{
	struct dm_info info;

	return dm_task_get_info(task, &info) && info.exists;
}

/* -ENXIO if there is no such device. */
int dm_look(const char *name, struct dm_device *device)
{
	struct dm_task *task = task_for(DM_DEVICE_INFO, name);
	int r = task ? run_task(task) : -ENOMEM;

	memset(device, 0, sizeof(*device));
	if (!r && !has_device(task))
		r = -ENXIO;
	if (!r)
		copy_info(task, device);
	if (task)
		dm_task_destroy(task);
	return r;
}

static int collect_names(struct dm_task *task, struct dm_device **list,
			 unsigned int *count)
{
	struct dm_names *names = dm_task_get_names(task);
	unsigned int room = 0;

	*list = NULL;
	*count = 0;
	if (!names || !names->dev)
		return 0;
	for (;;) {
		if (*count == room) {
			room = room ? 2 * room : 16;
			*list = must(reallocarray(*list, room, sizeof(**list)));
		}
		/* It may be gone by now. */
		if (!dm_look(names->name, &(*list)[*count]))
			(*count)++;
		if (!names->next)
			return 0;
		names = (void *)((char *)names + names->next);
	}
}

/* All devices there are, whatever they are made of.  To be freed. */
int dm_names(struct dm_device **list, unsigned int *count)
{
	struct dm_task *task = task_for(DM_DEVICE_LIST, NULL);
	int r = task ? run_task(task) : -ENOMEM;

	*list = NULL;
	*count = 0;
	if (!r)
		r = collect_names(task, list, count);
	if (task)
		dm_task_destroy(task);
	return r;
}

/* -EINVAL if it is not one quorum target. */
static int one_line(struct dm_task *task, struct dm_line *line)
{
	u64 start = 0, length = 0;
	char *type = NULL, *params = NULL;

	if (!has_device(task))
		return -ENXIO;
	if (dm_get_next_target(task, NULL, (uint64_t *)&start,
			       (uint64_t *)&length, &type, &params) ||
	    !type || strcmp(type, DM_TARGET) || !params)
		return -EINVAL;
	line->start = start;
	line->length = length;
	snprintf(line->type, sizeof(line->type), "%s", type);
	line->params = must(strdup(params));
	return 0;
}

static int get_line(int type, const char *name, struct dm_line *line)
{
	struct dm_task *task = task_for(type, name);
	int r = task ? 0 : -ENOMEM;

	memset(line, 0, sizeof(*line));
	if (!r && type == DM_DEVICE_STATUS && !dm_task_no_flush(task))
		r = -ENOMEM;
	if (!r)
		r = run_task(task);
	if (!r)
		r = one_line(task, line);
	if (task)
		dm_task_destroy(task);
	return r;
}

/* line->params is to be freed. */
int dm_status(const char *name, struct dm_line *line)
{
	return get_line(DM_DEVICE_STATUS, name, line);
}

/* Likewise. */
int dm_table(const char *name, struct dm_line *line)
{
	return get_line(DM_DEVICE_TABLE, name, line);
}

/**
 * dm_create() - make a device without a table
 * @name: its name
 * @uuid: dm's for it
 * @device: set to what it became: its number is what the log calls it
 */
int dm_create(const char *name, const char *uuid, struct dm_device *device)
{
	struct dm_task *task = task_for(DM_DEVICE_CREATE, name);
	int r = -ENOMEM;

	if (task && dm_task_set_uuid(task, uuid))
		r = run_task(task);
	if (task)
		dm_task_destroy(task);
	return r ? r : dm_look(name, device);
}

int dm_load(const char *name, const struct dm_line *line, unsigned int flags)
{
	struct dm_task *task = task_for(DM_DEVICE_RELOAD, name);
	int r = -ENOMEM;

	if (task &&
	    (!(flags & DM_READ_ONLY) || dm_task_set_ro(task)) &&
	    dm_task_add_target(task, line->start, line->length, DM_TARGET,
			       line->params))
		r = run_task(task);
	if (task)
		dm_task_destroy(task);
	return r;
}

/*
 * File systems are not frozen, since nothing changes for them, and what fails
 * meanwhile is tried again with the new table.
 */
int dm_suspend(const char *name)
{
	struct dm_task *task = task_for(DM_DEVICE_SUSPEND, name);
	int r = -ENOMEM;

	if (task && dm_task_no_flush(task) && dm_task_skip_lockfs(task))
		r = run_task(task);
	if (task)
		dm_task_destroy(task);
	return r;
}

int dm_resume(const char *name, unsigned int flags)
{
	struct dm_task *task = task_for(DM_DEVICE_RESUME, name);
	u16 udev = 0;
	int r = -ENOMEM;

	if (flags & DM_PRIVATE)
		udev = DM_UDEV_DISABLE_SUBSYSTEM_RULES_FLAG |
		       DM_UDEV_DISABLE_DISK_RULES_FLAG |
		       DM_UDEV_DISABLE_OTHER_RULES_FLAG;
	if (task)
		r = run_with_udev(task, udev);
	if (task)
		dm_task_destroy(task);
	return r;
}

/* Whoever has it open for a moment, such as udev, is waited for. */
int dm_remove(const char *name, bool deferred)
{
	struct dm_task *task = task_for(DM_DEVICE_REMOVE, name);
	int r = -ENOMEM;

	if (task && (deferred ? dm_task_deferred_remove(task) :
				dm_task_retry_remove(task)))
		r = run_with_udev(task, 0);
	if (task)
		dm_task_destroy(task);
	return r;
}

/**
 * dm_message() - tell a target something
 * @name: the device
 * @sector: one of the target's
 * @message: what
 * @answer: set to what it answers, to be freed; "" if it does not; or NULL
 */
int dm_message(const char *name, u64 sector, const char *message, char **answer)
{
	struct dm_task *task = task_for(DM_DEVICE_TARGET_MSG, name);
	const char *response;
	int r = -ENOMEM;

	if (task && dm_task_set_sector(task, sector) &&
	    dm_task_set_message(task, message))
		r = run_task(task);
	if (!r && answer) {
		response = dm_task_get_message_response(task);
		*answer = must(strdup(response ? response : ""));
	}
	if (task)
		dm_task_destroy(task);
	return r;
}
