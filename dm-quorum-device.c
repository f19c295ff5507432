// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that owe answers.  What was given up on may still be written, also
 * after the table that asked for it has been replaced: so the next one has to
 * know of it before it makes that leg equal to the others.
 */
#include "dm-quorum-device.h"

#include <linux/mutex.h>
#include <linux/slab.h>

/* Protects the list, and @users of what is on it. */
static struct mutex devices_mutex;
static struct list_head devices;

/* Context: Before any target is made. */
void quorum_devices_init(void)
{
	INIT_LIST_HEAD(&devices);
	mutex_init(&devices_mutex);
}

static struct quorum_device *find(dev_t dev)
{
	struct quorum_device *device;

	list_for_each_entry(device, &devices, list)
		if (device->dev == dev)
			return device;
	return NULL;
}

static struct quorum_device *add(dev_t dev)
{
	struct quorum_device *device = kzalloc(sizeof(*device), GFP_KERNEL);

	if (!device)
		return NULL;
	device->dev = dev;
	atomic_set(&device->late, 0);
	list_add(&device->list, &devices);
	return device;
}

/**
 * quorum_device_get() - get what is known of a device
 * @dev: its number
 *
 * Context: May sleep.
 * Return: The same for all who ask; NULL if there is no memory.
 */
struct quorum_device *quorum_device_get(dev_t dev)
{
	struct quorum_device *device;

	mutex_lock(&devices_mutex);
	device = find(dev);
	if (!device)
		device = add(dev);
	if (device)
		device->users++;
	mutex_unlock(&devices_mutex);
	return device;
}

/* Nothing of the caller's is late any more.  Context: May sleep. */
void quorum_device_put(struct quorum_device *device)
{
	if (!device)
		return;
	mutex_lock(&devices_mutex);
	if (!--device->users) {
		list_del(&device->list);
		kfree(device);
	}
	mutex_unlock(&devices_mutex);
}
