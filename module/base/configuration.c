/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "base/configuration.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/error.h"
#include "base/file.h"

enum { CONFIG_FILE_MAX = 64 * 1024 };

struct parse {
	struct sb_config *config;
	const char *dir;
	struct sb_config_error *why;
	unsigned line;
};

struct key {
	const char *name;
	int (*take)(struct parse *p, const struct key *key, const char *value);
	size_t offset;             /* of the member in struct sb_config */
	const char *const *words;  /* of an enumeration; the index is the value */
	unsigned min, max;         /* of a number */
};

static int complain(struct parse *p, const char *key, const char *message)
{
	if (p->why) {
		p->why->line = p->line;
		snprintf(p->why->key, sizeof p->why->key, "%s", key);
		snprintf(p->why->message, sizeof p->why->message, "%s", message);
		p->why->detail[0] = 0;
	}
	return SB_E_CONFIG;
}

static void *member(struct parse *p, const struct key *key)
{
	return (char *)p->config + key->offset;
}

static int take_word(struct parse *p, const struct key *key, const char *value)
{
	struct sb_config_error *why = p->why;
	size_t used = 0;

	for (int i = 0; key->words[i]; i++)
		if (strcmp(key->words[i], value) == 0) {
			*(int *)member(p, key) = i;
			return SB_OK;
		}
	complain(p, key->name, "must be one of these words:");
	for (int i = 0; why && key->words[i] && used < sizeof why->detail; i++)
		used += (size_t)snprintf(why->detail + used, sizeof why->detail - used, "%s%s", i ? " " : "", key->words[i]);
	return SB_E_CONFIG;
}

static int take_number(struct parse *p, const struct key *key, const char *value)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(value, &end, 10);
	if (!isdigit((unsigned char)value[0]) || *end || errno || number < key->min || number > key->max) {
		complain(p, key->name, "must be a number in this range:");
		if (p->why)
			snprintf(p->why->detail, sizeof p->why->detail, "%u-%u", key->min, key->max);
		return SB_E_CONFIG;
	}
	*(unsigned *)member(p, key) = (unsigned)number;
	return SB_OK;
}

static int take_switch(struct parse *p, const struct key *key, const char *value)
{
	bool yes = strcmp(value, "yes") == 0;

	if (!yes && strcmp(value, "no") != 0)
		return complain(p, key->name, "must be yes or no");
	*(bool *)member(p, key) = yes;
	return SB_OK;
}

/* Like a switch, into an int whose -1 means "not said". */
static int take_tristate(struct parse *p, const struct key *key, const char *value)
{
	bool yes = strcmp(value, "yes") == 0;

	if (!yes && strcmp(value, "no") != 0)
		return complain(p, key->name, "must be yes or no");
	*(int *)member(p, key) = yes;
	return SB_OK;
}

static int take_text(struct parse *p, const struct key *key, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return SB_E_NOMEM;
	free(*(char **)member(p, key));
	*(char **)member(p, key) = copy;
	return SB_OK;
}

/* The name says which library is loaded: only what we know, and no path. */
static int take_tcti(struct parse *p, const struct key *key, const char *value)
{
	size_t len = strcspn(value, ":");

	for (int i = 0; key->words[i]; i++)
		if (strlen(key->words[i]) == len && strncmp(key->words[i], value, len) == 0)
			return take_text(p, key, value);
	complain(p, key->name, "must begin with one of these words:");
	if (p->why)
		snprintf(p->why->detail, sizeof p->why->detail, "%s %s %s", key->words[0], key->words[1], key->words[2]);
	return SB_E_CONFIG;
}

static int take_path(struct parse *p, const struct key *key, const char *value)
{
	char *path;

	if (value[0] == '/')
		return take_text(p, key, value);
	if (asprintf(&path, "%s/%s", p->dir, value) < 0)
		return SB_E_NOMEM;
	free(*(char **)member(p, key));
	*(char **)member(p, key) = path;
	return SB_OK;
}

