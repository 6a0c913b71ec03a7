/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/picture.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Everything that gdk-pixbuf does here: pictures from outside become pixels, or are refused. */

static const struct {
	const char *type; /* gdk-pixbuf's name */
	uint8_t magic[8];
	size_t len;
} pictures[] = {
	{"png", {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}, 8},
	{"jpeg", {0xff, 0xd8, 0xff}, 3},
};

/* By how it begins: nothing but PNG and JPEG is given to a decoder. */
static const char *type_of(struct sb_slice data)
{
	for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++)
		if (data.len >= pictures[i].len && memcmp(data.data, pictures[i].magic, pictures[i].len) == 0)
			return pictures[i].type;
	return NULL;
}

/* Before the pixels have room made for them: a small file may claim a huge picture. A size of nothing ends the decoding. */
static void check_size(GdkPixbufLoader *loader, int width, int height, gpointer context)
{
	bool *too_large = context;

	*too_large = width > SB_PICTURE_SIDE_MAX || height > SB_PICTURE_SIDE_MAX || (long)width * height > SB_PICTURE_PIXELS_MAX;
	if (*too_large)
		gdk_pixbuf_loader_set_size(loader, 0, 0);
}

static int decode(const char *type, struct sb_slice data, GdkPixbuf **picture)
{
	GdkPixbufLoader *loader = gdk_pixbuf_loader_new_with_type(type, NULL);
	bool too_large = false, good;

	*picture = NULL;
	if (!loader)
		return SB_E_UNSUPPORTED;
	g_signal_connect(loader, "size-prepared", G_CALLBACK(check_size), &too_large);
	good = gdk_pixbuf_loader_write(loader, data.data, data.len, NULL);
	/* Closed in any case; a picture that was cut short shows only now. */
	good = gdk_pixbuf_loader_close(loader, NULL) && good;
	if (good && !too_large)
		*picture = gdk_pixbuf_loader_get_pixbuf(loader);
	if (*picture)
		g_object_ref(*picture);
	g_object_unref(loader);
	return *picture ? SB_OK : too_large ? SB_E_TOO_LARGE : SB_E_CORRUPT;
}

/* Grey, one byte a pixel, for the scanner. Transparent parts count as white paper. */
static uint8_t *to_grey(const GdkPixbuf *picture, unsigned *width, unsigned *height)
{
	int channels = gdk_pixbuf_get_n_channels(picture), stride = gdk_pixbuf_get_rowstride(picture);
	const guchar *pixels = gdk_pixbuf_read_pixels(picture);
	uint8_t *grey;

	*width = (unsigned)gdk_pixbuf_get_width(picture);
	*height = (unsigned)gdk_pixbuf_get_height(picture);
	grey = malloc((size_t)*width * *height);
	for (unsigned y = 0; grey && y < *height; y++)
		for (unsigned x = 0; x < *width; x++) {
			const guchar *p = pixels + (size_t)y * (size_t)stride + (size_t)x * (size_t)channels;
			unsigned alpha = channels == 4 ? p[3] : 255;
			unsigned value = (p[0] * 77U + p[1] * 151U + p[2] * 28U) >> 8;

			grey[(size_t)y * *width + x] = (uint8_t)((value * alpha + 255 * (255 - alpha)) / 255);
		}
	return grey;
}

int sb_picture_grey(struct sb_slice data, uint8_t **grey, unsigned *width, unsigned *height)
{
	const char *type = type_of(data);
	GdkPixbuf *picture;
	int rc = type ? decode(type, data, &picture) : SB_E_FORMAT;

	if (rc != SB_OK)
		return rc;
	*grey = to_grey(picture, width, height);
	g_object_unref(picture);
	return *grey ? SB_OK : SB_E_NOMEM;
}

/* The decoder paints in grey what a cut file lacks, and is content: the mark of the end must follow the last scan. (One before it is that
 * of a thumbnail.) */
static bool has_end(struct sb_slice jpeg)
{
	static const uint8_t start[] = {0xff, 0xda}, end[] = {0xff, 0xd9};
	const uint8_t *p = jpeg.data, *after = jpeg.data + jpeg.len, *last = NULL;

	while ((p = memmem(p, (size_t)(after - p), start, sizeof start)))
		last = p++;
	return last && memmem(last, (size_t)(after - last), end, sizeof end);
}

int sb_picture_check_jpeg(struct sb_slice data)
{
	const char *type = type_of(data);
	GdkPixbuf *picture;
	int rc = type && strcmp(type, "jpeg") == 0 ? decode(type, data, &picture) : SB_E_FORMAT;

	if (rc != SB_OK)
		return rc;
	g_object_unref(picture);
	return has_end(data) ? SB_OK : SB_E_CORRUPT;
}
