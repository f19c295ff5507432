/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A set of three legs of which two have to agree, with metadata: one region, of
 * one block.  What is checked, and with which bounds, "run" says.
 *
 * One process does all there is to do, a step at a time.  Nobody looks at what
 * is on the legs but the next activation, so a step that writes to several of
 * them in parallel is: choose whether there is a crash, and if so, who has it.
 * The step's names are those of dm-quorum-assemble.h.
 *
 * Two slots of each block, and checksums, are what makes a write all or nothing,
 * and leaves the older version if it is nothing.  They are not modelled: a write
 * happened, or it did not.  Nor are data that rot, which is what the tie rule is
 * kept from where a bitmap was lost, and metadata writes that fail: a leg that
 * cannot be written is one that fails.
 *
 * Switches: REPLACE, ROLLBACK, DAMAGE are what else may happen; ALL_FIRST (the
 * first activation has all legs), ALWAYS_FUA (what is written is stored) and
 * ONLY_LEG_0 (is rolled back) are bounds; those that begin with BREAK_ leave
 * out a rule, and each has to be found out.
 */
#define LEGS		3
#define THRESHOLD	2
#define COPIES		2	/* N - T + 1 */
#define NONE		7	/* no disk */

#ifndef ACTIVATIONS
#define ACTIVATIONS	3
#endif
#ifndef COMMITS
#define COMMITS		2	/* of one activation */
#endif
#ifndef SUPERS
#define SUPERS		1	/* likewise, of those with superblocks */
#endif
#ifndef WRITES
#define WRITES		1
#endif
#ifndef SNAPSHOTS
#define SNAPSHOTS	1	/* one of them may be before so many activations */
#endif

/* What a superblock says of a member, in two bits for each. */
#define IN		0
#define BEHIND		1
#define REBUILD		2
#define STATE(states, i) (((states) >> (2 * (i))) & 3)
#define WITH_STATE(states, i, value) \
	(((states) & (63 ^ (3 << (2 * (i))))) | ((value) << (2 * (i))))

/* The bits of a region in a bitmap block. */
#define DIRTY		1
#define MISSED(i)	(2 << (i))

/* Versions: the epoch, then a count. */
#ifdef BREAK_EPOCH_IS_COUNTED
#define NEXT_EPOCH(v)	((v) + 1)
#define BLOCK_EPOCH(v)	0
#define BLOCK_NEXT(v)	((v) + 1)
#else
#define NEXT_EPOCH(v)	((((v) >> 2) + 1) << 2)
#define BLOCK_EPOCH(v)	(((v) >> 2) << 3)
#define BLOCK_NEXT(v)	((v) + 1)
#endif

typedef disk {
	/* The superblock; a version of 0 is none. */
	byte version;
	byte states;
	bit replaced;		/* the third leg is the fourth disk */
	byte acked[LEGS];
	/* The bitmap block. */
	byte block;
	byte bits;
	/* The data: as it is stored, and in the disk's cache. */
	byte stored;
	byte cached;
};

disk disks[4];

/* What is running. */
byte place[LEGS];		/* the disk of each leg */
byte version;
byte states;
bit replaced;
byte acked[LEGS];
byte block;
byte bits;
byte live;			/* sets of legs */
byte trusted;
byte late;
bit suspect;

/* The world. */
byte activations;
byte writes;
byte acknowledged;		/* the last version that was, and flushed */
byte told;			/* likewise, but not flushed */
bit up;
bit crash;
bit fua;
byte commits;
byte supers;

#ifdef ROLLBACK
disk snapshot;
byte taken = NONE;		/* of which disk */
#endif
#ifdef DAMAGE
byte damaged = NONE;		/* a leg whose superblocks are damaged */
byte lost = NONE;		/* one whose bitmap block is */
bit was_damaged;
#else
#define damaged	NONE
#define lost	NONE
#endif

/* Scratch, zero between steps. */
byte i, j, k, newest, count, took;

#define has(legs, leg)	(((legs) >> (leg)) & 1)
#define size(legs)	(has(legs, 0) + has(legs, 1) + has(legs, 2))
#define leg(n)		disks[place[n]]
#define current(n)	(has(live, n) && STATE(states, n) != REBUILD && \
			 !(bits & MISSED(n)))
