/* SPDX-License-Identifier: Apache-2.0 */
/* The focus: which domain gets input and screen, and the generation that makes late input stale. */
#ifndef FOCUS_H
#define FOCUS_H

#include "domain.h"

void focus_init(void);
/* focus_domain - who has it; NULL = nobody. Core lock held, as for all of these. */
struct domain *focus_domain(uint64_t *generation);
/* focus_set - hand it to domain ID (HV_DOM_NONE = nobody); HV_EPERM when that one can never have it, HV_ESTATE when it does not run. */
enum hv_err focus_set(uint64_t id, uint64_t *generation) MUST_CHECK;
/* focus_domain_gone - a dead domain keeps nothing: focus becomes nobody, never a default. */
void focus_domain_gone(struct domain *d);

#endif
