// SPDX-License-Identifier: GPL-2.0-only
/* Waiting for messages by looking at the rings for a moment before the VM sleeps. Takes nothing out of them: the poll does. */
#include <asm/msr.h>

#include "net.h"

static struct bh_net *nets; /* all of them, for good */

void netwatch_add(struct bh_net *net)
{
	net->next = nets;
	WRITE_ONCE(nets, net);
}

/* Did an edge take a message since this was asked last? */
static bool any_heard(void)
{
	struct bh_net *net;
	bool heard = false;

	for (net = nets; net; net = net->next) {
		heard |= READ_ONCE(net->heard);
		WRITE_ONCE(net->heard, false);
	}
	return heard;
}

static bool any_waits(void)
{
	struct bh_net *net;

	for (net = nets; net; net = net->next)
		if (bh_end_waits(net->rx))
			return true;
	return false;
}

/* A poll that is due goes on where we were quiet; where there is none, an event will tell of the next message. */
static void leave(struct bh_net *net)
{
	if (bh_end_waits(net->rx) && napi_schedule_prep(&net->napi))
		__napi_schedule(&net->napi);
	else if (bh_end_listen(net->rx))
		napi_schedule(&net->napi);
}

bool bh_net_watch(u64 ticks)
{
	u64 begin = rdtsc();
	struct bh_net *net;

	if (!any_heard())
		return false;
	for (net = nets; net; net = net->next)
		bh_end_quiet(net->rx);
	while (!need_resched() && !any_waits() && rdtsc() - begin < ticks) /* bound: ticks */
		cpu_relax();
	for (net = nets; net; net = net->next)
		leave(net);
	return need_resched();
}
