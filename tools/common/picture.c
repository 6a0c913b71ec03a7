/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/picture.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <math.h>
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

struct fit {
	int width, height; /* not more than this, in the picture's own proportions; 0: as it is */
	bool too_large;
};

/* Before the pixels have room made for them: a small file may claim a huge picture. A size of nothing ends the decoding. */
static void check_size(GdkPixbufLoader *loader, int width, int height, gpointer context)
{
	struct fit *fit = context;
	double scale = 1;

	fit->too_large = width > SB_PICTURE_SIDE_MAX || height > SB_PICTURE_SIDE_MAX || (long)width * height > SB_PICTURE_PIXELS_MAX;
	if (fit->width && width > fit->width)
		scale = (double)fit->width / width;
	if (fit->height && height * scale > fit->height)
		scale = (double)fit->height / height;
	if (fit->too_large)
		gdk_pixbuf_loader_set_size(loader, 0, 0);
	else if (scale < 1)
		gdk_pixbuf_loader_set_size(loader, (int)fmax(1, width * scale), (int)fmax(1, height * scale));
}

static int decode(const char *type, struct sb_slice data, struct fit fit, GdkPixbuf **picture)
{
	GdkPixbufLoader *loader = gdk_pixbuf_loader_new_with_type(type, NULL);
	bool good;

	*picture = NULL;
	if (!loader)
		return SB_E_UNSUPPORTED;
	g_signal_connect(loader, "size-prepared", G_CALLBACK(check_size), &fit);
	good = gdk_pixbuf_loader_write(loader, data.data, data.len, NULL);
	/* Closed in any case; a picture that was cut short shows only now. */
	good = gdk_pixbuf_loader_close(loader, NULL) && good;
	if (good && !fit.too_large)
		*picture = gdk_pixbuf_loader_get_pixbuf(loader);
	if (*picture)
		g_object_ref(*picture);
	g_object_unref(loader);
	return *picture ? SB_OK : fit.too_large ? SB_E_TOO_LARGE : SB_E_CORRUPT;
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
	int rc = type ? decode(type, data, (struct fit){0}, &picture) : SB_E_FORMAT;

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

static int decode_jpeg(struct sb_slice data, struct fit fit, GdkPixbuf **picture)
{
	const char *type = type_of(data);
	int rc = type && strcmp(type, "jpeg") == 0 ? decode(type, data, fit, picture) : SB_E_FORMAT;

	if (rc != SB_OK || has_end(data))
		return rc;
	g_object_unref(*picture);
	return SB_E_CORRUPT;
}

int sb_picture_check_jpeg(struct sb_slice data)
{
	GdkPixbuf *picture;
	int rc = decode_jpeg(data, (struct fit){0}, &picture);

	if (rc == SB_OK)
		g_object_unref(picture);
	return rc;
}

/* --- portraits --- */

int sb_picture_pixels(struct sb_slice jpeg, unsigned width_max, unsigned height_max, struct sb_pixels *out)
{
	GdkPixbuf *picture;
	int rc = decode_jpeg(jpeg, (struct fit){(int)width_max, (int)height_max, false}, &picture), channels, stride;

	*out = (struct sb_pixels){0};
	if (rc != SB_OK)
		return rc;
	channels = gdk_pixbuf_get_n_channels(picture);
	stride = gdk_pixbuf_get_rowstride(picture);
	out->width = (unsigned)gdk_pixbuf_get_width(picture);
	out->height = (unsigned)gdk_pixbuf_get_height(picture);
	out->words = malloc((size_t)out->width * out->height * sizeof *out->words);
	for (unsigned y = 0; out->words && y < out->height; y++)
		for (unsigned x = 0; x < out->width; x++) {
			const guchar *p = gdk_pixbuf_read_pixels(picture) + (size_t)y * (size_t)stride + (size_t)x * (size_t)channels;

			out->words[(size_t)y * out->width + x] = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
		}
	g_object_unref(picture);
	return out->words ? SB_OK : SB_E_NOMEM;
}

static int append_jpeg(GdkPixbuf *picture, const char *quality, size_t max, struct sb_bytes *out)
{
	gchar *data = NULL;
	gsize len = 0;
	int rc = SB_E_NOMEM;

	if (gdk_pixbuf_save_to_buffer(picture, &data, &len, "jpeg", NULL, "quality", quality, NULL))
		rc = len > max ? SB_E_TOO_LARGE : sb_bytes_append(out, data, len);
	g_free(data);
	return rc;
}

int sb_picture_reduce(struct sb_slice jpeg, size_t max, struct sb_bytes *out)
{
	/* From the finest down. A face is known again at 84 lines rather than behind the blocks of a coarse 154. */
	static const struct {
		int height;
		const char *quality;
	} steps[] = {{154, "70"}, {154, "50"}, {128, "50"}, {128, "40"}, {105, "45"}, {105, "35"}, {84, "45"}, {84, "30"}, {64, "40"}, {64, "20"},
		{40, "20"}};
	int rc = SB_E_TOO_LARGE;

	for (size_t i = 0; rc == SB_E_TOO_LARGE && i < sizeof steps / sizeof *steps; i++) {
		GdkPixbuf *picture;

		rc = decode_jpeg(jpeg, (struct fit){steps[i].height, steps[i].height, false}, &picture);
		if (rc != SB_OK)
			break;
		rc = append_jpeg(picture, steps[i].quality, max, out);
		g_object_unref(picture);
	}
	return rc;
}

/* A few means of areas, three colours each. */
enum { ALIKE_WIDTH = 21, ALIKE_HEIGHT = 27, ALIKE_MEAN = 5, ALIKE_MOST = 48 /* of 255 */ };

static int sample(struct sb_slice jpeg, GdkPixbuf **out, double *proportion)
{
	GdkPixbuf *picture;
	int rc = decode_jpeg(jpeg, (struct fit){8 * ALIKE_WIDTH, 8 * ALIKE_HEIGHT, false}, &picture);

	*out = NULL;
	if (rc != SB_OK)
		return rc;
	*proportion = (double)gdk_pixbuf_get_width(picture) / gdk_pixbuf_get_height(picture);
	*out = gdk_pixbuf_scale_simple(picture, ALIKE_WIDTH, ALIKE_HEIGHT, GDK_INTERP_BILINEAR);
	g_object_unref(picture);
	return *out ? SB_OK : SB_E_NOMEM;
}

static bool same_areas(const GdkPixbuf *a, const GdkPixbuf *b)
{
	long sum = 0, most = 0;

	for (int y = 0; y < ALIKE_HEIGHT; y++)
		for (int x = 0; x < ALIKE_WIDTH; x++)
			for (int c = 0; c < 3; c++) {
				long d = labs((long)gdk_pixbuf_read_pixels(a)[y * gdk_pixbuf_get_rowstride(a) + x * gdk_pixbuf_get_n_channels(a) + c] -
					      gdk_pixbuf_read_pixels(b)[y * gdk_pixbuf_get_rowstride(b) + x * gdk_pixbuf_get_n_channels(b) + c]);

				sum += d;
				most = d > most ? d : most;
			}
	return sum <= (long)ALIKE_MEAN * ALIKE_WIDTH * ALIKE_HEIGHT * 3 && most <= ALIKE_MOST;
}

int sb_picture_alike(struct sb_slice a, struct sb_slice b)
{
	GdkPixbuf *one = NULL, *other = NULL;
	double wide = 1, also = 1;
	int rc = sample(a, &one, &wide);

	if (rc == SB_OK)
		rc = sample(b, &other, &also);
	if (rc == SB_OK && !(fabs(wide - also) < 0.05 * wide && same_areas(one, other)))
		rc = SB_E_SIGNATURE;
	g_clear_object(&one);
	g_clear_object(&other);
	return rc;
}
