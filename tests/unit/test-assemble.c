// SPDX-License-Identifier: GPL-2.0-only
/*
 * dm-quorum-assemble.c and -adopt.c: each reason to refuse legs, and what is
 * made of those that are not.
 *
 * A case says what the legs of a table hold, in its order:
 *
 *	2	the superblock of member 2 of a set, of epoch 5 and seq 3
 *	2@54	the same of epoch 5 and seq 4
 *	2@54x	written by another activation
 *	2=IBR	it says of the members: in sync, behind, to be rebuilt
 *	2+	it is one of a set with another leg, 2* is one of a longer set
 *	d2	it is damaged
 *	r2	another leg, made for the place of member 2; e2 is damaged, too
 *	o2	of another set; u2, with unknown features; w2, not to be written
 *	_	blank; ? something else; ! unreadable; - no leg
 *
 * All members have acknowledged 5.2 unless it is said otherwise.  The outcome
 * is for each leg how it takes part (t trusted, l late, n new, L new and late,
 * x shunned, - not) and its state.
 */
#include <stdio.h>

#include "unit.h"

#include "disk.h"

static struct quorum_disk_super sb[QUORUM_DISK_LEGS];
static struct quorum_answer answer[QUORUM_DISK_LEGS];
static struct quorum_request want;
static struct quorum_assembly as;

struct set {
	u32 nr_legs;
	u32 threshold;
	/* NULL, or two digits a member: epoch, seq. */
	const char *acked;
};

static void set_states(struct quorum_disk_super *to, const char *states)
{
	static const char letters[] = "IBR";
	u32 i;

	for (i = 0; states[i] && strchr(letters, states[i]); i++)
		to->member[i].state =
			cpu_to_le16(strchr(letters, states[i]) - letters);
}

static void set_acked(struct quorum_disk_super *to, const char *acked)
{
	u32 i;

	for (i = 0; i < le32_to_cpu(to->id.nr_legs); i++) {
		to->member[i].epoch = cpu_to_le64(acked ? acked[2 * i] - '0' :
							  5);
		to->member[i].seq = cpu_to_le64(acked ?
						acked[2 * i + 1] - '0' : 2);
	}
}

/* What follows the number of a member. */
static void set_details(struct quorum_disk_super *to, const char *text)
{
	if (*text == '@') {
		to->epoch = cpu_to_le64(text[1] - '0');
		to->seq = cpu_to_le64(text[2] - '0');
		text += 3;
	}
	if (*text == 'x') {
		disk_uuid(to->nonce, 'N', 0);
		text++;
	}
	if (*text == '=')
		set_states(to, text + 1);
	if (*text == '*')
		to->id.length = cpu_to_le64(2 * DISK_LENGTH);
}

static void make_super(struct quorum_disk_super *to, const struct set *set,
		       const char *text)
{
	u32 more = text[strcspn(text, "+ ")] == '+';
	char kind = *text >= '0' && *text <= '9' ? 0 : *text++;
	u32 member = *text - '0';

	disk_super(to, set->nr_legs + more, set->threshold + more, 5, 3);
	set_acked(to, set->acked);
	if (kind == 'r' || kind == 'e')
		disk_uuid(to->member[member].uuid, 'L', member);
	if (kind == 'o')
		disk_uuid(to->id.set_uuid, 'S', 0);
	if (kind == 'u')
		to->id.incompat = cpu_to_le32(1);
	if (kind == 'w')
		to->id.ro_compat = cpu_to_le32(1);
	set_details(to, text + 1);
	quorum_super_address(to, member, DISK_OFFSET);
	quorum_super_seal(to, kind == 'd' || kind == 'e');
}

static void make_answer(unsigned int leg, const struct set *set,
			const char *text)
{
	memset(&answer[leg], 0, sizeof(answer[leg]));
	memset(&sb[leg], 0, sizeof(sb[leg]));
	switch (*text) {
	case '-':
		break;
	case '!':
		quorum_super_choose(&answer[leg], NULL, 0);
		break;
	case '?':
		sb[leg].crc = cpu_to_le32(1);
		quorum_super_choose(&answer[leg], &sb[leg], 0);
		break;
	case '_':
		quorum_super_choose(&answer[leg], &sb[leg], 0);
		break;
	default:
		make_super(&sb[leg], set, text);
		quorum_super_choose(&answer[leg], &sb[leg], 0);
	}
}

