/*
 * CRC-32C: the SSE4.2 instruction on three interleaved streams, or slicing by eight.
 *
 * One crc32 instruction takes three cycles but can start every cycle, so three independent
 * streams run at full speed; their CRCs are joined by shifting one over the length of the next
 * (Gopal et al., "Fast CRC Computation for iSCSI Polynomial Using CRC32 Instruction"). The shift is
 * a matrix product over GF(2), kept as four tables of 256 entries for each of two block sizes. To
 * join CRCs over any length, the operators of 256 lengths for each of its bytes are kept.
 */
#include "base/crc32c.h"

#include <stdbool.h>
#include <string.h>

#include "base/util.h"

#define CRC32C_POLYNOMIAL 0x82f63b78u
#define CRC32C_LONG ((size_t)8192)
#define CRC32C_SHORT ((size_t)256)

typedef uint32_t crc32c_fn(uint32_t crc, const void *data, size_t len);

/* Written once by crc32c_init; the portable one before. */
static uint32_t crc32c_slices[8][256];
static uint32_t crc32c_shift_long[4][256];
static uint32_t crc32c_shift_short[4][256];
/* What shifts a CRC over i * 256^n zero bytes. */
static uint32_t crc32c_shift_by[4][256];
static crc32c_fn *crc32c_chosen = crc32c_portable;
static bool crc32c_ready;

static void slices_init(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (CRC32C_POLYNOMIAL & (0u - (crc & 1)));
        crc32c_slices[0][i] = crc;
    }
    for (uint32_t i = 0; i < 256; i++)
        for (int slice = 1; slice < 8; slice++) {
            uint32_t crc = crc32c_slices[slice - 1][i];
            crc32c_slices[slice][i] = (crc >> 8) ^ crc32c_slices[0][crc & 0xff];
        }
}

/* Product of two polynomials modulo the CRC's, in reflected bit order. */
static uint32_t multiply(uint32_t a, uint32_t b)
{
    uint32_t product = 0;
    for (uint32_t bit = 1u << 31; bit != 0; bit >>= 1) {
        if (a & bit)
            product ^= b;
        b = (b >> 1) ^ (CRC32C_POLYNOMIAL & (0u - (b & 1)));
    }
    return product;
}

/* x^(8 * len) modulo the polynomial: what shifts a CRC over `len` zero bytes. */
static uint32_t shift_operator(size_t len)
{
    uint32_t result = 1u << 31;
    uint32_t power = 1u << 23; /* x^8 */
    for (; len > 0; len >>= 1) {
        if (len & 1)
            result = multiply(result, power);
        power = multiply(power, power);
    }
    return result;
}

static void shift_init(uint32_t table[4][256], size_t len)
{
    uint32_t by = shift_operator(len);
    for (uint32_t byte = 0; byte < 4; byte++)
        for (uint32_t i = 0; i < 256; i++)
            table[byte][i] = multiply(by, i << (8 * byte));
}

static void shift_by_init(void)
{
    for (size_t n = 0; n < 4; n++) {
        uint32_t step = shift_operator((size_t)1 << (8 * n));
        crc32c_shift_by[n][0] = 1u << 31;
        for (size_t i = 1; i < 256; i++)
            crc32c_shift_by[n][i] = multiply(crc32c_shift_by[n][i - 1], step);
    }
}

uint32_t crc32c_portable(uint32_t crc, const void *data, size_t len)
{
    const uint8_t *p = data;
    if (!crc32c_ready)
        crc32c_init();
    crc = ~crc;
    for (; len >= 8; len -= 8, p += 8) {
        uint64_t word;
        memcpy(&word, p, sizeof word);
        word ^= crc;
        crc = crc32c_slices[7][word & 0xff] ^ crc32c_slices[6][(word >> 8) & 0xff] ^
              crc32c_slices[5][(word >> 16) & 0xff] ^ crc32c_slices[4][(word >> 24) & 0xff] ^
              crc32c_slices[3][(word >> 32) & 0xff] ^ crc32c_slices[2][(word >> 40) & 0xff] ^
              crc32c_slices[1][(word >> 48) & 0xff] ^ crc32c_slices[0][word >> 56];
    }
    for (; len > 0; len--, p++)
        crc = (crc >> 8) ^ crc32c_slices[0][(crc ^ *p) & 0xff];
    return ~crc;
}

