// SPDX-License-Identifier: GPL-2.0-only
/* The VM's screen as a frame buffer. It is drawn in memory of our own and copied out, because the pixels come and go with the focus. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fb.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "bulkhead.h"

#define FORMAT_BGRX  1
#define COPY_DELAY   (HZ / 50) /* between the first stroke and its appearance */
#define PALETTE_SIZE 16

static struct fb_info *screen;
static u8 *pixels; /* the hypervisor's: real ones while we have the focus */
static struct delayed_work copy_work;
static u32 palette[PALETTE_SIZE];

static DEFINE_SPINLOCK(damage_lock); /* guards: */
static u32 damage_top, damage_end;   /* rows; nothing is damaged when top >= end */
static bool focused;		     /* what is not seen need not be copied */

static void damage(u32 top, u32 rows)
{
	u32 height = screen->var.yres;
	unsigned long flags;

	top = min(top, height);
	spin_lock_irqsave(&damage_lock, flags);
	if (damage_top >= damage_end) {
		damage_top = top;
		damage_end = top;
	}
	damage_top = min(damage_top, top);
	damage_end = max(damage_end, top + min(rows, height - top));
	if (focused && damage_top < damage_end)
		schedule_delayed_work(&copy_work, COPY_DELAY);
	spin_unlock_irqrestore(&damage_lock, flags);
}

/* Row by row, so that a narrow pitch costs no more than its pixels. */
static void copy_out(struct work_struct *work)
{
	u32 pitch = screen->fix.line_length, top, end;

	spin_lock_irq(&damage_lock);
	top = damage_top;
	end = damage_end;
	if (focused)
		damage_top = damage_end = 0;
	else
		top = end;
	spin_unlock_irq(&damage_lock);
	if (top < end)
		memcpy(pixels + top * pitch, screen->screen_buffer + top * pitch,
		       (size_t)(end - top) * pitch);
}

/* From interrupt context. What the pixels held is gone: everything is drawn again. */
void bh_fb_focus(bool gained)
{
	unsigned long flags;

	if (!screen)
		return;
	spin_lock_irqsave(&damage_lock, flags);
	focused = gained;
	spin_unlock_irqrestore(&damage_lock, flags);
	if (gained) {
		damage(0, screen->var.yres);
		mod_delayed_work(system_wq, &copy_work, 0);
	}
}

static ssize_t screen_write(struct fb_info *info, const char __user *buf, size_t count,
			    loff_t *ppos)
{
	loff_t from = *ppos;
	ssize_t ret = fb_sys_write(info, buf, count, ppos);

	if (ret > 0)
		damage((u32)from / info->fix.line_length, (u32)ret / info->fix.line_length + 2);
	return ret;
}

static void screen_fillrect(struct fb_info *info, const struct fb_fillrect *rect)
{
	sys_fillrect(info, rect);
	damage(rect->dy, rect->height);
}

static void screen_copyarea(struct fb_info *info, const struct fb_copyarea *area)
{
	sys_copyarea(info, area);
	damage(area->dy, area->height);
}

static void screen_imageblit(struct fb_info *info, const struct fb_image *image)
{
	sys_imageblit(info, image);
	damage(image->dy, image->height);
}

static int screen_setcolreg(unsigned int reg, unsigned int red, unsigned int green,
			    unsigned int blue, unsigned int transp, struct fb_info *info)
{
	if (reg >= PALETTE_SIZE)
		return -EINVAL;
	palette[reg] = (red >> 8) << 16 | (green >> 8) << 8 | blue >> 8;
	return 0;
}

static const struct fb_ops screen_ops = {
	.owner = THIS_MODULE,
	.fb_read = fb_sys_read,
	.fb_write = screen_write,
	.fb_fillrect = screen_fillrect,
	.fb_copyarea = screen_copyarea,
	.fb_imageblit = screen_imageblit,
	.fb_setcolreg = screen_setcolreg,
	.fb_mmap = fb_deferred_io_mmap,
};

