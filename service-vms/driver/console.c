// SPDX-License-Identifier: GPL-2.0-only
/* The VM's console, output only: a kernel console and the tty behind /dev/console. The hypervisor marks and escapes each line. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/console.h>
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>

#include "bulkhead.h"
#include "compat.h"

static DEFINE_RAW_SPINLOCK(con_lock);
static u8 *
	con_page; /* text on its way out; callers' text may lie where the hypervisor cannot find it */
static struct tty_driver *con_tty;
static struct tty_port con_port;

static void put_piece(const u8 *text, size_t len)
{
	memcpy(con_page, text, len);
	bh_call(HV_CALL_CONSOLE, bh_gpa(con_page), len, 0, 0, NULL);
}

/* While the kernel crashes the lock may be held for ever by who crashed: then two texts may mix, but they come out. */
static void console_put(const u8 *text, size_t len)
{
	unsigned long flags;

	while (len) {
		size_t n = min_t(size_t, len, HV_CONSOLE_MAX);

		if (oops_in_progress) {
			put_piece(text, n);
		} else {
			raw_spin_lock_irqsave(&con_lock, flags);
			put_piece(text, n);
			raw_spin_unlock_irqrestore(&con_lock, flags);
		}
		text += n;
		len -= n;
	}
}

static void con_write(struct console *con, const char *text, unsigned int len)
{
	console_put((const u8 *)text, len);
}

static struct tty_driver *con_device(struct console *con, int *index)
{
	*index = con->index;
	return con_tty;
}

static struct console bh_con = {
	.name = "bhcon",
	.write = con_write,
	.device = con_device,
	.flags = CON_PRINTBUFFER,
	.index = -1,
};

static int con_open(struct tty_struct *tty, struct file *file)
{
	return tty_port_open(&con_port, tty, file);
}

static void con_close(struct tty_struct *tty, struct file *file)
{
	tty_port_close(&con_port, tty, file);
}

static void con_hangup(struct tty_struct *tty)
{
	tty_port_hangup(&con_port);
}

static bh_tty_ret con_tty_write(struct tty_struct *tty, const u8 *text, bh_tty_len len)
{
	console_put(text, len);
	return len;
}

static unsigned int con_write_room(struct tty_struct *tty)
{
	return HV_CONSOLE_MAX;
}

static const struct tty_operations con_ops = {
	.open = con_open,
	.close = con_close,
	.hangup = con_hangup,
	.write = con_tty_write,
	.write_room = con_write_room,
};

static const struct tty_port_operations con_port_ops = {};

static int console_tty_start(void)
{
	struct tty_driver *drv =
		tty_alloc_driver(1, TTY_DRIVER_REAL_RAW | TTY_DRIVER_RESET_TERMIOS);
	int ret;

	if (IS_ERR(drv))
		return PTR_ERR(drv);
	drv->driver_name = KBUILD_MODNAME;
	drv->name = "bhcon";
	drv->type = TTY_DRIVER_TYPE_SYSTEM;
	drv->subtype = SYSTEM_TYPE_CONSOLE;
	drv->init_termios = tty_std_termios;
	drv->init_termios.c_oflag = 0; /* lines end with a plain newline */
	tty_set_operations(drv, &con_ops);
	tty_port_init(&con_port);
	con_port.ops = &con_port_ops;
	tty_port_link_device(&con_port, drv, 0);
	ret = tty_register_driver(drv);
	if (ret) {
		tty_driver_kref_put(drv);
		tty_port_destroy(&con_port);
		return ret;
	}
	con_tty = drv;
	return 0;
}

int bh_console_start(void)
{
	int ret;

	con_page = (u8 *)get_zeroed_page(GFP_KERNEL);
	if (!con_page)
		return -ENOMEM;
	ret = console_tty_start();
	if (ret)
		pr_err("no console tty: error %d\n", ret);
	register_console(&bh_con);
	return ret;
}
