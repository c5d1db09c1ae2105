/* SPDX-License-Identifier: Apache-2.0 */
/* The inner side: one VM gets the tunnel's address by DHCP. Its packets reach the outside only through XFRM. */
#include "vpnvmd.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "confine.h"
#include "xfrm.h"

#define INNER_MTU "1400" /* room for ESP in UDP in 1500 */

static pid_t dhcpd = -1;

/* The router that the VM sees: last address but one of the /24 around its own. */
static void router_of(const char *address, char router[16])
{
	struct in_addr a;

	(void)inet_pton(AF_INET, address, &a);
	a.s_addr = htonl((ntohl(a.s_addr) & 0xffffff00u) | 254u);
	(void)inet_ntop(AF_INET, &a, router, 16);
}

/* The VM's hardware address, which follows from the edge's names. */
static int peer_of(const char *interface, char peer[18])
{
	char path[64];
	FILE *f;
	bool ok;

	(void)snprintf(path, sizeof path, "/sys/class/net/%s/bulkhead/peer_address", interface);
	f = fopen(path, "r");
	if (f == NULL)
		return -1;
	ok = fread(peer, 1, 17, f) == 17;
	peer[17] = 0;
	(void)fclose(f);
	return ok ? 0 : -1;
}

/*
 * A static lease: it is known without a memory of who got what, so a lease of this VM's last life, or of the server's, is
 * renewed. A server that does not know a lease keeps silent, and its owner loses address and routes when it runs out.
 */
static int write_conf(const char *interface, const char *peer, const char *address,
		      const char *router)
{
	FILE *f = fopen(DHCPD_CONF, "w");

	if (f == NULL)
		return -1;
	(void)fprintf(f,
		      "interface %s\nstart %s\nend %s\nstatic_lease %s %s\nmax_leases 1\n"
		      "lease_file " DHCP_SERVER_DIR "/leases\npidfile " DHCP_SERVER_DIR "/pid\n"
		      "min_lease 60\noption lease 120\noption subnet 255.255.255.0\noption router "
		      "%s\noption mtu " INNER_MTU "\n",
		      interface, address, address, peer, address, router);
	return fclose(f);
}

static int set_policies(const char *interface, const char *address)
{
	/* The outer side may renew its lease in the clear (outer.c), and forwarding would make a way out of that. */
	struct xfrm_match lease = {.way = XFRM_OUT,
				   .source_bits = 32,
				   .protocol = 17,
				   .source_port = 68,
				   .dest_port = 67};
	struct xfrm_match deliver = {.way = XFRM_OUT, .dest_bits = 32};
	struct xfrm_match forward = {.way = XFRM_FORWARD, .source_bits = 32};
	struct xfrm_match ask = {
		.way = XFRM_IN, .protocol = 17, .source_port = 68, .dest_port = 67};
	struct xfrm_match tell = {.way = XFRM_OUT,
				  .protocol = 17,
				  .source_port = 67,
				  .dest_port = 68,
				  .ifindex = if_nametoindex(interface)};

	/* Forwarding is allowed, leaving is not: what is forwarded still needs a tunnel policy on the way out. */
	(void)inet_pton(AF_INET, address, &forward.source);
	/* What came out of the tunnel still has to leave, towards this VM and nowhere else. */
	deliver.dest = forward.source;
	deliver.ifindex = tell.ifindex;
	lease.source = forward.source;
	return xfrm_block(&lease) != 0 || xfrm_allow(&forward) != 0 || xfrm_allow(&deliver) != 0 ||
			       xfrm_allow(&ask) != 0 || xfrm_allow(&tell) != 0
		       ? -1
		       : 0;
}

int inner_up(const char *interface, const char *address)
{
	char router[16], peer[18], with_mask[24], host[24];

	router_of(address, router);
	(void)snprintf(with_mask, sizeof with_mask, "%s/32", router);
	(void)snprintf(host, sizeof host, "%s/32", address);
	if (peer_of(interface, peer) != 0 || write_conf(interface, peer, address, router) != 0 ||
	    set_policies(interface, address) != 0) {
		perror("vpnvmd: policies of the inner side");
		return -1;
	}
	if (run((char *[]){"/sbin/ip", "address", "flush", "dev", (char *)interface, NULL}) != 0 ||
	    run((char *[]){"/sbin/ip", "address", "add", with_mask, "dev", (char *)interface,
			   NULL}) != 0 ||
	    run((char *[]){"/sbin/ip", "link", "set", (char *)interface, "mtu", INNER_MTU, "up",
			   NULL}) != 0 ||
	    run((char *[]){"/sbin/ip", "route", "replace", host, "dev", (char *)interface, NULL}) !=
		    0)
		return -1;
	if (dhcpd > 0) {
		(void)kill(dhcpd, SIGTERM);
		(void)waitpid(dhcpd, NULL, 0);
	}
	dhcpd = start((char *[]){"/bin/confine", "dhcp-server", NULL});
	return dhcpd < 0 ? -1 : 0;
}