#define currents	(current(0) + 2 * current(1) + 4 * current(2))

/*
 * Writes of metadata.
 */

inline maybe_crash()
{
	if
	:: crash = 0
	:: crash = 1
	fi
}

/* To each of @legs.  With a crash, to any of them. */
inline store(legs, with_block, with_super)
{
	for (i : 0 .. 2) {
		if
		:: has(legs, i) && with_block ->
			if
			:: leg(i).block = block; leg(i).bits = bits
			:: crash
			fi
		:: else
		fi;
		if
		:: has(legs, i) && with_super ->
			if
			:: leg(i).version = version;
			   leg(i).states = states; leg(i).replaced = replaced;
			   d_step { leg(i).acked[0] = acked[0];
				leg(i).acked[1] = acked[1];
				leg(i).acked[2] = acked[2] }
			:: crash
			fi
		:: else
		fi
	}
	skip;
	d_step {
		skip;
		for (i : 0 .. 2) {
			if
			:: has(legs, i) && with_super && !crash ->
				acked[i] = version
			:: else
			fi
		}
		i = 0
	}
}

/* A commit: the next block, and the next superblock if @with_super. */
inline commit(with_super)
{
	maybe_crash();
	block = BLOCK_NEXT(block);
	commits++;
	if
	:: with_super -> version++; supers++
	:: else
	fi;
	store(live, 1, with_super)
}

/*
 * Activation.
 */

inline choose_legs()
{
#ifdef ALL_FIRST
	if
	:: activations == 1 -> place[0] = 0; place[1] = 1; place[2] = 2
	:: else -> choose_any()
	fi
#else
	choose_any()
#endif
}

inline choose_any()
{
	if
	:: place[0] = 0
	:: place[0] = NONE
	fi;
	if
	:: place[1] = 1
	:: place[1] = NONE
	fi;
	if
	:: place[2] = 2
#ifdef REPLACE
	:: place[2] = 3
#endif
	:: place[2] = NONE
	fi
#ifdef DAMAGE
	;
	if
	:: skip
	:: !was_damaged && place[0] != NONE -> damaged = 0
	:: !was_damaged && place[2] != NONE -> damaged = 2
	:: !was_damaged && place[0] != NONE -> lost = 0
	:: !was_damaged && place[2] != NONE -> lost = 2
	fi;
	was_damaged = was_damaged || damaged != NONE || lost != NONE
#endif
}

#define is_super(n)	(place[n] != NONE && leg(n).version && damaged != (n))
#define is_blank(n)	(place[n] != NONE && !leg(n).version)

/* Who counts: newest is its leg, and NONE if there is none. */
inline find_newest()
{
	skip;
	d_step {
		skip;
		newest = NONE;
		for (i : 0 .. 2) {
			if
			:: is_super(i) &&
			   (newest == NONE -> 1 : leg(i).version > leg(newest).version) ->
				newest = i
			:: else
			fi
		}
		i = 0
	}
}

#ifdef BREAK_ACKED_IS_FORGOTTEN
#define has_lost(n)	0
#else
#define has_lost(n)	(leg(n).version < leg(newest).acked[n])
#endif

/* The fourth disk is blank, or the third leg's, or a stranger. */
#define stranger	(place[2] != NONE && leg(2).version && \
			 (place[2] == 3) != leg(newest).replaced)

inline sort_legs()
{
	skip;
	d_step {
		skip;
		trusted = 0;
		late = 0;
		for (i : 0 .. 2) {
			if
			:: is_super(i) && !has_lost(i) -> trusted = trusted | (1 << i)
#ifdef BREAK_LOST_IS_AN_ANSWER
			:: is_super(i) && has_lost(i) -> trusted = trusted | (1 << i)
#else
			:: is_super(i) && has_lost(i) -> late = late | (1 << i)
#endif
			:: is_blank(i) || (damaged == i && damaged != NONE) ->
				late = late | (1 << i)
			:: else
			fi
		}
		i = 0
	}
}