/* Returns how many legs there are. */
static unsigned int make_answers(const struct set *set, const char *legs)
{
	unsigned int nr = 0;

	for (;; legs++) {
		make_answer(nr++, set, legs);
		legs = strchr(legs, ' ');
		if (!legs)
			return nr;
	}
}

static void ask(const struct set *set, const char *legs, u32 rebuild)
{
	unsigned int i;

	memset(&want, 0, sizeof(want));
	want.nr_legs = make_answers(set, legs);
	want.threshold = set->threshold;
	if (want.nr_legs != set->nr_legs)
		want.threshold = want.nr_legs / 2 + 1;
	want.region_sectors = DISK_REGION;
	want.length = DISK_LENGTH;
	want.rebuild = rebuild;
	for (i = 0; i < QUORUM_DISK_LEGS; i++)
		want.offset[i] = DISK_OFFSET;
}

static const char *outcome(void)
{
	static char text[3 * QUORUM_DISK_LEGS + 1];
	unsigned int leg;

	for (leg = 0; leg < want.nr_legs; leg++) {
		u32 bit = BIT(leg);
		char *to = text + 3 * leg;

		to[0] = as.shunned & bit ? 'x' :
			as.late & bit ? (as.added & bit ? 'L' : 'l') :
			as.added & bit ? 'n' : as.trusted & bit ? 't' : '-';
		to[1] = "IBR"[as.state[leg]];
		to[2] = ' ';
		/* Each is in the sets that it has to be in. */
		check(!(as.trusted & bit) ==
		      (to[0] != 't' &&
		       (to[0] != 'n' || as.change != QUORUM_CHANGE_CREATE)));
		check(!(as.live & bit) == (to[0] == 'x' || to[0] == '-'));
	}
	text[3 * leg - 1] = 0;
	return text;
}

static const struct set set_32 = { 3, 2 };
static const struct set set_22 = { 2, 2 };
static const struct set set_43 = { 4, 3 };
static const struct set set_53 = { 5, 3 };

#define NEVER	.acked = "00000000"

