/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/card_picture.h"

#include "base/error.h"
#include "check.h"
#include "common/picture.h"
#include "common/qr.h"

/* The card's picture, whatever stands on it: every text in a place of its own, inside the card, and no text that does more than be read. */

static const char code[] = "SB1:RRQFBB4J8O60SX1XWGERKC4$69*H3B*J*.U";
static struct sb_bytes photo; /* a JPEG; made from its bytes here, so that nothing is read */

static void make_photo(void)
{
	/* 8 x 8, grey. */
	static const char hex[] =
		"ffd8ffe000104a46494600010100000100010000ffdb004300ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc0000b080008000801011100ffc4001400010000000000000000"
		"00000000000000000009ffc40014100100000000000000000000000000000000ffda0008010100003f00"
		"54ffd9";

	for (const char *p = hex; *p; p += 2) {
		unsigned byte;

		REQUIRE(sscanf(p, "%2x", &byte) == 1 && sb_bytes_append_byte(&photo, (uint8_t)byte) == SB_OK);
	}
	REQUIRE(sb_picture_check_jpeg(sb_bytes_slice(&photo)) == SB_OK);
}

static bool apart(const struct sb_card_box *a, const struct sb_card_box *b)
{
	const double slack = 0.01;

	return a->x + a->width <= b->x + slack || b->x + b->width <= a->x + slack || a->y + a->height <= b->y + slack ||
	       b->y + b->height <= a->y + slack;
}

static void check_places(const struct sb_card_drawn *drawn, const char *of)
{
	for (size_t i = 0; i < drawn->box_count; i++) {
		const struct sb_card_box *a = &drawn->boxes[i];

		if (a->x < 0 || a->y < 0 || a->x + a->width > SB_CARD_WIDTH || a->y + a->height > SB_CARD_HEIGHT) {
			fprintf(stderr, "%s: box %zu leaves the card\n", of, i);
			check_failures++;
		}
		for (size_t k = 0; k < i; k++)
			if (!apart(a, &drawn->boxes[k])) {
				fprintf(stderr, "%s: boxes %zu and %zu overlap\n", of, k, i);
				check_failures++;
			}
		check_count++;
	}
}

/* As PNG and SVG, small and large, with and without code and portrait: two of these eight ways at each call, in turn. All lines must have
 * room unless some may be left out. */
static void draw_all(const char *of, const struct sb_card_line *lines, size_t count, bool all)
{
	static int turn;
	const int variants[] = {turn % 8, 7 - turn % 8};

	turn++;
	for (size_t v = 0; v < 2; v++) {
		const int variant = variants[v];
		struct sb_card_face face = {.title = "모바일 주민등록증", .lines = lines, .line_count = count, .portrait = variant & 1,
			.photo = sb_bytes_slice(&photo), .qr = variant & 2 ? code : NULL, .note = "23:59:59", .large = variant & 4};
		struct sb_card_drawn png, svg;
		struct sb_bytes picture = {0};

		CHECK_EQ(sb_card_png(&face, &picture, &png), SB_OK);
		CHECK(picture.len > 24 && memcmp(picture.data + 1, "PNG", 3) == 0);
		CHECK_EQ(picture.data[18] << 8 | picture.data[19], SB_CARD_WIDTH);
		CHECK_EQ(picture.data[22] << 8 | picture.data[23], SB_CARD_HEIGHT);
		check_places(&png, of);
		if (all)
			CHECK_EQ(png.lines, count);
		CHECK_EQ(png.photo, variant & 1);
		sb_bytes_free(&picture);
		CHECK_EQ(sb_card_svg(&face, &picture, &svg), SB_OK);
		REQUIRE(sb_bytes_terminate(&picture) == SB_OK);
		CHECK(strstr((char *)picture.data, "width=\"86mm\" height=\"54mm\""));
		CHECK(!strstr((char *)picture.data, "<text") && !strstr((char *)picture.data, "<script") && !strstr((char *)picture.data, "<!--"));
		CHECK_EQ(svg.lines, png.lines);
		check_places(&svg, of);
		sb_bytes_free(&picture);
	}
}

static void repeated(char *out, const char *text, int times)
{
	*out = 0;
	while (times--)
		out = stpcpy(out, text);
}

static void names(void)
{
	static char syllables[40 * 3 + 1], latin[80 + 1], marks[2000], letters[400];
	const char *hostile[] = {"홍시험", syllables, latin, marks, letters, "<b>홍</b>&amp;<!--]]>\"'", "<span size=\"999999\" foreground=\"red\">홍</span>",
		"&#0;&lt;script&gt;", "</desc></svg><script>alert(1)</script>", "שלום עולם اسم طويل", "a\xe2\x80\xa8" "b\xe2\x80\xa9" "c", "\xef\xbf\xbe\xef\xbf\xbf",
		"\xe2\x80\xae" "gnoH", "e\xcc\x81\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa9", "洪試驗", ""};

	repeated(syllables, "험", 40);
	repeated(latin, "W", 80);
	repeated(marks, "험\xcc\x81\xcc\x96\xd2\x89", 80);
	repeated(letters, "길", 100);
	for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
		const struct sb_card_line lines[] = {{"성명", hostile[i]}, {"생년월일", "1990년 1월 1일"}, {"주소(일부)", hostile[i]}};

		draw_all(hostile[i], lines, 3, i != 3 && i != 4);
	}
}

