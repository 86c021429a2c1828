/*
 * CRC-32C (Castagnoli, RFC 3720 appendix B.4), as in record batches and WAL groups.
 *
 * crc32c_init chooses the SSE4.2 three-way implementation or the portable slice-by-eight one and
 * must run before the first use (main and each test fixture do); it is idempotent.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

void crc32c_init(void);
/* "sse4.2" or "portable". */
const char *crc32c_name(void);

/* `crc` is 0 to start, or the result so far. */
uint32_t crc32c(uint32_t crc, const void *data, size_t len);

/* The CRC of A followed by B from crc(A), crc(B) and B's length. */
uint32_t crc32c_combine(uint32_t crc_a, uint32_t crc_b, size_t len_b);

/* The portable implementation, for tests. */
uint32_t crc32c_portable(uint32_t crc, const void *data, size_t len);
