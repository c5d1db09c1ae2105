/* SPDX-License-Identifier: Apache-2.0 */
/* Another image for a VM: what the administrator asks for. Must not look at a byte of it: it is hashed first (swap_work.c). */
#include "guestmem.h"
#include "hw.h"
#include "swap.h"

enum hv_err swap_write(const struct domain *d, const struct domain *t, uint64_t offset, gpa_t from)
{
	const struct handoff_extent *to = &t->mem->spare;

	if (((offset | from.v) & PAGE_MASK) != 0 || offset >= to->bytes)
		return HV_EINVAL;
	if (t->swap.spare.state != HV_SPARE_OPEN)
		return HV_EBUSY;
	return guestmem_copy_in(d, from, hw_window(WIN_PAGE, (hpa_t){to->hpa + offset}, true),
				PAGE_SIZE);
}

enum hv_err swap_order(struct domain *t, uint32_t order, uint64_t what, uint64_t how)
{
	bool seal = order == HV_CALL_IMAGE_SEAL;

	if (what > (seal ? t->mem->spare.bytes : HV_SWAP_CONFIRM) || how > HV_SWAP_TRIAL_MAX ||
	    (seal && (what & PAGE_MASK) != 0))
		return HV_EINVAL;
	if (t->swap.spare.answer == HV_EAGAIN)
		return HV_EBUSY;
	t->swap.order = order;
	t->swap.what = what;
	t->swap.how = (uint32_t)how;
	t->swap.spare.answer = HV_EAGAIN;
	if (t->cpu != hw_cpu())
		hw_kick(t->cpu);
	return HV_OK;
}
