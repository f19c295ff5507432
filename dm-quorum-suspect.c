// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where legs may differ, and none is to blame.
 *
 * A region is unsettled where a write failed that some leg took, and, with the
 * option sync, until it has been compared for the first time.  With metadata it
 * is where it was dirty when the set was put into use: if the legs are known to
 * have been stopped there at once, it is torn, too.  It is undecided where the
 * sweep found blocks that it could not make equal.
 */
#include "dm-quorum-suspect.h"

/**
 * quorum_suspects_init() - make the sets: there are no suspects
 * @suspects: zeroed
 * @nr_regions: how many regions there are
 * @shift: a region is so many sectors, as a power of two
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM; quorum_suspects_exit() is due in any case.
 */
int quorum_suspects_init(struct quorum_suspects *suspects,
			 unsigned long nr_regions, unsigned int shift)
{
	spin_lock_init(&suspects->lock);
	return quorum_bits_init(&suspects->unsettled, nr_regions, shift) ?:
	       quorum_bits_init(&suspects->undecided, nr_regions, shift);
}

/**
 * quorum_suspects_remember() - there is metadata to say what was torn
 * @suspects: without suspects
 *
 * Context: May sleep; nobody else knows of @suspects.
 * Return: 0 or -ENOMEM; quorum_suspects_exit() is due in any case.
 */
int quorum_suspects_remember(struct quorum_suspects *suspects)
{
	return quorum_bits_init(&suspects->torn, suspects->unsettled.nr,
				suspects->unsettled.shift);
}

void quorum_suspects_exit(struct quorum_suspects *suspects)
{
	quorum_bits_exit(&suspects->unsettled);
	quorum_bits_exit(&suspects->torn);
	quorum_bits_exit(&suspects->undecided);
}

/* Whether nobody is to blame for what differs at @sector.  Context: Any. */
bool quorum_unsettled_at(struct quorum_suspects *suspects, sector_t sector)
{
	return unlikely(quorum_nr_unsettled(suspects)) &&
	       quorum_bits_meet(&suspects->unsettled, sector, 1, true);
}

/*
 * Whether of two versions at @sector either may be chosen.  Context: Any.
 */
bool quorum_torn_at(struct quorum_suspects *suspects, sector_t sector)
{
	return unlikely(READ_ONCE(suspects->torn.weight)) &&
	       quorum_bits_meet(&suspects->torn, sector, 1, true);
}

/* Whether some region of a range has undecided blocks.  Context: Any. */
bool quorum_any_undecided(struct quorum_suspects *suspects, sector_t sector,
			  sector_t sectors)
{
	return unlikely(quorum_nr_undecided(suspects)) &&
	       quorum_bits_meet(&suspects->undecided, sector, sectors, true);
}

/**
 * quorum_unsettle() - legs may differ in a range, and none is to blame
 * @suspects: the regions
 * @sector: first sector
 * @sectors: how many; 0 for the whole target
 *
 * Context: Any, without suspects->lock.
 */
void quorum_unsettle(struct quorum_suspects *suspects, sector_t sector,
		     sector_t sectors)
{
	unsigned long flags;

	spin_lock_irqsave(&suspects->lock, flags);
	quorum_bits_cover(&suspects->unsettled, sector, sectors, true);
	suspects->marks++;
	spin_unlock_irqrestore(&suspects->lock, flags);
}

/**
 * quorum_suspects_recall() - the same for some regions of a word
 * @suspects: the regions
 * @word: as of quorum_bits_word()
 * @mask: which of them
 * @torn: nothing worse than a crash happened there
 *
 * Context: Any, without suspects->lock.
 */
void quorum_suspects_recall(struct quorum_suspects *suspects,
			    unsigned long word, unsigned long mask, bool torn)
{
	unsigned long flags;

	spin_lock_irqsave(&suspects->lock, flags);
	quorum_bits_assign_word(&suspects->unsettled, word, mask, true);
	quorum_bits_assign_word(&suspects->torn, word, mask, torn);
	suspects->marks++;
	spin_unlock_irqrestore(&suspects->lock, flags);
}

/* What to tell quorum_region_settled() in the end.  Context: As above. */
u64 quorum_suspects_marks(struct quorum_suspects *suspects)
{
	unsigned long flags;
	u64 marks;

	spin_lock_irqsave(&suspects->lock, flags);
	marks = suspects->marks;
	spin_unlock_irqrestore(&suspects->lock, flags);
	return marks;
}

/**
 * quorum_region_settled() - legs have been made equal in a region
 * @suspects: the regions
 * @region: all of which has been looked at
 * @marks: quorum_suspects_marks() when that began
 *
 * It stays unsettled if another one, or this, was unsettled since.
 *
 * Context: Any, without suspects->lock.
 */
void quorum_region_settled(struct quorum_suspects *suspects,
			   unsigned long region, u64 marks)
{
	unsigned long flags;

	spin_lock_irqsave(&suspects->lock, flags);
	if (suspects->unsettled.weight && suspects->marks == marks) {
		quorum_bits_assign(&suspects->unsettled, region, 1, false);
		if (suspects->torn.weight)
			quorum_bits_assign(&suspects->torn, region, 1, false);
	}
	spin_unlock_irqrestore(&suspects->lock, flags);
}

/* Note whether a region has undecided blocks.  Context: As above. */
void quorum_region_decided(struct quorum_suspects *suspects,
			   unsigned long region, bool decided)
{
	unsigned long flags;

	if (quorum_bits_test(&suspects->undecided, region) != decided)
		return;
	spin_lock_irqsave(&suspects->lock, flags);
	quorum_bits_assign(&suspects->undecided, region, 1, !decided);
	spin_unlock_irqrestore(&suspects->lock, flags);
}

/* Context, of this and all below: Any. */
bool quorum_is_unsettled(struct quorum_suspects *suspects, unsigned long region)
{
	return quorum_bits_test(&suspects->unsettled, region);
}

bool quorum_is_undecided(struct quorum_suspects *suspects, unsigned long region)
{
	return quorum_bits_test(&suspects->undecided, region);
}

/* The first suspect from @region on, or as many as there are regions. */
unsigned long quorum_next_suspect(struct quorum_suspects *suspects,
				  unsigned long region)
{
	return min(quorum_bits_next(&suspects->unsettled, region, true),
		   quorum_bits_next(&suspects->undecided, region, true));
}

unsigned long quorum_next_undecided(struct quorum_suspects *suspects,
				    unsigned long region)
{
	return quorum_bits_next(&suspects->undecided, region, true);
}

unsigned long quorum_nr_unsettled(struct quorum_suspects *suspects)
{
	return READ_ONCE(suspects->unsettled.weight);
}

unsigned long quorum_nr_undecided(struct quorum_suspects *suspects)
{
	return READ_ONCE(suspects->undecided.weight);
}

bool quorum_any_suspect(struct quorum_suspects *suspects)
{
	return quorum_nr_unsettled(suspects) || quorum_nr_undecided(suspects);
}

/* Which of the regions of one word, as of quorum_bits_word(), are suspect. */
unsigned long quorum_suspects_word(struct quorum_suspects *suspects,
				   unsigned long word)
{
	return quorum_bits_word(&suspects->unsettled, word) |
	       quorum_bits_word(&suspects->undecided, word);
}
