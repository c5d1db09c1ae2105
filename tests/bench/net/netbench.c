/* SPDX-License-Identifier: Apache-2.0 */
/* netbench: what a network path carries, from one program to another. The same binary on both sides of every comparison; asks nobody else. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BLOCK	   262144u
#define PING_BYTES 64u
#define PING_MAX   100000u
#define UDP_BYTES                                                                                  \
	22u /* 64 on the wire with the headers of Ethernet, IPv4 and UDP, without the checksum of the frame */
#define QUIET_MS   500 /* so long nothing came: what was sent is here, or lost */
#define PATIENCE_S 30
#define UNDER_WAY  131072 /* bytes */

static const char usage_text[] =
	"usage: netbench serve PORT [owned|even]     answers; owned: until standard input ends; "
	"even: the same, and\n"
	"                                            with at most 128 KiB of a connection under "
	"way\n"
	"       netbench tx|rx ADDRESS PORT MIB      TCP, one connection, MIB (1..4096) sent or "
	"received\n"
	"       netbench rtt ADDRESS PORT COUNT      64 bytes there and back, COUNT (1..100000) "
	"times\n"
	"       netbench pps ADDRESS PORT COUNT      COUNT datagrams, each a frame of 64 bytes, as "
	"fast as they\n"
	"                                            can be sent: how many arrived, and how many "
	"in a second\n"
	"Says one line: netbench: WHAT name=value...   Exit: 0, 1 no answer or a wrong one, 2 "
	"wrong usage\n";

struct request {
	uint8_t kind; /* 't', 'r', 'p', 'u' */
	uint8_t pad[7];
	uint64_t amount; /* bytes, or datagrams */
};

static unsigned char block[BLOCK];

static int64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static bool take(int fd, void *to, size_t size)
{
	unsigned char *at = to;

	while (size) { /* bound: size */
		ssize_t n = read(fd, at, size);

		if (n <= 0)
			return false;
		at += n;
		size -= (size_t)n;
	}
	return true;
}

static bool give(int fd, const void *from, size_t size)
{
	const unsigned char *at = from;

	while (size) { /* bound: size */
		ssize_t n = write(fd, at, size);

		if (n <= 0)
			return false;
		at += n;
		size -= (size_t)n;
	}
	return true;
}

