/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault/crash-report.h"
#include "lib/check.h"

/* What a power cut may leave of a run of crash-driver. Reads a trace of the run, made by strace with all data, and keeps two states of each
 * file and directory below HOME: as the program sees it, and as it was last synchronised. At each moment that matters - before each
 * synchronisation, after each answer, at the end - it lays out what a disk may hold then:
 *   variant 0   nothing but what was synchronised, names included
 *   others      of what was not, some: each sector of each write by chance, each directory's names as they were or as they are
 * Each in a directory OUT/NUMBER: home, report (the answers given until then), and what (a line that tells the moment).
 *   lost-writes TRACE HOME BASE REPORT OUT VARIANTS FIRST STEP
 * BASE is a copy of HOME before the run. Of the moments before a synchronisation one in STEP is laid out, the first being FIRST; of the
 * others variant 0 always. The number of moments goes to stdout. Files of SQLite's shared memory are left out: nothing in them outlives
 * the machine. */

enum { SECTOR = 512, NAME = 256, ENTRIES = 64, ARGUMENTS = 8, PATH = 4096 };

struct content {
	uint8_t *data;
	size_t len;
};

struct change {
	struct content bytes; /* written at `at`; data NULL: the file is cut or grown to the length `at` */
	size_t at;
};

struct entry {
	char name[NAME];
	struct node *node;
};

/* A file or directory; it has no name itself and stays when it is renamed. */
struct node {
	bool is_directory;
	struct content now, durable;
	struct change *changes; /* since the last synchronisation */
	size_t change_count;
	struct entry entries[2][ENTRIES]; /* by NOW, DURABLE */
	size_t entry_count[2];
};
enum { NOW, DURABLE };

static struct {
	const char *home, *out;
	struct node *root;
	struct crash_report report, given; /* in the end; until now */
	long variants, first, step, moments, laid_out;
	bool inside;
} run;

static void fail(const char *why, const char *line)
{
	fprintf(stderr, "lost-writes: %s: %.200s\n", why, line);
	exit(2);
}

/* --- files --- */

static void resize(struct content *c, size_t len)
{
	c->data = realloc(c->data, len ? len : 1);
	REQUIRE(c->data);
	if (len > c->len)
		memset(c->data + c->len, 0, len - c->len);
	c->len = len;
}

static void put(struct content *c, size_t at, const uint8_t *data, size_t len)
{
	if (at + len > c->len)
		resize(c, at + len);
	memcpy(c->data + at, data, len);
}

static void set(struct content *to, const struct content *from)
{
	resize(to, from->len);
	memcpy(to->data, from->data, from->len);
}

static struct content read_file(const char *path)
{
	struct content c = {0};
	struct stat st;
	int fd = open(path, O_RDONLY | O_NOFOLLOW);

	REQUIRE(fd >= 0 && fstat(fd, &st) == 0);
	resize(&c, (size_t)st.st_size);
	REQUIRE(read(fd, c.data, c.len) == (ssize_t)c.len);
	close(fd);
	return c;
}

static void write_file(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	REQUIRE(fd >= 0 && write(fd, data, len) == (ssize_t)len);
	close(fd);
}

static struct node *new_node(bool is_directory)
{
	struct node *n = calloc(1, sizeof *n);

	REQUIRE(n);
	n->is_directory = is_directory;
	resize(&n->now, 0);
	resize(&n->durable, 0);
	return n;
}

static struct entry *find_entry(struct node *directory, int when, const char *name)
{
	for (size_t i = 0; i < directory->entry_count[when]; i++)
		if (strcmp(directory->entries[when][i].name, name) == 0)
			return &directory->entries[when][i];
	return NULL;
}

static void link_node(struct node *directory, int when, const char *name, struct node *node)
{
	struct entry *e = find_entry(directory, when, name);

	if (!e) {
		REQUIRE(directory->entry_count[when] < ENTRIES && strlen(name) < NAME);
		e = &directory->entries[when][directory->entry_count[when]++];
		snprintf(e->name, sizeof e->name, "%s", name);
	}
	e->node = node;
}

