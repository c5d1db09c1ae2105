/* SPDX-License-Identifier: Apache-2.0 */
/* chantest: sends or checks numbered messages over a channel, to see one work. Changes nothing in the VM. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "chan.h"
#include "chantest.h"
#include "vm.h"

static const char usage_text[] =
	"usage: chantest send NAME COUNT [BYTES]   messages of BYTES, default of every length\n"
	"       chantest recv NAME COUNT           checks number, length and content of each\n"
	"       chantest echo RX-NAME TX-NAME COUNT\n"
	"       chantest state                     all ends of this VM\n"
	"After a death of the far end both sides count from 0 again; COUNT messages of one life "
	"are what is waited for.\n"
	"Exit: 0 all good, 1 a message was wrong or the far end died, 100 wrong usage, 111 no "
	"channel\n";

static uint8_t msg[HV_CHAN_MSG_MAX];

struct tally {
	uint64_t messages; /* of this life of the far end */
	uint64_t bytes, wrong, deaths;
	struct timespec start;
};

_Noreturn static void fail(const char *what)
{
	(void)fprintf(stderr, "chantest: %s: %s\n", what, strerror(errno));
	exit(VM_EXIT_ENVIRONMENT);
}

static int open_end(const char *name, enum hv_chan_dir dir, struct hv_chan_info *info)
{
	int fd = chan_open(name, dir, false);

	if (fd < 0 || chan_state(fd, info) != 0)
		fail(name);
	return fd;
}

static void begin(struct tally *t)
{
	memset(t, 0, sizeof *t);
	(void)clock_gettime(CLOCK_MONOTONIC, &t->start);
}

static int report(const char *verb, const char *name, const struct tally *t)
{
	struct timespec now;
	long long us;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	us = (now.tv_sec - t->start.tv_sec) * 1000000ll + (now.tv_nsec - t->start.tv_nsec) / 1000;
	printf("chantest %s %s: %llu messages, %llu bytes, %llu wrong, %llu deaths, %lld us\n",
	       verb, name, (unsigned long long)t->messages, (unsigned long long)t->bytes,
	       (unsigned long long)t->wrong, (unsigned long long)t->deaths, us);
	(void)fflush(stdout);
	return t->wrong != 0 || t->deaths != 0;
}

/* After EPIPE: what died, and back to work. */
static void acknowledge(int fd, struct tally *t)
{
	struct bh_ack ack;

	if (errno != EPIPE)
		fail("channel");
	if (chan_ack(fd, &ack) != 0)
		fail("acknowledge");
	t->deaths++;
	t->messages = 0;
	printf("chantest: far end died, cause %u, now epoch %llu\n", ack.cause,
	       (unsigned long long)ack.peer_epoch);
}

static int send_all(const char *name, uint64_t count, size_t bytes)
{
	struct hv_chan_info info;
	int fd = open_end(name, HV_CHAN_TX, &info);
	struct tally t;

	begin(&t);
	if (bytes > info.msg_max || info.msg_max < CHANTEST_MIN) {
		errno = EMSGSIZE;
		fail(name);
	}
	while (t.messages < count) {
		size_t len = bytes != 0 ? bytes : chantest_length(t.messages, info.msg_max);

		chantest_make(msg, len, t.messages);
		if (write(fd, msg, len) != (ssize_t)len) {
			acknowledge(fd, &t);
			continue;
		}
		t.messages++;
		t.bytes += len;
	}
	return report("send", name, &t);
}

/* Takes the next message; 0 when the far end died instead. */
static size_t take(int fd, struct tally *t)
{
	ssize_t len = read(fd, msg, sizeof msg);

	if (len < 0) {
		acknowledge(fd, t);
		return 0;
	}
	t->messages++;
	t->bytes += (uint64_t)len;
	return (size_t)len;
}

static int receive_all(const char *name, uint64_t count)
{
	struct hv_chan_info info;
	int fd = open_end(name, HV_CHAN_RX, &info);
	struct tally t;

	begin(&t);
	while (t.messages < count) {
		size_t len = take(fd, &t);
		enum chantest_verdict v;

		if (len == 0)
			continue;
		if (t.messages == 1)
			(void)clock_gettime(CLOCK_MONOTONIC, &t.start);
		v = chantest_check(msg, len, t.messages - 1);
		if (v != CHANTEST_GOOD && t.wrong++ < 5)
			printf("chantest: message %llu: %s\n", (unsigned long long)t.messages - 1,
			       chantest_word(v));
	}
	return report("recv", name, &t);
}

static int echo_all(const char *from, const char *to, uint64_t count)
{
	struct hv_chan_info info;
	int rx = open_end(from, HV_CHAN_RX, &info);
	int tx = open_end(to, HV_CHAN_TX, &info);
	struct tally t;

	begin(&t);
	while (t.messages < count) {
		size_t len = take(rx, &t);

		if (len != 0 && write(tx, msg, len) != (ssize_t)len)
			acknowledge(tx, &t);
	}
	return report("echo", from, &t);
}

/* Every end of this VM, none of them attached by looking. */
static int print_state(void)
{
	struct bh_chan c = {.index = 0};
	int fd = vm_open(0);

	if (fd < 0)
		fail("/dev/bulkhead/control");
	for (; vm_chan(fd, &c) == 0; c.index++)
		printf("%s.%s with %s: kind %u, ring %u, largest %u, epoch %llu, far epoch %llu, "
		       "state %x, lost %llu\n",
		       chan_name(c.info.name).text, c.info.dir == HV_CHAN_RX ? "rx" : "tx",
		       chan_name(c.info.peer).text, c.info.kind, c.info.ring_bytes, c.info.msg_max,
		       (unsigned long long)c.info.epoch, (unsigned long long)c.info.peer_epoch,
		       c.info.state, (unsigned long long)c.info.lost);
	if (errno != ENOENT)
		fail("channel state");
	return 0;
}

/* A decimal number, not 0; false else. */
static bool number(const char *text, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' && *text != '-' && *out != 0;
}

int main(int argc, char **argv)
{
	uint64_t count, bytes = 0;

	if (argc >= 4 && argc <= 5 && strcmp(argv[1], "send") == 0 && number(argv[3], &count) &&
	    (argc == 4 ||
	     (number(argv[4], &bytes) && bytes >= CHANTEST_MIN && bytes <= sizeof msg)))
		return send_all(argv[2], count, (size_t)bytes);
	if (argc == 4 && strcmp(argv[1], "recv") == 0 && number(argv[3], &count))
		return receive_all(argv[2], count);
	if (argc == 5 && strcmp(argv[1], "echo") == 0 && number(argv[4], &count))
		return echo_all(argv[2], argv[3], count);
	if (argc == 2 && strcmp(argv[1], "state") == 0)
		return print_state();
	(void)fputs(usage_text, stderr);
	return VM_EXIT_MISCONFIGURED;
}