/* Small pieces go at once, or wait to be part of a larger one as long as others are under way. */
static void at_once(int fd, int on)
{
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* Reads or writes so many bytes of nothing in particular. The last piece of a write is no packet of its own: nobody who streams asks for that. */
static bool stream(int fd, bool send, uint64_t left)
{
	at_once(fd, 0);
	while (left) { /* bound: left */
		size_t part = left < BLOCK ? (size_t)left : BLOCK;
		ssize_t n = send ? write(fd, block, part) : read(fd, block, part);

		if (n <= 0)
			return false;
		left -= (uint64_t)n;
	}
	at_once(fd, 1);
	return true;
}

static int tcp_socket(void)
{
	const int on = 1;
	const struct timeval limit = {.tv_sec = PATIENCE_S};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	at_once(fd, 1);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	return fd;
}

/* --- the side that answers --- */

/* A connection has so many bytes under way and no more, which the gateway's socket holds however slow its host is. */
static void keep_even(int fd)
{
	const int room = UNDER_WAY;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
}

/* Datagrams until nothing comes any more: how many, and the time from the first to the last. */
static void count_datagrams(int udp, uint64_t wanted, uint64_t answer[2])
{
	int64_t first = 0, last = 0;
	uint64_t seen = 0;

	while (seen < wanted) { /* bound: wanted; each wait is QUIET_MS at most */
		struct pollfd p = {.fd = udp, .events = POLLIN};

		while (seen < wanted && recv(udp, block, BLOCK, MSG_DONTWAIT) >= 0) {
			if (!seen)
				first = now_us();
			seen++;
		}
		last = now_us();
		if (seen < wanted && poll(&p, 1, QUIET_MS) <= 0) {
			last -= QUIET_MS * 1000;
			break;
		}
	}
	answer[0] = seen;
	answer[1] = (uint64_t)(last - first);
}

/* Tells the port that datagrams are to come to, counts them, says what came. */
static bool serve_datagrams(int fd, uint64_t amount)
{
	struct sockaddr_in own = {.sin_family = AF_INET};
	socklen_t size = sizeof own;
	const int room = 4 << 20;
	uint64_t answer[2];
	bool good = false;
	int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (udp < 0)
		return false;
	(void)setsockopt(udp, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
	if (bind(udp, (struct sockaddr *)&own, sizeof own) == 0 &&
	    getsockname(udp, (struct sockaddr *)&own, &size) == 0 &&
	    give(fd, &own.sin_port, sizeof own.sin_port)) {
		count_datagrams(udp, amount, answer);
		good = give(fd, answer, sizeof answer);
	}
	(void)close(udp);
	return good;
}

static void serve_one(int fd)
{
	struct request r;

	if (!take(fd, &r, sizeof r))
		return;
	if (r.kind == 't' && stream(fd, false, r.amount))
		(void)give(fd, "k", 1);
	if (r.kind == 'r')
		(void)stream(fd, true, r.amount);
	while (r.kind == 'p' && r.amount--) /* bound: amount; the far end may end it earlier */
		if (!take(fd, block, PING_BYTES) || !give(fd, block, PING_BYTES))
			return;
	if (r.kind == 'u')
		(void)serve_datagrams(fd, r.amount);
}

static int serve(uint16_t port, bool owned, bool even)
{
	struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = tcp_socket();

	if (even && fd >= 0)
		keep_even(fd);
	if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof own) != 0 || listen(fd, 4) != 0) {
		(void)fprintf(stderr, "netbench: port %u: %s\n", port, strerror(errno));
		return 1;
	}
	for (;;) { /* bound: the owner, or the machine */
		struct pollfd p[2] = {
			{.fd = fd,		   .events = POLLIN},
			      {.fd = owned ? 0 : -1, .events = POLLIN}
		      };

		if (poll(p, 2, -1) < 0)
			continue;
		if (p[1].revents && read(0, block, BLOCK) <= 0)
			return 0;
		if (p[0].revents) {
			int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
			const struct timeval limit = {.tv_sec = PATIENCE_S};

			at_once(peer, 1);
			(void)setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
			(void)setsockopt(peer, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
			serve_one(peer);
			(void)close(peer);
		}
	}
}

/* --- the side that measures --- */

static bool measure_stream(int fd, char kind, uint64_t mib)
{
	char word;
	int64_t begin = now_us(), took;

	if (!stream(fd, kind == 't', mib << 20) || (kind == 't' && !take(fd, &word, 1)))
		return false;
	took = now_us() - begin;
	(void)printf("netbench: %s mib=%llu us=%lld mib_per_s=%.2f\n", kind == 't' ? "tx" : "rx",
		     (unsigned long long)mib, (long long)took, (double)mib * 1e6 / (double)took);
	return true;
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static bool measure_rtt(int fd, uint64_t count)
{
	static int64_t took[PING_MAX];

	for (uint64_t i = 0; i < count; i++) {
		int64_t begin = now_us();

		if (!give(fd, block, PING_BYTES) || !take(fd, block, PING_BYTES))
			return false;
		took[i] = now_us() - begin;
	}
	qsort(took, count, sizeof took[0], by_size);
	(void)printf("netbench: rtt count=%llu min_us=%lld median_us=%lld p99_us=%lld\n",
		     (unsigned long long)count, (long long)took[0], (long long)took[count / 2],
		     (long long)took[count * 99 / 100]);
	return true;
}

static bool measure_pps(int fd, struct sockaddr_in to, uint64_t count)
{
	uint64_t answer[2], sent = 0;
	int64_t begin, took;
	int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (udp < 0 || !take(fd, &to.sin_port, sizeof to.sin_port) ||
	    connect(udp, (struct sockaddr *)&to, sizeof to) != 0)
		return false;
	begin = now_us();
	for (uint64_t i = 0; i < count; i++)
		sent += send(udp, block, UDP_BYTES, 0) == UDP_BYTES;
	took = now_us() - begin;
	(void)close(udp);
	if (!take(fd, answer, sizeof answer) || !answer[0] || !answer[1])
		return false;
	(void)printf("netbench: pps sent=%llu us=%lld arrived=%llu in_us=%llu per_s=%.0f\n",
		     (unsigned long long)sent, (long long)took, (unsigned long long)answer[0],
		     (unsigned long long)answer[1], (double)answer[0] * 1e6 / (double)answer[1]);
	return true;
}

static bool measure(int fd, const struct sockaddr_in *to, char kind, uint64_t amount)
{
	const struct request r = {.kind = (uint8_t)kind,
				  .amount = kind == 't' || kind == 'r' ? amount << 20 : amount};

	if (!give(fd, &r, sizeof r))
		return false;
	if (kind == 'p')
		return measure_rtt(fd, amount);
	return kind == 'u' ? measure_pps(fd, *to, amount) : measure_stream(fd, kind, amount);
}

static int usage(void)
{
	(void)fputs(usage_text, stderr);
	return 2;
}

static bool number(const char *word, unsigned long max, unsigned long *value)
{
	char *end;

	*value = strtoul(word, &end, 10);
	return *word >= '0' && *word <= '9' && !*end && *value >= 1 && *value <= max;
}

int main(int argc, char **argv)
{
	static const char *const names[] = {"tx", "rx", "rtt", "pps"};
	static const char kinds[] = "trpu";
	static const unsigned long most[] = {4096, 4096, PING_MAX, 1000000};
	struct sockaddr_in to = {.sin_family = AF_INET};
	unsigned long port, amount;
	bool even = argc == 4 && strcmp(argv[3], "even") == 0;
	unsigned which = 0;
	int fd;

	(void)signal(SIGPIPE, SIG_IGN);
	if (argc < 3 || !number(argv[argc == 5 ? 3 : 2], 65535, &port))
		return usage();
	if (strcmp(argv[1], "serve") == 0 &&
	    (argc == 3 || (argc == 4 && (strcmp(argv[3], "owned") == 0 || even))))
		return serve((uint16_t)port, argc == 4, even);
	while (which < 4 && strcmp(argv[1], names[which]) != 0)
		which++;
	to.sin_port = htons((uint16_t)port);
	if (argc != 5 || which == 4 || inet_pton(AF_INET, argv[2], &to.sin_addr) != 1 ||
	    !number(argv[4], most[which], &amount))
		return usage();
	fd = tcp_socket();
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0 ||
	    !measure(fd, &to, kinds[which], amount)) {
		(void)fprintf(stderr, "netbench: %s %s: %s\n", argv[1], argv[2],
			      errno ? strerror(errno) : "no answer");
		return 1;
	}
	return 0;
}
