/* SPDX-License-Identifier: Apache-2.0 */
/* A resolved site as the description the hypervisor reads. No rules here: site.c has them before, system_check after. */
#ifndef COMPILE_H
#define COMPILE_H

#include "image.h"
#include "site.h"

/* Domains keep the order of the site's files, channels that of the lines (FROM to TO first, then back), devices that of their sections. */
void compile_system(const struct site *s, const struct image image[HV_DOM_MAX],
		    struct hv_system *out);

#endif
