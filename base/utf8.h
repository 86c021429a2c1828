/* UTF-8 (RFC 3629): how far a text is valid, and what stands for the rest. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The length of the longest valid beginning. */
size_t utf8_valid_len(const uint8_t *text, size_t len);

/* Copies the text with U+FFFD in the place of every byte, or cut beginning of a character, that is
 * none (Unicode 15, 3.9, "maximal subpart"; as Java decodes). `out` has room for 3 * len bytes; the
 * length that was written. */
size_t utf8_repair(const uint8_t *text, size_t len, uint8_t *out);