#ifdef BREAK_FEWER_ANSWERS
#define enough		(size(trusted) >= 1 && size(trusted | late) >= THRESHOLD)
#elif defined(BREAK_NEWCOMER_COUNTS)
#define enough		(size(trusted) >= 1 && size(trusted | late) >= THRESHOLD)
#else
#define enough		(size(trusted) >= THRESHOLD)
#endif

/* The superblock of this activation. */
inline take_over()
{
	skip;
	d_step {
		skip;
		version = NEXT_EPOCH(leg(newest).version);
		states = leg(newest).states;
		replaced = leg(newest).replaced;
		for (i : 0 .. 2) {
			acked[i] = leg(newest).acked[i];
			if
#ifdef BREAK_LOST_BEGINS_ANEW
			:: is_super(i) -> acked[i] = leg(i).version
#else
			:: is_super(i) && !has_lost(i) ->
				acked[i] = leg(i).version
#endif
			:: is_blank(i) -> acked[i] = 0
			:: else
			fi;
			if
			:: has(late, i) || (is_super(i) && has_lost(i)) ->
				states = WITH_STATE(states, i, REBUILD)
			:: !has(trusted | late, i) && STATE(states, i) == IN ->
				states = WITH_STATE(states, i, BEHIND)
			:: else
			fi
		}
		i = 0;
		live = trusted | late;
		if
		:: place[2] == 3 -> replaced = 1
		:: else
		fi
	}
}

/* What counts of the block: took is who has it, count how many copies. */
inline find_block()
{
	skip;
	d_step {
		skip;
		block = 0;
		took = 0;
		count = 0;
		for (i : 0 .. 2) {
			if
			:: has(trusted, i) && lost != i ->
				count++;
				if
				:: leg(i).block > block ->
					block = leg(i).block; bits = leg(i).bits;
					took = 1 << i
				:: leg(i).block == block -> took = took | (1 << i)
				:: else
				fi
			:: else
			fi
		}
		i = 0
	}
}

/* quorum_block_adopt(); k: whether it has to be written */
inline adopt_block()
{
	skip;
	d_step {
		skip;
		k = 0;
		suspect = 0;
		if
		:: count < COPIES ->
			suspect = 1;
			k = 1;
			bits = DIRTY;
			for (i : 0 .. 2) {
				if
				:: STATE(states, i) != IN -> bits = bits | MISSED(i)
				:: else
				fi
			}
		:: else
		fi;
		for (i : 0 .. 2) {
			if
#ifndef BREAK_ABSENT_MISS_NOTHING
			:: !has(live, i) && (bits & DIRTY) && !(bits & MISSED(i)) ->
				bits = bits | MISSED(i); k = 1
#endif
			:: else
			fi
		}
		i = 0;
#ifndef BREAK_NO_DOUBT
		/* Who does not answer may have a newer one that is clean. */
		if
		:: (bits & DIRTY) && trusted != 7 -> k = 1
		:: else
		fi;
#endif
#ifndef BREAK_NO_WRITE_BACK
		if
		:: size(took) < THRESHOLD -> k = 1
		:: else
		fi;
#endif
		count = 0;
		took = 0
	}
}

/* Each of these is taken if there was no crash before it. */
inline act_epoch()
{
#ifndef BREAK_BLOCKS_BEFORE_EPOCH
	maybe_crash();
#ifdef BREAK_LATE_IS_EARLY
	store(live, 0, 1)
#elif defined(BREAK_NEWCOMER_COUNTS)
	store(live, 0, 1)
#else
	store(trusted, 0, 1)
#endif
#else
	skip
#endif
}

/*
 * The bitmap block, if it has to be written, and the superblock: a crash may
 * leave the one without the other.
 */
