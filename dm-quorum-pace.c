// SPDX-License-Identifier: GPL-2.0-only
/*
 * How fast the sweep goes, and when it may start again by itself.
 *
 * It keeps to a bound on its rate, and makes way for whoever uses the device.
 * An action that starts by itself again and again waits ever longer.
 */
#include "dm-quorum-pace.h"

#include <linux/jiffies.h>
#include <linux/math.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/time64.h>

/* While the device is in use, one rests this much longer than it worked. */
#define YIELD_FACTOR		4

/* A bounded sweep moves in pieces that take about this share of a second. */
#define RATE_PIECES		8
#define MIN_PIECE_BYTES		(64U << 10)

/*
 * An action that starts by itself sooner than RECENTLY after the last such
 * makes the next one wait longer, within bounds.
 */
#define RECENTLY		(60ULL * NSEC_PER_SEC)
#define MIN_PAUSE		(NSEC_PER_SEC / 4ULL)
#define MAX_PAUSE		(64ULL * NSEC_PER_SEC)

/* What went back to dm comes again before this has passed since the resume. */
#define REQUEUE_PAUSE		(5ULL * NSEC_PER_SEC)

/* Nothing was done yet, and nothing is to be waited for.  Context: Any. */
void quorum_pace_init(struct quorum_pace *pace, unsigned int max_rate)
{
	memset(pace, 0, sizeof(*pace));
	pace->max_rate = max_rate;
}

/**
 * quorum_pace_piece() - how much to look at between two rests
 * @pace: the pace
 * @max_bytes: at most so much
 * @block_size: in whole blocks of so many bytes
 *
 * Context: Any.
 * Return: How many bytes.
 */
unsigned int quorum_pace_piece(const struct quorum_pace *pace,
			       unsigned int max_bytes, unsigned int block_size)
{
	u64 bytes = max_bytes;

	if (pace->max_rate)
		bytes = clamp_t(u64, (u64)pace->max_rate * 1024 / RATE_PIECES,
				MIN_PIECE_BYTES, max_bytes);
	return rounddown((unsigned int)bytes, block_size);
}

/**
 * quorum_pace_spend() - how long to rest to keep to the bound on the rate
 * @pace: the pace
 * @now: the time
 * @bytes: what was looked at since the last rest
 *
 * Time that was not made use of is not made up for.
 *
 * Context: Any; nobody else changes @pace.
 * Return: In jiffies; 0 without a bound.
 */
unsigned long quorum_pace_spend(struct quorum_pace *pace, u64 now,
				unsigned int bytes)
{
	if (!pace->max_rate)
		return 0;
	pace->budget = max(pace->budget, now) +
		       div_u64((u64)bytes * NSEC_PER_SEC / 1024,
			       pace->max_rate);
	return nsecs_to_jiffies(pace->budget - now) + 1;
}

/* How long to rest, in jiffies, after working while others want to, too. */
unsigned long quorum_pace_yield(unsigned long worked)
{
	return YIELD_FACTOR * (worked + 1);
}

/* The last piece is done: let the next action rest for it. */
void quorum_pace_owe(struct quorum_pace *pace, u64 now, unsigned long rest)
{
	pace->not_before = now + jiffies_to_nsecs(rest);
}

/* How long an action that begins has to rest for the one before, in jiffies. */
unsigned long quorum_pace_owed(const struct quorum_pace *pace, u64 now)
{
	if (now >= pace->not_before)
		return 0;
	return nsecs_to_jiffies(pace->not_before - now);
}

/**
 * quorum_pace_wait() - how long nothing may start by itself
 * @pace: the pace
 * @now: the time
 *
 * Context: Any.
 * Return: In jiffies; 0 if something may start now.
 */
unsigned long quorum_pace_wait(const struct quorum_pace *pace, u64 now)
{
	if (now >= pace->retry_at)
		return 0;
	return nsecs_to_jiffies(pace->retry_at - now) + 1;
}

/* An action begins that nobody has asked for: how long will the next wait? */
void quorum_pace_start(struct quorum_pace *pace, u64 now)
{
	if (!pace->ended || now - pace->ended > RECENTLY + pace->pause)
		pace->pause = 0;
	else
		pace->pause = clamp(2 * pace->pause, MIN_PAUSE, MAX_PAUSE);
}

/**
 * quorum_pace_end() - an action has come to its end that nobody had asked for
 * @pace: the pace
 * @now: the time
 * @passing: what it could not do may be possible later, but not at once
 *
 * Context: Any; nobody else changes @pace.
 */
void quorum_pace_end(struct quorum_pace *pace, u64 now, bool passing)
{
	pace->ended = now;
	if (passing)
		pace->pause = max(pace->pause, MIN_PAUSE);
	pace->retry_at = now + pace->pause;
}

/* Somebody has asked, or things have changed: there is no need to wait. */
void quorum_pace_hurry(struct quorum_pace *pace)
{
	pace->ended = 0;
	pace->retry_at = 0;
}

/* Requests went back to dm, and are to come again before all else. */
void quorum_pace_requeued(struct quorum_pace *pace, u64 now)
{
	pace->retry_at = now + REQUEUE_PAUSE;
}
