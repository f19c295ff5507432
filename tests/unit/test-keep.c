// SPDX-License-Identifier: GPL-2.0-only
/*
 * dm-quorum-keep.c: what is put into a superblock is found there, and what
 * makes no sense is not gone on with; and that somebody is told to write it.
 */
#include "room.h"
#include "dm-quorum-format.h"
#include "dm-quorum-keep.h"
#include "dm-quorum-report.h"

#define LENGTH		10000
#define LEGS		5

static struct dm_target ti;
static struct quorum_reports reports;
static struct quorum_disk_super sb;
static struct quorum_kept kept;

/* What reports ask of dm. */
const char *dm_table_device_name(struct dm_table *t)
{
	return "unit";
}

void dm_table_event(struct dm_table *t)
{
}

static void begin(void)
{
	room_init();
	memset(&reports, 0, sizeof(reports));
	memset(&sb, 0, sizeof(sb));
	sb.id.length = cpu_to_le64(LENGTH);
	quorum_reports_init(&reports, &ti);
	kept = (struct quorum_kept) {
		.action = QUORUM_KEPT_REPAIR,
		.frozen = true,
		.start = 100,
		.end = LENGTH,
		.at = 200,
		.differ = 3,
		.unresolved = 4,
		.check_end = 5,
		.check_differ = 6,
		.check_unresolved = 7,
	};
}

static void end(void)
{
	room_exit();
}

static void set_counters(u64 add)
{
	unsigned int leg, stat;

	for (leg = 0; leg < LEGS; leg++)
		for (stat = 0; stat < QUORUM_NR_STATS; stat++)
			atomic64_set(&reports.leg[leg].stat[stat],
				     add ? add + leg * 100 + stat : 0);
	atomic64_set(&reports.no_quorum, add ? add + 1 : 0);
	atomic64_set(&reports.transient, add ? add + 2 : 0);
	reports.seq = add ? add + 3 : 0;
}

static void test_counters(void **state)
{
	u64 add = 1ULL << 40;
	unsigned int leg, stat;

	begin();
	set_counters(add);
	quorum_keep(&sb, &reports, LEGS, &kept);
	check(le64_to_cpu(sb.counter[2][3]) == add + 203);
	check(le64_to_cpu(sb.no_quorum) == add + 1);
	check(le64_to_cpu(sb.transient) == add + 2);
	check(le64_to_cpu(sb.report_seq) == add + 3);
	check(!sb.counter[LEGS][0]);
	set_counters(0);
	quorum_restore(&sb, &reports, LEGS, &kept);
	for (leg = 0; leg < LEGS; leg++)
		for (stat = 0; stat < QUORUM_NR_STATS; stat++)
			check(quorum_stat(&reports, leg, stat) ==
			      add + leg * 100 + stat);
	check(quorum_nr_no_quorum(&reports) == add + 1);
	check(quorum_nr_transient(&reports) == add + 2);
	check(reports.seq == add + 3);
	check(!quorum_stat(&reports, LEGS, 0));
	end();
}

static void test_work(void **state)
{
	struct quorum_kept found;

	begin();
	quorum_keep(&sb, &reports, LEGS, &kept);
	check(le32_to_cpu(sb.action) == 2 && le32_to_cpu(sb.frozen) == 1);
	memset(&found, 0, sizeof(found));
	quorum_restore(&sb, &reports, LEGS, &found);
	check(found.action == QUORUM_KEPT_REPAIR && found.frozen);
	check(found.start == 100 && found.end == LENGTH && found.at == 200);
	check(found.differ == 3 && found.unresolved == 4);
	check(found.check_end == 5 && found.check_differ == 6 &&
	      found.check_unresolved == 7);
	end();
}

/* Nothing of a set that is new. */
static void test_new(void **state)
{
	begin();
	set_counters(1);
	quorum_restore(&sb, &reports, LEGS, &kept);
	check(kept.action == QUORUM_KEPT_NOTHING && !kept.frozen);
	check(!kept.check_end && !kept.check_differ);
	check(!quorum_stat(&reports, 0, 0) && !reports.seq);
	end();
}

static bool goes_on(u64 action, u64 start, u64 last, u64 at)
{
	struct quorum_kept found;

	sb.action = cpu_to_le32(action);
	sb.sweep_first = cpu_to_le64(start);
	sb.sweep_end = cpu_to_le64(last);
	sb.sweep_at = cpu_to_le64(at);
	quorum_restore(&sb, &reports, LEGS, &found);
	return found.action != QUORUM_KEPT_NOTHING;
}

static void test_nonsense(void **state)
{
	begin();
	check(goes_on(1, 0, LENGTH, 0));
	check(goes_on(2, 0, LENGTH, LENGTH));
	check(goes_on(1, 8, 9, 8));
	check(!goes_on(0, 0, LENGTH, 0));
	check(!goes_on(3, 0, LENGTH, 0));
	check(!goes_on(~0U, 0, LENGTH, 0));
	check(!goes_on(1, 0, LENGTH + 1, 0));
	check(!goes_on(1, 8, 8, 8));
	check(!goes_on(1, 9, 8, 8));
	check(!goes_on(1, 8, 16, 7));
	check(!goes_on(1, 8, 16, 17));
	check(!goes_on(1, 0, ~0ULL, 0));
	end();
}

/*
 * Whoever writes it down is told.
 */

static struct delayed_work keeper;
static unsigned int kept_times;

static void keep(struct work_struct *work)
{
	kept_times++;
}

static void count_one(unsigned int what)
{
	switch (what) {
	case 0:
		quorum_report(&reports, 1, QUORUM_MISMATCHES, 0, 8, BLK_STS_OK);
		break;
	case 1:
		quorum_report_no_quorum(&reports, 0, 8);
		break;
	case 2:
		quorum_report_rewritten(&reports, 1);
		break;
	case 3:
		quorum_report_transient(&reports);
		break;
	}
}

static void told(void *arg)
{
	unsigned int what;

	INIT_DELAYED_WORK(&keeper, keep);
	for (what = 0; what < 4; what++) {
		quorum_reports_watch(&reports, &keeper);
		kept_times = 0;
		count_one(what);
		msleep(30 * MSEC_PER_SEC);
		count_one(what);
		check(!kept_times);
		msleep(31 * MSEC_PER_SEC);
		check(kept_times == 1);
		quorum_reports_watch(&reports, NULL);
		count_one(what);
		msleep(100 * MSEC_PER_SEC);
		check(kept_times == 1);
	}
}

static void test_told(void **state)
{
	void *arg = NULL;

	begin();
	quorum_reports_name(&reports, 1, "leg");
	room_run(unit_seed, told, &arg, 1);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_work),
		cmocka_unit_test(test_new),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_told),
	};

	unit_init();
	return cmocka_run_group_tests_name("keep", tests, NULL, NULL);
}
