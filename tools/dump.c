// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a leg knows, field by field.
 *
 * Fields are gathered as JSON in either case, and shown as that or as text.
 */
#include "set.h"
#include "show.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

static void add_number(struct json_object *object, const char *key, u64 value)
{
	json_object_object_add(object, key, json_object_new_uint64(value));
}

static void add_text(struct json_object *object, const char *key,
		     const char *value)
{
	json_object_object_add(object, key, json_object_new_string(value));
}

static void add_uuid(struct json_object *object, const char *key,
		     const u8 *uuid)
{
	char made[UUID_TEXT];

	uuid_text(uuid, made);
	add_text(object, key, made);
}

/* A label is whatever bytes somebody wrote there. */
static void add_label(struct json_object *object, const u8 *label)
{
	char made[QUORUM_LABEL_SIZE + 1];
	int i;

	for (i = 0; i < QUORUM_LABEL_SIZE && label[i]; i++)
		made[i] = isprint(label[i]) ? label[i] : '?';
	made[i] = '\0';
	add_text(object, "label", made);
}

static void add_identity(struct json_object *made,
			 const struct quorum_disk_identity *id)
{
	add_number(made, "version", le32_to_cpu(id->version));
	add_uuid(made, "set_uuid", id->set_uuid);
	add_uuid(made, "leg_uuid", id->leg_uuid);
	add_label(made, id->label);
	add_number(made, "incompat", le32_to_cpu(id->incompat));
	add_number(made, "ro_compat", le32_to_cpu(id->ro_compat));
	add_number(made, "compat", le32_to_cpu(id->compat));
	add_number(made, "leg", le32_to_cpu(id->leg));
	add_number(made, "nr_legs", le32_to_cpu(id->nr_legs));
	add_number(made, "threshold", le32_to_cpu(id->threshold));
	add_number(made, "region_sectors", le32_to_cpu(id->region_sectors));
	add_number(made, "planes", le32_to_cpu(id->planes));
	add_number(made, "length", le64_to_cpu(id->length));
	add_number(made, "offset", le64_to_cpu(id->offset));
	add_number(made, "created", le64_to_cpu(id->created));
}

static void add_state(struct json_object *made,
		      const struct quorum_disk_super *sb)
{
	add_number(made, "slot", le32_to_cpu(sb->slot));
	add_number(made, "epoch", le64_to_cpu(sb->epoch));
	add_number(made, "seq", le64_to_cpu(sb->seq));
	add_uuid(made, "nonce", sb->nonce);
	add_number(made, "written", le64_to_cpu(sb->written));
	add_number(made, "check_end", le64_to_cpu(sb->check_end));
	add_number(made, "check_differ", le64_to_cpu(sb->check_differ));
	add_number(made, "check_unresolved",
		   le64_to_cpu(sb->check_unresolved));
	add_number(made, "no_quorum", le64_to_cpu(sb->no_quorum));
	add_number(made, "transient", le64_to_cpu(sb->transient));
	add_number(made, "report_seq", le64_to_cpu(sb->report_seq));
	add_number(made, "action", le32_to_cpu(sb->action));
	add_number(made, "frozen", le32_to_cpu(sb->frozen));
	add_number(made, "sweep_first", le64_to_cpu(sb->sweep_first));
	add_number(made, "sweep_end", le64_to_cpu(sb->sweep_end));
	add_number(made, "sweep_at", le64_to_cpu(sb->sweep_at));
	add_number(made, "sweep_differ", le64_to_cpu(sb->sweep_differ));
	add_number(made, "sweep_unresolved",
		   le64_to_cpu(sb->sweep_unresolved));
	add_number(made, "doubt", le32_to_cpu(sb->doubt));
}

static const char *member_state(u32 state)
{
	static const char *const names[] = { "in", "behind", "rebuild" };

	return state < COUNT(names) ? names[state] : "unknown";
}

static struct json_object *member(const struct quorum_disk_super *sb, u32 i)
{
	const struct quorum_disk_member *m = &sb->member[i];
	struct json_object *made = json_object_new_object();
	u32 s;

	add_number(made, "index", i);
	add_uuid(made, "uuid", m->uuid);
	add_text(made, "state", member_state(le16_to_cpu(m->state)));
	add_number(made, "plane", le16_to_cpu(m->plane));
	add_number(made, "epoch", le64_to_cpu(m->epoch));
	add_number(made, "seq", le64_to_cpu(m->seq));
	for (s = 0; s < NR_STATS; s++)
		add_number(made, stat_names[s],
			   le64_to_cpu(sb->counter[i][s]));
	return made;
}

static struct json_object *gather(const struct leg *leg)
{
	const struct quorum_disk_super *sb = leg_super(leg);
	struct json_object *made = json_object_new_object();
	struct json_object *members = json_object_new_array();
	bool whole = leg->answer.found == QUORUM_FOUND_SUPER;
	u32 i;

	add_text(made, "device", leg->path);
	add_text(made, "superblock", whole ? "whole" : "damaged");
	add_identity(made, &sb->id);
	if (!whole) {
		json_object_put(members);
		return made;
	}
	add_state(made, sb);
	for (i = 0; i < le32_to_cpu(sb->id.nr_legs); i++)
		json_object_array_add(members, member(sb, i));
	json_object_object_add(made, "members", members);
	return made;
}

static void show_member(struct json_object *member)
{
	json_object_object_foreach(member, key, value)
		printf(" %s %s", key, json_object_get_string(value));
	putchar('\n');
}

static void show(struct json_object *made)
{
	size_t i;

	json_object_object_foreach(made, key, value) {
		if (!json_object_is_type(value, json_type_array)) {
			printf("%-18s%s\n", key,
			       json_object_get_string(value));
			continue;
		}
		for (i = 0; i < json_object_array_length(value); i++) {
			printf("member");
			show_member(json_object_array_get_idx(value, i));
		}
	}
}

int run_dump(const struct args *args)
{
	struct json_object *made;
	struct leg leg;
	int r = leg_open(&leg, args->word[0], LEG_READ | LEG_FILE);

	if (!r)
		leg_read_super(&leg);
	if (!r && leg.answer.found == QUORUM_FOUND_UNKNOWN)
		r = fail(END_DEVICE, "%s: Was made by a later version.",
			 leg.path);
	else if (!r && !leg_super(&leg))
		r = fail(END_DEVICE, "%s: Is not a leg of a set.", leg.path);
	if (!r) {
		made = gather(&leg);
		if (given(args, OPT_JSON)) {
			json_print(made, true);
		} else {
			show(made);
			json_object_put(made);
		}
	}
	leg_free(&leg);
	return r;
}
