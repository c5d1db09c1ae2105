/* SPDX-License-Identifier: Apache-2.0 */
/* Sends Ethernet frames with a text in them to any address, past this VM's own tables. For tests, in no product image. */
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vm.h"

#define TURNS	   32u
#define TEXT_AT	   60u /* behind all headers, and the addresses of ARP */
#define TEXT_MAX   64u
#define EXPERIMENT 0x88b5u /* IEEE 802, local experimental */

static int card(const char *name, uint8_t own[ETH_ALEN])
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(name)};
	struct ifreq ask = {0};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	(void)snprintf(ask.ifr_name, sizeof ask.ifr_name, "%s", name);
	if (fd < 0 || at.sll_ifindex == 0 || ioctl(fd, SIOCGIFHWADDR, &ask) != 0 ||
	    bind(fd, (struct sockaddr *)&at, sizeof at) != 0)
		return -1;
	memcpy(own, ask.ifr_hwaddr.sa_data, ETH_ALEN);
	return fd;
}

int main(int argc, char **argv)
{
	static const uint16_t types[] = {ETHERTYPE_IP, ETHERTYPE_ARP, EXPERIMENT};
	uint8_t frame[TEXT_AT + TEXT_MAX] = {0};
	struct ether_addr to;
	unsigned sent = 0;
	int fd;

	if (argc != 4 || ether_aton_r(argv[2], &to) == NULL || strlen(argv[3]) > TEXT_MAX) {
		(void)fputs("usage: frame CARD DESTINATION TEXT    TEXT of up to 64 bytes\n",
			    stderr);
		return VM_EXIT_MISCONFIGURED;
	}
	fd = card(argv[1], frame + ETH_ALEN);
	memcpy(frame, &to, ETH_ALEN);
	memcpy(frame + TEXT_AT, argv[3], strlen(argv[3]));
	for (unsigned i = 0; fd >= 0 && i < TURNS * 3; i++) {
		frame[12] = (uint8_t)(types[i % 3] >> 8);
		frame[13] = (uint8_t)types[i % 3];
		sent += write(fd, frame, sizeof frame) == (ssize_t)sizeof frame;
	}
	(void)printf("frame: sent %u to %s\n", sent, argv[2]);
	return sent == TURNS * 3 ? 0 : VM_EXIT_ENVIRONMENT;
}
