/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/terms.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/codec.h"
#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "common/paths.h"
#include "common/verb.h"
#include "crypto/digest.h"

enum { TERMS_FILE_MAX = 64 * 1024, PATH_BYTES = 8192 };
/* Which kinds have a part. */
enum { IN_ALL = 0, IN_COLLECTION = 1, IN_THIRD_PARTY = 2 };

static const struct {
	const char *name;
	unsigned kinds; /* 0: all */
} keys[SB_TERMS_KEYS] = {
	[SB_TERMS_TITLE] = {"title", IN_ALL},
	[SB_TERMS_KIND] = {"kind", IN_ALL},
	[SB_TERMS_REQUIRED] = {"required", IN_ALL},
	[SB_TERMS_ORDER] = {"order", IN_ALL},
	[SB_TERMS_RECIPIENT] = {"recipient", IN_THIRD_PARTY},
	[SB_TERMS_PURPOSE] = {"purpose", IN_COLLECTION | IN_THIRD_PARTY},
	[SB_TERMS_ITEMS] = {"items", IN_COLLECTION | IN_THIRD_PARTY},
	[SB_TERMS_RETENTION] = {"retention", IN_COLLECTION | IN_THIRD_PARTY},
	[SB_TERMS_REFUSAL] = {"refusal", IN_COLLECTION | IN_THIRD_PARTY},
};

static const struct {
	const char *name;
	unsigned kind; /* 0: has the parts of all kinds only */
} kinds[] = {{"terms", 0}, {"acknowledgement", 0}, {"collection", IN_COLLECTION}, {"third-party", IN_THIRD_PARTY}};
enum { KINDS = sizeof kinds / sizeof *kinds };

const char *sb_terms_key_name(enum sb_terms_key key)
{
	return keys[key].name;
}

static void free_one(struct sb_terms *t)
{
	for (size_t i = 0; i < SB_TERMS_KEYS; i++)
		sb_text_free(&t->values[i]);
	sb_text_free(&t->text);
	*t = (struct sb_terms){0};
}

void sb_terms_free(struct sb_terms_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free_one(&list->all[i]);
	list->count = 0;
}

static int fail_line(const char *path, unsigned line, const char *why, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_CONFIG, "bad_terms", path, _("%s, line %u: %s"), path, line, why);
}

/* "key: value" into its place. */
static int take_line(struct sb_terms *t, const char *path, unsigned line, char *text, struct sb_failure *f)
{
	char *colon = strstr(text, ": ");

	for (size_t i = 0; colon && i < SB_TERMS_KEYS; i++) {
		if (strlen(keys[i].name) != (size_t)(colon - text) || strncmp(keys[i].name, text, (size_t)(colon - text)) != 0)
			continue;
		if (t->values[i])
			return fail_line(path, line, _("this part stands there twice"), f);
		t->values[i] = strdup(colon + 2);
		return t->values[i] ? SB_EXIT_OK : sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	}
	return fail_line(path, line, _("not a part that is known, such as \"title: …\""), f);
}

/* Every part that the kind has, and no other. */
static int check_parts(struct sb_terms *t, const char *path, struct sb_failure *f)
{
	const char *kind = t->values[SB_TERMS_KIND], *required = t->values[SB_TERMS_REQUIRED], *order = t->values[SB_TERMS_ORDER];
	size_t k = 0;
	char *end;

	while (k < KINDS && !(kind && strcmp(kinds[k].name, kind) == 0))
		k++;
	if (k == KINDS)
		return sb_fail(f, SB_EXIT_CONFIG, "bad_terms", path, _("%s: the kind is terms, acknowledgement, collection or third-party."), path);
	for (size_t i = 0; i < SB_TERMS_KEYS; i++) {
		bool wanted = !keys[i].kinds || (keys[i].kinds & kinds[k].kind);

		if (wanted != (t->values[i] && *t->values[i]))
			return sb_fail(f, SB_EXIT_CONFIG, "bad_terms", path,
				wanted ? _("%s: \"%s\" is missing.") : _("%s: \"%s\" does not belong to this kind."), path, keys[i].name);
	}
	t->order = strtol(order, &end, 10);
	if (*end || (strcmp(required, "yes") != 0 && strcmp(required, "no") != 0))
		return sb_fail(f, SB_EXIT_CONFIG, "bad_terms", path, _("%s: \"required\" is yes or no, \"order\" a number."), path);
	t->required = strcmp(required, "yes") == 0;
	return SB_EXIT_OK;
}

static int parse(struct sb_terms *t, const char *path, char *text, struct sb_failure *f)
{
	unsigned line = 1;
	int rc = SB_EXIT_OK;

	for (; rc == SB_EXIT_OK && *text && *text != '\n'; line++) {
		size_t len = strcspn(text, "\n");
		bool more = text[len] == '\n';

		text[len] = 0;
		rc = take_line(t, path, line, text, f);
		text += len + more;
	}
	if (rc != SB_EXIT_OK)
		return rc;
	if (*text != '\n' || !text[1])
		return fail_line(path, line, _("after its parts, an empty line and the text itself are missing"), f);
	t->text = strdup(text + 1);
	return t->text ? check_parts(t, path, f) : sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
}

/* The file of a text, in the first directory that has it. */
static int read_text(const char *root, const char *id, const char *language, char path[PATH_BYTES], struct sb_bytes *text)
{
	int rc;

	snprintf(path, PATH_BYTES, "%s/terms/%s.%s.txt", root, id, language);
	rc = sb_file_read(path, TERMS_FILE_MAX, text);
	if (rc != SB_E_NOT_FOUND)
		return rc;
	snprintf(path, PATH_BYTES, "%s/%s.%s.txt", sb_path_terms(), id, language);
	return sb_file_read(path, TERMS_FILE_MAX, text);
}