static const struct accepted {
	const char *what;
	struct set set;
	const char *legs;
	u32 rebuild;
	const char *outcome;
	enum quorum_set_change change;
	u8 newest;
} accepted[] = {
	{ "all there", { 3, 2 }, "0 1 2", 0, "tI tI tI" },
	{ "one away", { 3, 2 }, "0 - 2", 0, "tI -B tI" },
	{ "one unreadable", { 3, 2 }, "! 1 2", 0, "xB tI tI", .newest = 1 },
	{ "one with something else", { 3, 2 }, "0 1 ?", 0, "tI tI xB" },
	{ "one damaged", { 3, 2 }, "0 d1 2", 0, "tI lR tI" },
	{ "one not to be trusted", { 3, 2 }, "0 1 2", 2, "tI lR tI" },
	{ "nor to say what counts", { 3, 2 }, "0 1@54=BII 2", 2, "tI lR tI" },
	{ "two of five away", { 5, 3 }, "0 - 2 - 4", 0, "tI -B tI -B tI" },
	{ "states are kept", { 3, 2 }, "0=IBR 1=IBR 2=IBR", 0, "tI tB tR" },
	{ "also of who is away", { 3, 2 }, "0=IIR 1=IIR -", 0, "tI tI -R" },
	{ "the newest counts", { 3, 2 }, "0=IIR 1@54=BII 2=IRI", 0,
	  "tB tI tI", .newest = 1 },
	{ "the newest of a later epoch", { 3, 2 }, "0@59 1@60=IIB 2@59", 0,
	  "tI tI tB", .newest = 1 },
	{ "behind is no reason", { 3, 2 }, "0@52 1 2", 0, "tI tI tI",
	  .newest = 1 },
	{ "what was acknowledged is lost", { 3, 2 }, "0@51 1 2", 0, "lR tI tI",
	  .newest = 1 },
	{ "an older epoch is", { 3, 2 }, "0@49 1 2", 0, "lR tI tI",
	  .newest = 1 },
	{ "each by its own", { 3, 2, "505153" }, "0@50 1@51 2@53", 0,
	  "tI tI tI", .newest = 2 },
	{ "neither has acted", { 3, 2 }, "0@60 1@60x 2@60", 0, "tI tI tI" },
	{ "one has, one has not", { 3, 2 }, "0@60 1@61x 2@60", 0, "tI tI tI",
	  .newest = 1 },
	{ "no legs but these two", { 2, 2 }, "0 1", 0, "tI tI" },
	{ "a single leg", { 1, 1 }, "0", 0, "tI" },

	{ "a new set", { 3, 2 }, "_ _ _", 0, "nI nI nI",
	  QUORUM_CHANGE_CREATE, QUORUM_NO_LEG },
	{ "with a leg to be rebuilt", { 3, 2 }, "_ _ _", 4, "nI nI nR",
	  QUORUM_CHANGE_CREATE, QUORUM_NO_LEG },
	{ "a new set, half made", { 3, 2, NEVER }, "_ 1@10 _", 0,
	  "nI nI nI", QUORUM_CHANGE_CREATE, 1 },
	{ "a new set, torn", { 3, 2, NEVER }, "d0@10 1@10 _", 0,
	  "nI nI nI", QUORUM_CHANGE_CREATE, 1 },
	{ "a new set, never used", { 3, 2, NEVER }, "0@10 1@10x 2@10", 0,
	  "nI nI nI", QUORUM_CHANGE_CREATE },
	{ "by two tries", { 3, 2, NEVER }, "0@10 r1@10x _", 0,
	  "nI nI nI", QUORUM_CHANGE_CREATE },
	{ "a set, hardly used", { 3, 2, "101010" }, "0@11 1@10 -", 0,
	  "tI tI -B" },

	{ "a leg is replaced", { 3, 2 }, "0 _ 2", 2, "tI LR tI",
	  QUORUM_CHANGE_REPLACE },
	{ "beside one to be rebuilt", { 5, 3 }, "0 _ 2 3 4", 6,
	  "tI LR lR tI tI", QUORUM_CHANGE_REPLACE },
	{ "a leg is added", { 3, 2 }, "0 1 2 _", 8, "tI tI tI nR",
	  QUORUM_CHANGE_ADD },
	{ "to one away", { 3, 2 }, "0 1 - _", 8, "tI tI -B nR",
	  QUORUM_CHANGE_ADD },
	{ "to a single one", { 1, 1 }, "0 _", 2, "tI nR",
	  QUORUM_CHANGE_ADD },
	{ "was being added", { 3, 2 }, "0 1 - 3@60+", 0, "tI tI -B tI",
	  QUORUM_CHANGE_NONE, 3 },
	{ "the last leg goes", { 4, 3 }, "0 1 2", 0, "tI tI tI",
	  QUORUM_CHANGE_DROP },
	{ "the first leg goes", { 4, 3 }, "1 2 3", 0, "tI tI tI",
	  QUORUM_CHANGE_DROP },
	{ "one in the middle goes", { 4, 3 }, "0=IBRI 2 3", 0, "tI tR tI",
	  QUORUM_CHANGE_DROP },
	{ "the set grows", { 3, 2 }, "0 1 2", 0, "tI tI tI",
	  QUORUM_CHANGE_GROW },
	{ "has grown on one leg", { 3, 2 }, "0 1@60* 2", 0, "tI tI tI",
	  QUORUM_CHANGE_NONE, 1 },
};

/* What goes and what is longer is not in the columns. */
static void ask_as(const struct accepted *c)
{
	ask(&c->set, c->legs, c->rebuild);
	if (strchr(c->legs, '+'))
		want.threshold = c->set.threshold + 1;
	if (strchr(c->legs, '*') || c->change == QUORUM_CHANGE_GROW)
		want.length = 2 * DISK_LENGTH;
}

static void legs_accepted(void **state)
{
	for (unit_step = 0; unit_step < ARRAY_SIZE(accepted); unit_step++) {
		const struct accepted *c = &accepted[unit_step];

		ask_as(c);
		if (!quorum_assemble(&as, &want, answer))
			fail_msg("%s: %s", c->what,
				 quorum_refusal_text(as.refusal));
		if (strcmp(outcome(), c->outcome))
			fail_msg("%s: %s", c->what, outcome());
		if (as.change != c->change || as.newest != c->newest)
			fail_msg("%s: change %u, newest %u", c->what,
				 as.change, as.newest);
	}
}

#define ALL	QUORUM_NO_LEG

