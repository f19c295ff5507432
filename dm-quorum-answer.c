// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a leg's answer means: whether the leg is at fault, or the request, or
 * the moment; and which error stands for those of several legs.
 */
#include "dm-quorum-answer.h"
#include "dm-quorum-vote.h"

/**
 * quorum_passing() - errors that say nothing about the leg and will pass
 * @status: what a leg answered
 *
 * It ran out of tags or memory.
 *
 * Context: Any.
 */
bool quorum_passing(blk_status_t status)
{
	return status == BLK_STS_AGAIN || status == BLK_STS_RESOURCE;
}

/**
 * quorum_refusal() - errors that say that a leg does not do such things
 * @status: what a leg answered
 *
 * If all do, that is the caller's mistake.
 *
 * Context: Any.
 */
bool quorum_refusal(blk_status_t status)
{
	switch (status) {
	case BLK_STS_NOTSUPP:
#ifdef BLK_STS_INVAL
	case BLK_STS_INVAL:
#endif
		return true;
	default:
		return false;
	}
}

/**
 * quorum_refusing() - the legs that say that they do not do such things
 * @said: what each leg answered, a blk_status_t
 * @asked: the legs that were
 * @advice: a discard or zeroes, which a leg need not know.  A SCSI disk that
 *	finds out that it does not says so with BLK_STS_TARGET.
 *
 * Context: Any.
 */
u32 quorum_refusing(const u8 *said, u32 asked, bool advice)
{
	u32 refusing = 0;
	unsigned int leg;

	quorum_for_each_leg(leg, asked) {
		blk_status_t status = (__force blk_status_t)said[leg];

		if (quorum_refusal(status) ||
		    (advice && status == BLK_STS_TARGET))
			refusing |= BIT(leg);
	}
	return refusing;
}

/**
 * quorum_faulty() - the legs that have an answer to answer for
 * @said: what each leg answered, a blk_status_t
 * @asked: the legs that were
 * @advice: as for quorum_refusing()
 *
 * A leg that alone refuses a plain request is at fault.
 *
 * Context: Any.
 */
u32 quorum_faulty(const u8 *said, u32 asked, bool advice)
{
	u32 refused = quorum_refusing(said, asked, advice), faulty = 0;
	unsigned int leg;

	quorum_for_each_leg(leg, asked & ~refused)
		if (said[leg] &&
		    !quorum_passing((__force blk_status_t)said[leg]))
			faulty |= BIT(leg);
	if (!advice && refused != asked)
		faulty |= refused;
	return faulty;
}

/**
 * quorum_error_vote() - the error of a request that failed
 * @said: what each leg answered, a blk_status_t
 * @failed: the legs that answered with an error
 *
 * Context: Any.
 * Return: The status most of them gave, the lowest such leg's on a tie;
 * BLK_STS_IOERR if there are none.
 */
blk_status_t quorum_error_vote(const u8 *said, u32 failed)
{
	struct quorum_tally tally;

	if (!failed)
		return BLK_STS_IOERR;
	quorum_tally(said, failed, &tally);
	return (__force blk_status_t)said[tally.first];
}
