/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/qr.h"

#include <cairo.h>
#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zbar.h>

#include "base/error.h"
#include "base/file.h"
#include "common/picture.h"

enum { QUIET = 4 };

/* Level L, segmented into alphanumeric where the text allows. */
static QRcode *encode(const char *text)
{
	return QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
}

int sb_qr_version(const char *text, int *version)
{
	QRcode *code = encode(text);

	if (!code)
		return SB_E_TOO_LARGE;
	*version = code->version;
	QRcode_free(code);
	return SB_OK;
}

/* Dark? Outside lies the quiet zone. */
static bool dark(const QRcode *code, int x, int y)
{
	return x >= 0 && y >= 0 && x < code->width && y < code->width && (code->data[y * code->width + x] & 1);
}

int sb_qr_cells(const char *text, int *rows, int *columns)
{
	QRcode *code = encode(text);

	if (!code)
		return SB_E_TOO_LARGE;
	*columns = code->width + 2 * QUIET;
	*rows = (*columns + 1) / 2;
	QRcode_free(code);
	return SB_OK;
}

int sb_qr_terminal(const char *text, bool colour, struct sb_bytes *out)
{
	/* Upper and lower half of a character cell, dark or light. In colour dark is black on white; without, ink is dark as on paper. */
	static const char *const cells[] = {" ", "▄", "▀", "█"};
	QRcode *code = encode(text);
	int rc = code ? SB_OK : SB_E_TOO_LARGE;

	for (int y = -QUIET; rc == SB_OK && y < code->width + QUIET; y += 2) {
		if (colour)
			rc = sb_bytes_append_text(out, "\033[30;47m");
		for (int x = -QUIET; rc == SB_OK && x < code->width + QUIET; x++)
			rc = sb_bytes_append_text(out, cells[dark(code, x, y) * 2 + dark(code, x, y + 1)]);
		if (rc == SB_OK)
			rc = sb_bytes_append_text(out, colour ? "\033[0m\n" : "\n");
	}
	QRcode_free(code);
	return rc;
}

static cairo_status_t append_png(void *context, const unsigned char *data, unsigned len)
{
	return sb_bytes_append(context, data, len) == SB_OK ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

int sb_qr_png(const char *text, unsigned pixels, const char *path)
{
	QRcode *code = encode(text);
	int side = code ? (code->width + 2 * QUIET) * (int)pixels : 1;
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, side, side);
	cairo_t *c = cairo_create(surface);
	struct sb_bytes png = {0};
	int rc = code ? SB_OK : SB_E_TOO_LARGE;

	cairo_set_source_rgb(c, 1, 1, 1);
	cairo_paint(c);
	cairo_set_source_rgb(c, 0, 0, 0);
	cairo_set_antialias(c, CAIRO_ANTIALIAS_NONE);
	for (int y = 0; rc == SB_OK && y < code->width; y++)
		for (int x = 0; x < code->width; x++)
			if (dark(code, x, y))
				cairo_rectangle(c, (x + QUIET) * (int)pixels, (y + QUIET) * (int)pixels, pixels, pixels);
	cairo_fill(c);
	if (rc == SB_OK && cairo_surface_write_to_png_stream(surface, append_png, &png) != CAIRO_STATUS_SUCCESS)
		rc = SB_E_NOMEM;
	if (rc == SB_OK)
		rc = sb_file_write(path, png.data, png.len, 0600);
	cairo_destroy(c);
	cairo_surface_destroy(surface);
	QRcode_free(code);
	sb_bytes_free(&png);
	return rc;
}

int sb_qr_modules(const char *text, struct sb_qr_modules *out)
{
	QRcode *code = encode(text);

	*out = (struct sb_qr_modules){0};
	if (!code)
		return SB_E_TOO_LARGE;
	out->width = code->width + 2 * QUIET;
	out->dark = calloc((size_t)out->width * (size_t)out->width, sizeof *out->dark);
	for (int i = 0; out->dark && i < out->width * out->width; i++)
		out->dark[i] = dark(code, i % out->width - QUIET, i / out->width - QUIET);
	QRcode_free(code);
	return out->dark ? SB_OK : SB_E_NOMEM;
}

/* One path of runs: seams between squares would show. */
static int append_runs(const struct sb_qr_modules *code, struct sb_bytes *svg)
{
	char piece[64];
	int rc = SB_OK;

	for (int y = 0; y < code->width; y++)
		for (int x = 0, run; rc == SB_OK && x < code->width; x += run) {
			const bool *at = &code->dark[y * code->width + x];

			for (run = 1; x + run < code->width && at[run] == *at; run++)
				;
			snprintf(piece, sizeof piece, "M%d %dh%dv1h-%dz", x, y, run, run);
			if (*at)
				rc = sb_bytes_append_text(svg, piece);
		}
	return rc;
}

int sb_qr_svg(const char *text, const char *path)
{
	struct sb_qr_modules code;
	struct sb_bytes svg = {0};
	char head[320];
	int rc = sb_qr_modules(text, &code);

	if (rc != SB_OK)
		return rc;
	snprintf(head, sizeof head,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%dmm\" height=\"%dmm\" viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\">"
		"<title>QR</title><rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/><path fill=\"#000\" d=\"",
		code.width, code.width, code.width, code.width);
	rc = sb_bytes_append_text(&svg, head);
	if (rc == SB_OK)
		rc = append_runs(&code, &svg);
	if (rc == SB_OK)
		rc = sb_bytes_append_text(&svg, "\"/></svg>\n");
	if (rc == SB_OK)
		rc = sb_file_write(path, svg.data, svg.len, 0600);
	free(code.dark);
	sb_bytes_free(&svg);
	return rc;
}

static int append_symbols(const zbar_image_t *image, struct sb_bytes *texts)
{
	int rc = SB_E_NOT_FOUND;

	for (const zbar_symbol_t *s = zbar_image_first_symbol(image); s; s = zbar_symbol_next(s)) {
		if (zbar_symbol_get_type(s) != ZBAR_QRCODE)
			continue;
		rc = sb_bytes_append(texts, zbar_symbol_get_data(s), zbar_symbol_get_data_length(s));
		if (rc == SB_OK)
			rc = sb_bytes_append_byte(texts, '\n');
		if (rc != SB_OK)
			break;
	}
	return rc;
}

static int scan(uint8_t *grey, unsigned width, unsigned height, struct sb_bytes *texts)
{
	zbar_image_scanner_t *scanner = zbar_image_scanner_create();
	zbar_image_t *image = zbar_image_create();
	int rc = SB_E_NOMEM;

	if (scanner && image) {
		zbar_image_scanner_set_config(scanner, 0, ZBAR_CFG_ENABLE, 0);
		zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
		zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
		zbar_image_set_size(image, width, height);
		zbar_image_set_data(image, grey, (unsigned long)width * height, NULL);
		rc = zbar_scan_image(scanner, image) < 0 ? SB_E_FORMAT : append_symbols(image, texts);
	}
	if (image)
		zbar_image_destroy(image);
	if (scanner)
		zbar_image_scanner_destroy(scanner);
	return rc;
}

int sb_qr_read(struct sb_slice data, struct sb_bytes *texts)
{
	unsigned width, height;
	uint8_t *grey = NULL;
	int rc = sb_picture_grey(data, &grey, &width, &height);

	if (rc == SB_OK)
		rc = scan(grey, width, height, texts);
	free(grey);
	return rc;
}