static void unlink_node(struct node *directory, const char *name)
{
	struct entry *e = find_entry(directory, NOW, name);

	if (e)
		*e = directory->entries[NOW][--directory->entry_count[NOW]];
}

static bool is_shared_memory(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && strcmp(name + len - 4, "-shm") == 0;
}

/* What stands before the run is on the disk. */
static struct node *load(const char *path)
{
	struct node *n = new_node(true);
	struct dirent *e;
	DIR *dir = opendir(path);

	REQUIRE(dir);
	while ((e = readdir(dir))) {
		char inner[PATH];
		struct stat st;
		struct node *child;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || is_shared_memory(e->d_name))
			continue;
		REQUIRE(snprintf(inner, sizeof inner, "%s/%s", path, e->d_name) < (int)sizeof inner && lstat(inner, &st) == 0);
		child = S_ISDIR(st.st_mode) ? load(inner) : new_node(false);
		if (!child->is_directory) {
			child->now = read_file(inner);
			set(&child->durable, &child->now);
		}
		for (int when = NOW; when <= DURABLE; when++)
			link_node(n, when, e->d_name, child);
	}
	closedir(dir);
	return n;
}

/* The directory that holds a path, and its last name; NULL: it is not below HOME, or no concern of ours. */
static struct node *parent_of(const char *path, const char **last, char buffer[PATH])
{
	size_t home = strlen(run.home);
	struct node *n = run.root;
	char *rest, *next;

	if (strncmp(path, run.home, home) != 0 || path[home] != '/')
		return NULL;
	snprintf(buffer, PATH, "%s", path + home + 1);
	for (rest = buffer; (next = strchr(rest, '/')); rest = next + 1) {
		struct entry *e;

		*next = 0;
		if (!*rest || strcmp(rest, ".") == 0)
			continue;
		e = find_entry(n, NOW, rest);
		if (!e || !e->node->is_directory)
			return NULL;
		n = e->node;
	}
	*last = rest;
	return is_shared_memory(rest) ? NULL : n;
}

static struct node *node_at(const char *path)
{
	char buffer[PATH];
	const char *name;
	struct node *parent = parent_of(path, &name, buffer);
	struct entry *e = parent ? find_entry(parent, NOW, name) : NULL;

	return e ? e->node : NULL;
}

static void note_change(struct node *n, size_t at, const struct content *bytes)
{
	n->changes = realloc(n->changes, (n->change_count + 1) * sizeof *n->changes);
	REQUIRE(n->changes);
	n->changes[n->change_count++] = (struct change){.at = at, .bytes = *bytes};
	if (bytes->data)
		put(&n->now, at, bytes->data, bytes->len);
	else
		resize(&n->now, at);
}

static void synchronise(struct node *n)
{
	if (n->is_directory) {
		memcpy(n->entries[DURABLE], n->entries[NOW], sizeof n->entries[NOW]);
		n->entry_count[DURABLE] = n->entry_count[NOW];
		return;
	}
	set(&n->durable, &n->now);
	for (size_t i = 0; i < n->change_count; i++)
		free(n->changes[i].bytes.data);
	n->change_count = 0;
}

/* --- what a power cut leaves --- */

static bool by_chance(void)
{
	return random() & 1;
}

/* Some sectors of some writes; cuts and growths wholly or not at all. */
static void apply_some(struct content *c, const struct node *n)
{
	for (size_t i = 0; i < n->change_count; i++) {
		const struct change *change = &n->changes[i];
		size_t from = change->at, end = change->at + change->bytes.len;

		if (!change->bytes.data) {
			if (by_chance())
				resize(c, change->at);
			continue;
		}
		while (from < end) {
			size_t to = from / SECTOR * SECTOR + SECTOR;

			if (to > end)
				to = end;
			if (by_chance())
				put(c, from, change->bytes.data + (from - change->at), to - from);
			from = to;
		}
	}
}