static const char *const profiles[] = {"identity", "general", NULL};
static const char *const seals[] = {"auto", "software", "tpm", NULL};
static const char *const tctis[] = {"device", "tabrmd", "swtpm", NULL};
static const char *const pin_profiles[] = {"standard", "strict", NULL};
static const char *const always_auths[] = {"fresh", "strict", NULL};

#define AT(field) offsetof(struct sb_config, field)
static const struct key keys[] = {
	{"token-dir", take_path, AT(token_dir), NULL, 0, 0},
	{"seal", take_word, AT(seal), seals, 0, 0},
	{"tcti", take_tcti, AT(tcti), tctis, 0, 0},
	{"profile", take_word, AT(profile), profiles, 0, 0},
	{"pin-profile", take_word, AT(pin_profile), pin_profiles, 0, 0},
	{"always-authenticate", take_word, AT(always_authenticate), always_auths, 0, 0},
	{"kdf-memory", take_number, AT(kdf_memory), NULL, 19, 1024},
	{"kdf-passes", take_number, AT(kdf_passes), NULL, 2, 10},
	{"pin-tries", take_number, AT(pin_tries), NULL, 1, 15},
	{"puk-tries", take_number, AT(puk_tries), NULL, 1, 15},
	{"audit", take_tristate, AT(audit), NULL, 0, 0},
	{"import", take_switch, AT(import), NULL, 0, 0},
	{"mechanisms", take_text, AT(mechanisms), NULL, 0, 0},
};
enum { KEY_COUNT = sizeof keys / sizeof *keys };

static int take_line(struct parse *p, char *line, bool seen[KEY_COUNT])
{
	char *name = sb_text_trim(line);
	char *equals, *value;

	if (!*name || *name == '#')
		return SB_OK;
	equals = strchr(name, '=');
	if (!equals)
		return complain(p, name, "is not of the form: key = value");
	*equals = 0;
	value = sb_text_trim(equals + 1);
	name = sb_text_trim(name);
	for (size_t i = 0; i < KEY_COUNT; i++) {
		if (strcmp(keys[i].name, name) != 0)
			continue;
		if (seen[i])
			return complain(p, name, "stands twice");
		if (!*value)
			return complain(p, name, "has no value");
		seen[i] = true;
		if (strcmp(name, "profile") == 0)
			p->config->profile_set = true;
		return keys[i].take(p, &keys[i], value);
	}
	return complain(p, name, "is not a key of sinbun.conf");
}

static int set_defaults(struct sb_config *config, const char *dir)
{
	*config = (struct sb_config){.pin_tries = 5, .puk_tries = 10, .audit = -1};
	return asprintf(&config->token_dir, "%s/tokens", dir) < 0 ? SB_E_NOMEM : SB_OK;
}

int sb_config_parse(struct sb_config *out, struct sb_slice text, const char *dir, struct sb_config_error *why)
{
	struct parse p = {out, dir, why, 0};
	bool seen[KEY_COUNT] = {false};
	char *copy = NULL, *next;
	int rc = set_defaults(out, dir);

	if (rc != SB_OK)
		return rc;
	if (sb_utf8_length((const char *)text.data, text.len) < 0 || (text.len && memchr(text.data, 0, text.len)))
		rc = complain(&p, "", "is not UTF-8 text");
	else if (!(copy = strndup(text.len ? (const char *)text.data : "", text.len)))
		rc = SB_E_NOMEM;
	for (char *line = copy; rc == SB_OK && line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		p.line++;
		rc = take_line(&p, line, seen);
	}
	free(copy);
	if (rc != SB_OK)
		sb_config_free(out);
	return rc;
}