static const struct refused {
	enum quorum_refusal refusal;
	struct set set;
	const char *legs;
	u32 rebuild;
	u8 leg;
	u64 need, have;
} refused[] = {
	{ QUORUM_REFUSE_UNKNOWN, { 3, 2 }, "0 u1 2", 0, 1 },
	{ QUORUM_REFUSE_UNKNOWN, { 3, 2 }, "0 u1 2", 2, 1 },
	{ QUORUM_REFUSE_READ_ONLY, { 3, 2 }, "0 1 w2", 0, 2 },
	{ QUORUM_REFUSE_NOT_BLANK, { 3, 2 }, "_ ? _", 0, 1 },
	{ QUORUM_REFUSE_NOT_BLANK, { 3, 2 }, "0 ? 2", 2, 1 },
	{ QUORUM_REFUSE_DAMAGED, { 3, 2 }, "_ d1 _", 0, 1 },
	{ QUORUM_REFUSE_DAMAGED, { 3, 2 }, "d0 d1 d2", 0, 0 },
	{ QUORUM_REFUSE_SET, { 3, 2 }, "0 o1 2", 0, 1 },
	{ QUORUM_REFUSE_SET, { 3, 2 }, "0 o1 2", 2, 1 },
	{ QUORUM_REFUSE_SPLIT, { 3, 2 }, "0@61 1@61x 2", 0, 1 },
	{ QUORUM_REFUSE_SPLIT, { 3, 2 }, "0@61 1@62x 2", 0, 1 },
	{ QUORUM_REFUSE_SPLIT, { 3, 2 }, "0@71 1@61x 2@62", 0, 2 },
	{ QUORUM_REFUSE_PLACE, { 3, 2 }, "1 0 2", 0, 0, 1, 0 },
	{ QUORUM_REFUSE_PLACE, { 3, 2 }, "0 - 1", 0, 2, 1, 2 },
	{ QUORUM_REFUSE_PLACE, { 3, 2 }, "0 1 1", 0, 2, 1, 2 },
	{ QUORUM_REFUSE_PLACE, { 3, 2 }, "0 1 d1", 0, 2, 1, 2 },
	{ QUORUM_REFUSE_PLACE, { 4, 3 }, "1 0 2", 0, 0, 1, 0 },
	{ QUORUM_REFUSE_REPLACED, { 3, 2 }, "0 r1@52 2", 0, 1 },
	{ QUORUM_REFUSE_REPLACED, { 3, 2 }, "0 r1@52 2", 2, 1 },
	{ QUORUM_REFUSE_REPLACED, { 3, 2 }, "0 1 2 r2@52", 0, 3 },
	{ QUORUM_REFUSE_REPLACED, { 4, 3 }, "0 1 r3@52", 0, 2 },
	/* Of another try, and it may have been used since. */
	{ QUORUM_REFUSE_REPLACED, { 3, 2, NEVER }, "0@10 e1@10 _", 0, 1 },
	{ QUORUM_REFUSE_REPLACED, { 3, 2, NEVER }, "0@11 r1@10 2@11", 0, 1 },
	{ QUORUM_REFUSE_BLANK, { 3, 2 }, "0 _ 2", 0, 1 },
	{ QUORUM_REFUSE_BLANK, { 3, 2 }, "0 _ _", 2, 2 },
	{ QUORUM_REFUSE_BLANK, { 3, 2 }, "0 1 2 _", 0, 3 },
	{ QUORUM_REFUSE_NEW, { 3, 2 }, "_ - _", 0, 1, 3, 2 },
	{ QUORUM_REFUSE_NEW, { 3, 2 }, "_ _ !", 0, 2, 3, 2 },
	{ QUORUM_REFUSE_NEW, { 3, 2, NEVER }, "0@10 1@10 -", 0, 2, 3, 2 },
	{ QUORUM_REFUSE_NEW, { 3, 2, NEVER }, "0@10 _ ?", 0, 2, 3, 2 },
	{ QUORUM_REFUSE_FEW, { 3, 2 }, "0 - -", 0, ALL, 2, 1 },
	{ QUORUM_REFUSE_FEW, { 3, 2 }, "0 1 2", 7, ALL, 2, 0 },
	{ QUORUM_REFUSE_FEW, { 3, 2 }, "0 1 -", 2, ALL, 2, 1 },
	{ QUORUM_REFUSE_FEW, { 3, 2 }, "0 d1 -", 0, ALL, 2, 1 },
	{ QUORUM_REFUSE_FEW, { 3, 2 }, "0 ! ?", 0, ALL, 2, 1 },
	/* Who has lost something is no answer. */
	{ QUORUM_REFUSE_FEW, { 3, 2 }, "0@51 1 -", 0, ALL, 2, 1 },
	{ QUORUM_REFUSE_FEW, { 3, 2 }, "0 _ -", 2, ALL, 2, 1 },
	{ QUORUM_REFUSE_FEW, { 2, 2 }, "0 d1", 0, ALL, 2, 1 },
	{ QUORUM_REFUSE_FEW, { 4, 3 }, "0 1 - -", 0, ALL, 3, 2 },
	{ QUORUM_REFUSE_FEW, { 5, 3 }, "0 1 - - -", 0, ALL, 3, 2 },
	/* An old quorum has to know that a leg is added, or goes. */
	{ QUORUM_REFUSE_FEW, { 3, 2 }, "0 - - _", 8, ALL, 2, 1 },
	{ QUORUM_REFUSE_FEW, { 4, 3 }, "0 - 2", 0, ALL, 3, 2 },
	{ QUORUM_REFUSE_LEGS, { 5, 3 }, "0 1 2", 0, ALL, 5, 3 },
	{ QUORUM_REFUSE_LEGS, { 3, 2 }, "0 1 2 _ _", 24, ALL, 3, 5 },
	{ QUORUM_REFUSE_LEGS, { 3, 2 }, "0 1 2 -", 0, ALL, 3, 4 },
	{ QUORUM_REFUSE_LEGS, { 3, 2 }, "0 1 2 ?", 0, ALL, 3, 4 },
	{ QUORUM_REFUSE_DROP, { 4, 3 }, "0 - 3", 0, ALL },
	{ QUORUM_REFUSE_BEHIND, { 4, 3 }, "0=IBRI 1=IBRI 2=IBRI", 0, ALL, 2,
	  1 },
	{ QUORUM_REFUSE_CHANGES, { 5, 3 }, "0 1 2 _ _", 24, 3 },
	{ QUORUM_REFUSE_CHANGES, { 3, 2 }, "0 _ 2 _", 10, 1 },
	{ QUORUM_REFUSE_CHANGES, { 5, 3 }, "0 _ 2 4", 2, 1 },
};

