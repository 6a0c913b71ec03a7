/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "seal/tss.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

/* The way to tpm2-abrmd leads through GLib and D-Bus, which bring two things that a host must not notice: GLib writes to its stderr what
 * it thinks of a broker that is away, and over a D-Bus connection from before a fork a child waits 25 s for nothing,
 * each time. */

#define BROKER "libtss2-tcti-tabrmd.so.0"

enum { ALL_LEVELS = ~3 }; /* G_LOG_LEVEL_MASK */
typedef void log_fn(const char *domain, int level, const char *message, void *data);

static struct {
	unsigned (*set_handler)(const char *domain, int levels, log_fn *fn, void *data);
	void (*remove_handler)(const char *domain, unsigned id);
	log_fn *otherwise;
	unsigned id; /* of our handler; 0: none */
	pthread_t thread;
	pid_t process; /* that has a connection; 0: none yet */
} glib;

/* What has no domain, as libtss2's has none. What other threads of the host say goes where it always went. */
static void swallow(const char *domain, int level, const char *message, void *data)
{
	if (!pthread_equal(pthread_self(), glib.thread))
		glib.otherwise(domain, level, message, data);
}

static bool find(void *library, const char *name, void *fn)
{
	void *symbol = dlsym(library, name);

	memcpy(fn, &symbol, sizeof symbol);
	return symbol != NULL;
}

/* GLib is among what the library brings. */
static int load(void)
{
	void *library = dlopen(BROKER, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

	return library && find(library, "g_log_set_handler", &glib.set_handler) &&
			       find(library, "g_log_remove_handler", &glib.remove_handler) &&
			       find(library, "g_log_default_handler", &glib.otherwise)
		       ? SB_OK
		       : SB_E_TPM_LIBRARY;
}

int tss_broker_begin(const char *tcti)
{
	int rc;

	if (strncmp(tcti, "tabrmd", 6) != 0)
		return SB_OK;
	if (glib.process && glib.process != getpid())
		return SB_E_TPM_ABSENT;
	rc = load();
	if (rc != SB_OK)
		return rc;
	glib.process = getpid();
	glib.thread = pthread_self();
	glib.id = glib.set_handler(NULL, ALL_LEVELS, swallow, NULL);
	return SB_OK;
}

void tss_broker_end(void)
{
	if (glib.id)
		glib.remove_handler(NULL, glib.id);
	glib.id = 0;
}
