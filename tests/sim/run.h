/* SPDX-License-Identifier: GPL-2.0-only */
/* Running seeds: what main.c and shrink.c know of each other. */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include "oracle.h"

/**
 * struct sim_end - how a seed ended
 * @status: of its process
 * @words: what was wrong
 * @steps: how many it took
 * @had: how much there was of each thing
 */
struct sim_end {
	int status;
	char words[SIM_WORDS];
	u64 steps;
	struct sim_caps had;
};

/**
 * struct shrinking - a seed that is made smaller
 * @scratch: shared by processes
 */
struct shrinking {
	u64 seed;
	struct sim_caps caps;
	struct sim_end end;
	struct sim_end *scratch;
	u64 before;
	time_t until;
	unsigned int attempts;
};

/**
 * struct sim_crashes - what to try only, if anything: crashes of such a set
 * @legs: how many; 0 for whatever the seed says
 * @threshold: how many have to agree
 */
struct sim_crashes {
	unsigned int legs;
	unsigned int threshold;
};

extern struct sim_crashes sim_crashes;

void one_seed(u64 seed);
void caps_none(struct sim_caps *c);
bool caps_read(struct sim_caps *c, const char *text);
void caps_print(struct sim_caps *c);
void shrink(struct shrinking *s, u64 seed);

#endif /* SIM_RUN_H */
