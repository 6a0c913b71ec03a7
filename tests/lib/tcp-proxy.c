/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Stands between libtss2 and swtpm: tcp-proxy PORT TARGET CAPTURE [CUT [LIE]]. Commands go from PORT to TARGET, control from PORT + 1 to
 * TARGET + 1. Every byte of both goes into the file CAPTURE. With CUT, the answer to command CUT (from 0) is not passed on; with -CUT,
 * command CUT - 1 does not reach the TPM. It says "cut" then and holds still, so that whoever waits for an answer can be killed there.
 * With LIE, a number, what the TPM answers is damaged, in a way that the number decides.
 * Prints "ready" when it listens, and at its end (SIGTERM) the number of commands. */

enum { PAIRS = 2 };

struct pair {
	int listener, client, target;
	uint16_t port;
};

static struct pair pairs[PAIRS];
static volatile sig_atomic_t stopped;
static long commands;
static bool cut;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static struct sockaddr_in address(uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void drop(struct pair *p)
{
	if (p->client >= 0)
		close(p->client);
	if (p->target >= 0)
		close(p->target);
	p->client = p->target = -1;
}

static void take(struct pair *p)
{
	struct sockaddr_in to = address(p->port);

	p->client = accept(p->listener, NULL, NULL);
	p->target = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(p->target, (struct sockaddr *)&to, sizeof to) != 0)
		drop(p);
}

/* --- lies --- */
enum { HEADER = 10 /* of an answer: tag, size (4), code (4) */, PIECE = 65536 };
static uint32_t lie, state, rarity; /* one answer in so many */

static uint32_t draw(void)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

static void set_size(uint8_t *piece, uint32_t size)
{
	for (int i = 0; i < 4; i++)
		piece[2 + i] = (uint8_t)(size >> (24 - 8 * i));
}

/* A byte is another, now and then. */
static size_t flip(uint8_t *piece, size_t n)
{
	if (draw() % rarity == 0)
		piece[n > HEADER ? HEADER + draw() % (n - HEADER) : 6 + draw() % 4] ^= (uint8_t)(1 + draw() % 255);
	return n;
}

static size_t cut_off(uint8_t *piece, size_t n)
{
	if (draw() % rarity == 0 && n > HEADER) {
		n = HEADER + draw() % (n - HEADER);
		set_size(piece, (uint32_t)n);
	}
	return n;
}

static size_t noise(uint8_t *piece, size_t n)
{
	if (draw() % rarity == 0)
		for (size_t i = HEADER; i < n; i++)
			piece[i] = (uint8_t)draw();
	return n;
}

/* Of a list: there is more, always. */
static size_t more(uint8_t *piece, size_t n)
{
	if (n > HEADER)
		piece[HEADER] = 1;
	return n;
}

/* What was answered to another question. */
static size_t again(uint8_t *piece, size_t n)
{
	static uint8_t before[PIECE];
	static size_t len;

	if (len && draw() % rarity == 0) {
		memcpy(piece, before, len);
		return len;
	}
	memcpy(before, piece, n);
	return len = n;
}

static size_t huge(uint8_t *piece, size_t n)
{
	if (draw() % rarity == 0)
		set_size(piece, UINT32_MAX);
	return n;
}

static size_t (*const lies[])(uint8_t *piece, size_t n) = {flip, cut_off, noise, more, again, huge};

/* One piece from one side to the other; libtss2 sends a command at once. */
static void pass(struct pair *p, bool up, FILE *capture, long at)
{
	static uint8_t piece[PIECE];
	int from = up ? p->client : p->target, to = up ? p->target : p->client;
	ssize_t n = read(from, piece, sizeof piece);

	if (n <= 0) {
		drop(p);
		return;
	}
	if (lie && p == &pairs[0] && !up && n >= HEADER)
		n = (ssize_t)lies[lie % (sizeof lies / sizeof *lies)](piece, (size_t)n);
	fwrite(piece, 1, (size_t)n, capture);
	if (p == &pairs[0] && up && at < 0 && commands == -at - 1)
		cut = true;
	if (p == &pairs[0] && up)
		commands++;
	if (p == &pairs[0] && !up && at >= 0 && commands == at + 1)
		cut = true;
	if (cut) {
		puts("cut");
		fflush(stdout);
	} else if (write(to, piece, (size_t)n) != n)
		drop(p);
}

static void serve(FILE *capture, long at)
{
	while (!stopped) {
		struct pollfd fds[3 * PAIRS];

		for (int i = 0; i < PAIRS; i++) {
			fds[3 * i] = (struct pollfd){pairs[i].client < 0 ? pairs[i].listener : -1, POLLIN, 0};
			fds[3 * i + 1] = (struct pollfd){pairs[i].client, POLLIN, 0};
			fds[3 * i + 2] = (struct pollfd){pairs[i].target, POLLIN, 0};
		}
		if (cut) {
			pause();
			continue;
		}
		if (poll(fds, 3 * PAIRS, 1000) <= 0)
			continue;
		for (int i = 0; i < PAIRS; i++) {
			if (fds[3 * i].revents)
				take(&pairs[i]);
			if (fds[3 * i + 1].revents && pairs[i].client >= 0)
				pass(&pairs[i], true, capture, at);
			if (fds[3 * i + 2].revents && pairs[i].target >= 0)
				pass(&pairs[i], false, capture, at);
		}
	}
}

int main(int argc, char **argv)
{
	const struct sigaction ending = {.sa_handler = stop}, ignored = {.sa_handler = SIG_IGN};
	FILE *capture;
	int yes = 1;

	if (argc < 4)
		return 77;
	lie = argc > 5 ? (uint32_t)atol(argv[5]) : 0;
	state = lie * 2654435761u | 1;
	rarity = 4u << lie / (sizeof lies / sizeof *lies) % 4;
	sigaction(SIGTERM, &ending, NULL);
	sigaction(SIGPIPE, &ignored, NULL);
	capture = fopen(argv[3], "wb");
	if (!capture)
		return 1;
	for (int i = 0; i < PAIRS; i++) {
		struct sockaddr_in at = address((uint16_t)(atoi(argv[1]) + i));

		pairs[i] = (struct pair){socket(AF_INET, SOCK_STREAM, 0), -1, -1, (uint16_t)(atoi(argv[2]) + i)};
		setsockopt(pairs[i].listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
		if (bind(pairs[i].listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(pairs[i].listener, 8) != 0)
			return 1;
	}
	puts("ready");
	fflush(stdout);
	serve(capture, argc > 4 ? atol(argv[4]) : 1000000000);
	printf("%ld\n", commands);
	return fclose(capture) == 0 ? 0 : 1;
}
