/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_TEST_JWS_VECTORS_H
#define SINBUN_TEST_JWS_VECTORS_H

/* Signed by another library (npm jose 5): {"sub":"nobody","name":"홍시험"} under keys that nobody has. */
static const struct jws_vector {
	const char *alg, *jwk, *jws;
} jws_vectors[] = {
	{"RS256",
		"{\"kty\":\"RSA\",\"n\":\"4zNrmP8szL0gpssXx8pFpGDPtyBwDcjLMGUH7_go89qE7AIwickslWVDiMYhuSUR08kLarHks9QMTRqQXR5kn1LzrN3CIq3NG5hkJkG8TFt0bf8N"
		"U26a6u7uMuC6P0g5gYz-gBH59n3xtvyRR7Ao34ZPtFBZQ1lNjvgmAxWt0mzNxxLLogkIGY1MmG_jrUAc03H-IG15h5eWhNwpQ2iq4fkwkyDUy0ydSqmdwX78t-54eVDmX7"
		"9sbswlYdt6qNTupVvctg4Yc8Ikp0Wys8ieM5lbtU5w-TnwgiXjxjcNVmA4xh1Qf27VwHZfR_sZG0Pp2jwdUqZzHkpBbyRTKpEmAw\",\"e\":\"AQAB\"}",
		"eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIn0.eyJzdWIiOiJub2JvZHkiLCJuYW1lIjoi7ZmN7Iuc7ZeYIn0.tlbdmXxmEJttVk7PpLp6VWWmD0h7FzIoYS9mKe1WpGSWIz"
		"9AIbulB0MIDe7SviLWQr3ZIcPvdq44egidB9lEorgTZGh5dDymJesKzfzNtCwXkslEJ64iHmURf_YFL4fhRCnLe1jWTV0cI_KFQLreXTCUYaZi78WWq-G90D2dt_vcCLZ7"
		"u1QT0sinVYf48MVlDLciolFmUNxoiVy-L78u4RZkuvjhoqcFa4nTj3_sBMtPiw1TsDCUfVK_2MNuhIDac2tzM6srJjKtdfI8Lf5kVqucOCGgZIrbLkC6Iau7cbbDUO3S0H"
		"5aA8KUSaRLBUzI-AuhstQ2gfn5vPqmfMBw6A"},
	{"PS256",
		"{\"kty\":\"RSA\",\"n\":\"tTOOpoqNb15Avg7yO3Rl8Lyg1ztDlHeyoaq7emV6F1VfmGgGcC7kMHA7cp7VqKJHeVgflCzf42IqZ9NW-4rtPWZ_IYNuhfx-2Weobzyp3WWi6_hz"
		"zSawZCABuHGflBiKrX1rai12T9eBtchSkvncYAmVWoidYDUVPW_rMUG2_bL5LnVumAyfZvgOM6h9rC48nfLAXt1P3rgW-cY8GHFNrnrupiGm8RdpedJRMSxpX3kVJgKYoZ"
		"NFaOyuZ8EmYgN1L5i0hG_TY5VpLYmoCrgRXC0KViP8oIbHzDi91Fq8Kew3v7Qw2mC1_Pn8z8cfRHwaJQDs1IQyujCGt5VZLAARvw\",\"e\":\"AQAB\"}",
		"eyJhbGciOiJQUzI1NiIsImtpZCI6ImsxIn0.eyJzdWIiOiJub2JvZHkiLCJuYW1lIjoi7ZmN7Iuc7ZeYIn0.tPCZ62AOZmOvaEmVVh0_cN2KFej2KszMarDrCta3CSU5Im"
		"aHQEGaAHMOLitimOPWotVNzr12pvOnT8p4kh75bzwvjcNwX3XGeguIuNSGrCZp4NtniQh98zF7QeVYEiy9hSB3UfIrnySLe8wMZSuvcyJatCPX4LZK6J8ugGmLO1gk4DFy"
		"SArnM_9jfkGqNgctzOzX_tiYr0gaGdZjjM0mdyc1Q_R5B806s9A5DcG8Zr_M_mQWFTJsdGH_F0M2NVeYH-dhTr69BGRu7yjIib7OXWS1xoUBFUG1r-kinQLLPGW2t4fzu1"
		"rWZMnbfCRYHH2jTEoMgmlSRfW34rZUghnehA"},
	{"ES256",
		"{\"kty\":\"EC\",\"x\":\"NsiyARBMM3pZSox1Ca8wVSkbLqn9lZPBEpLO5i1RZxI\",\"y\":\"OQX0UsAAMcLU9s7HmKDDremxMpR8mBKx3hf7Knf10c8\",\"crv\":\"P-256\"}",
		"eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIn0.eyJzdWIiOiJub2JvZHkiLCJuYW1lIjoi7ZmN7Iuc7ZeYIn0.TI7kaNZv36YfVMVusJWy4KCAyr3XPUfueeALFzOO6OybkY"
		"8Mo8UPorBHyciC0B-B877R5byNGhmQlrcf53hgbw"},
	{"EdDSA",
		"{\"crv\":\"Ed25519\",\"x\":\"3nM6tkf5uCbHf7KaknLGa6KZ1dsv6BhSwuxL2PbYm2A\",\"kty\":\"OKP\"}",
		"eyJhbGciOiJFZERTQSIsImtpZCI6ImsxIn0.eyJzdWIiOiJub2JvZHkiLCJuYW1lIjoi7ZmN7Iuc7ZeYIn0.T_2zyTCQJIXFOJctcNr1RwjPQK99neJpRxOpGT8FWI5Hnp"
		"Xu1NjK9Zqsb2q-Mtu_pB6U6Ju4d4L5gb6IRVzMCQ"},
};
enum { JWS_VECTORS = sizeof jws_vectors / sizeof *jws_vectors };
/* RSA of 1024 bits. */
static const char jws_small_key[] =
		"{\"kty\":\"RSA\",\"n\":\"592CWIi_zpV0HUrv1wLlB98E9UNc51Oa2lnYVnX1_VHBLN1PAUTOND1oni03om5BclmBuyJWisvhgIU1CU8iXuQoIB1CJy8kGvM580ugZ4Q5yc5R"
		"c6M_9B4NYbyqdR-F6FAKltMdqMEcwiz7X24hF0UItO2pGyP5jaDjyJtrUt8\",\"e\":\"AQAB\"}";

#endif
