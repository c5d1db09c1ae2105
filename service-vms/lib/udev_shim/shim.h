/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the udev shim may turn; programs leave it alone. */
#ifndef UDEV_SHIM_H
#define UDEV_SHIM_H

extern const char *udev_shim_sys; /* where sysfs is, "/sys" */

#endif
