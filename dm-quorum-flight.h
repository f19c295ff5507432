/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dm-quorum-flight.c and dm-quorum-owed.c: what was sent to several legs at
 * once, and may have to go on without some of them.
 *
 * Whoever sends something to legs has a struct quorum_flight in what the bios
 * are in, and calls
 *
 *	quorum_flight_begin()	before the first bio is sent
 *	quorum_flight_sent()	after the last
 *	quorum_flight_back()	for each leg, when its bio has ended
 *
 * Then ->end() is called once: when all legs are back; or when some are not
 * @timeout after they were sent, and ->enough() says that the others will do.
 * The former are in @late by then, and their bios, with all that these refer
 * to, may not be touched until ->free() says that the last of them has ended.
 *
 * It may begin again with other legs; those in @late take no part any more.
 */
#ifndef DM_QUORUM_FLIGHT_H
#define DM_QUORUM_FLIGHT_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "dm-quorum-vote.h"

struct quorum_device;
struct quorum_flight;

/* A leg that owes more than this is not asked for more. */
#define QUORUM_MAX_OWED_READS	64
#define QUORUM_MAX_OWED_BYTES	(8 << 20)

/**
 * struct quorum_flight_ops - what the owner of a flight has to say
 * @enough: whether it can go on without the legs in @out.  May be called at any
 *	time, by several at once, in any context
 * @seen: a leg is back, or all are sent, and it is not at its end.  Optional.
 *	Called in the context of the leg's completion, by several at once
 * @end: it is; in the context of the last completion, or of the timer
 * @free: nobody refers to it any more
 */
struct quorum_flight_ops {
	bool (*enough)(struct quorum_flight *flight, u32 out);
	void (*seen)(struct quorum_flight *flight);
	void (*end)(struct quorum_flight *flight);
	void (*free)(struct quorum_flight *flight);
};

/**
 * struct quorum_owed - what a leg has not answered though the others went on
 * @device: where others can see it
 * @ios: how many requests
 * @bytes: how long they are, all together
 * @late: those of them that were given up on
 */
struct quorum_owed {
	struct quorum_device *device;
	unsigned int ios;
	u64 bytes;
	unsigned int late;
};

/**
 * struct quorum_flights - all of a target
 * @timeout: after so long a leg is given up on, in jiffies; 0 is never
 * @counts: what legs owe is counted
 * @behind: legs that owe anything
 * @late: legs that owe what was given up on
 * @full: legs that owe too much to be asked for more
 * @wq: looks who is late
 * @tick: likewise
 * @caught_up: a leg does not owe anything any more
 * @owed: something goes on without some legs; or NULL
 * @wait: for the end of all
 * @nr: how many there are
 * @young: those that have begun, by age
 * @old: those of which some leg is overdue, and the others will not do
 * @leg: what each leg owes
 * @nr_legs: how many legs there are
 */
struct quorum_flights {
	unsigned long timeout;
	bool counts;
	u32 behind;
	u32 late;
	u32 full;
	struct workqueue_struct *wq;
	struct delayed_work tick;
	void (*caught_up)(struct quorum_flights *flights, unsigned int leg);
	void (*owed)(struct quorum_flights *flights);
	wait_queue_head_t wait;
	/** @lock: protects what follows, and the masks from changes */
	spinlock_t lock;
	unsigned int nr;
	struct list_head young;
	struct list_head old;
	struct quorum_owed *leg;
	unsigned int nr_legs;
};

/**
 * struct quorum_flight - what was sent to several legs at once
 * @all: those of the target
 * @ops: what its owner has to say
 * @out: legs that are not back, one bit each, and whether it is being sent
 * @late: legs that were given up on
 * @sent: when all was sent, in jiffies
 * @refs: its owner, each bio, and who looks at it
 * @list: among @all
 * @returned: legs that are back; this and the next two change with @all->lock
 * @owed: legs that are counted to owe it
 * @given_up: likewise, as given up on
 * @bytes: how much it is
 */
struct quorum_flight {
	struct quorum_flights *all;
	const struct quorum_flight_ops *ops;
	atomic64_t out;
	u32 late;
	unsigned long sent;
	refcount_t refs;
	struct list_head list;
	u32 returned;
	u32 owed;
	u32 given_up;
	unsigned int bytes;
};

int quorum_flights_init(struct quorum_flights *flights, unsigned int nr_legs,
			unsigned int timeout_ms, bool counts);
int quorum_flights_name(struct quorum_flights *flights, unsigned int leg,
			dev_t dev);
void quorum_flights_wait(struct quorum_flights *flights);
void quorum_flights_exit(struct quorum_flights *flights);
bool quorum_flights_late(struct quorum_flights *flights, unsigned int leg);
u32 quorum_flights_all_late(struct quorum_flights *flights);

void quorum_flight_init(struct quorum_flight *flight,
			struct quorum_flights *flights,
			const struct quorum_flight_ops *ops);
void quorum_flight_begin(struct quorum_flight *flight, u32 legs,
			 unsigned int bytes);
void quorum_flight_sent(struct quorum_flight *flight);
void quorum_flight_back(struct quorum_flight *flight, unsigned int leg);
u32 quorum_flight_late(struct quorum_flight *flight);
u32 quorum_flight_out(struct quorum_flight *flight);
void quorum_flight_owe(struct quorum_flight *flight);
void quorum_flight_put(struct quorum_flight *flight);

#endif /* DM_QUORUM_FLIGHT_H */