static void lay_out_node(const struct node *n, const char *path, bool some)
{
	struct content c = {0};
	int when = some && by_chance() ? NOW : DURABLE;

	if (!n->is_directory) {
		set(&c, &n->durable);
		if (some)
			apply_some(&c, n);
		write_file(path, c.data, c.len);
		free(c.data);
		return;
	}
	REQUIRE(mkdir(path, 0700) == 0);
	for (size_t i = 0; i < n->entry_count[when]; i++) {
		char inner[PATH];

		REQUIRE(snprintf(inner, sizeof inner, "%s/%s", path, n->entries[when][i].name) < (int)sizeof inner);
		lay_out_node(n->entries[when][i].node, inner, some);
	}
}

static void lay_out(long variant, const char *what)
{
	char path[PATH], text[PATH];
	int len = snprintf(text, sizeof text, "variant %ld, %s\n", variant, what);

	srandom((unsigned)(run.moments * 1000 + variant));
	snprintf(path, sizeof path, "%s/%ld", run.out, run.laid_out++);
	REQUIRE(mkdir(path, 0700) == 0);
	snprintf(path, sizeof path, "%s/%ld/what", run.out, run.laid_out - 1);
	write_file(path, text, (size_t)len);
	snprintf(path, sizeof path, "%s/%ld/report", run.out, run.laid_out - 1);
	write_file(path, &run.given, sizeof run.given);
	snprintf(path, sizeof path, "%s/%ld/home", run.out, run.laid_out - 1);
	lay_out_node(run.root, path, variant > 0);
}

/* always: variant 0 is wanted in any case. */
static void moment(const char *what, bool always)
{
	bool wanted = run.inside && run.step > 0 && (run.first + run.moments) % run.step == 0;

	if (!run.inside)
		return;
	for (long v = 0; v <= run.variants; v++)
		if (wanted || (always && v == 0))
			lay_out(v, what);
	run.moments++;
}

/* --- the trace --- */

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A text as strace -xx writes it, "\x2f…", up to the character `end`. */
static struct content decode(const char *from, char end)
{
	struct content c = {0};
	const char *stop = strchr(from, end);

	if (!stop)
		fail("a text without an end", from);
	resize(&c, (size_t)(stop - from) / 4);
	for (size_t i = 0; i < c.len; i++, from += 4) {
		if (from[0] != '\\' || from[1] != 'x' || digit(from[2]) < 0 || digit(from[3]) < 0)
			fail("not the hexadecimal text of strace -xx", from);
		c.data[i] = (uint8_t)(digit(from[2]) << 4 | digit(from[3]));
	}
	return c;
}

static void decode_path(const char *from, char end, char path[PATH])
{
	struct content c = decode(from, end);

	REQUIRE(c.len < PATH);
	memcpy(path, c.data, c.len);
	path[c.len] = 0;
	free(c.data);
}

struct call {
	char name[32];
	char *arguments[ARGUMENTS], *result; /* in the line, which is cut up */
	size_t count;
};

/* "3</path>": the path; false when it has none any more. */
static bool path_of_descriptor(const char *text, char path[PATH])
{
	const char *start = strchr(text, '<');

	if (!start || strstr(text, "(deleted)"))
		return false;
	decode_path(start + 1, '>', path);
	return true;
}

/* Of a call that names a directory and a path in it; dir NULL: of one that names a path only. */
static void path_of_arguments(const char *dir, const char *text, char path[PATH])
{
	char relative[PATH], start[PATH] = "";

	if (*text != '"')
		fail("no path", text);
	decode_path(text + 1, '"', relative);
	if (*relative == '/') {
		memcpy(path, relative, PATH);
		return;
	}
	if (!dir || !path_of_descriptor(dir, start) || snprintf(path, PATH, "%s/%s", start, relative) >= PATH)
		fail("a path that begins nowhere", text);
}

