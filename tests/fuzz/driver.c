/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
/* Runs a fuzz target where there is no libFuzzer: first its seeds and the files given, each as it is and cut at every length, then random
 * changes of them. $SINBUN_ROUNDS: how many of these (3,000 by default), or $SINBUN_SECONDS: for how long; $SINBUN_SEED: where to begin. An
 * input that ends the process is left in NAME.crash in the current directory; it is a file to give again. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "crypto/random.h"
#include "fuzz.h"

enum { INPUTS = 256, INPUT_MAX = 1 << 20, ROUNDS = 3000, EDITS = 6 };

static struct sb_bytes inputs[INPUTS], current;
static size_t input_count;
static unsigned long executions;
static char crash_file[256];
static uint64_t state;

/* xorshift64*: the same changes again for the same seed. */
static uint64_t next(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dULL;
}

static size_t below(size_t bound)
{
	return bound ? next() % bound : 0;
}

static void on_crash(int number)
{
	int fd = open(crash_file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd >= 0 && write(fd, current.data, current.len) == (ssize_t)current.len)
		close(fd);
	signal(number, SIG_DFL);
	raise(number);
}

/* In a block of exactly its size, so that a read beyond it is seen by the sanitizers. */
static void run(const void *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy || sb_bytes_set(&current, data, len) != SB_OK)
		exit(99);
	if (len)
		memcpy(copy, data, len);
	executions++;
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

static void add_file(const char *path)
{
	if (input_count < INPUTS && sb_file_read(path, INPUT_MAX, &inputs[input_count]) == SB_OK)
		input_count++;
	else
		fprintf(stderr, "%s is left out\n", path);
}

static void add_path(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	char file[4096];

	if (!directory) {
		add_file(path);
		return;
	}
	while ((entry = readdir(directory)))
		if (entry->d_name[0] != '.' && (size_t)snprintf(file, sizeof file, "%s/%s", path, entry->d_name) < sizeof file)
			add_file(file);
	closedir(directory);
}

/* Bytes that mean something in CBOR, in JSON, as lengths. */
static uint8_t telling(void)
{
	static const uint8_t bytes[] = {0x00, 0x01, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1f, 0x20, 0x37, 0x38, 0x3b, 0x40, 0x41, 0x58, 0x59, 0x5a, 0x5b,
		0x5f, 0x60, 0x78, 0x7b, 0x7f, 0x80, 0x98, 0x9b, 0x9f, 0xa0, 0xb8, 0xbb, 0xbf, 0xc0, 0xd2, 0xd8, 0xdb, 0xf4, 0xf5, 0xf6, 0xf8, 0xf9,
		0xfa, 0xfb, 0xff, '~', '.', '"', '{', '}', '[', ']', '-', '_', '=', '\\', '%', ' '};

	return bytes[below(sizeof bytes)];
}

static void remove_range(struct sb_bytes *b, size_t at, size_t len)
{
	memmove(b->data + at, b->data + at + len, b->len - at - len);
	b->len -= len;
}

static int insert(struct sb_bytes *b, size_t at, const uint8_t *data, size_t len)
{
	size_t tail = b->len - at;

	if (!sb_bytes_extend(b, len))
		return SB_E_NOMEM;
	memmove(b->data + at + len, b->data + at, tail);
	memcpy(b->data + at, data, len);
	return SB_OK;
}

static int edit(struct sb_bytes *b)
{
	const struct sb_bytes *other = &inputs[below(input_count)];
	size_t at = below(b->len), from = below(other->len), len = below(16) == 0 ? below(200) : below(8) + 1;
	uint8_t byte;

	if (!b->len)
		return insert(b, 0, &(uint8_t){telling()}, 1);
	switch (below(8)) {
	case 0:
		b->data[at] ^= (uint8_t)(1u << below(8));
		return SB_OK;
	case 1:
		b->data[at] = (uint8_t)next();
		return SB_OK;
	case 2:
		b->data[at] = telling();
		return SB_OK;
	case 3:
		byte = telling();
		return insert(b, at, &byte, 1);
	case 4:
		remove_range(b, at, len < b->len - at ? len : b->len - at);
		return SB_OK;
	case 5:
		b->len = at;
		return SB_OK;
	case 6: /* a part again */
	default: /* a part of another */
		len = len < other->len - from ? len : other->len - from;
		return b->len + len < INPUT_MAX ? insert(b, at, other->data + from, len) : SB_OK;
	}
}

/* So many times, or until then. */
static void change(unsigned long rounds, time_t until)
{
	struct sb_bytes b = {0};

	for (unsigned long i = 0; until ? time(NULL) < until : i < rounds; i++) {
		const struct sb_bytes *from = &inputs[below(input_count)];
		size_t edits = below(EDITS) + 1;
		int rc = sb_bytes_set(&b, from->data, from->len);

		while (rc == SB_OK && edits--)
			rc = edit(&b);
		if (rc != SB_OK)
			exit(99);
		run(b.data, b.len);
	}
	sb_bytes_free(&b);
}

static void every_length(const struct sb_bytes *input)
{
	size_t step = input->len > 4096 ? input->len / 4096 : 1;

	for (size_t len = 0; len < input->len; len += step)
		run(input->data, len);
	run(input->data, input->len);
}

int main(int argc, char **argv)
{
	const char *rounds = getenv("SINBUN_ROUNDS"), *seconds = getenv("SINBUN_SECONDS"), *seed = getenv("SINBUN_SEED"), *name = strrchr(argv[0], '/');
	unsigned long count = rounds ? strtoul(rounds, NULL, 10) : ROUNDS;
	time_t start = time(NULL);

	snprintf(crash_file, sizeof crash_file, "%s.crash", name ? name + 1 : argv[0]);
	if (sb_crypto_start() != SB_OK)
		return 99;
	for (const int *s = (const int[]){SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, 0}; *s; s++)
		signal(*s, on_crash);
	LLVMFuzzerInitialize(&argc, &argv);
	while (input_count < INPUTS && fuzz_seed((unsigned)input_count, &inputs[input_count]))
		input_count++;
	for (int i = 1; i < argc; i++)
		add_path(argv[i]);
	state = seed ? strtoull(seed, NULL, 10) | 1 : ((uint64_t)start << 20 ^ (uint64_t)getpid()) | 1;
	printf("seed %llu, %zu inputs\n", (unsigned long long)state, input_count);
	fflush(stdout);
	for (size_t i = 0; i < input_count; i++)
		every_length(&inputs[i]);
	change(count, seconds ? start + (time_t)strtoul(seconds, NULL, 10) : 0);
	printf("%lu executions in %ld s\n", executions, (long)(time(NULL) - start));
	for (size_t i = 0; i < input_count; i++)
		sb_bytes_free(&inputs[i]);
	sb_bytes_free(&current);
	return 0;
}