static int load_one(const char *root, const char *id, const char *language, struct sb_terms *t, struct sb_failure *f)
{
	struct sb_bytes text = {0};
	char path[PATH_BYTES];
	int got = read_text(root, id, language, path, &text), rc;

	*t = (struct sb_terms){0};
	snprintf(t->id, sizeof t->id, "%s", id);
	snprintf(t->language, sizeof t->language, "%s", language);
	if (got == SB_OK && (memchr(text.data, 0, text.len) || sb_utf8_length((const char *)text.data, text.len) < 0))
		got = SB_E_FORMAT;
	if (got == SB_OK)
		got = sb_sha256(text.data, text.len, t->hash);
	if (got == SB_OK)
		got = sb_bytes_terminate(&text);
	rc = got == SB_OK ? parse(t, path, (char *)text.data, f)
			  : sb_fail(f, SB_EXIT_CONFIG, "bad_terms", path, _("The text %s cannot be read: %s."), path, _(sb_error_text(got)));
	sb_bytes_free(&text);
	if (rc != SB_EXIT_OK)
		free_one(t);
	return rc;
}

/* What is agreed to is the same thing in whichever language it is read. */
static int load_both(const char *root, const char *id, const char *language, struct sb_terms *t, struct sb_failure *f)
{
	struct sb_terms other = {0};
	int rc = load_one(root, id, language, t, f);

	if (rc == SB_EXIT_OK)
		rc = load_one(root, id, strcmp(language, "ko") == 0 ? "en" : "ko", &other, f);
	if (rc == SB_EXIT_OK && (t->required != other.required || t->order != other.order ||
				 strcmp(t->values[SB_TERMS_KIND], other.values[SB_TERMS_KIND]) != 0))
		rc = sb_fail(f, SB_EXIT_CONFIG, "bad_terms", id, _("The text %s is not of the same kind in both languages."), id);
	free_one(&other);
	if (rc != SB_EXIT_OK)
		free_one(t);
	return rc;
}

/* "NAME@VERSION": the name's length and the version; false for another thing. */
static bool split(const char *id, size_t *name, long *version)
{
	char *end;

	*name = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-");
	if (!*name || id[*name] != '@' || strlen(id) >= SB_TERMS_ID || strspn(id + *name + 1, "0123456789") == 0)
		return false;
	*version = strtol(id + *name + 1, &end, 10);
	return !*end && *version > 0 && *version < 1000000;
}

struct ids {
	char all[SB_TERMS_MAX][SB_TERMS_ID];
	size_t count;
};

/* Keeps the newest version of each name. */
static void take_id(struct ids *ids, const char *id)
{
	size_t name, has;
	long version, other;

	if (!split(id, &name, &version))
		return;
	for (size_t i = 0; i < ids->count; i++)
		if (split(ids->all[i], &has, &other) && has == name && strncmp(ids->all[i], id, name) == 0) {
			if (version > other)
				snprintf(ids->all[i], SB_TERMS_ID, "%s", id);
			return;
		}
	if (ids->count < SB_TERMS_MAX)
		snprintf(ids->all[ids->count++], SB_TERMS_ID, "%s", id);
}

static void scan(struct ids *ids, const char *directory)
{
	static const char *const tails[] = {".ko.txt", ".en.txt"};
	DIR *dir = opendir(directory);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		for (size_t i = 0; i < 2; i++) {
			size_t len = strlen(entry->d_name), tail = strlen(tails[i]);

			if (len > tail && len - tail < SB_TERMS_ID && strcmp(entry->d_name + len - tail, tails[i]) == 0) {
				entry->d_name[len - tail] = 0;
				take_id(ids, entry->d_name);
				break;
			}
		}
	if (dir)
		closedir(dir);
}

static int by_order(const void *a, const void *b)
{
	const struct sb_terms *x = a, *y = b;

	return x->order != y->order ? (x->order > y->order) - (x->order < y->order) : strcmp(x->id, y->id);
}

int sb_terms_load(const char *root, const char *language, struct sb_terms_list *out, struct sb_failure *f)
{
	struct ids ids = {.count = 0};
	char path[PATH_BYTES];
	int rc = SB_EXIT_OK;

	out->count = 0;
	snprintf(path, sizeof path, "%s/terms", root);
	scan(&ids, path);
	scan(&ids, sb_path_terms());
	for (size_t i = 0; rc == SB_EXIT_OK && i < ids.count; i++) {
		rc = load_both(root, ids.all[i], language, &out->all[out->count], f);
		out->count += rc == SB_EXIT_OK;
	}
	if (rc == SB_EXIT_OK && !out->count)
		rc = sb_fail(f, SB_EXIT_CONFIG, "bad_terms", sb_path_terms(), _("There is no text to agree to in %s."), sb_path_terms());
	if (rc != SB_EXIT_OK)
		sb_terms_free(out);
	qsort(out->all, out->count, sizeof *out->all, by_order);
	return rc;
}

const struct sb_terms *sb_terms_find(const struct sb_terms_list *list, const char *id)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->all[i].id, id) == 0)
			return &list->all[i];
	return NULL;
}

const struct sb_terms *sb_terms_named(const struct sb_terms_list *list, const char *id)
{
	size_t len = strcspn(id, "@");

	for (size_t i = 0; i < list->count; i++)
		if (strncmp(list->all[i].id, id, len) == 0 && list->all[i].id[len] == '@')
			return &list->all[i];
	return NULL;
}