/* "PID name(argument, argument) = result"; false: no call that was made and went well. */
static bool take_apart(char *line, struct call *c)
{
	char *p = line + strspn(line, "0123456789 "), *open = strchr(p, '('), *end;
	bool quoted = false;
	int depth = 0;

	*c = (struct call){.count = 0};
	if (strstr(p, "<unfinished") || strstr(p, " resumed>"))
		fail("two threads at once", line);
	if (!open || *p < 'a' || *p > 'z' || (size_t)(open - p) >= sizeof c->name)
		return false;
	memcpy(c->name, p, (size_t)(open - p));
	c->arguments[c->count++] = open + 1;
	for (end = open + 1; *end && (quoted || depth || *end != ')'); end++) {
		quoted ^= *end == '"';
		depth += quoted ? 0 : (*end == '<' || *end == '{') - (*end == '>' || *end == '}');
		if (*end == ',' && !quoted && !depth && c->count < ARGUMENTS) {
			*end = 0;
			c->arguments[c->count++] = end + 2;
		}
	}
	if (!*end || !(c->result = strstr(end, "= ")))
		return false;
	*end = 0;
	c->result += 2;
	return true;
}

static void do_open(const struct call *c)
{
	char path[PATH], buffer[PATH];
	const char *name;
	struct node *parent, *n;

	if (c->count < 3 || !path_of_descriptor(c->result, path) || !(parent = parent_of(path, &name, buffer)))
		return;
	n = node_at(path);
	if (!n && strstr(c->arguments[2], "O_CREAT"))
		link_node(parent, NOW, name, n = new_node(false));
	if (n && strstr(c->arguments[2], "O_TRUNC"))
		note_change(n, 0, &(struct content){0});
}

/* write() goes on where the file ends: nothing here writes otherwise than to a file that it just made. */
static void do_write(const struct call *c)
{
	char path[PATH];
	struct content bytes;
	struct node *n;
	long done = strtol(c->result, NULL, 10);

	if (done <= 0 || !path_of_descriptor(c->arguments[0], path) || !(n = node_at(path)))
		return;
	if (c->arguments[1][0] != '"' || strstr(c->arguments[1], "\"..."))
		fail("data that are cut short", c->name);
	bytes = decode(c->arguments[1] + 1, '"');
	if ((size_t)done > bytes.len)
		fail("more written than is there", path);
	bytes.len = (size_t)done;
	note_change(n, c->count > 3 ? strtoul(c->arguments[3], NULL, 10) : n->now.len, &bytes);
}

static void do_truncate(const struct call *c)
{
	char path[PATH];
	struct node *n = path_of_descriptor(c->arguments[0], path) ? node_at(path) : NULL;

	if (n)
		note_change(n, strtoul(c->arguments[1], NULL, 10), &(struct content){0});
}

static void do_synchronise(const struct call *c)
{
	char path[PATH], what[PATH + 64];
	struct node *n = path_of_descriptor(c->arguments[0], path) ? (strcmp(path, run.home) == 0 ? run.root : node_at(path)) : NULL;

	if (!n)
		return;
	snprintf(what, sizeof what, "before %s of %s", c->name, path + strlen(run.home));
	moment(what, false);
	synchronise(n);
}

static void rename_path(const char *from, const char *to)
{
	char buffers[2][PATH];
	const char *names[2];
	struct node *old = parent_of(from, &names[0], buffers[0]), *new = parent_of(to, &names[1], buffers[1]), *n = node_at(from);

	if (!old || !new || !n)
		return;
	unlink_node(old, names[0]);
	link_node(new, NOW, names[1], n);
}

static void do_rename(const struct call *c)
{
	char from[PATH], to[PATH];
	bool at = c->count >= 4;

	path_of_arguments(at ? c->arguments[0] : NULL, c->arguments[at ? 1 : 0], from);
	path_of_arguments(at ? c->arguments[2] : NULL, c->arguments[at ? 3 : 1], to);
	rename_path(from, to);
}

