/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <zlib.h>

#include "common/picture.h"
#include "common/qr.h"
#include "formats/portrait_frames.h"
#include "fuzz_parts.h"

/* Pictures at the desk and of the registry, PNG and JPEG: nothing crashes, nothing larger than allowed is made room for, and a photo that is
 * reduced is a whole JPEG again that shows the same.
 * 'S' in front of a PNG: its chunks get the checksums that they should have. */

#define TEXT "SB1:HELLO"
static struct sb_bytes seeds[5];
static volatile uint8_t sum; /* so that every dot is read */

static void save(GdkPixbuf *picture, const char *type, struct sb_bytes *out)
{
	gchar *data = NULL;
	gsize len = 0;

	FUZZ_REQUIRE(gdk_pixbuf_save_to_buffer(picture, &data, &len, type, NULL, NULL));
	fuzz_put(out, data, len);
	g_free(data);
}

/* The code TEXT, each module as 4 x 4 dots. */
static GdkPixbuf *draw_code(void)
{
	struct sb_qr_modules code;
	GdkPixbuf *picture;

	FUZZ_REQUIRE(sb_qr_modules(TEXT, &code) == SB_OK);
	picture = gdk_pixbuf_new(GDK_COLORSPACE_RGB, TRUE, 8, code.width * 4, code.width * 4);
	for (int y = 0; y < code.width * 4; y++)
		for (int x = 0; x < code.width * 4; x++)
			memcpy(gdk_pixbuf_get_pixels(picture) + y * gdk_pixbuf_get_rowstride(picture) + x * 4,
				code.dark[y / 4 * code.width + x / 4] ? "\0\0\0\xff" : "\xff\xff\xff\xff", 4);
	free(code.dark);
	return picture;
}

static GdkPixbuf *draw_face(void)
{
	GdkPixbuf *picture = gdk_pixbuf_new(GDK_COLORSPACE_RGB, FALSE, 8, 70, 90);

	for (int y = 0; y < 90; y++)
		for (int x = 0; x < 70; x++)
			memset(gdk_pixbuf_get_pixels(picture) + y * gdk_pixbuf_get_rowstride(picture) + x * 3,
				(x - 35) * (x - 35) + (y - 40) * (y - 40) < 900 ? 220 - y : 40 + x, 3);
	return picture;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	GdkPixbuf *code = draw_code(), *face = draw_face();
	struct sb_bytes texts = {0};

	(void)argc;
	(void)argv;
	save(code, "png", &seeds[0]);
	fuzz_put_text(&seeds[1], "S");
	fuzz_put(&seeds[1], seeds[0].data, seeds[0].len);
	save(code, "jpeg", &seeds[2]);
	save(face, "jpeg", &seeds[3]);
	fuzz_put_text(&seeds[4], "S");
	save(face, "png", &seeds[4]);
	FUZZ_REQUIRE(sb_qr_read(sb_bytes_slice(&seeds[0]), &texts) == SB_OK && memmem(texts.data, texts.len, TEXT, strlen(TEXT)));
	FUZZ_REQUIRE(sb_picture_check_jpeg(sb_bytes_slice(&seeds[3])) == SB_OK);
	sb_bytes_free(&texts);
	g_object_unref(code);
	g_object_unref(face);
	return 0;
}

static void as_photo(struct sb_slice in)
{
	struct sb_bytes small = {0};
	struct sb_pixels pixels;

	if (sb_picture_pixels(in, 200, 300, &pixels) == SB_OK)
		FUZZ_REQUIRE(pixels.width >= 1 && pixels.width <= 200 && pixels.height >= 1 && pixels.height <= 300);
	free(pixels.words);
	if (sb_picture_check_jpeg(in) == SB_OK && sb_picture_reduce(in, SB_PORTRAIT_BYTES_MAX, &small) == SB_OK) {
		FUZZ_REQUIRE(small.len && small.len <= SB_PORTRAIT_BYTES_MAX && sb_picture_check_jpeg(sb_bytes_slice(&small)) == SB_OK);
		sb_picture_alike(in, sb_bytes_slice(&small));
	}
	sb_bytes_free(&small);
	sb_picture_alike(in, sb_bytes_slice(&seeds[3]));
}

static void judge(struct sb_slice in)
{
	struct sb_bytes texts = {0};
	unsigned width = 0, height = 0;
	uint8_t *grey = NULL;

	if (sb_picture_grey(in, &grey, &width, &height) == SB_OK) {
		FUZZ_REQUIRE(grey && width >= 1 && height >= 1 && width <= SB_PICTURE_SIDE_MAX && height <= SB_PICTURE_SIDE_MAX &&
			     (size_t)width * height <= SB_PICTURE_PIXELS_MAX);
		for (size_t i = 0; i < (size_t)width * height; i++)
			sum ^= grey[i];
		/* Larger ones only take their time. */
		if ((size_t)width * height <= 1 << 18)
			sb_qr_read(in, &texts);
	}
	free(grey);
	sb_bytes_free(&texts);
	as_photo(in);
}

/* Every chunk that is whole. */
static void mend(struct sb_bytes *png)
{
	for (size_t at = 8; at + 12 <= png->len;) {
		size_t len = sb_get_u32(png->data + at);

		if (len > png->len - at - 12)
			break;
		sb_put_u32(png->data + at + 8 + len, (uint32_t)crc32(0, png->data + at + 4, (uInt)len + 4));
		at += len + 12;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sb_bytes png = {0};

	if (size && *data == FUZZ_SIGN) {
		fuzz_put(&png, data + 1, size - 1);
		mend(&png);
		judge(sb_bytes_slice(&png));
	} else
		judge(sb_slice(data, size));
	sb_bytes_free(&png);
	return 0;
}

bool fuzz_seed(unsigned number, struct sb_bytes *out)
{
	return number < sizeof seeds / sizeof *seeds && sb_bytes_append(out, seeds[number].data, seeds[number].len) == SB_OK;
}
