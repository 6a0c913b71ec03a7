/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/picture.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <string.h>

#include "base/error.h"

/* Called before the pixels have room: a small file may claim a huge picture. A size of 0 makes the loader give up. */
static void check_size(GdkPixbufLoader *loader, int width, int height, gpointer too_large)
{
	if (width <= SB_PICTURE_SIDE_MAX && height <= SB_PICTURE_SIDE_MAX)
		return;
	*(bool *)too_large = true;
	gdk_pixbuf_loader_set_size(loader, 0, 0);
}

/* The decoder paints in grey what a cut file lacks, and is content: the mark of the end must follow the last scan. (One before it is that
 * of a thumbnail.) */
static bool has_end(struct sb_slice jpeg)
{
	static const uint8_t scan[] = {0xff, 0xda}, end[] = {0xff, 0xd9};
	const uint8_t *p = jpeg.data, *after = jpeg.data + jpeg.len, *last = NULL;

	while ((p = memmem(p, (size_t)(after - p), scan, sizeof scan)))
		last = p++;
	return last && memmem(last, (size_t)(after - last), end, sizeof end);
}

int sb_picture_check_jpeg(struct sb_slice jpeg)
{
	static const uint8_t start[] = {0xff, 0xd8, 0xff};
	bool too_large = false, whole;
	GdkPixbufLoader *loader;

	if (jpeg.len < sizeof start || memcmp(jpeg.data, start, sizeof start) != 0)
		return SB_E_FORMAT;
	loader = gdk_pixbuf_loader_new_with_type("jpeg", NULL);
	if (!loader)
		return SB_E_UNSUPPORTED;
	g_signal_connect(loader, "size-prepared", G_CALLBACK(check_size), &too_large);
	whole = gdk_pixbuf_loader_write(loader, jpeg.data, jpeg.len, NULL);
	whole = gdk_pixbuf_loader_close(loader, NULL) && whole && gdk_pixbuf_loader_get_pixbuf(loader);
	g_object_unref(loader);
	return too_large ? SB_E_TOO_LARGE : whole && has_end(jpeg) ? SB_OK : SB_E_CORRUPT;
}
