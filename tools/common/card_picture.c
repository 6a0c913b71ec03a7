/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/card_picture.h"

#include <cairo-svg.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "common/picture.h"
#include "common/qr.h"

enum { MM = 20 /* units in a millimetre */, MARGIN = 3 * MM, GAP = 2 * MM, BAND = 7 * MM + MM / 2, TOP = BAND + 2 * MM, ROUND = 3 * MM };
/* Nanum's proportions are what the sizes below were chosen by; others stand in where it is absent. */
#define FAMILY "NanumGothic,NanumBarunGothic,Noto Sans CJK KR,Noto Sans,DejaVu Sans,sans-serif"
static const double smallest = 0.4, step = 0.05;

struct rgb {
	double r, g, b;
};
static const struct rgb ink = {0.07, 0.09, 0.12}, quiet = {0.36, 0.40, 0.45}, band = {0.07, 0.27, 0.42}, paper = {0.96, 0.98, 0.99},
			white = {1, 1, 1}, outline = {0.70, 0.76, 0.82}, backdrop = {0.85, 0.88, 0.91}, shadow = {0.62, 0.67, 0.72};

struct rectangle {
	double x, y, width, height;
};

/* Where things go. Lines fill the first column, and go on in the second. */
struct plan {
	struct rectangle portrait, code, columns[2];
	double label, value, first, note; /* sizes of letters */
};

struct drawing {
	const struct sb_card_face *face;
	struct sb_card_drawn *drawn;
	struct plan plan;
	cairo_t *c;
	PangoContext *context;
	double scale, first; /* of all letters; of those of the first line besides */
	int rows_max;        /* of one value; 0: as many as it takes */
};

static void colour(const struct drawing *d, struct rgb c)
{
	cairo_set_source_rgb(d->c, c.r, c.g, c.b);
}

static void note_box(struct drawing *d, enum sb_card_part part, struct rectangle r)
{
	if (d->drawn->box_count < SB_CARD_BOXES)
		d->drawn->boxes[d->drawn->box_count++] = (struct sb_card_box){part, r.x, r.y, r.width, r.height};
}

/* modules: of the code in a row, 0 without one. Each is as many whole pixels wide as there is room for: a code with soft edges is read less
 * surely. */
static struct plan make_plan(const struct sb_card_face *face, int modules)
{
	double portrait = face->large ? 16 * MM : 22 * MM, room = face->large ? 30 * MM : 36 * MM, grow = face->large ? 1.5 : 1;
	double code = modules ? fmax(1, floor(room / modules)) * modules : 0;
	double right = SB_CARD_WIDTH - MARGIN - (face->qr ? code + GAP : 0), beside = MARGIN + (face->portrait ? portrait + GAP : 0);
	double below = TOP + (face->portrait ? portrait * 9 / 7 + MM : 0), bottom = SB_CARD_HEIGHT - MARGIN + MM;
	struct plan plan = {
		.portrait = {MARGIN, TOP, portrait, portrait * 9 / 7},
		.code = {SB_CARD_WIDTH - MARGIN - code, TOP, code, code},
		.columns = {{beside, TOP, right - beside, (face->portrait ? below - MM : bottom) - TOP}, {MARGIN, below, right - MARGIN, bottom - below}},
		.label = 34 * grow,
		.value = 54 * grow,
		.first = 88 * grow,
		.note = 34 * grow,
	};

	if (!face->portrait)
		plan.columns[1].height = 0;
	return plan;
}

/* --- letters --- */

/* Korean is broken between words, not within them, which Pango would allow after each syllable. A word that is wider than the line stays
 * breakable. The layout has no width yet: all of it is one line. */
static void keep_words(PangoLayout *layout, const char *text, double width)
{
	PangoAttrList *attributes = pango_attr_list_new();

	for (const char *word = text + strspn(text, " "), *end; *word; word = end + strspn(end, " ")) {
		PangoAttribute *attribute = pango_attr_allow_breaks_new(FALSE);
		int line, from, to;

		end = word + strcspn(word, " ");
		attribute->start_index = (guint)(word - text);
		attribute->end_index = (guint)(end - text);
		pango_layout_index_to_line_x(layout, (int)attribute->start_index, FALSE, &line, &from);
		pango_layout_index_to_line_x(layout, (int)attribute->end_index, FALSE, &line, &to);
		if (abs(to - from) <= width * PANGO_SCALE)
			pango_attr_list_insert(attributes, attribute);
		else
			pango_attribute_destroy(attribute);
	}
	pango_layout_set_attributes(layout, attributes);
	pango_attr_list_unref(attributes);
}

