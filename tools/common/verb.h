/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_VERB_H
#define SINBUN_VERB_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>
#include "common/failure.h"

/* The frame of the three programs: verbs as rows, options as rows, help made from them, one place that prints.
 * A verb's words ("registry import", "pin change") are matched before its options; options may stand anywhere after the program's name. */

enum sb_option_kind { SB_OPTION_FLAG, SB_OPTION_TEXT, SB_OPTION_FILE, SB_OPTION_FD, SB_OPTION_NUMBER };

struct sb_option {
	const char *name;  /* "--officer" */
	enum sb_option_kind kind;
	const char *value; /* what help calls the value: "ID" */
	const char *help;  /* English; translated when printed (mark with N_) */
	bool required;
};

struct sb_program; /* what is common to one run; made by sb_program_run */

struct sb_verb {
	const char *words;     /* "registry import" */
	const char *operands;  /* for help: "FILE.csv", or "" */
	unsigned operands_min, operands_max;
	const char *help;      /* N_("…") */
	const struct sb_option *options; /* ended by name NULL */
	/* Returns enum sb_exit; on failure *f is filled; result (a new object given to it) is what --json prints on success. */
	int (*run)(struct sb_program *program, json_t *result, struct sb_failure *f);
};

struct sb_program_table {
	const char *name;          /* "sinbun" */
	const char *about;         /* N_("…") */
	const char *root_option;   /* "--home" or "--registry" */
	const struct sb_verb *verbs; /* ended by words NULL */
	bool uses_token;           /* adds --module, --token, --pin-fd */
};

/* Parses, sets the language, runs the verb, prints, returns the exit code. Common options: the root option, --json, --lang, --help, --version. */
int sb_program_run(const struct sb_program_table *table, int argc, char **argv);

/* For verbs. Text of an option, or NULL; whether a flag was given; number (checked when parsed). */
const char *sb_program_text(const struct sb_program *p, const char *option);
bool sb_program_flag(const struct sb_program *p, const char *option);
long sb_program_number(const struct sb_program *p, const char *option, long otherwise);
size_t sb_program_operand_count(const struct sb_program *p);
const char *sb_program_operand(const struct sb_program *p, size_t index);
/* The root directory (--home, --registry; default $XDG_DATA_HOME/sinbun, …/sinbun-admin, …/sinbun-verify), absolute. */
const char *sb_program_root(const struct sb_program *p);
bool sb_program_json(const struct sb_program *p);
/* "ko" or "en". */
const char *sb_program_lang(const struct sb_program *p);
/* Prints for people on stdout; nothing under --json. */
void sb_say(const struct sb_program *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* SB_OK when all that was said so far has left this process; else an SB_E_* that says why not. */
int sb_told(void);
/* A warning for people on stderr, also under --json. */
void sb_warn(const struct sb_program *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Prints result now as the one JSON object of this answer and empties it, for verbs that answer several times (a scanner's lines). */
void sb_answer(struct sb_program *p, json_t *result);
/* What to call a file in a message: "-" is standard input. */
const char *sb_source_name(const char *path);
/* Text that came from outside, whole, with "?" for control characters (terminal escapes), or "?" alone when it is not UTF-8. Good until the
 * eighth call after this one. */
const char *sb_clean(const char *text);
/* UTF-8 that sb_clean would leave as it is. */
bool sb_is_clean(const char *text);

#endif