static void legs_refused(void **state)
{
	for (unit_step = 0; unit_step < ARRAY_SIZE(refused); unit_step++) {
		const struct refused *c = &refused[unit_step];

		ask(&c->set, c->legs, c->rebuild);
		if (quorum_assemble(&as, &want, answer))
			fail_msg("%s is accepted: %s", c->legs, outcome());
		if (as.refusal != c->refusal || as.leg != c->leg ||
		    as.need != c->need || as.have != c->have)
			fail_msg("%s: leg %u %s, need %llu, have %llu",
				 c->legs, as.leg,
				 quorum_refusal_text(as.refusal), as.need,
				 as.have);
	}
}

static bool is_refused(enum quorum_refusal refusal, unsigned int leg, u64 need)
{
	return !quorum_assemble(&as, &want, answer) && as.refusal == refusal &&
	       as.leg == leg && as.need == need;
}

static void tables_refused(void **state)
{
	u8 uuid[QUORUM_UUID_SIZE];

	ask(&set_32, "0 1 2", 0);
	want.region_sectors *= 2;
	check(is_refused(QUORUM_REFUSE_REGION, ALL, DISK_REGION));
	ask(&set_32, "0 1 2", 0);
	want.threshold = 3;
	check(is_refused(QUORUM_REFUSE_THRESHOLD, ALL, 2));
	ask(&set_32, "0 1 2 _", 8);
	want.threshold = 4;
	check(is_refused(QUORUM_REFUSE_THRESHOLD, ALL, 3));
	ask(&set_32, "0 1 2", 0);
	want.length--;
	check(is_refused(QUORUM_REFUSE_LENGTH, ALL, DISK_LENGTH));
	ask(&set_32, "0 1 2 _", 8);
	want.length++;
	check(is_refused(QUORUM_REFUSE_CHANGES, ALL, 0));
	ask(&set_32, "0 _ 2", 2);
	want.length++;
	check(is_refused(QUORUM_REFUSE_CHANGES, 1, 0));
	ask(&set_32, "0 1 2", 0);
	want.offset[1]++;
	check(is_refused(QUORUM_REFUSE_OFFSET, 1, DISK_OFFSET));
	ask(&set_32, "0 - 2", 0);
	want.offset[1] = 0;
	check(quorum_assemble(&as, &want, answer));
	ask(&set_32, "0 1 2", 0);
	disk_uuid(uuid, 's', 1);
	want.set_uuid = uuid;
	check(is_refused(QUORUM_REFUSE_SET, 0, 0));
	disk_uuid(uuid, 's', 0);
	check(quorum_assemble(&as, &want, answer));
}