/* One product for each byte of the length that is not zero. */
uint32_t crc32c_combine(uint32_t crc_a, uint32_t crc_b, size_t len_b)
{
    if (!crc32c_ready)
        crc32c_init();
    if (len_b > UINT32_MAX)
        return multiply(shift_operator(len_b), crc_a) ^ crc_b;
    for (size_t n = 0; len_b > 0; n++, len_b >>= 8)
        if ((len_b & 0xff) != 0)
            crc_a = multiply(crc32c_shift_by[n][len_b & 0xff], crc_a);
    return crc_a ^ crc_b;
}

#ifdef __x86_64__
static uint64_t shift(uint32_t table[4][256], uint64_t crc)
{
    return table[0][crc & 0xff] ^ table[1][(crc >> 8) & 0xff] ^ table[2][(crc >> 16) & 0xff] ^
           table[3][(crc >> 24) & 0xff];
}

static uint64_t load_word(const uint8_t *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

/* Three blocks of `block` bytes each from `p`. */
__attribute__((target("sse4.2"))) static uint64_t three_blocks(uint64_t crc, const uint8_t *p,
                                                               size_t block, uint32_t table[4][256])
{
    uint64_t second = 0;
    uint64_t third = 0;
    for (const uint8_t *end = p + block; p < end; p += 8) {
        crc = __builtin_ia32_crc32di(crc, load_word(p));
        second = __builtin_ia32_crc32di(second, load_word(p + block));
        third = __builtin_ia32_crc32di(third, load_word(p + 2 * block));
    }
    crc = shift(table, crc) ^ second;
    return shift(table, crc) ^ third;
}

__attribute__((target("sse4.2"))) static uint32_t crc32c_sse42(uint32_t start, const void *data,
                                                               size_t len)
{
    const uint8_t *p = data;
    uint64_t crc = ~start;
    for (; len >= 3 * CRC32C_LONG; len -= 3 * CRC32C_LONG, p += 3 * CRC32C_LONG)
        crc = three_blocks(crc, p, CRC32C_LONG, crc32c_shift_long);
    for (; len >= 3 * CRC32C_SHORT; len -= 3 * CRC32C_SHORT, p += 3 * CRC32C_SHORT)
        crc = three_blocks(crc, p, CRC32C_SHORT, crc32c_shift_short);
    for (; len >= 8; len -= 8, p += 8)
        crc = __builtin_ia32_crc32di(crc, load_word(p));
    for (; len > 0; len--, p++)
        crc = __builtin_ia32_crc32qi((uint32_t)crc, *p);
    return ~(uint32_t)crc;
}

static crc32c_fn *best_function(void)
{
    return __builtin_cpu_supports("sse4.2") ? crc32c_sse42 : crc32c_portable;
}
#else
static crc32c_fn *best_function(void)
{
    return crc32c_portable;
}
#endif

void crc32c_init(void)
{
    if (crc32c_ready)
        return;
    slices_init();
    shift_init(crc32c_shift_long, CRC32C_LONG);
    shift_init(crc32c_shift_short, CRC32C_SHORT);
    shift_by_init();
    crc32c_ready = true;
    crc32c_chosen = best_function();
}

const char *crc32c_name(void)
{
    return crc32c_chosen == crc32c_portable ? "portable" : "sse4.2";
}

uint32_t crc32c(uint32_t crc, const void *data, size_t len)
{
    return crc32c_chosen(crc, data, len);
}
