/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "bench_module.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What grows with the number of objects, and must not: a search by id and by label, among so many public keys. And what it costs to make one, which is
 * on the disk when the call returns, beside a file that is made, written and synchronised in the same place. */

struct searches {
	struct CK_FUNCTION_LIST *f;
	CK_SESSION_HANDLE session;
	size_t count, next;
	bool by_label;
};

static const CK_BYTE p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
/* The generator of P-256, as CKA_EC_POINT. */
static const CK_BYTE point[] = {0x04, 0x41, 0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d,
	0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c,
	0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};

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
	static CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	static CK_KEY_TYPE type = CKK_EC;
	char label[32];
	CK_BYTE id[4];
	CK_ATTRIBUTE t[] = {{CKA_CLASS, &class, sizeof class}, {CKA_KEY_TYPE, &type, sizeof type}, {CKA_TOKEN, &yes, 1}, {CKA_PRIVATE, &no, 1},
		{CKA_EC_PARAMS, (void *)p256, sizeof p256}, {CKA_EC_POINT, (void *)point, sizeof point}, {CKA_ID, id, sizeof id}, {CKA_LABEL, label, 0}};
	CK_OBJECT_HANDLE object;

	name(i, label, id);
	t[7].ulValueLen = strlen(label);
	return b->f->C_CreateObject(b->session, t, sizeof t / sizeof *t, &object);
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
		CK_ATTRIBUTE a = s->by_label ? (CK_ATTRIBUTE){CKA_LABEL, label, 0} : (CK_ATTRIBUTE){CKA_ID, id, sizeof id};

		name(s->next, label, id);
		if (s->by_label)
			a.ulValueLen = strlen(label);
		s->next = (s->next + 7919) % s->count;
		if (s->f->C_FindObjectsInit(s->session, &a, 1) != CKR_OK || s->f->C_FindObjects(s->session, objects, 2, &found) != CKR_OK ||
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
		bench_tell_ratio("make an object, beside a synchronised file", count, bench_median(made, timed), bench_median(file, timed));
	return rv;
}

void bench_objects(struct bench *b, size_t count)
{
	struct searches s = {.f = b->f, .session = b->session, .count = count};
	/* A token that has them already is only searched. */
	CK_RV rv = !count ? CKR_ARGUMENTS_BAD : search(&s, 1) ? CKR_OK : make_all(b, count);

	if (rv != CKR_OK) {
		bench_skip("objects", "an object could not be made", rv);
		return;
	}
	bench_alone(b, "find by id", count, search, &s);
	s.by_label = true;
	bench_alone(b, "find by label", count, search, &s);
	/* As a program does that signs: its key, each time. */
	s.count = 1;
	s.next = 0;
	bench_alone(b, "find the same again", count, search, &s);
}
