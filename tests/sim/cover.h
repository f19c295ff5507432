/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fields of struct sim_cover: what a run goes through. To be included with
 * COUNTER defined, once for everything there is to do with them. A run of some
 * thousand seeds that never met one of them fails.
 */
COUNTER(requests);
COUNTER(reads);
COUNTER(writes);
COUNTER(flushes);
COUNTER(zeroes);
COUNTER(discards);
COUNTER(splits);
COUNTER(switches);
COUNTER(irqs);
COUNTER(pauses);
COUNTER(leg_bios);
COUNTER(leg_faults);
COUNTER(second_looks);
COUNTER(block_votes);
COUNTER(transients);
COUNTER(mismatches);
COUNTER(no_quorum);
COUNTER(failed_requests);
COUNTER(failed_legs);
COUNTER(rebuilt);
COUNTER(resyncs);
COUNTER(scrubs);
COUNTER(rewrites);
COUNTER(messages);
COUNTER(suspends);
COUNTER(requeues);
COUNTER(reloads);
COUNTER(refused);
COUNTER(oom_nowait);
COUNTER(oom_ctr);
COUNTER(pool_draws);
COUNTER(pool_waits);
COUNTER(pressure);
COUNTER(rescues);
COUNTER(crashes);
COUNTER(set_back);
COUNTER(garbled);
COUNTER(hotplugs);
COUNTER(scribbles);
COUNTER(checks);
COUNTER(shrinks);
