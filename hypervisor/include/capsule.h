/* SPDX-License-Identifier: Apache-2.0 */
/* A VM's capsule: bytes that it leaves to its own next life. Nobody else's, and never looked into. */
#ifndef CAPSULE_H
#define CAPSULE_H

#include "domain.h"

/*
 * capsule_put - BYTES of D's RAM are its capsule from now on; what was there before is gone. 0 bytes: none.
 * capsule_get - the capsule goes to D's RAM, *KEPT bytes; 0 where there is none, or where another image left it.
 *
 * HV_EPERM: its description gives D none. HV_EMSGSIZE: more bytes than that, or than the ROOM for them. HV_EFAULT: not RAM of D.
 * locks: core lock
 */
enum hv_err capsule_put(struct domain *d, gpa_t from, uint64_t bytes) MUST_CHECK;
enum hv_err capsule_get(const struct domain *d, gpa_t to, uint64_t room, uint64_t *kept) MUST_CHECK;
void capsule_drop(const struct domain *d); /* any lock: D does not run */

#endif
