// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is in a sector: 64 words, all different, that say which version and
 * which sector it is.
 */
#include "leg.h"

#define WORDS		(SECTOR_SIZE / 8)
#define STEP		0x9e3779b97f4a7c15ULL
#define KEY		0x5bd1e9955bd1e995ULL

static u64 first_word(u32 id, sector_t sector)
{
	return ((u64)id << 32 | (u32)sector) ^ KEY;
}

void content_fill(u8 *data, u32 id, sector_t sector)
{
	u64 word = first_word(id, sector), *to = (u64 *)data;
	unsigned int i;

	if (id == SIM_ID_ZERO) {
		memset(data, 0, SECTOR_SIZE);
		return;
	}
	for (i = 0; i < WORDS; i++, word += STEP)
		to[i] = word;
}

/* Something else, told apart by what it is. */
static u32 bad_id(const u64 *words)
{
	u64 hash = 0;
	unsigned int i;

	for (i = 0; i < WORDS; i++)
		hash = (hash ^ words[i]) * 0xff51afd7ed558ccdULL;
	return SIM_ID_BAD | hash >> 33;
}

u32 content_id(const u8 *data, sector_t sector)
{
	const u64 *words = (const u64 *)data;
	u64 diff = 0, word = words[0];
	unsigned int i;

	if (!word) {
		for (i = 0; i < WORDS; i++)
			diff |= words[i];
		return diff ? bad_id(words) : SIM_ID_ZERO;
	}
	for (i = 0; i < WORDS; i++, word += STEP)
		diff |= words[i] ^ word;
	word = words[0] ^ KEY;
	if (diff || (u32)word != (u32)sector || word >> 32 >= SIM_ID_BAD ||
	    !(word >> 32))
		return bad_id(words);
	return word >> 32;
}

/* Of several sectors: the same version of all, or something else. */
u32 content_join(const u32 *ids, unsigned int n)
{
	bool same = true;
	u32 hash = 0;
	unsigned int i;

	for (i = 0; i < n; i++) {
		same &= ids[i] == ids[0];
		hash = (hash ^ ids[i]) * 0x9e3779b1u + i;
	}
	return same ? ids[0] : SIM_ID_BAD | hash >> 1;
}