/* Plain text, whatever it says. rows: how many at most, 0 for any number; what is beyond ends in an ellipsis. */
static PangoLayout *layout_of(struct drawing *d, const char *text, double size, bool bold, double width, int rows)
{
	PangoLayout *layout = pango_layout_new(d->context);
	PangoFontDescription *font = pango_font_description_new();

	pango_font_description_set_family_static(font, FAMILY);
	pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
	pango_font_description_set_weight(font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
	pango_layout_set_font_description(layout, font);
	pango_font_description_free(font);
	/* No separator of lines or paragraphs in a value makes a line of its own. */
	pango_layout_set_single_paragraph_mode(layout, TRUE);
	pango_layout_set_text(layout, text, -1);
	keep_words(layout, text, width);
	pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
	pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
	if (rows) {
		pango_layout_set_height(layout, -rows);
		pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
	}
	return layout;
}

static double height_of(PangoLayout *layout)
{
	int height;

	pango_layout_get_size(layout, NULL, &height);
	return (double)height / PANGO_SCALE;
}

/* Draws and frees the layout. Marks piled upon a letter do not reach into another's place: beyond the box nothing is drawn. */
static void put(struct drawing *d, PangoLayout *layout, enum sb_card_part part, double x, double y, double width)
{
	struct rectangle r = {x, y, width, height_of(layout)};

	d->drawn->unknown_letters += pango_layout_get_unknown_glyphs_count(layout);
	cairo_save(d->c);
	cairo_rectangle(d->c, r.x, r.y, r.width, r.height);
	cairo_clip(d->c);
	cairo_move_to(d->c, x, y);
	pango_cairo_show_layout(d->c, layout);
	cairo_restore(d->c);
	note_box(d, part, r);
	g_object_unref(layout);
}

static double value_size(const struct drawing *d, size_t index)
{
	return (index == 0 ? d->plan.first * d->first : d->plan.value) * d->scale;
}

/* One line: the label, its value beneath, and some air. Its height; drawn only where draws says so. */
static double put_line(struct drawing *d, size_t index, double x, double y, double width, bool draws)
{
	const struct sb_card_line *line = &d->face->lines[index];
	double air = d->plan.label * d->scale * 0.45;
	PangoLayout *label = layout_of(d, line->label, d->plan.label * d->scale, false, width, d->rows_max);
	PangoLayout *value = layout_of(d, line->value, value_size(d, index), index == 0, width, d->rows_max);
	double label_height = height_of(label), height = label_height + height_of(value) + air;

	if (draws) {
		colour(d, quiet);
		put(d, label, SB_CARD_LABEL, x, y, width);
		colour(d, ink);
		put(d, value, SB_CARD_VALUE, x, y + label_height, width);
	} else {
		g_object_unref(label);
		g_object_unref(value);
	}
	return height;
}

/* Label and value on one row each? */
static bool is_short(struct drawing *d, size_t index, double width)
{
	const struct sb_card_line *line = &d->face->lines[index];
	PangoLayout *label = layout_of(d, line->label, d->plan.label * d->scale, false, width, 0);
	PangoLayout *value = layout_of(d, line->value, value_size(d, index), index == 0, width, 0);
	bool yes = pango_layout_get_line_count(label) == 1 && pango_layout_get_line_count(value) == 1;

	g_object_unref(label);
	g_object_unref(value);
	return yes;
}

/* A row holds one line, or two short ones side by side. Its height; *count: the lines it holds. */
static double put_row(struct drawing *d, size_t next, const struct rectangle *column, double y, bool draws, size_t *count)
{
	double half = (column->width - GAP) / 2, height = 0;

	*count = next + 1 < d->face->line_count && is_short(d, next, half) && is_short(d, next + 1, half) ? 2 : 1;
	for (size_t i = 0; i < *count; i++)
		height = fmax(height, put_line(d, next + i, column->x + (half + GAP) * (double)i, y, *count == 2 ? half : column->width, draws));
	return height;
}

/* How many lines have room at this size. */
static size_t put_lines(struct drawing *d, bool draws)
{
	size_t next = 0, count;

	for (size_t i = 0; i < 2; i++) {
		const struct rectangle *column = &d->plan.columns[i];
		double y = column->y;

		while (next < d->face->line_count && column->height > 0) {
			double height = put_row(d, next, column, y, false, &count);

			if (y + height > column->y + column->height)
				break;
			if (draws)
				put_row(d, next, column, y, true, &count);
			y += height;
			next += count;
		}
	}
	return next;
}

static bool fits(struct drawing *d, double scale, double first)
{
	d->scale = scale;
	d->first = first;
	return put_lines(d, false) == d->face->line_count;
}

/* The largest of the sizes 1, 1 - step … at which all lines have room, by halving; `least` where none is. */
static double largest(struct drawing *d, double least, bool (*fits_at)(struct drawing *, double size))
{
	int low = 0, high = (int)((1 - least) / step + 0.5); /* steps down: high is taken to fit */

	while (low < high) {
		int middle = (low + high) / 2;

		if (fits_at(d, 1 - middle * step))
			high = middle;
		else
			low = middle + 1;
	}
	return 1 - high * step;
}

static double least_first(const struct drawing *d)
{
	return d->plan.value / d->plan.first;
}

static bool fits_with_small_first(struct drawing *d, double scale)
{
	return fits(d, scale, least_first(d));
}

static bool fits_with_first(struct drawing *d, double first)
{
	return fits(d, d->scale, first);
}

/* The largest letters at which all is there; a long name gives way before the rest does, down to the size of the other values. At the smallest, values
 * have fewer and fewer rows. */
static void draw_lines(struct drawing *d)
{
	static const int rows[] = {6, 4, 3, 2, 1};

	d->rows_max = 0;
	d->scale = largest(d, smallest, fits_with_small_first);
	d->first = largest(d, least_first(d), fits_with_first);
	for (size_t i = 0; i < sizeof rows / sizeof *rows && !fits(d, d->scale, d->first); i++)
		d->rows_max = rows[i];
	d->drawn->scale = d->scale;
	d->drawn->lines = put_lines(d, true);
}

/* A text that has one place: smaller until it fits, then cut. */
static void draw_fitted(struct drawing *d, const char *text, enum sb_card_part part, struct rectangle r, double size, bool bold, int rows)
{
	PangoLayout *layout = NULL;

	for (double scale = 1; !layout; scale -= step) {
		bool last = scale < 0.6;

		layout = layout_of(d, text, size * scale, bold, r.width, last ? rows : 0);
		if (!last && (height_of(layout) > r.height || pango_layout_get_line_count(layout) > rows)) {
			g_object_unref(layout);
			layout = NULL;
		}
	}
	put(d, layout, part, r.x, r.y + (part == SB_CARD_TITLE ? (r.height - height_of(layout)) / 2 : 0), r.width);
}

/* --- the portrait --- */

static void draw_silhouette(const struct drawing *d, struct rectangle r)
{
	colour(d, backdrop);
	cairo_rectangle(d->c, r.x, r.y, r.width, r.height);
	cairo_fill(d->c);
	colour(d, shadow);
	cairo_arc(d->c, r.x + r.width / 2, r.y + r.height * 0.38, r.width * 0.21, 0, 2 * M_PI);
	cairo_fill(d->c);
	cairo_save(d->c);
	cairo_rectangle(d->c, r.x, r.y, r.width, r.height);
	cairo_clip(d->c);
	cairo_translate(d->c, r.x + r.width / 2, r.y + r.height * 1.02);
	cairo_scale(d->c, r.width * 0.42, r.height * 0.36);
	cairo_arc(d->c, 0, 0, 1, 0, 2 * M_PI);
	cairo_fill(d->c);
	cairo_restore(d->c);
}

/* Fills its place, and what sticks out on two sides is cut off. */
static bool draw_photo(const struct drawing *d, struct rectangle r)
{
	struct sb_pixels pixels;
	cairo_surface_t *surface;
	double scale;
	bool drawn;

	if (sb_picture_pixels(d->face->photo, 2 * (unsigned)r.width, 2 * (unsigned)r.height, &pixels) != SB_OK)
		return false;
	surface = cairo_image_surface_create_for_data((unsigned char *)pixels.words, CAIRO_FORMAT_RGB24, (int)pixels.width, (int)pixels.height,
		(int)(pixels.width * sizeof *pixels.words));
	drawn = cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS;
	scale = fmax(r.width / pixels.width, r.height / pixels.height);
	cairo_save(d->c);
	cairo_rectangle(d->c, r.x, r.y, r.width, r.height);
	cairo_clip(d->c);
	cairo_translate(d->c, r.x + (r.width - pixels.width * scale) / 2, r.y + (r.height - pixels.height * scale) / 2);
	cairo_scale(d->c, scale, scale);
	cairo_set_source_surface(d->c, surface, 0, 0);
	cairo_pattern_set_filter(cairo_get_source(d->c), CAIRO_FILTER_BEST);
	cairo_pattern_set_extend(cairo_get_source(d->c), CAIRO_EXTEND_PAD);
	cairo_paint(d->c);
	cairo_restore(d->c);
	cairo_surface_finish(surface);
	cairo_surface_destroy(surface);
	free(pixels.words);
	return drawn;
}

static void draw_portrait(struct drawing *d)
{
	struct rectangle r = d->plan.portrait;

	d->drawn->photo = d->face->photo.len && draw_photo(d, r);
	if (!d->drawn->photo)
		draw_silhouette(d, r);
	colour(d, outline);
	cairo_set_line_width(d->c, 2);
	cairo_rectangle(d->c, r.x, r.y, r.width, r.height);
	cairo_stroke(d->c);
	note_box(d, SB_CARD_PORTRAIT, r);
}

/* --- the code --- */

static void draw_code(struct drawing *d, const struct sb_qr_modules *code)
{
	struct rectangle r = d->plan.code;
	double module = r.width / code->width;

	colour(d, white);
	cairo_rectangle(d->c, r.x, r.y, r.width, r.height);
	cairo_fill(d->c);
	colour(d, (struct rgb){0, 0, 0});
	cairo_set_antialias(d->c, CAIRO_ANTIALIAS_NONE);
	for (int y = 0; y < code->width; y++)
		for (int x = 0, run; x < code->width; x += run) {
			const bool *at = &code->dark[y * code->width + x];

			for (run = 1; x + run < code->width && at[run] == *at; run++)
				;
			if (*at)
				cairo_rectangle(d->c, r.x + x * module, r.y + y * module, run * module, module);
		}
	cairo_fill(d->c);
	cairo_set_antialias(d->c, CAIRO_ANTIALIAS_DEFAULT);
	note_box(d, SB_CARD_QR, r);
	if (d->face->note)
		colour(d, quiet);
	if (d->face->note)
		draw_fitted(d, d->face->note, SB_CARD_NOTE,
			(struct rectangle){r.x, r.y + r.height + MM / 2, r.width, SB_CARD_HEIGHT - MM - (r.y + r.height + MM / 2)}, d->plan.note, false,
			d->face->large ? 4 : 3);
}

/* --- the whole --- */

static void trace_card(cairo_t *c)
{
	const double w = SB_CARD_WIDTH - 1, h = SB_CARD_HEIGHT - 1;

	cairo_new_sub_path(c);
	cairo_arc(c, w - ROUND, 1 + ROUND, ROUND, -M_PI / 2, 0);
	cairo_arc(c, w - ROUND, h - ROUND, ROUND, 0, M_PI / 2);
	cairo_arc(c, 1 + ROUND, h - ROUND, ROUND, M_PI / 2, M_PI);
	cairo_arc(c, 1 + ROUND, 1 + ROUND, ROUND, M_PI, 3 * M_PI / 2);
	cairo_close_path(c);
}

static void draw_ground(struct drawing *d)
{
	colour(d, white);
	cairo_paint(d->c);
	cairo_save(d->c);
	trace_card(d->c);
	cairo_clip(d->c);
	colour(d, paper);
	cairo_paint(d->c);
	colour(d, band);
	cairo_rectangle(d->c, 0, 0, SB_CARD_WIDTH, BAND);
	cairo_fill(d->c);
	cairo_restore(d->c);
	trace_card(d->c);
	colour(d, outline);
	cairo_set_line_width(d->c, 2);
	cairo_stroke(d->c);
}

/* Letters are the same in every picture: nothing of the machine's settings for its screen, and Han letters in their Korean shapes. */
static PangoContext *make_context(cairo_t *c)
{
	PangoFontMap *fonts = pango_cairo_font_map_new();
	PangoContext *context = pango_font_map_create_context(fonts);
	cairo_font_options_t *options = cairo_font_options_create();

	/* Of its own, and gone with it: pango's usual one is never freed. */
	g_object_unref(fonts);
	pango_cairo_update_context(c, context);
	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
	pango_cairo_context_set_font_options(context, options);
	cairo_font_options_destroy(options);
	pango_context_set_round_glyph_positions(context, FALSE);
	pango_context_set_language(context, pango_language_from_string("ko"));
	return context;
}

static int draw(const struct sb_card_face *face, cairo_t *c, struct sb_card_drawn *drawn)
{
	struct sb_qr_modules code = {0};
	struct drawing d = {.face = face, .drawn = drawn, .c = c, .scale = 1, .first = 1};
	int rc = face->qr ? sb_qr_modules(face->qr, &code) : SB_OK;

	*drawn = (struct sb_card_drawn){0};
	if (rc != SB_OK)
		return rc;
	d.plan = make_plan(face, code.width);
	d.context = make_context(c);
	draw_ground(&d);
	colour(&d, white);
	draw_fitted(&d, face->title, SB_CARD_TITLE, (struct rectangle){MARGIN, 0, SB_CARD_WIDTH - 2 * MARGIN, BAND}, face->large ? 84 : 66, true, 1);
	if (face->portrait)
		draw_portrait(&d);
	if (face->qr)
		draw_code(&d, &code);
	draw_lines(&d);
	g_object_unref(d.context);
	free(code.dark);
	return cairo_status(c) == CAIRO_STATUS_SUCCESS ? SB_OK : SB_E_NOMEM;
}

static cairo_status_t append(void *context, const unsigned char *data, unsigned len)
{
	return sb_bytes_append(context, data, len) == SB_OK ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

int sb_card_png(const struct sb_card_face *face, struct sb_bytes *out, struct sb_card_drawn *drawn)
{
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, SB_CARD_WIDTH, SB_CARD_HEIGHT);
	cairo_t *c = cairo_create(surface);
	int rc = draw(face, c, drawn);

	cairo_destroy(c);
	if (rc == SB_OK && cairo_surface_write_to_png_stream(surface, append, out) != CAIRO_STATUS_SUCCESS)
		rc = SB_E_NOMEM;
	cairo_surface_destroy(surface);
	return rc;
}

/* --- SVG: words beside the outlines, for who does not see them --- */

/* Text for XML, which has no place for U+FFFE and U+FFFF. */
static int put_escaped(struct sb_bytes *out, const char *text)
{
	int rc = SB_OK;

	for (const char *p = text; rc == SB_OK && *p; p++) {
		bool none = strncmp(p, "\xef\xbf\xbe", 3) == 0 || strncmp(p, "\xef\xbf\xbf", 3) == 0;

		rc = *p == '&'	 ? sb_bytes_append_text(out, "&amp;")
		     : *p == '<' ? sb_bytes_append_text(out, "&lt;")
		     : *p == '>' ? sb_bytes_append_text(out, "&gt;")
		     : none	 ? sb_bytes_append_byte(out, '?')
				 : sb_bytes_append_byte(out, (uint8_t)*p);
		p += none ? 2 : 0;
	}
	return rc;
}

static int put_words(struct sb_bytes *out, const struct sb_card_face *face)
{
	int rc = sb_bytes_append_text(out, "\n<title>");

	if (rc == SB_OK)
		rc = put_escaped(out, face->title);
	if (rc == SB_OK)
		rc = sb_bytes_append_text(out, "</title>\n<desc>");
	for (size_t i = 0; rc == SB_OK && i < face->line_count; i++) {
		rc = put_escaped(out, face->lines[i].label);
		if (rc == SB_OK)
			rc = sb_bytes_append_text(out, ": ");
		if (rc == SB_OK)
			rc = put_escaped(out, face->lines[i].value);
		if (rc == SB_OK)
			rc = sb_bytes_append_byte(out, '\n');
	}
	if (rc == SB_OK && face->note)
		rc = put_escaped(out, face->note);
	return rc == SB_OK ? sb_bytes_append_text(out, "</desc>") : rc;
}

/* In millimetres, and with the words behind the opening tag, which is ours. */
static int put_svg(struct sb_bytes *out, const struct sb_bytes *svg, const struct sb_card_face *face)
{
	static const char head[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
				   "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" "
				   "width=\"86mm\" height=\"54mm\" viewBox=\"0 0 1720 1080\" version=\"1.1\">";
	const uint8_t *tag = memmem(svg->data, svg->len, "<svg", 4);
	const uint8_t *end = tag ? memchr(tag, '>', svg->len - (size_t)(tag - svg->data)) : NULL;
	int rc = end ? sb_bytes_append_text(out, head) : SB_E_INTERNAL;

	if (rc == SB_OK)
		rc = put_words(out, face);
	return rc == SB_OK ? sb_bytes_append(out, end + 1, svg->len - (size_t)(end + 1 - svg->data)) : rc;
}

int sb_card_svg(const struct sb_card_face *face, struct sb_bytes *out, struct sb_card_drawn *drawn)
{
	struct sb_bytes svg = {0};
	/* In the PNG's units, so that letters fall where they do there. */
	cairo_surface_t *surface = cairo_svg_surface_create_for_stream(append, &svg, SB_CARD_WIDTH, SB_CARD_HEIGHT);
	cairo_t *c = cairo_create(surface);
	int rc = draw(face, c, drawn);

	cairo_destroy(c);
	cairo_surface_finish(surface);
	if (rc == SB_OK && cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS)
		rc = SB_E_NOMEM;
	cairo_surface_destroy(surface);
	if (rc == SB_OK)
		rc = put_svg(out, &svg, face);
	sb_bytes_free(&svg);
	return rc;
}
