/* SPDX-License-Identifier: Apache-2.0 */
/* The two files PID 1 reads: what is taken, what is refused and with which words. */
#include "check.h"
#include "service-vms/init/config.h"

static struct daemon_config daemon_is;
static struct module_list modules_are;
static char text[4096];

static const char *daemon_says(const char *file)
{
	(void)snprintf(text, sizeof text, "%s", file);
	return config_daemon(text, &daemon_is);
}

static const char *modules_say(const char *file)
{
	(void)snprintf(text, sizeof text, "%s", file);
	return config_modules(text, &modules_are);
}

static void one_daemon(void)
{
	CHECK_TRUE(daemon_says("# what runs\nready\n\nexec \t/bin/d  -x y\t# why\n") == NULL);
	CHECK_TRUE(daemon_is.ready);
	CHECK_FALSE(daemon_is.heartbeat);
	CHECK_FALSE(daemon_is.respawn);
	CHECK_STR(daemon_is.argv[0], "/bin/d");
	CHECK_STR(daemon_is.argv[1], "-x");
	CHECK_STR(daemon_is.argv[2], "y");
	CHECK_TRUE(daemon_is.argv[3] == NULL);
}

static void each_word_has_its_flag(void)
{
	CHECK_TRUE(daemon_says("exec /d\nheartbeat") == NULL);
	CHECK_TRUE(daemon_is.heartbeat && !daemon_is.ready && !daemon_is.respawn);
	CHECK_TRUE(daemon_says("respawn \nexec /d") == NULL);
	CHECK_TRUE(daemon_is.respawn && !daemon_is.ready && !daemon_is.heartbeat);
	CHECK_FALSE(daemon_is.screen);
	CHECK_TRUE(daemon_says("screen\nexec /d") == NULL);
	CHECK_TRUE(daemon_is.screen && !daemon_is.ready && !daemon_is.respawn);
}

static void refusals(void)
{
	CHECK_STR(daemon_says(""), "no exec");
	CHECK_STR(daemon_says("#exec /d\nready\n"), "no exec");
	CHECK_STR(daemon_says("exec\n"), "exec needs a path from the root");
	CHECK_STR(daemon_says("exec d\n"), "exec needs a path from the root");
	CHECK_STR(daemon_says("exec /d\nexec /e\n"), "a second exec");
	CHECK_STR(daemon_says("exec /d\nready now\n"), "a word too many");
	CHECK_STR(daemon_says("exec /d\nreadyy\n"),
		  "a line that is none of exec, ready, heartbeat, respawn, screen");
	CHECK_STR(daemon_says("exec /1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"),
		  "too many arguments");
	CHECK_TRUE(daemon_says("exec /1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n") == NULL);
	CHECK_STR(daemon_is.argv[14], "15");
	CHECK_TRUE(daemon_is.argv[15] == NULL);
}

static void modules_in_order(void)
{
	CHECK_TRUE(modules_say("bulkhead\n# net\ne1000e  IntMode=2 debug=0\n") == NULL);
	CHECK_EQ(modules_are.count, 2);
	CHECK_STR(modules_are.module[0].name, "bulkhead");
	CHECK_STR(modules_are.module[0].params, "");
	CHECK_STR(modules_are.module[1].name, "e1000e");
	CHECK_STR(modules_are.module[1].params, "IntMode=2 debug=0");
	CHECK_TRUE(modules_say("") == NULL);
	CHECK_EQ(modules_are.count, 0);
}

static void module_refusals(void)
{
	char many[CONFIG_MODULES * 2 + 3] = "";

	for (unsigned i = 0; i <= CONFIG_MODULES; i++)
		memcpy(many + 2 * i, "m\n", 3);
	CHECK_STR(modules_say(many), "too many modules");
	many[2 * CONFIG_MODULES] = '\0';
	CHECK_TRUE(modules_say(many) == NULL);
	CHECK_EQ(modules_are.count, CONFIG_MODULES);
	CHECK_STR(modules_say("../x\n"), "a module name with a slash");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	RUN(one_daemon);
	RUN(each_word_has_its_flag);
	RUN(refusals);
	RUN(modules_in_order);
	RUN(module_refusals);
	return check_end();
}
