/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-message.c: status and messages.
 */
#ifndef DM_QUORUM_MESSAGE_H
#define DM_QUORUM_MESSAGE_H

#include <linux/device-mapper.h>

void quorum_status(struct dm_target *ti, status_type_t type,
		   unsigned int status_flags, char *result,
		   unsigned int maxlen);
int quorum_message(struct dm_target *ti, unsigned int argc, char **argv,
		   char *result, unsigned int maxlen);

#endif /* DM_QUORUM_MESSAGE_H */