/* The directory of an absolute or relative path, made absolute as far as it exists. */
static char *directory_of(const char *path)
{
	char *copy = strdup(path);
	char *slash = copy ? strrchr(copy, '/') : NULL;
	char *real;

	if (!copy)
		return NULL;
	if (slash)
		slash[slash == copy ? 1 : 0] = 0;
	real = realpath(slash ? copy : ".", NULL);
	if (!real)
		return copy;
	free(copy);
	return real;
}

int sb_config_read(struct sb_config *out, const char *path, struct sb_config_error *why)
{
	struct parse p = {out, NULL, why, 0};
	struct sb_bytes text = {0};
	char *dir = directory_of(path);
	int rc = dir ? sb_file_read(path, CONFIG_FILE_MAX, &text) : SB_E_NOMEM;

	*out = (struct sb_config){0};
	if (rc != SB_OK && rc != SB_E_NOMEM)
		rc = rc == SB_E_NOT_FOUND ? complain(&p, "", "does not exist") : complain(&p, "", "cannot be read");
	if (rc == SB_OK)
		rc = sb_config_parse(out, sb_bytes_slice(&text), dir, why);
	if (rc == SB_OK && !(out->path = strdup(path))) {
		sb_config_free(out);
		rc = SB_E_NOMEM;
	}
	sb_bytes_free(&text);
	free(dir);
	return rc;
}

/* No file: tokens live in the user's data directory, or for a user without a home in the system's. */
static int load_defaults(struct sb_config *out, const char *home)
{
	char *dir;
	int rc;

	if (!home)
		return set_defaults(out, SB_STATEDIR "/sinbun");
	if (asprintf(&dir, "%s/.local/share/sinbun", home) < 0)
		return SB_E_NOMEM;
	rc = set_defaults(out, dir);
	free(dir);
	return rc;
}

/* Reads a file at one of the usual places: its tokens stay at the usual place too unless it names another. */
static int read_usual(struct sb_config *out, const char *path, const char *home, struct sb_config_error *why)
{
	struct sb_bytes text = {0};
	struct sb_config defaults = {0};
	struct parse p = {out, NULL, why, 0};
	char *dir = NULL;
	int rc = sb_file_read(path, CONFIG_FILE_MAX, &text);

	if (rc != SB_OK && rc != SB_E_NOT_FOUND)
		rc = complain(&p, "", "cannot be read");
	if (rc == SB_OK)
		rc = load_defaults(&defaults, home);
	if (rc == SB_OK) {
		dir = directory_of(defaults.token_dir);
		rc = dir ? sb_config_parse(out, sb_bytes_slice(&text), dir, why) : SB_E_NOMEM;
	}
	if (rc == SB_OK && !(out->path = strdup(path)))
		rc = SB_E_NOMEM;
	sb_config_free(&defaults);
	sb_bytes_free(&text);
	free(dir);
	return rc;
}

int sb_config_load(struct sb_config *out, struct sb_config_error *why)
{
	const char *named = secure_getenv("SINBUN_CONF");
	const char *home = secure_getenv("HOME");
	char *path = NULL;
	int rc = SB_E_NOT_FOUND;

	*out = (struct sb_config){0};
	if (why)
		*why = (struct sb_config_error){0};
	if (named && *named)
		return sb_config_read(out, named, why);
	if (home && *home != '/')
		home = NULL;
	if (home) {
		if (asprintf(&path, "%s/.config/sinbun/sinbun.conf", home) < 0)
			return SB_E_NOMEM;
		rc = read_usual(out, path, home, why);
		free(path);
	}
	if (rc == SB_E_NOT_FOUND)
		rc = read_usual(out, SB_SYSCONFDIR "/sinbun/sinbun.conf", home, why);
	return rc == SB_E_NOT_FOUND ? load_defaults(out, home) : rc;
}

void sb_config_free(struct sb_config *config)
{
	if (!config)
		return;
	free(config->token_dir);
	free(config->tcti);
	free(config->mechanisms);
	free(config->path);
	*config = (struct sb_config){0};
}

const char *sb_profile_name(enum sb_profile profile)
{
	return profiles[profile];
}