/* Of the first value's box. */
static double height_of_value(const char *text)
{
	const struct sb_card_line lines[] = {{"주소", text}};
	struct sb_card_face face = {.title = "t", .lines = lines, .line_count = 1};
	struct sb_card_drawn drawn;
	struct sb_bytes png = {0};
	double height = 0;

	REQUIRE(sb_card_png(&face, &png, &drawn) == SB_OK);
	sb_bytes_free(&png);
	for (size_t i = 0; i < drawn.box_count; i++)
		if (drawn.boxes[i].part == SB_CARD_VALUE)
			height = drawn.boxes[i].height;
	return height;
}

/* Three words that are each somewhat more than half a line take three lines, where as many syllables in one piece take two. */
static void lines_end_between_words(void)
{
	int taller = 0;

	for (int n = 4; n < 40; n++) {
		char words[400], piece[400], word[140];

		repeated(word, "험", n);
		snprintf(words, sizeof words, "%s %s %s", word, word, word);
		repeated(piece, "험", 3 * n + 2);
		taller += height_of_value(words) > height_of_value(piece);
	}
	CHECK(taller > 0);
}

static void many_lines(void)
{
	static struct sb_card_line lines[64];

	for (size_t i = 0; i < 64; i++)
		lines[i] = (struct sb_card_line){"A label that is rather long for its place", "서울특별시 시험구 시험로 1, 시험아파트 101동 1004호"};
	draw_all("eight", lines, 8, true);
	draw_all("sixty-four", lines, 64, false);
	draw_all("none", lines, 0, true);
}

static void words_of_the_svg_are_escaped(void)
{
	const struct sb_card_line lines[] = {{"a<b", "</desc><script>\"&\"\xef\xbf\xbf"}};
	struct sb_card_face face = {.title = "T<&>", .lines = lines, .line_count = 1, .note = "<n>"};
	struct sb_card_drawn drawn;
	struct sb_bytes svg = {0};

	REQUIRE(sb_card_svg(&face, &svg, &drawn) == SB_OK && sb_bytes_terminate(&svg) == SB_OK);
	CHECK(strstr((char *)svg.data, "<title>T&lt;&amp;&gt;</title>\n<desc>a&lt;b: &lt;/desc&gt;&lt;script&gt;\"&amp;\"?\n&lt;n&gt;</desc>"));
	sb_bytes_free(&svg);
}

/* What is no photo is a silhouette: never a failure, never pixels that nobody sees to be broken. */
static void photos(void)
{
	static uint8_t huge[64], large[70000];
	struct sb_card_face face = {.title = "t", .portrait = true};
	struct sb_card_drawn drawn;
	struct sb_bytes png = {0};

	memcpy(huge, photo.data, sizeof huge);
	memcpy(large, photo.data, photo.len);
	const struct {
		struct sb_slice data;
		bool is_photo;
	} rows[] = {
		{{0}, false},
		{sb_bytes_slice(&photo), true},
		{sb_slice(photo.data, photo.len - 1), false},
		{sb_slice(photo.data, photo.len / 2), false},
		{sb_slice(photo.data, 3), false},
		{sb_slice("GIF89a and more", 15), false},
		{sb_slice("\x89PNG\r\n\x1a\n and more", 17), false},
		{sb_slice(huge, sizeof huge), false},
		{sb_slice(large, sizeof large), true},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		face.photo = rows[i].data;
		CHECK_EQ(sb_card_png(&face, &png, &drawn), SB_OK);
		CHECK_EQ(drawn.photo, rows[i].is_photo);
		png.len = 0;
	}
	/* Each byte of it turned: drawn or not, nothing breaks. */
	for (size_t i = 0; i < photo.len; i++) {
		struct sb_pixels pixels;

		photo.data[i] ^= 0xff;
		if (sb_picture_pixels(sb_bytes_slice(&photo), 400, 500, &pixels) == SB_OK) {
			CHECK(pixels.width <= 400 && pixels.height <= 500 && pixels.words);
			free(pixels.words);
		}
		photo.data[i] ^= 0xff;
	}
	sb_bytes_free(&png);
}

/* The code is read back from the whole card, also where it is the densest that is allowed. */
static void codes(void)
{
	static const size_t lengths[] = {300, 700, 1100, 1400 /* version 22 */};
	static char text[1500];
	struct sb_card_face face = {.title = "t", .portrait = true, .qr = text};
	struct sb_card_drawn drawn;
	int version = 0;

	for (size_t n = 0; n < sizeof lengths / sizeof *lengths; n++) {
		struct sb_bytes png = {0}, texts = {0};
		const size_t len = lengths[n];

		for (size_t i = 0; i < len; i++)
			text[i] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"[(i * 7919 + i / 45) % 45];
		text[len] = 0;
		REQUIRE(sb_qr_version(text, &version) == SB_OK);
		face.large = true; /* the smaller place */
		REQUIRE(sb_card_png(&face, &png, &drawn) == SB_OK);
		CHECK_EQ(sb_qr_read(sb_bytes_slice(&png), &texts), SB_OK);
		CHECK(texts.len == len + 1 && memcmp(texts.data, text, len) == 0);
		sb_bytes_free(&png);
		sb_bytes_free(&texts);
	}
	CHECK_EQ(version, SB_QR_VERSION_MAX);
}

int main(void)
{
	make_photo();
	names();
	lines_end_between_words();
	many_lines();
	words_of_the_svg_are_escaped();
	photos();
	codes();
	sb_bytes_free(&photo);
	return check_result();
}
