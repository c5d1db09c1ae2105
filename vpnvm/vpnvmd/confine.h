/* SPDX-License-Identifier: Apache-2.0 */
/* Users and folders of the programs that parse what comes from outside. */
#ifndef CONFINE_H
#define CONFINE_H

#define CHARON_ID      101u
#define DHCP_SERVER_ID 102u
#define DHCP_CLIENT_ID 103u

#define CHARON_DIR	"/run/vpn/charon"
#define DHCP_SERVER_DIR "/run/vpn/server"
#define DHCPD_CONF	"/run/vpn/udhcpd.conf"

#endif
