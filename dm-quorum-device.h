/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-device.c: devices that owe answers, whichever table asked them.
 */
#ifndef DM_QUORUM_DEVICE_H
#define DM_QUORUM_DEVICE_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/types.h>

/**
 * struct quorum_device - a device that is a leg of some table, or of several
 * @list: among all of them
 * @dev: its number
 * @users: how many legs it is
 * @late: I/O on it that was given up on and is not back
 */
struct quorum_device {
	struct list_head list;
	dev_t dev;
	unsigned int users;
	atomic_t late;
};

void quorum_devices_init(void);
struct quorum_device *quorum_device_get(dev_t dev);
void quorum_device_put(struct quorum_device *device);

#endif /* DM_QUORUM_DEVICE_H */
