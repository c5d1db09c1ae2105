/* SPDX-License-Identifier: Apache-2.0 */
/* vpnvmd's question to charon: answered, refused, not answered, answered wrongly; always in time. */
#include "check.h"
#include "vpnvm/vpnvmd/vici.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 200

static char path[64];

/* A charon that accepts once, reads what comes, and answers with BYTES of ANSWER; 0: it never answers. */
static pid_t charon(const uint8_t *answer, size_t bytes, uint8_t asked[16])
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), tell[2];
	pid_t pid;

	(void)snprintf(path, sizeof path, "/tmp/vici-test-%d", (int)getpid());
	(void)snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
	(void)unlink(path);
	CHECK_TRUE(pipe(tell) == 0);
	CHECK_TRUE(bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 1) == 0);
	pid = fork();
	if (pid == 0) {
		int c = accept(fd, NULL, NULL);
		uint8_t got[16] = {0};

		(void)!read(c, got, sizeof got);
		(void)!write(tell[1], got, sizeof got);
		(void)!write(c, answer, bytes);
		if (bytes == 0)
			(void)pause();
		_exit(read(c, got, 1) == 0 ? 0 : 1); /* the other end went as is polite */
	}
	(void)close(fd);
	if (asked != NULL) {
		CHECK_TRUE(vici_answers(path, WAIT_MS));
		CHECK_EQ(read(tell[0], asked, 16), 16);
	}
	(void)close(tell[0]);
	(void)close(tell[1]);
	return pid;
}

static void bury(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	(void)unlink(path);
}

static long long ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

static void an_answer_is_an_answer(void)
{
	static const uint8_t answer[] = {0, 0, 0, 5, 1, 9, 9, 9, 9};
	static const uint8_t wanted[16] = {0, 0, 0, 9, 0, 7, 'v', 'e', 'r', 's', 'i', 'o', 'n'};
	uint8_t asked[16];

	int status = -1;
	pid_t pid = charon(answer, sizeof answer, asked);

	CHECK_MEM(asked, wanted, 16);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	(void)unlink(path);
}

static void anything_else_is_none(void)
{
	static const struct {
		size_t bytes;
		uint8_t answer[6];
	} wrong[] = {
		{5, {0, 0, 0, 1, 2}   }, /* of a kind that is no answer */
		{4, {0, 0, 0, 1}	}, /* cut */
		{6, {0, 0, 0, 9, 1, 1}}, /* shorter than it says */
		{5, {0xff, 0, 0, 0, 1}}, /* longer than any */
		{5, {0, 0, 0, 0, 1}   }, /* without a kind */
	};

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		pid_t pid = charon(wrong[i].answer, wrong[i].bytes, NULL);

		CHECK_FALSE(vici_answers(path, WAIT_MS));
		bury(pid);
	}
	CHECK_FALSE(vici_answers(path, WAIT_MS)); /* nobody there */
}

static void a_late_answer_is_an_answer(void)
{
	static const uint8_t answer[] = {0, 0, 0, 1, 1};
	struct pollfd p = {.events = POLLIN};
	pid_t pid = charon(answer, sizeof answer, NULL);

	CHECK_EQ(kill(pid, SIGSTOP), 0);
	CHECK_EQ(waitpid(pid, NULL, WUNTRACED), pid);
	p.fd = vici_ask(path);
	CHECK_TRUE(p.fd >= 0);
	CHECK_EQ(poll(&p, 1, WAIT_MS), 0);
	CHECK_EQ(kill(pid, SIGCONT), 0);
	CHECK_EQ(poll(&p, 1, -1), 1);
	CHECK_TRUE(vici_hear(p.fd, WAIT_MS));
	(void)close(p.fd);
	bury(pid);
	CHECK_EQ(vici_ask(path), -1);
}

static void silence_ends_in_time(void)
{
	pid_t pid = charon(NULL, 0, NULL);
	long long begin = ms(), took;

	CHECK_FALSE(vici_answers(path, WAIT_MS));
	took = ms() - begin;
	CHECK_TRUE(took >= WAIT_MS && took < 50 * WAIT_MS);
	bury(pid);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(an_answer_is_an_answer);
	RUN(anything_else_is_none);
	RUN(a_late_answer_is_an_answer);
	RUN(silence_ends_in_time);
	return check_end();
}
