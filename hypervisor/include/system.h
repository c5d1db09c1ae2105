/* SPDX-License-Identifier: Apache-2.0 */
/* Is a system description one this hypervisor runs? Looks at the description only, never at the machine. */
#ifndef SYSTEM_H
#define SYSTEM_H

#include "hv_system.h"

/*
 * system_check - hold a whole description against every rule of hv_system.h and the rules between its parts.
 *
 * s       sizeof(struct hv_system) readable bytes that nobody changes meanwhile
 * what    set when the answer is not HV_OK: a constant sentence, the rule that is broken
 * errors  HV_EBAD
 *
 * After HV_OK: counts and indices are in range; entries beyond the counts, reserved fields and name tails are zero; a name
 * is one domain, one device, or one edge (one channel, or two channels of one kind between the same two domains, one each
 * way); no domain has more than HV_DOM_CHAN_MAX channel ends, where a channel to HV_DOM_FOCUSED is an end of each domain
 * with HV_DOM_SCREEN; there are at most HV_SYS_RING_MAX rings; a sender's credit is enough for one largest message; only such domains have a chord or the first focus; a protected domain has its network from domains
 * of role VPNVM and shares no channel of any kind with a NETVM, and VPNVM and NETVM share only edges with
 * HV_EDGE_ONLY_ESP_IKE.
 */
enum hv_err system_check(const struct hv_system *s, const char **what);

#endif
