/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors
 *
 * Draws a portrait of nobody: a schematic face, 35 x 45 proportions, as a small JPEG. For the demo and the tests, so that no
 * photograph of a person is needed.  draw-portrait NUMBER FILE.jpg [HEIGHT]
 * With a height in pixels it is one as a camera makes it: as fine as that, with grain. */
#include <cairo.h>
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { WIDTH = 105, HEIGHT = 135 };

static void ellipse(cairo_t *c, double x, double y, double rx, double ry)
{
	cairo_save(c);
	cairo_translate(c, x, y);
	cairo_scale(c, rx, ry);
	cairo_arc(c, 0, 0, 1, 0, 2 * M_PI);
	cairo_restore(c);
	cairo_fill(c);
}

static void draw(cairo_t *c, unsigned number)
{
	double hair = 0.1 + 0.08 * (number % 4), shirt = 0.3 + 0.1 * (number % 5);

	cairo_set_source_rgb(c, 0.93, 0.95, 0.97);
	cairo_paint(c);
	cairo_set_source_rgb(c, shirt, 0.4, 0.9 - shirt);
	ellipse(c, WIDTH / 2.0, HEIGHT + 5, 46, 42);
	cairo_set_source_rgb(c, hair, hair * 0.8, hair * 0.6);
	ellipse(c, WIDTH / 2.0, 52, 29 + number % 3, 35);
	cairo_set_source_rgb(c, 0.95, 0.82, 0.71);
	ellipse(c, WIDTH / 2.0, 60, 24, 31);
	cairo_rectangle(c, WIDTH / 2.0 - 9, 84, 18, 16);
	cairo_fill(c);
	cairo_set_source_rgb(c, 0.1, 0.1, 0.1);
	ellipse(c, WIDTH / 2.0 - 10, 57, 2.5, 2);
	ellipse(c, WIDTH / 2.0 + 10, 57, 2.5, 2);
	cairo_set_line_width(c, 1.5);
	cairo_arc(c, WIDTH / 2.0, 72, 7, 0.2 * M_PI, 0.8 * M_PI);
	cairo_stroke(c);
}

/* The same grain each time. */
static guchar grained(unsigned value)
{
	static unsigned state = 1;
	int grain;

	state = state * 1103515245 + 12345;
	grain = (int)(state >> 16 & 15) - 8 + (int)value;
	return (guchar)(grain < 0 ? 0 : grain > 255 ? 255 : grain);
}

static void copy(cairo_surface_t *surface, GdkPixbuf *picture, int camera)
{
	cairo_surface_flush(surface);
	for (int y = 0; y < gdk_pixbuf_get_height(picture); y++)
		for (int x = 0; x < gdk_pixbuf_get_width(picture); x++) {
			const unsigned char *from =
				cairo_image_surface_get_data(surface) + y * cairo_image_surface_get_stride(surface) + 4 * x;
			guchar *to = gdk_pixbuf_get_pixels(picture) + y * gdk_pixbuf_get_rowstride(picture) + 3 * x;

			for (int i = 0; i < 3; i++)
				to[i] = camera ? grained(from[2 - i]) : from[2 - i];
		}
}

int main(int argc, char **argv)
{
	int height = argc == 4 ? atoi(argv[3]) : HEIGHT, width = height * WIDTH / HEIGHT, ok;
	cairo_surface_t *surface;
	GdkPixbuf *picture;
	cairo_t *c;

	if (argc < 3 || argc > 4 || height < 40 || height > 4000) {
		fputs("usage: draw-portrait NUMBER FILE.jpg [HEIGHT]\n", stderr);
		return 2;
	}
	surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
	picture = gdk_pixbuf_new(GDK_COLORSPACE_RGB, FALSE, 8, width, height);
	c = cairo_create(surface);
	cairo_scale(c, (double)width / WIDTH, (double)height / HEIGHT);
	draw(c, (unsigned)atoi(argv[1]));
	copy(surface, picture, argc == 4);
	ok = gdk_pixbuf_save(picture, argv[2], "jpeg", NULL, "quality", argc == 4 ? "80" : "60", NULL);
	g_object_unref(picture);
	cairo_destroy(c);
	cairo_surface_destroy(surface);
	return ok ? 0 : 1;
}