static void room_refused(void **state)
{
	/* 512 blocks, and one region more. */
	u64 most = 496ULL * 5376 * DISK_REGION;

	ask(&set_32, "0 1 2", 0);
	want.length = most;
	check(quorum_assemble(&as, &want, answer));
	want.length++;
	check(is_refused(QUORUM_REFUSE_ROOM, 0, DISK_OFFSET + 16));
	want.length = ~0ULL;
	check(is_refused(QUORUM_REFUSE_ROOM, ALL, 0));
	ask(&set_32, "_ _ _", 0);
	want.offset[1] = 271 + 16;
	check(is_refused(QUORUM_REFUSE_NOT, ALL, 0) ||
	      quorum_assemble(&as, &want, answer));
	want.offset[1] = 271;
	check(is_refused(QUORUM_REFUSE_ROOM, 1, 272));
	ask(&set_32, "0 _ 2", 2);
	want.offset[1] = 271;
	check(is_refused(QUORUM_REFUSE_ROOM, 1, 272));
}

static void planes_refused(void **state)
{
	unsigned int i;

	ask(&set_43, "0 1 2 3 _", 16);
	check(quorum_assemble(&as, &want, answer));
	for (i = 0; i < 4; i++) {
		sb[i].id.planes = cpu_to_le32(4);
		quorum_super_seal(&sb[i], 0);
	}
	check(is_refused(QUORUM_REFUSE_PLANES, ALL, 4));
}

static void read_only_tables(void **state)
{
	ask(&set_32, "0 1 w2", 0);
	want.read_only = true;
	check(quorum_assemble(&as, &want, answer));
	ask(&set_32, "0 d1 2@52", 0);
	want.read_only = true;
	check(quorum_assemble(&as, &want, answer));
	check(!strcmp(outcome(), "tI lR tI"));
	ask(&set_32, "_ _ _", 0);
	want.read_only = true;
	check(is_refused(QUORUM_REFUSE_CHANGE, ALL, 0));
	ask(&(struct set){ 3, 2, NEVER }, "0@10 _ _", 0);
	want.read_only = true;
	check(is_refused(QUORUM_REFUSE_CHANGE, ALL, 0));
	ask(&set_32, "0 _ 2", 2);
	want.read_only = true;
	check(is_refused(QUORUM_REFUSE_CHANGE, ALL, 0));
	ask(&set_32, "0 1 2 _", 8);
	want.read_only = true;
	check(is_refused(QUORUM_REFUSE_CHANGE, ALL, 0));
	ask(&set_43, "0 1 2", 0);
	want.read_only = true;
	check(is_refused(QUORUM_REFUSE_CHANGE, ALL, 0));
	ask(&set_22, "0 1", 0);
	want.read_only = true;
	want.length++;
	check(is_refused(QUORUM_REFUSE_CHANGE, ALL, 0));
}

/*
 * What is written.
 */

static u8 fresh[QUORUM_DISK_LEGS * QUORUM_UUID_SIZE];
static struct quorum_disk_super next;

static void make_next(void)
{
	unsigned int i;

	for (i = 0; i < QUORUM_DISK_LEGS; i++)
		disk_uuid(fresh + i * QUORUM_UUID_SIZE, 'f', i);
	check(quorum_assemble(&as, &want, answer));
	memset(&next, 0, sizeof(next));
	if (as.newest == QUORUM_NO_LEG)
		disk_uuid(next.id.set_uuid, 'w', 0);
	quorum_assembly_super(&as, &next, fresh);
	/* Whoever it is for, it is whole. */
	for (i = 0; i < want.nr_legs; i++) {
		quorum_super_address(&next, i, want.offset[i]);
		quorum_super_seal(&next, 1);
		check(quorum_super_check(&next, 1) == QUORUM_FOUND_SUPER);
	}
}

/* Of each member: its UUID, plane, state and what it has acknowledged. */
static const char *members(void)
{
	static char text[8 * QUORUM_DISK_LEGS + 1];
	u32 i, nr = le32_to_cpu(next.id.nr_legs);

	for (i = 0; i < nr; i++) {
		const struct quorum_disk_member *m = &next.member[i];

		snprintf(text + 8 * i, 9, "%c%c:%u%c%u%u ", m->uuid[0],
			 '0' + m->uuid[15], le16_to_cpu(m->plane) % 10,
			 "IBR"[le16_to_cpu(m->state)],
			 (u32)le64_to_cpu(m->epoch) % 10,
			 (u32)le64_to_cpu(m->seq) % 10);
	}
	for (; i < QUORUM_DISK_LEGS; i++)
		check(!memchr_inv(&next.member[i], 0, sizeof(next.member[i])) &&
		      !memchr_inv(next.counter[i], 0, sizeof(next.counter[i])));
	text[8 * nr - 1] = 0;
	return text;
}

