/* SPDX-License-Identifier: Apache-2.0 */
/* One round trip over charon's control socket: a length of four bytes, a kind, and for a question the length of a name and the name. */
#include "vici.h"

#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define LENGTH_BYTES 4u
#define KIND_ANSWER  1u
#define ANSWER_MAX   1024u /* names and numbers of versions */

static const uint8_t question[] = {0, 0,   0,	9, /* bytes that follow */
				   0,		   /* kind: command */
				   7, 'v', 'e', 'r', 's', 'i', 'o', 'n'};

static long long now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

/* A queue of the socket that is full counts as no answer. */
static int connect_to(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static bool take(int fd, uint8_t *to, size_t bytes, long long end)
{
	size_t got = 0;

	while (got < bytes) { /* bound: END, and a byte each time */
		struct pollfd p = {.fd = fd, .events = POLLIN};
		long long left = end - now_ms();
		ssize_t n;

		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			return false;
		n = read(fd, to + got, bytes - got);
		if (n <= 0)
			return false;
		got += (size_t)n;
	}
	return true;
}

/* The answer's length and kind; the rest is read away, or charon would find its connection reset, and say so. */
static bool hear(int fd, long long end)
{
	uint8_t head[LENGTH_BYTES + 1], rest[ANSWER_MAX];
	uint32_t length;

	if (!take(fd, head, sizeof head, end))
		return false;
	length = (uint32_t)head[0] << 24 | (uint32_t)head[1] << 16 | (uint32_t)head[2] << 8 |
		 head[3];
	return length >= 1 && length <= ANSWER_MAX && take(fd, rest, length - 1, end) &&
	       head[LENGTH_BYTES] == KIND_ANSWER;
}

int vici_ask(const char *path)
{
	int fd = connect_to(path);

	if (fd >= 0 &&
	    send(fd, question, sizeof question, MSG_NOSIGNAL) != (ssize_t)sizeof question) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

bool vici_hear(int fd, int timeout_ms)
{
	return hear(fd, now_ms() + timeout_ms);
}

bool vici_answers(const char *path, int timeout_ms)
{
	int fd = vici_ask(path);
	bool ok = fd >= 0 && vici_hear(fd, timeout_ms);

	if (fd >= 0)
		(void)close(fd);
	return ok;
}
