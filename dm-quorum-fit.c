// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether a table fits the set that was found: its threshold, its length, its
 * regions, and where the data begins on each leg.
 */
#include "dm-quorum-fit.h"

/* A set that gets or loses a leg gets the majority for threshold. */
static bool fits_threshold(struct quorum_assembly *as)
{
	u32 threshold = le32_to_cpu(quorum_newest(as)->id.threshold);

	if (as->change != QUORUM_CHANGE_NONE)
		threshold = as->want->nr_legs / 2 + 1;
	return as->want->threshold == threshold ||
	       quorum_reject_number(as, QUORUM_REFUSE_THRESHOLD, QUORUM_NO_LEG,
				    threshold, as->want->threshold);
}

static bool fits_length(struct quorum_assembly *as)
{
	u64 length = le64_to_cpu(quorum_newest(as)->id.length);

	if (as->want->length < length)
		return quorum_reject_number(as, QUORUM_REFUSE_LENGTH,
					    QUORUM_NO_LEG, length,
					    as->want->length);
	if (as->want->length == length)
		return true;
	if (as->change != QUORUM_CHANGE_NONE)
		return quorum_reject(as, QUORUM_REFUSE_CHANGES, QUORUM_NO_LEG);
	as->change = QUORUM_CHANGE_GROW;
	return true;
}

static bool fits_planes(struct quorum_assembly *as)
{
	u32 region_sectors = le32_to_cpu(quorum_newest(as)->id.region_sectors);
	u32 planes = le32_to_cpu(quorum_newest(as)->id.planes);

	if (as->want->region_sectors != region_sectors)
		return quorum_reject_number(as, QUORUM_REFUSE_REGION,
					    QUORUM_NO_LEG, region_sectors,
					    as->want->region_sectors);
	return as->want->nr_legs <= planes ||
	       quorum_reject_number(as, QUORUM_REFUSE_PLANES, QUORUM_NO_LEG,
				    planes, as->want->nr_legs);
}

/**
 * quorum_fits_offsets() - whether all is found where it should be
 * @as: the assembly
 * @planes: so many planes have to have room
 *
 * Context: Any.
 * Return: whether it is; else why not is in @as.
 */
bool quorum_fits_offsets(struct quorum_assembly *as, u32 planes)
{
	u32 legs = quorum_legs_with(as, QUORUM_IDENTITIES | QUORUM_BLANKS);
	struct quorum_layout layout;
	unsigned int leg;

	if (!quorum_layout(&layout, as->want->length, as->want->region_sectors,
			   planes))
		return quorum_reject(as, QUORUM_REFUSE_ROOM, QUORUM_NO_LEG);
	quorum_for_each_of(leg, legs) {
		const struct quorum_disk_super *sb = as->answer[leg].super;
		u64 offset = as->want->offset[leg];

		if (sb && le64_to_cpu(sb->id.offset) != offset)
			return quorum_reject_number(as, QUORUM_REFUSE_OFFSET,
						    leg,
						    le64_to_cpu(sb->id.offset),
						    offset);
		if (offset < layout.sectors)
			return quorum_reject_number(as, QUORUM_REFUSE_ROOM, leg,
						    layout.sectors, offset);
	}
	return true;
}

/**
 * quorum_fits() - whether the table fits the set
 * @as: the assembly, with the newest superblock and what is to change
 *
 * That it is to grow is found here.
 *
 * Context: Any.
 * Return: whether it does; else why not is in @as.
 */
bool quorum_fits(struct quorum_assembly *as)
{
	u32 planes = le32_to_cpu(quorum_newest(as)->id.planes);

	return fits_planes(as) && fits_threshold(as) && fits_length(as) &&
	       quorum_fits_offsets(as, planes);
}