static void superblocks_written(void **state)
{
	static const struct {
		struct set set;
		const char *legs;
		u32 rebuild, epoch;
		const char *members;
	} table[] = {
		{ { 3, 2 }, "0 1 2", 0, 6, "l0:0I53 l1:1I53 l2:2I53" },
		{ { 3, 2 }, "0 - 2@52", 0, 6, "l0:0I53 l1:1B52 l2:2I52" },
		/* Who has lost something is found out again. */
		{ { 3, 2 }, "0 1@41 2", 0, 6, "l0:0I53 l1:1R52 l2:2I53" },
		{ { 3, 2 }, "0 d1 2", 0, 6, "l0:0I53 l1:1R52 l2:2I53" },
		{ { 3, 2 }, "0 1 2", 2, 6, "l0:0I53 l1:1R53 l2:2I53" },
		{ { 3, 2 }, "0 ? 2", 0, 6, "l0:0I53 l1:1B52 l2:2I53" },
		{ { 3, 2 }, "0 _ 2", 2, 6, "l0:0I53 f1:1R00 l2:2I53" },
		{ { 3, 2 }, "0 1 2 _", 8, 6,
		  "l0:0I53 l1:1I53 l2:2I53 f3:3R00" },
		{ { 4, 3 }, "0 2 3", 0, 6, "l0:0I53 l2:2I53 l3:3I53" },
		{ { 3, 2 }, "_ _ _", 4, 1, "f0:0I00 f1:1I00 f2:2R00" },
		{ { 3, 2, NEVER }, "_ 1@10 _", 0, 1,
		  "f0:0I00 f1:1I00 f2:2I00" },
	};

	for (unit_step = 0; unit_step < ARRAY_SIZE(table); unit_step++) {
		ask(&table[unit_step].set, table[unit_step].legs,
		    table[unit_step].rebuild);
		make_next();
		if (strcmp(members(), table[unit_step].members))
			fail_msg("%s: %s", table[unit_step].legs, members());
		check(le64_to_cpu(next.epoch) == table[unit_step].epoch);
		check(!next.seq);
		check(le32_to_cpu(next.id.threshold) == want.threshold);
		check(le64_to_cpu(next.id.length) == want.length);
	}
}

/* A plane that was given back is given out, and no other. */
static void planes_given(void **state)
{
	static const u8 planes[] = { 3, 0, 4 };
	unsigned int i;

	ask(&set_32, "0 1 2 _", 8);
	for (i = 0; i < 3; i++) {
		sb[0].member[i].plane = cpu_to_le16(planes[i]);
		sb[0].id.planes = cpu_to_le32(5);
	}
	make_next();
	check(le16_to_cpu(next.member[3].plane) == 1);
	check(le16_to_cpu(next.member[2].plane) == 4);
}

static void counters_move_up(void **state)
{
	unsigned int i;

	ask(&set_43, "0 2 3", 0);
	for (i = 0; i < 4; i++)
		sb[0].counter[i][6] = cpu_to_le64(10 + i);
	make_next();
	check(le64_to_cpu(next.counter[0][6]) == 10);
	check(le64_to_cpu(next.counter[1][6]) == 12);
	check(le64_to_cpu(next.counter[2][6]) == 13);
	check(!next.counter[3][6]);
}

static void merges_by_hand(void **state)
{
	static const struct {
		const char *legs;
		u32 need, behind, absent;
	} table[] = {
		{ "0 1 2 3 4", 3, 0, 0 },
		{ "0 1 2 - 4", 3, 8, 8 },
		{ "0=IBRII 1=IBRII 2=IBRII - !", 3, 30, 24 },
		{ "0=BIIII d1 2=BIIII 3=BIIII ?", 3, 19, 16 },
		{ "0 1@41 2 3 4", 3, 2, 0 },
	};

	for (unit_step = 0; unit_step < ARRAY_SIZE(table); unit_step++) {
		struct quorum_merge merge;

		ask(&set_53, table[unit_step].legs, 0);
		make_next();
		quorum_assembly_merge(&as, &next, &merge);
		check(merge.need == table[unit_step].need);
		check(merge.behind == table[unit_step].behind);
		check(merge.absent == table[unit_step].absent);
		check(!merge.rebuild);
	}
}