inline act_table()
{
	find_block();
	adopt_block();
#ifdef BREAK_EPOCH_IS_COUNTED
	block++;
#else
	if
	:: k -> block = BLOCK_EPOCH(version)
	:: else
	fi;
#endif
#ifdef BREAK_BLOCKS_BEFORE_EPOCH
	if
	:: k -> maybe_crash(); store(trusted, 1, 0)
	:: else
	fi;
	if
	:: !crash -> maybe_crash(); store(trusted, 0, 1)
	:: else
	fi;
#elif defined(BREAK_DATA_BEFORE_TABLE)
	if
	:: k -> maybe_crash(); store(trusted, 1, 0)
	:: else
	fi;
#else
	maybe_crash();
	version++;
	store(trusted, k, 1);
#endif
	k = 0;
	/* What follows is of this epoch. */
#ifndef BREAK_EPOCH_IS_COUNTED
	block = BLOCK_EPOCH(version)
#endif
}

inline act_late()
{
	if
	:: late ->
		maybe_crash();
		block = BLOCK_NEXT(block);
		store(live, 1, 0);
		if
		:: !crash -> maybe_crash(); store(late, 0, 1)
		:: else
		fi
	:: else
	fi
}

/*
 * What all of it is for: who has a vote has what was acknowledged, and where
 * nothing is dirty they are equal.
 */
inline check_legs()
{
	skip;
	d_step {
		skip;
		for (i : 0 .. 2) {
			if
			:: current(i) ->
				assert(leg(i).stored >= acknowledged);
				for (j : 0 .. 2) {
					assert(!current(j) || (bits & DIRTY) ||
					       leg(i).stored == leg(j).stored)
				}
			:: else
			fi
		}
		i = 0;
		j = 0
	}
}

inline activate()
{
	activations++;
	choose_legs();
	find_newest();
	if
	:: newest != NONE -> sort_legs()
	:: else -> trusted = 0
	fi;
	if
	:: newest != NONE && enough && !stranger ->
		take_over();
		act_epoch();
		if
		:: !crash -> act_table()
		:: else
		fi;
		if
		:: !crash -> act_late()
		:: else
		fi;
		if
		:: !crash -> up = 1; check_legs()
		:: else -> go_down()
		fi
	:: else ->
		/* Refused: nothing has happened. */
		activations--;
		go_down()
	fi;
	newest = 0
}

/* Of what is not stored, any leg may keep it, whether it takes part or not. */
inline go_down()
{
	up = 0;
	crash = 0;
	told = 0;
	for (i : 0 .. 3) {
		if
		:: disks[i].stored != disks[i].cached ->
			if
			:: disks[i].stored = disks[i].cached
			:: disks[i].cached = disks[i].stored
			fi
		:: else
		fi
	}
	i = 0;
	/* Nothing of it is left. */
	skip;
	d_step {
		skip;
	version = 0; states = 0; replaced = 0; block = 0; bits = 0;
	live = 0; trusted = 0; late = 0; suspect = 0; commits = 0; supers = 0;
	for (i : 0 .. 2) {
		place[i] = NONE; acked[i] = 0
	}
	i = 0
#ifdef DAMAGE
	;
	damaged = NONE;
	lost = NONE
#endif
	}
}

/*
 * Reads and writes.
 */

inline make_dirty()
{
	k = bits | DIRTY;
	for (i : 0 .. 2) {
		if
		:: !has(live, i) -> k = k | MISSED(i)
		:: else
		fi
	}
	i = 0;
	if
	:: k != bits -> bits = k; k = 0; commit(0)
	:: else -> k = 0
	fi
}

/* Some leg may miss it. */
inline send()
{
	writes++;
	took = 0;
	if
#ifndef ALWAYS_FUA
	:: fua = 0
#endif
	:: fua = 1
	fi;
	maybe_crash();
	for (i : 0 .. 2) {
		if
		:: has(live, i) ->
			if
			:: leg(i).cached = writes; took = took | (1 << i);
				if
				:: fua -> leg(i).stored = writes
				:: else
				fi
			:: skip
			fi
		:: else
		fi
	}
	i = 0
}

/* legs have missed it: they are behind */
inline miss(legs)
{
	for (i : 0 .. 2) {
		if
		:: has(legs, i) ->
			bits = bits | MISSED(i);
			if
			:: STATE(states, i) == IN ->
				states = WITH_STATE(states, i, BEHIND)
			:: else
			fi
		:: else
		fi
	}
	i = 0;
	commit(1)
}

