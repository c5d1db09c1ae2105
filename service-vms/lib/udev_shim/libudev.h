/* SPDX-License-Identifier: Apache-2.0 */
/* The part of libudev's interface that libinput's path backend calls; must not grow beyond what libinput links. */
#ifndef UDEV_SHIM_LIBUDEV_H
#define UDEV_SHIM_LIBUDEV_H

#include <sys/types.h>

/*
 * There is no udev in a VM. The names and types are libudev's, the behaviour is what libinput relies on:
 * both ways to open a device yield the same syspath for it, is_initialized is always 1, and the properties
 * ID_INPUT* come from the capabilities the kernel shows in sysfs. The library's own reference says the rest.
 */
struct udev;
struct udev_device;

struct udev *udev_new(void);
struct udev *udev_unref(struct udev *udev);

/* type is 'c' for a character device. NULL with errno set when there is no such device. */
struct udev_device *udev_device_new_from_devnum(struct udev *udev, char type, dev_t devnum);
struct udev_device *udev_device_new_from_syspath(struct udev *udev, const char *syspath);
struct udev_device *udev_device_ref(struct udev_device *device);
struct udev_device *udev_device_unref(struct udev_device *device);

/* None of these hands a reference over; strings live as long as the device. */
struct udev *udev_device_get_udev(struct udev_device *device);
struct udev_device *udev_device_get_parent(struct udev_device *device);
const char *udev_device_get_syspath(struct udev_device *device);
const char *udev_device_get_sysname(struct udev_device *device);
const char *udev_device_get_devnode(struct udev_device *device);
int udev_device_get_is_initialized(struct udev_device *device);
const char *udev_device_get_property_value(struct udev_device *device, const char *key);

#endif