/* Pages that a program has written through its own mapping. */
static void screen_deferred_io(struct fb_info *info, struct list_head *pages)
{
	struct fb_deferred_io_pageref *page;

	list_for_each_entry(page, pages, list)
	{
		u32 row = (u32)page->offset / info->fix.line_length;

		damage(row, PAGE_SIZE / info->fix.line_length + 2);
	}
}

static struct fb_deferred_io screen_defio = {
	.delay = COPY_DELAY,
	.deferred_io = screen_deferred_io,
};

static void describe(struct fb_info *info, const struct hv_fb_info *hv)
{
	struct fb_var_screeninfo *var = &info->var;
	struct fb_fix_screeninfo *fix = &info->fix;

	strscpy(fix->id, "Bulkhead", sizeof(fix->id));
	fix->type = FB_TYPE_PACKED_PIXELS;
	fix->visual = FB_VISUAL_TRUECOLOR;
	fix->accel = FB_ACCEL_NONE;
	fix->line_length = hv->pitch;
	fix->smem_len = PAGE_ALIGN((u32)hv->bytes);
	var->xres = var->xres_virtual = hv->width;
	var->yres = var->yres_virtual = hv->height;
	var->bits_per_pixel = 32;
	var->red = (struct fb_bitfield){.offset = 16, .length = 8};
	var->green = (struct fb_bitfield){.offset = 8, .length = 8};
	var->blue = (struct fb_bitfield){.offset = 0, .length = 8};
	var->width = var->height = -1;
	var->activate = FB_ACTIVATE_NOW;
	info->fbops = &screen_ops;
	info->flags = FBINFO_VIRTFB;
	info->pseudo_palette = palette;
	info->fbdefio = &screen_defio;
}

/* The size is the hypervisor's word, but arithmetic on it is ours. */
static bool sizes_fit(const struct hv_fb_info *hv)
{
	return hv->format == FORMAT_BGRX && hv->width >= 64 && hv->width <= 16384 &&
	       hv->height >= 64 && hv->height <= 16384 && hv->pitch >= hv->width * 4 &&
	       hv->pitch <= 1 << 17 && hv->pitch % 4 == 0 &&
	       hv->bytes == (u64)hv->pitch * hv->height && hv->bytes <= 256u << 20;
}

static int screen_start(const struct hv_fb_info *hv)
{
	struct fb_info *info = framebuffer_alloc(0, NULL);
	int ret = -ENOMEM;

	if (!info)
		return -ENOMEM;
	describe(info, hv);
	info->screen_buffer = vzalloc(info->fix.smem_len);
	pixels = memremap(hv->gpa, hv->bytes, MEMREMAP_WC);
	if (!info->screen_buffer || !pixels)
		goto fail;
	INIT_DELAYED_WORK(&copy_work, copy_out);
	ret = fb_deferred_io_init(info);
	if (ret)
		goto fail;
	screen = info;
	ret = register_framebuffer(info);
	if (ret == 0)
		return 0;
	screen = NULL;
	cancel_delayed_work_sync(&copy_work);
	fb_deferred_io_cleanup(info);
fail:
	if (pixels)
		memunmap(pixels);
	vfree(info->screen_buffer);
	framebuffer_release(info);
	return ret;
}

/* Nearly no VM has a screen: being told so is no error. */
void bh_fb_start(void)
{
	struct hv_fb_info *hv = (struct hv_fb_info *)get_zeroed_page(GFP_KERNEL);
	int ret;

	if (!hv)
		return;
	if (bh_call(HV_CALL_FB_INFO, bh_gpa(hv), 0, 0, 0, NULL) == HV_OK) {
		ret = sizes_fit(hv) ? screen_start(hv) : -EPROTO;
		if (ret)
			pr_err("no screen of %ux%u: error %d\n", hv->width, hv->height, ret);
	}
	free_page((unsigned long)hv);
}
