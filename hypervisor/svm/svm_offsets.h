/* SPDX-License-Identifier: Apache-2.0 */
/* Where run.S finds what it needs in struct vcpu, in bytes; its registers come first, by number. */
#ifndef SVM_OFFSETS_H
#define SVM_OFFSETS_H

#define SVM_VCPU_GUEST 136 /* hw_hpa */
#define SVM_VCPU_HOST  144 /* host */

#endif
