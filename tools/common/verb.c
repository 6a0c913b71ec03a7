/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/verb_private.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/error.h"
#include "common/documents.h"
#include "common/i18n.h"
#include "crypto/random.h"

/* One run of a program: parse, run the verb, print in one place. */

static const struct sb_given *find_given(const struct sb_program *p, const char *option)
{
	for (size_t i = 0; i < p->given_count; i++)
		if (strcmp(p->given[i].option->name, option) == 0)
			return &p->given[i];
	return NULL;
}

const char *sb_program_text(const struct sb_program *p, const char *option)
{
	const struct sb_given *g = find_given(p, option);

	return g ? g->value : NULL;
}

bool sb_program_flag(const struct sb_program *p, const char *option)
{
	return find_given(p, option) != NULL;
}

long sb_program_number(const struct sb_program *p, const char *option, long otherwise)
{
	const struct sb_given *g = find_given(p, option);

	return g ? g->number : otherwise;
}

size_t sb_program_operand_count(const struct sb_program *p)
{
	return p->operand_count;
}

const char *sb_program_operand(const struct sb_program *p, size_t index)
{
	return index < p->operand_count ? p->operands[index] : NULL;
}

const char *sb_program_root(const struct sb_program *p)
{
	return p->root;
}

bool sb_program_json(const struct sb_program *p)
{
	return p->json;
}

const char *sb_program_lang(const struct sb_program *p)
{
	(void)p;
	return sb_i18n_lang();
}

void sb_say(const struct sb_program *p, const char *format, ...)
{
	va_list args;

	if (p->json)
		return;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
}

int sb_told(void)
{
	static int error;

	/* The reason is only to be had when a write fails; the stream remembers no more than that one did. */
	errno = 0;
	if (fflush(stdout) != 0)
		error = sb_error_from_errno(errno);
	else if (ferror(stdout) && error == SB_OK)
		error = SB_E_IO;
	return error;
}

void sb_warn(const struct sb_program *p, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", p->table->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

/* Bytes of a character at p that a terminal would obey instead of showing it: C0, DEL, C1 (U+0080 … U+009F), and the marks that turn the
 * direction of text. 0 for any other. */
static size_t obeyed(const unsigned char *p)
{
	if (*p < 0x20 || *p == 0x7f)
		return 1;
	if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
		return 2;
	if (p[0] == 0xe2 && ((p[1] == 0x80 && p[2] >= 0xaa && p[2] <= 0xae) || (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9)))
		return 3;
	return 0;
}

bool sb_is_clean(const char *text)
{
	if (sb_utf8_length(text, strlen(text)) < 0)
		return false;
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		if (obeyed(p))
			return false;
	return true;
}

const char *sb_clean(const char *text)
{
	enum { RING = 8 };
	static char *ring[RING];
	static unsigned turn;
	char **place = &ring[turn++ % RING], *out = sb_utf8_length(text, strlen(text)) < 0 ? NULL : realloc(*place, strlen(text) + 1);

	if (!out)
		return "?";
	*place = out;
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		size_t bad = obeyed(p);

		*out++ = bad ? '?' : (char)*p;
		p += bad ? bad - 1 : 0;
	}
	*out = 0;
	return *place;
}

const char *sb_source_name(const char *path)
{
	return strcmp(path, "-") == 0 ? _("standard input") : path;
}

void sb_answer(struct sb_program *p, json_t *result)
{
	p->answered = true;
	if (p->json) {
		json_dumpf(result, stdout, JSON_COMPACT);
		putchar('\n');
	}
	sb_told();
	json_object_clear(result);
}

static void print_failure(const struct sb_program *p, const struct sb_failure *f, json_t *result)
{
	if (!p->json) {
		sb_told();
		fprintf(stderr, "%s: %s\n", p->table->name, f->message);
		return;
	}
	json_object_set_new(result, "error", json_string(f->error));
	json_object_set_new(result, "field", *f->field ? json_string(f->field) : json_null());
	json_object_set_new(result, "rule", *f->rule ? json_string(f->rule) : json_null());
	json_object_set_new(result, "tries_left", f->tries_left >= 0 ? json_integer(f->tries_left) : json_null());
	json_object_set_new(result, "message", json_string(f->message));
}

/* --home DIR, else the user's data directory; absolute. */
static int choose_root(struct sb_program *p, struct sb_failure *f)
{
	const char *given = sb_program_text(p, p->table->root_option);
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	char *path = NULL, *here;
	int n;

	if (given && *given == '/')
		n = asprintf(&path, "%s", given);
	else if (given) {
		here = getcwd(NULL, 0);
		n = here ? asprintf(&path, "%s/%s", here, given) : -1;
		free(here);
	} else if (data && *data == '/')
		n = asprintf(&path, "%s/%s", data, p->table->name);
	else if (home && *home == '/')
		n = asprintf(&path, "%s/.local/share/%s", home, p->table->name);
	else
		return sb_fail(f, SB_EXIT_USAGE, "usage", p->table->root_option, _("%s is needed: there is no home directory."),
			p->table->root_option);
	if (n < 0)
		return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	p->root = path;
	sb_documents_beside(path);
	return SB_EXIT_OK;
}

/* PINs pass through this process: no core file, no tracer of the same user; files are private unless said otherwise. */
static void harden(void)
{
	static const struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	umask(077);
}

static int run(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	int rc = choose_root(p, f);

	/* Our own library context, which no openssl.cnf reaches. */
	if (rc == SB_EXIT_OK && sb_crypto_start() != SB_OK)
		rc = sb_fail(f, SB_EXIT_CONFIG, "no_crypto", NULL, _("OpenSSL's or libsodium's cryptography cannot be started. Are the libraries whole?"));
	return rc == SB_EXIT_OK ? p->verb->run(p, result, f) : rc;
}

int sb_program_run(const struct sb_program_table *table, int argc, char **argv)
{
	struct sb_program p = {.table = table, .operands = calloc((size_t)argc + 1, sizeof(char *))};
	struct sb_failure f = {.tries_left = -1};
	json_t *result = json_object();
	bool help = false, version = false;
	int rc, told;

	harden();
	rc = p.operands ? sb_program_parse(&p, argc, argv, &help, &version, &f)
			: sb_fail(&f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	if (version)
		printf("%s %s\n", table->name, SB_VERSION);
	else if (help)
		sb_program_help(table, p.verb, p.operand_count ? p.operands[0] : NULL);
	else if (rc == SB_EXIT_OK)
		rc = run(&p, result, &f);
	if (help || version)
		rc = SB_EXIT_OK;
	else {
		if (rc != SB_EXIT_OK && *f.error)
			print_failure(&p, &f, result);
		if (!p.answered || json_object_size(result))
			sb_answer(&p, result);
	}
	json_decref(result);
	free(p.root);
	free(p.operands);
	/* A reader that has gone away, or a full disk: what was to be told was not told. */
	told = sb_told();
	if (told != SB_OK && rc == SB_EXIT_OK) {
		sb_warn(&p, _("Standard output cannot be written: %s. What was to be told is lost."), _(sb_error_text(told)));
		rc = SB_EXIT_STORAGE;
	}
	return rc;
}