static void quorums_by_hand(void **state)
{
	static const struct {
		struct set set;
		const char *legs;
		u32 rebuild;
		unsigned int quorum;
	} table[] = {
		{ { 3, 2 }, "0 1 2", 0, 2 },
		{ { 3, 2 }, "0 _ 2", 2, 2 },
		{ { 3, 2 }, "_ _ _", 0, 3 },
		{ { 3, 2 }, "0 1 2 _", 8, 2 },
		{ { 4, 3 }, "0 1 2 3 _", 16, 3 },
		{ { 4, 3 }, "0 1 2", 0, 3 },
		{ { 5, 3 }, "0 1 2 3", 0, 3 },
		{ { 5, 5 }, "0 1 2 3 4", 0, 5 },
		{ { 1, 1 }, "0 _", 2, 1 },
	};

	for (unit_step = 0; unit_step < ARRAY_SIZE(table); unit_step++) {
		ask(&table[unit_step].set, table[unit_step].legs,
		    table[unit_step].rebuild);
		check(quorum_assemble(&as, &want, answer));
		check(quorum_assembly_quorum(&as) == table[unit_step].quorum);
	}
}

/* Whoever comes with the old or the new table meets somebody who knows. */
static void quorums_intersect(void **state)
{
	u32 n, t;

	for (n = 1; n <= 31; n++) {
		for (t = n / 2 + 1; t <= n; t++) {
			u32 more = (n + 1) / 2 + 1, less = (n - 1) / 2 + 1;

			/* Of those who knew the old one, by who is asked. */
			check(max(t, more - 1) + t > n);
			check(max(t, more - 1) + 1 >= more);
			check(n == 1 || (max(t, less) + t > n &&
					 max(t, less) >= less));
			/* Half done, and adopted by who has the new one. */
			check(more - 1 + t > n);
			check(n == 1 || less + t > n);
		}
	}
}

static void still_ours(void **state)
{
	static const struct {
		const char *legs;
		enum quorum_refusal refusal;
	} table[] = {
		{ "0 1 2", QUORUM_REFUSE_NOT },
		{ "0 1@52 -", QUORUM_REFUSE_NOT },
		{ "0 - !", QUORUM_REFUSE_FEW },
		{ "0 d1 ?", QUORUM_REFUSE_FEW },
		{ "0 1 2@54", QUORUM_REFUSE_STALE },
		{ "0 1 2@60", QUORUM_REFUSE_STALE },
		{ "0 1 2@50x", QUORUM_REFUSE_STALE },
		{ "0 1 2@49", QUORUM_REFUSE_NOT },
		{ "0 r1 2", QUORUM_REFUSE_STALE },
		{ "0 o1 2", QUORUM_REFUSE_STALE },
		{ "1 0 2", QUORUM_REFUSE_STALE },
		{ "0 u1 2", QUORUM_REFUSE_STALE },
	};

	for (unit_step = 0; unit_step < ARRAY_SIZE(table); unit_step++) {
		ask(&set_32, table[unit_step].legs, 0);
		disk_super(&next, 3, 2, 5, 3);
		check(quorum_still_ours(answer, &next) ==
		      table[unit_step].refusal);
	}
}

static void refusals_have_words(void **state)
{
	unsigned int i, j;

	for (i = 0; i < QUORUM_NR_REFUSALS; i++) {
		check(*quorum_refusal_text(i));
		for (j = 0; j < i; j++)
			check(strcmp(quorum_refusal_text(i),
				     quorum_refusal_text(j)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(legs_accepted),
		cmocka_unit_test(legs_refused),
		cmocka_unit_test(tables_refused),
		cmocka_unit_test(room_refused),
		cmocka_unit_test(planes_refused),
		cmocka_unit_test(read_only_tables),
		cmocka_unit_test(superblocks_written),
		cmocka_unit_test(planes_given),
		cmocka_unit_test(counters_move_up),
		cmocka_unit_test(merges_by_hand),
		cmocka_unit_test(quorums_by_hand),
		cmocka_unit_test(quorums_intersect),
		cmocka_unit_test(still_ours),
		cmocka_unit_test(refusals_have_words),
	};

	unit_init();
	return cmocka_run_group_tests_name("assemble", tests, NULL, NULL);
}
