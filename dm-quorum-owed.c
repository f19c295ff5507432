// SPDX-License-Identifier: GPL-2.0-only
/*
 * What legs owe: what they have not answered though the others went on.
 *
 * Whoever gives up on a leg and the leg itself may come here in any order.
 */
#include "dm-quorum-owed.h"
#include "dm-quorum-device.h"

static bool owes_too_much(const struct quorum_owed *owed)
{
	return owed->ios > QUORUM_MAX_OWED_READS ||
	       owed->bytes > QUORUM_MAX_OWED_BYTES;
}

static void __note(struct quorum_flights *all, unsigned int leg)
{
	struct quorum_owed *owed = &all->leg[leg];
	u32 bit = BIT(leg);

	WRITE_ONCE(all->behind, owed->ios ? all->behind | bit :
					    all->behind & ~bit);
	WRITE_ONCE(all->late, owed->late ? all->late | bit :
					   all->late & ~bit);
	WRITE_ONCE(all->full, owes_too_much(owed) ? all->full | bit :
						    all->full & ~bit);
}

/**
 * quorum_owe() - the others go on without some legs
 * @flight: the flight
 * @legs: which have not answered
 * @given_up: they are not waited for any more, for all that follows
 *
 * Context: Any, without flights->lock, like all of these.
 */
void quorum_owe(struct quorum_flight *flight, u32 legs, bool given_up)
{
	struct quorum_flights *all = flight->all;
	unsigned long flags;
	unsigned int leg;

	spin_lock_irqsave(&all->lock, flags);
	if (given_up)
		flight->late |= legs;
	quorum_for_each_leg(leg, legs & ~flight->returned & ~flight->owed) {
		all->leg[leg].ios++;
		all->leg[leg].bytes += flight->bytes;
		flight->owed |= BIT(leg);
	}
	quorum_for_each_leg(leg, legs & ~flight->returned) {
		if (given_up && !(flight->given_up & BIT(leg))) {
			all->leg[leg].late++;
			atomic_inc(&all->leg[leg].device->late);
			flight->given_up |= BIT(leg);
		}
		__note(all, leg);
	}
	spin_unlock_irqrestore(&all->lock, flags);
	if (all->owed)
		all->owed(all);
}

/*
 * Whether a leg that was waited for comes to say so only after the next round
 * has begun, of which it has not said anything then.
 */
static bool is_of_last_round(struct quorum_flight *flight, unsigned int leg,
			     s64 before)
{
	return before & BIT_ULL(leg) &&
	       (atomic64_read(&flight->out) ^ before) & ~QUORUM_FLIGHT_ANY_OUT;
}

/**
 * quorum_owed_back() - a leg has answered
 * @flight: the flight
 * @leg: the leg
 * @before: what was out then
 *
 * Context: Any.
 * Return: whether it owes nothing now that was given up on, and did before.
 */
bool quorum_owed_back(struct quorum_flight *flight, unsigned int leg,
		      s64 before)
{
	struct quorum_flights *all = flight->all;
	struct quorum_owed *owed = &all->leg[leg];
	unsigned long flags;
	bool caught_up;

	spin_lock_irqsave(&all->lock, flags);
	if (!is_of_last_round(flight, leg, before))
		flight->returned |= BIT(leg);
	if (flight->given_up & BIT(leg)) {
		owed->late--;
		atomic_dec(&owed->device->late);
	}
	caught_up = flight->given_up & BIT(leg) && !owed->late;
	if (flight->owed & BIT(leg)) {
		owed->ios--;
		owed->bytes -= flight->bytes;
	}
	flight->given_up &= ~BIT(leg);
	flight->owed &= ~BIT(leg);
	__note(all, leg);
	spin_unlock_irqrestore(&all->lock, flags);
	return caught_up;
}

/* Legs are sent something again.  Context: Any. */
void quorum_owed_again(struct quorum_flight *flight, u32 legs)
{
	unsigned long flags;

	spin_lock_irqsave(&flight->all->lock, flags);
	flight->returned &= ~legs;
	spin_unlock_irqrestore(&flight->all->lock, flags);
}

/**
 * quorum_flight_late() - the legs that were given up on and are not back
 * @flight: the flight; not out
 *
 * The others may be sent something again.
 *
 * Context: Any.
 */
u32 quorum_flight_late(struct quorum_flight *flight)
{
	unsigned long flags;

	if (!flight->late)
		return 0;
	spin_lock_irqsave(&flight->all->lock, flags);
	flight->late &= ~flight->returned;
	spin_unlock_irqrestore(&flight->all->lock, flags);
	return flight->late;
}

/**
 * quorum_flights_late() - whether I/O on a leg was given up on and is not back
 * @flights: of the target
 * @leg: the leg, not a missing one
 *
 * It does not matter which table asked for it.
 *
 * Context: Any.
 */
bool quorum_flights_late(struct quorum_flights *flights, unsigned int leg)
{
	struct quorum_device *device = flights->leg[leg].device;

	return device && atomic_read(&device->late);
}

/* The legs of which that is true.  Context: Any. */
u32 quorum_flights_all_late(struct quorum_flights *flights)
{
	unsigned int leg;
	u32 late = 0;

	for (leg = 0; leg < flights->nr_legs; leg++)
		if (quorum_flights_late(flights, leg))
			late |= BIT(leg);
	return late;
}

/**
 * quorum_flights_name() - say which device a leg is
 * @flights: those of the target
 * @leg: the leg
 * @dev: the number of its device
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int quorum_flights_name(struct quorum_flights *flights, unsigned int leg,
			dev_t dev)
{
	flights->leg[leg].device = quorum_device_get(dev);
	return flights->leg[leg].device ? 0 : -ENOMEM;
}
