/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_SEAL_H
#define SINBUN_SEAL_H

#include "base/bytes.h"

/* How the key-encryption key (KEK) of a wrap comes from a PIN. Two steps: the slow one, which needs no lock, and the one that
 * happens when a try is charged (a TPM counts and unseals there). */

enum { SB_KEK = 32, SB_STRETCHED = 32, SB_SEAL_NONCE = 16, SB_SEAL_AUTH = 32, SB_SEAL_STATE_MAX = 1024 };
enum sb_seal_type { SB_SEAL_TYPE_SOFTWARE = 1, SB_SEAL_TYPE_TPM = 2 };
enum sb_seal_slot { SB_SEAL_PIN = 0, SB_SEAL_PUK = 1 };

struct sb_seal_input {
	enum sb_seal_slot slot;
	struct sb_slice pin;
	struct sb_slice serial;
	const uint8_t *salt; /* SB_KDF_SALT bytes */
	unsigned memory_mib, passes;
};

/* What one token occupies in a device, chosen before it is made there: it can be noted first, and found after a crash. */
struct sb_seal_set {
	uint8_t nonce[SB_SEAL_NONCE]; /* makes what is ours there known from what is somebody else's under the same number */
	uint32_t index[2];            /* by slot */
	uint32_t counter;
};

struct sb_seal_link; /* an open connection to a device; one at a time in a process */
struct sb_seal_device;

struct sb_seal {
	enum sb_seal_type type;
	const char *name;
	/* PIN to SB_STRETCHED bytes; hundreds of milliseconds. stretched is guarded memory of the caller. */
	int (*stretch)(const struct sb_seal_input *input, uint8_t *stretched);
	/* Stretched bytes to the KEK, for a seal without a device. kek is guarded memory of the caller. */
	int (*unlock)(const struct sb_seal_input *input, const uint8_t *stretched, uint8_t *kek);
	/* NULL: the store alone holds the seal, and tries are counted there. */
	const struct sb_seal_device *device;
};

/* A device that counts the tries itself. Its errors: SB_E_TPM_*, beside those named. A state is what the store keeps of one wrap's
 * seal; nothing in it is secret, and it is authenticated with the wrap. */
struct sb_seal_device {
	unsigned memory_mib, passes; /* of a PIN's derivation, where the configuration says nothing */
	/* tcti: how to reach it, or NULL. *there false: this machine has none. */
	int (*find)(const char *tcti, bool *there);
	int (*connect)(const char *tcti, struct sb_seal_link **link);
	void (*disconnect)(struct sb_seal_link **link); /* leaves nothing behind in the device; NULL allowed */

	int (*choose)(struct sb_seal_set *set);
	/* Makes the places of a set: the PUK's with its stretched bytes, the PIN's shut until unblock, the counter. SB_E_BUSY when one of
	 * the numbers is taken: nothing was made. *counter: where the counter stands. */
	int (*create)(struct sb_seal_link *link, const struct sb_seal_set *set, const unsigned limits[2], const uint8_t *puk,
		const uint8_t counter_auth[SB_SEAL_AUTH], uint64_t *counter);
	/* Takes the places of a set away, those that are ours. */
	int (*destroy)(struct sb_seal_link *link, const struct sb_seal_set *set);
	/* Seals a new secret for what the slot's place will open to. Changes nothing in the device. Appends the state. */
	int (*seal)(struct sb_seal_link *link, const struct sb_seal_set *set, enum sb_seal_slot slot, struct sb_slice serial,
		const uint8_t *stretched, struct sb_bytes *state, uint8_t *kek);
	/* Charges one try, and unseals: the second state where the first does not open (a change that was cut short); empty: there is none.
	 * SB_E_PIN_INCORRECT, SB_E_PIN_LOCKED. */
	int (*open)(struct sb_seal_link *link, enum sb_seal_slot slot, struct sb_slice serial, const uint8_t *stretched,
		const struct sb_slice states[2], unsigned *which, uint8_t *kek);
	/* From now on the slot's place opens to other stretched bytes. old is checked, and charged where it is wrong. */
	int (*change)(struct sb_seal_link *link, struct sb_slice state, enum sb_seal_slot slot, const uint8_t *old, const uint8_t *stretched);
	/* The same for the PIN's place with the PUK, and all its tries are there again. */
	int (*unblock)(struct sb_seal_link *link, struct sb_slice state, const uint8_t *puk, unsigned limit, const uint8_t *stretched);
	/* Wrong tries since the last right one; both slots. */
	int (*tries)(struct sb_seal_link *link, struct sb_slice state, unsigned used[2]);
	/* The counter, which never goes back. step: one more first. */
	int (*count)(struct sb_seal_link *link, struct sb_slice state, const uint8_t auth[SB_SEAL_AUTH], bool step, uint64_t *value);
	/* SB_E_CORRUPT for what is no state. Needs no link. */
	int (*set_of)(struct sb_slice state, struct sb_seal_set *set);
};

/* NULL for a type that is not built. */
const struct sb_seal *sb_seal_by_type(unsigned type);
extern const struct sb_seal sb_seal_software, sb_seal_tpm;

#endif