/* Success, to the caller. */
inline tell()
{
	if
	:: fua -> acknowledged = writes; told = 0
	:: else -> told = writes
	fi
}

inline write()
{
#ifdef BREAK_DATA_BEFORE_DIRTY
	send();
	if
	:: !crash -> make_dirty()
	:: else
	fi;
#else
	make_dirty();
	if
	:: !crash -> send()
	:: else
	fi;
#endif
	if
	:: !crash && size(took & currents) >= THRESHOLD ->
#ifdef BREAK_CALLER_FIRST
		tell();
#endif
		if
		:: live & ~took -> miss(live & ~took)
		:: else
		fi;
		if
		:: !crash -> tell()
		:: else
		fi
	:: else
	fi;
	fua = 0;
	took = 0
}

/* A leg that fails, at a flush or otherwise, has missed what is dirty. */
inline fail(n)
{
	live = live & ~(1 << n);
	if
	:: STATE(states, n) == IN -> states = WITH_STATE(states, n, BEHIND)
	:: else
	fi;
#ifndef BREAK_FLUSH_IS_ONE_WRITE
	if
	:: bits & DIRTY -> bits = bits | MISSED(n)
	:: else
	fi;
#endif
	commit(1)
}

inline flush_legs()
{
	skip;
	d_step {
		skip;
		for (i : 0 .. 2) {
			if
			:: has(live, i) -> leg(i).stored = leg(i).cached
			:: else
			fi
		}
		i = 0
	}
}

/* All legs do it, or one is failed for that before the caller hears of it. */
inline flush()
{
	if
	:: flush_legs()
	:: size(live) > THRESHOLD ->
		select_live();
		leg(k).cached = leg(k).cached;
		took = live & ~(1 << k);
		for (i : 0 .. 2) {
			if
			:: has(took, i) -> leg(i).stored = leg(i).cached
			:: else
			fi
		}
		i = 0;
		took = 0;
		fail(k);
		k = 0
	fi;
	if
	:: !crash && told -> acknowledged = told; told = 0
	:: else
	fi
}

/* k: any live leg */
inline select_live()
{
	if
	:: has(live, 0) -> k = 0
	:: has(live, 1) -> k = 1
	:: has(live, 2) -> k = 2
	fi
}

#define votes(n)	((current(0) && leg(0).cached == leg(n).cached) + \
			 (current(1) && leg(1).cached == leg(n).cached) + \
			 (current(2) && leg(2).cached == leg(n).cached))

/*
 * newest: the leg that has what most have, the lowest of several; count: how
 * many have; took: how many versions there are
 */
inline vote()
{
	skip;
	d_step {
		skip;
		newest = NONE;
		count = 0;
		took = 0;
		for (i : 0 .. 2) {
			if
			:: current(i) ->
				if
				:: votes(i) > count -> count = votes(i); newest = i
				:: else
				fi;
				/* The first of its kind. */
				if
				:: (i > 0 && current(0) &&
				    leg(0).cached == leg(i).cached) ||
				   (i > 1 && current(1) &&
				    leg(1).cached == leg(i).cached)
				:: else -> took++
				fi
			:: else
			fi
		}
		i = 0
	}
}

/* Makes legs equal, clears the region: what clear() of the module does. */
inline clear()
{
	vote();
	if
	:: newest != NONE &&
	   (count >= THRESHOLD || (took == 2 && !suspect)) ->
		assert(leg(newest).cached >= acknowledged);
		k = leg(newest).cached;
		for (i : 0 .. 2) {
			if
			:: current(i) -> leg(i).cached = k
			:: else
			fi
		}
		i = 0;
		k = 0;
#ifndef BREAK_CLEAR_BEFORE_FLUSH
		flush_legs();
#endif
		bits = bits & ~DIRTY;
		commit(0)
	:: else
	fi;
	newest = 0;
	count = 0;
	took = 0
}

/* Of use is what the bits say, from now on. */
inline expand(n)
{
#ifdef BREAK_EXPAND_EARLY
	states = WITH_STATE(states, n, BEHIND);
	bits = bits & ~MISSED(n);
	commit(1);
#else
	bits = bits | MISSED(n);
	commit(0);
	if
	:: !crash ->
		states = WITH_STATE(states, n, BEHIND);
		commit(1)
	:: else
	fi
#endif
}

