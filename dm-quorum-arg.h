/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The words of a table or of a message: numbers, and what dm is told of a table
 * that cannot be.
 */
#ifndef DM_QUORUM_ARG_H
#define DM_QUORUM_ARG_H

#include <linux/ctype.h>
#include <linux/device-mapper.h>
#include <linux/errno.h>
#include <linux/kstrtox.h>
#include <linux/types.h>

/**
 * quorum_parse_u64() - read a number
 * @arg: decimal digits and nothing else; kstrtox alone would take a sign.
 *	NULL if the word is missing.
 * @value: what they say; as it was if they cannot be read
 *
 * Context: Any.
 * Return: 0, or a negative errno.
 */
static inline int quorum_parse_u64(const char *arg, u64 *value)
{
	if (!arg || !isdigit(*arg))
		return -EINVAL;
	return kstrtou64(arg, 10, value);
}

/**
 * quorum_parse_uint() - read a number that is not that large
 * @arg: as for quorum_parse_u64()
 * @value: likewise
 *
 * Context: Any.
 * Return: 0, or a negative errno.
 */
static inline int quorum_parse_uint(const char *arg, unsigned int *value)
{
	if (!arg || !isdigit(*arg))
		return -EINVAL;
	return kstrtouint(arg, 10, value);
}

/**
 * quorum_refuse() - say why a table is refused
 * @ti: dm's side of the target
 * @error: a negative errno
 * @message: what dm logs
 *
 * Context: Any.
 * Return: @error, for the caller to return.
 */
static inline int quorum_refuse(struct dm_target *ti, int error, char *message)
{
	ti->error = message;
	return error;
}

#endif /* DM_QUORUM_ARG_H */
