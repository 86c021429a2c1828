/* Reading Kafka's line-oriented text files: a cursor over bytes, and the steps they consist of. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/result.h"

struct kafka_text {
    const uint8_t *pos;
    const uint8_t *end;
};

/* Each step returns false, and may have moved the cursor, when the text does not go on that way. */

void kafka_text_init(struct kafka_text *text, struct bytes bytes);
/* A decimal 64-bit number with an optional sign. */
bool kafka_text_number(struct kafka_text *text, int64_t *number);
/* Everything up to white space; not empty. */
bool kafka_text_word(struct kafka_text *text, struct bytes *word);
/* One or more blanks. */
bool kafka_text_space(struct kafka_text *text);
/* The end of a line or of the text. */
bool kafka_text_newline(struct kafka_text *text);
bool kafka_text_at_end(const struct kafka_text *text);

/* The two lines before a checkpoint file's entries: version and count. An empty file counts as
 * none. ERR_VERSION, ERR_CORRUPT. */
int kafka_text_header(struct kafka_text *text, int64_t version, int64_t *count) MUST_CHECK;