inline rebuild(n)
{
	vote();
	if
	:: newest != NONE && count >= THRESHOLD ->
		leg(n).cached = leg(newest).cached;
#ifndef BREAK_REBUILT_EARLY
		leg(n).stored = leg(n).cached;
#endif
		bits = bits & ~MISSED(n);
		commit(0);
		if
		:: !crash ->
			states = WITH_STATE(states, n, IN);
			commit(1)
		:: else
		fi
	:: else
	fi;
	newest = 0;
	count = 0;
	took = 0
}

#define needs_expansion(n)	(has(live, n) && STATE(states, n) == REBUILD)
#define needs_rebuilding(n)	(has(live, n) && (bits & MISSED(n)) && \
				 STATE(states, n) != REBUILD && \
				 !(bits & DIRTY))

#define can_commit	(supers < SUPERS && commits < COMMITS)

inline something()
{
	if
	:: can_commit && writes < WRITES -> write()
	:: can_commit && told -> flush()
	:: can_commit && (bits & DIRTY) && !told -> clear()
	:: can_commit && size(live) > THRESHOLD ->
		select_live(); fail(k); k = 0
	:: can_commit && needs_expansion(0) -> expand(0)
	:: can_commit && needs_expansion(1) -> expand(1)
	:: can_commit && needs_expansion(2) -> expand(2)
	:: can_commit && needs_rebuilding(0) -> rebuild(0)
	:: can_commit && needs_rebuilding(1) -> rebuild(1)
	:: can_commit && needs_rebuilding(2) -> rebuild(2)
	:: crash = 1
	fi
}

#ifdef ROLLBACK
inline copy_disk(to, from)
{
	to.version = from.version; to.states = from.states;
	to.replaced = from.replaced;
	for (i : 0 .. 2) {
		to.acked[i] = from.acked[i]
	}
	i = 0;
	to.block = from.block; to.bits = from.bits;
	to.stored = from.stored; to.cached = from.cached
}

/* Both others know that it has had something newer. */
#define is_known(n)	(disks[(n + 1) % 3].acked[n] > snapshot.version && \
			 disks[(n + 2) % 3].acked[n] > snapshot.version)

inline meddle()
{
	if
	:: taken == NONE && activations < SNAPSHOTS ->
		taken = 0; copy_disk(snapshot, disks[0])
#ifndef ONLY_LEG_0
	:: taken == NONE && activations < SNAPSHOTS ->
		taken = 2; copy_disk(snapshot, disks[2])
#endif
	:: taken != NONE && taken < NONE && is_known(taken) ->
		copy_disk(disks[taken], snapshot);
		taken = NONE + 1;
		snapshot.version = 0; snapshot.states = 0;
		snapshot.block = 0; snapshot.bits = 0; snapshot.stored = 0;
		snapshot.cached = 0;
		for (i : 0 .. 2) {
			snapshot.acked[i] = 0
		}
		i = 0
	:: skip
	fi
}
#else
#define meddle()	skip
#endif

/*
 * A set of equal legs that has been used once; BEGIN_DIRTY: until it crashed;
 * BEGIN_BEHIND: likewise, without the third leg.
 */
inline create()
{
	for (i : 0 .. 2) {
		disks[i].version = 4 + 1;
		disks[i].block = 8;
#ifdef BEGIN_DIRTY
		disks[i].bits = DIRTY;
#endif
#ifdef BEGIN_BEHIND
		disks[i].bits = DIRTY | MISSED(2);
		disks[i].states = WITH_STATE(0, 2, BEHIND);
#endif
		for (j : 0 .. 2) {
			disks[i].acked[j] = 4
		}
		place[i] = NONE
	}
	i = 0;
	j = 0
}

active proctype set()
{
	atomic {
		create()
	};
	do
	:: atomic { !up && activations < ACTIVATIONS -> meddle(); activate() }
	:: atomic { up ->
		something();
		if
		:: crash -> go_down()
		:: else
		fi }
	:: !up && activations == ACTIVATIONS -> break
	od
}
