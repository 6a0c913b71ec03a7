/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "bench_module.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What grows with the number of objects, and must not: a search for a key by its id and by its label, as programs search, among so many, half of them
 * private keys and half the public ones that belong to them. And what it costs to make a pair, which is on the disk when the call returns, beside a file
 * that is made, written and synchronised in the same place. */

struct searches {
	struct CK_FUNCTION_LIST *f;
	CK_SESSION_HANDLE session;
	CK_OBJECT_CLASS class;
	size_t count, next;
	bool by_label;
};

static const CK_BYTE p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};

static void name(size_t i, char label[32], CK_BYTE id[4])
{
	snprintf(label, 32, "key %zu", i);
	id[0] = (CK_BYTE)(i >> 24);
	id[1] = (CK_BYTE)(i >> 16);
	id[2] = (CK_BYTE)(i >> 8);
	id[3] = (CK_BYTE)i;
}

static CK_RV make(struct bench *b, size_t i)
{
	static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_MECHANISM mechanism = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
	char label[32];
	CK_BYTE id[4];
	CK_ATTRIBUTE public[] = {{CKA_TOKEN, &yes, 1}, {CKA_PRIVATE, &no, 1}, {CKA_EC_PARAMS, (void *)p256, sizeof p256}, {CKA_ID, id, sizeof id},
		{CKA_LABEL, label, 0}};
	CK_ATTRIBUTE private[] = {{CKA_TOKEN, &yes, 1}, {CKA_PRIVATE, &yes, 1}, {CKA_SENSITIVE, &yes, 1}, {CKA_SIGN, &yes, 1}, {CKA_ID, id, sizeof id},
		{CKA_LABEL, label, 0}};
	CK_OBJECT_HANDLE pair[2];

	name(i, label, id);
	public[4].ulValueLen = private[5].ulValueLen = strlen(label);
	return b->f->C_GenerateKeyPair(b->session, &mechanism, public, 5, private, 6, &pair[0], &pair[1]);
}

/* One each time, another than before. */
static bool search(void *context, size_t count)
{
	struct searches *s = context;
	CK_OBJECT_HANDLE objects[2];
	CK_ULONG found;
	char label[32];
	CK_BYTE id[4];

	while (count--) {
		CK_ATTRIBUTE a[] = {{CKA_CLASS, &s->class, sizeof s->class}, {CKA_ID, id, sizeof id}};

		name(s->next, label, id);
		if (s->by_label)
			a[1] = (CK_ATTRIBUTE){CKA_LABEL, label, strlen(label)};
		s->next = (s->next + 7919) % s->count;
		if (s->f->C_FindObjectsInit(s->session, a, 2) != CKR_OK || s->f->C_FindObjects(s->session, objects, 2, &found) != CKR_OK ||
			s->f->C_FindObjectsFinal(s->session) != CKR_OK || found != 1)
			return false;
	}
	return true;
}

/* 4 KiB, made and synchronised where the bench runs. */
static double durable_file(size_t i)
{
	static char block[4096];
	char path[40];
	uint64_t start = bench_now();
	int fd;

	snprintf(path, sizeof path, "durable.%zu", i);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, block, sizeof block) != sizeof block || fsync(fd) != 0)
		exit(1);
	close(fd);
	start = bench_now() - start;
	unlink(path);
	return (double)start;
}

/* Makes them, the last ones timed. */
static CK_RV make_all(struct bench *b, size_t count)
{
	enum { TIMED = 64 };
	double made[TIMED], file[TIMED];
	size_t timed = count < TIMED ? count : TIMED;
	CK_RV rv = CKR_OK;

	for (size_t i = 0; rv == CKR_OK && i < count; i++) {
		uint64_t start = bench_now();

		rv = make(b, i);
		if (count - i > timed)
			continue;
		made[count - i - 1] = (double)(bench_now() - start);
		file[count - i - 1] = durable_file(i);
	}
	if (rv == CKR_OK)
		bench_tell_ratio("make a key pair, beside a synchronised file", 2 * count, bench_median(made, timed), bench_median(file, timed));
	return rv;
}

/* number: of objects */
void bench_objects(struct bench *b, size_t number)
{
	struct searches s = {.f = b->f, .session = b->session, .class = CKO_PRIVATE_KEY, .count = number / 2};
	CK_RV rv;

	/* The next process searches among them. */
	if (!s.count || !search(&s, 1)) {
		rv = s.count ? make_all(b, s.count) : CKR_ARGUMENTS_BAD;
		if (rv != CKR_OK)
			bench_skip("objects", "a key pair could not be made", rv);
		return;
	}
	bench_alone(b, "find by id", number, search, &s);
	s.by_label = true;
	bench_alone(b, "find by label", number, search, &s);
	s.class = CKO_PUBLIC_KEY;
	bench_alone(b, "find a public key", number, search, &s);
	/* As a program does that signs: its key, each time. */
	s.class = CKO_PRIVATE_KEY;
	s.count = 1;
	s.next = 0;
	bench_alone(b, "find the same again", number, search, &s);
}