/* unlink, unlinkat, rmdir. */
static void do_unlink(const struct call *c)
{
	char path[PATH], buffer[PATH];
	bool at = c->count >= 2;
	const char *name;
	struct node *parent;

	path_of_arguments(at ? c->arguments[0] : NULL, c->arguments[at], path);
	parent = parent_of(path, &name, buffer);
	if (parent)
		unlink_node(parent, name);
}

static void do_mkdir(const struct call *c)
{
	char path[PATH], buffer[PATH];
	bool at = c->count >= 3;
	const char *name;
	struct node *parent;

	path_of_arguments(at ? c->arguments[0] : NULL, c->arguments[at], path);
	parent = parent_of(path, &name, buffer);
	if (parent)
		link_node(parent, NOW, name, new_node(true));
}

/* The driver's marks: they ask for what does not exist. */
static void do_access(const struct call *c)
{
	char path[PATH];
	bool at = strcmp(c->name, "access") != 0;

	path_of_arguments(at ? c->arguments[0] : NULL, c->arguments[at], path);
	if (strcmp(path, CRASH_MARK) == 0) {
		moment("at the end", true);
		run.inside = !run.inside;
	} else if (strcmp(path, CRASH_LOGIN_ANSWERED) == 0) {
		run.given.login_done = 1;
		run.given.login = run.report.login;
		moment("after the answer to the login", true);
	} else if (strcmp(path, CRASH_ACT_ANSWERED) == 0) {
		run.given.act_done = 1;
		run.given.act = run.report.act;
		moment("after the answer to the operation", true);
	}
}

static void refuse(const struct call *c)
{
	char path[PATH];

	if (path_of_descriptor(c->arguments[0], path) && node_at(path))
		fail("a call that is not understood", c->name);
}

static const struct {
	const char *name;
	void (*act)(const struct call *c);
	bool failed; /* also one that failed */
} calls[] = {
	{"openat", do_open, false},
	{"write", do_write, false},
	{"pwrite64", do_write, false},
	{"ftruncate", do_truncate, false},
	{"fsync", do_synchronise, false},
	{"fdatasync", do_synchronise, false},
	{"rename", do_rename, false},
	{"renameat", do_rename, false},
	{"renameat2", do_rename, false},
	{"unlink", do_unlink, false},
	{"unlinkat", do_unlink, false},
	{"rmdir", do_unlink, false},
	{"mkdir", do_mkdir, false},
	{"mkdirat", do_mkdir, false},
	{"access", do_access, true},
	{"faccessat", do_access, true},
	{"faccessat2", do_access, true},
	{"writev", refuse, false},
	{"pwritev", refuse, false},
	{"pwritev2", refuse, false},
	{"fallocate", refuse, false},
	{"copy_file_range", refuse, false},
};

static void follow(char *line)
{
	struct call c;

	if (!take_apart(line, &c))
		return;
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (strcmp(c.name, calls[i].name) == 0 && (calls[i].failed || c.result[0] != '-'))
			calls[i].act(&c);
}

int main(int argc, char **argv)
{
	struct content report;
	char *line = NULL;
	size_t size = 0;
	FILE *trace;

	if (argc != 9) {
		fprintf(stderr, "lost-writes TRACE HOME BASE REPORT OUT VARIANTS FIRST STEP\n");
		return 2;
	}
	trace = fopen(argv[1], "r");
	REQUIRE(trace);
	run.home = argv[2];
	run.root = load(argv[3]);
	report = read_file(argv[4]);
	REQUIRE(report.len == sizeof run.report);
	memcpy(&run.report, report.data, sizeof run.report);
	run.out = argv[5];
	run.variants = atol(argv[6]);
	run.first = atol(argv[7]);
	run.step = atol(argv[8]);
	while (getline(&line, &size, trace) > 0)
		follow(line);
	fclose(trace);
	free(line);
	printf("%ld\n", run.moments);
	return run.moments && !run.inside ? 0 : 2;
}
