/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors
 *
 * The part of an address that the card's face shows lost the road where its name has a number in it, and was the whole address, down to
 * the door, where there is no number. */
#include "base/error.h"
#include "check.h"
#include "formats/document.h"

static void shortens(const char *address, const char *want)
{
	struct sb_bytes got = {0};

	CHECK_EQ(sb_mask(SB_MASK_ADDRESS, address, &got), SB_OK);
	if (!sb_slice_equal(sb_bytes_slice(&got), sb_slice(want, strlen(want)))) {
		fprintf(stderr, "\"%s\" becomes \"%.*s\", not \"%s\"\n", address, (int)got.len, (const char *)got.data, want);
		check_failures++;
	}
	sb_bytes_free(&got);
}

static void test_roads(void)
{
	shortens("서울특별시 시험구 시험로 1", "서울특별시 시험구 시험로");
	shortens("경기도 성남시 분당구 판교역로146번길 20", "경기도 성남시 분당구 판교역로146번길");
	shortens("경기도 성남시 분당구 판교역로 146번길 20", "경기도 성남시 분당구 판교역로 146번길");
	shortens("서울특별시 강남구 테헤란로5길 10, 101동 202호", "서울특별시 강남구 테헤란로5길");
	shortens("서울 강남구 테헤란로152, 3층", "서울 강남구 테헤란로");
	shortens("서울 강남구 테헤란로5길10", "서울 강남구 테헤란로5길");
	shortens("서울 강남구 강남대로 지하396", "서울 강남구 강남대로");
	shortens("서울 강남구 강남대로지하396", "서울 강남구 강남대로");
	shortens("세종특별자치시 한누리대로 2130", "세종특별자치시 한누리대로");
	shortens("제주특별자치도 제주시 1100로 3198", "제주특별자치도 제주시 1100로");
	shortens("서울특별시 종로구 종로1가길 9", "서울특별시 종로구 종로1가길");
	shortens("충청남도 천안시 동남구 목천읍 독립기념관로 1 (남화리)", "충청남도 천안시 동남구 목천읍 독립기념관로");
	shortens("  서울특별시  시험구  시험로  1", "  서울특별시  시험구  시험로");
}

static void test_places(void)
{
	shortens("전라남도 무안군 일로읍 산정리 상사마을 끝집", "전라남도 무안군 일로읍 산정리");
	shortens("인천광역시 강화군 길상면 온수리 산 12", "인천광역시 강화군 길상면 온수리");
	shortens("서울특별시 구로구 구로동 123-4", "서울특별시 구로구 구로동");
	shortens("서울특별시 종로구 종로1가 24", "서울특별시 종로구 종로1가");
	shortens("서울특별시 중구 을지로3가 5, 6호", "서울특별시 중구 을지로3가");
	shortens("서울특별시 강남구 삼성동, 시험아파트 102동 304호", "서울특별시 강남구 삼성동");
	shortens("서울 관악구 신림9동 1", "서울 관악구 신림9동");
}

static void test_anything(void)
{
	shortens("시험구 1", "시험구");
	shortens("Seoul 152", "Seoul");
	shortens("마을회관 뒤 파란 대문", "마을회관");
	shortens("101동 202호", "");
	shortens("로", "로");
	shortens(", ,", "");
	shortens("", "");
	shortens("   ", "");
}

int main(void)
{
	test_roads();
	test_places();
	test_anything();
	return check_failures != 0;
}
