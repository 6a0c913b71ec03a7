/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors
 *
 * A web server of a test: https-server CERTIFICATE.pem KEY.pem FILE. Serves on a free port of 127.0.0.1, which it prints, until its standard
 * input ends; notes each request's first line and conditional headers in ./requests.
 *   /file        FILE with an ETag and a time; 304 to who has it
 *   /moved       a redirect to /file; /round to itself; /plain to http
 *   /endless     more and more; /cut: less than promised; anything else: 404 */
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *served;
static int port;

static bool say(SSL *s, const char *text)
{
	return SSL_write(s, text, (int)strlen(text)) > 0;
}

/* The ETag is the file's time and size: it changes when the test changes the file. */
static void serve_file(SSL *s, const char *request)
{
	char tag[64], head[512], data[65536];
	struct stat st = {0};
	FILE *f = fopen(served, "r");
	size_t len = f ? fread(data, 1, sizeof data, f) : 0;

	if (f)
		fclose(f);
	stat(served, &st);
	snprintf(tag, sizeof tag, "\"%ld-%ld\"", (long)st.st_mtim.tv_nsec, (long)st.st_size);
	if (strstr(request, tag)) {
		snprintf(head, sizeof head, "HTTP/1.1 304 Not Modified\r\nETag: %s\r\nConnection: close\r\n\r\n", tag);
		say(s, head);
		return;
	}
	snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nETag: %s\r\nLast-Modified: Tue, 24 Nov 2026 00:00:00 GMT\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
		tag, len);
	if (say(s, head) && len)
		SSL_write(s, data, (int)len);
}

static void redirect(SSL *s, const char *scheme, const char *path)
{
	char head[256];

	snprintf(head, sizeof head, "HTTP/1.1 302 Found\r\nETag: \"elsewhere\"\r\nLocation: %s://127.0.0.1:%d%s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", scheme,
		port, path);
	say(s, head);
}

static void serve(SSL *s, const char *request)
{
	static char block[16384];

	if (strncmp(request, "GET /file ", 10) == 0)
		serve_file(s, request);
	else if (strncmp(request, "GET /moved ", 11) == 0)
		redirect(s, "https", "/file");
	else if (strncmp(request, "GET /round ", 11) == 0)
		redirect(s, "https", "/round");
	else if (strncmp(request, "GET /plain ", 11) == 0)
		redirect(s, "http", "/file");
	else if (strncmp(request, "GET /endless ", 13) == 0) {
		memset(block, 'A', sizeof block - 1);
		say(s, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
		for (int i = 0; i < 4096 && say(s, block); i++)
			;
	} else if (strncmp(request, "GET /cut ", 9) == 0)
		say(s, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nConnection: close\r\n\r\neyJ");
	else
		say(s, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

static void note(const char *request)
{
	FILE *f = fopen("requests", "a");

	for (const char *line = request; f && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : "")
		if (line == request || strncmp(line, "If-", 3) == 0)
			fprintf(f, "%.*s\n", (int)strcspn(line, "\r\n"), line);
	if (f)
		fclose(f);
}

static void answer(SSL_CTX *ctx, int fd)
{
	SSL *s = SSL_new(ctx);
	char request[4096] = "";
	int used = 0, got;

	SSL_set_fd(s, fd);
	if (SSL_accept(s) == 1) {
		while (!strstr(request, "\r\n\r\n") && used < (int)sizeof request - 1 &&
			(got = SSL_read(s, request + used, (int)sizeof request - 1 - used)) > 0)
			request[used += got] = 0;
		note(request);
		serve(s, request);
		SSL_shutdown(s);
	}
	SSL_free(s);
	close(fd);
}

int main(int argc, char **argv)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct pollfd wait[2] = {{.fd = fd, .events = POLLIN}, {.fd = 0, .events = POLLIN}};

	signal(SIGPIPE, SIG_IGN);
	if (argc != 4 || SSL_CTX_use_certificate_file(ctx, argv[1], SSL_FILETYPE_PEM) != 1 || SSL_CTX_use_PrivateKey_file(ctx, argv[2], SSL_FILETYPE_PEM) != 1 ||
		bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, 16) != 0 || getsockname(fd, (struct sockaddr *)&address, &len) != 0)
		return 2;
	served = argv[3];
	port = ntohs(address.sin_port);
	printf("%d\n", port);
	fclose(stdout);
	while (poll(wait, 2, -1) > 0 && !wait[1].revents)
		if (wait[0].revents & POLLIN)
			answer(ctx, accept(fd, NULL, NULL));
	SSL_CTX_free(ctx);
	return 0;
}
