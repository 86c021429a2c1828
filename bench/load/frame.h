/*
 * Requests as frames, whole, with their size in front and our client id.
 *
 * A produce frame is made once, with as many records as will ever go into it, and patched from then
 * on: a record costs a copy of its key and value, a request the fields of its batch's header and
 * the CRC. The head of the request stands right before the batch, so that it may change its length
 * while the batch stays where it is.
 */
#pragma once

#include <stdint.h>
#include <sys/uio.h>

#include "protocol/api.h"
#include "protocol/batch_codec.h"

#define FRAME_CLIENT_ID "odradek-bench"
/* Room of a produce frame's head, for topics of the longest name. */
#define FRAME_HEAD_MAX 512
#define FRAME_TAIL_MAX 8

/* Encodes any request into `memory`: the frame's length, or an ERR_* of message_encode. */
int64_t frame_encode(void *memory, size_t capacity, const struct api *api, int16_t version,
                     const void *request) MUST_CHECK;
/* A capacity that is enough for it. */
size_t frame_size(const struct api *api, int16_t version, const void *request);

/* What all produce frames of a run have in common: where records lie in a batch. */
struct frame_layout {
    int16_t version; /* of Produce: 3 to 12 */
    int16_t acks;
    int32_t timeout_ms;
    uint32_t key_len; /* 0: null keys */
    uint32_t value_len;
    uint32_t records_max;
    uint32_t value_varint_size;
    uint32_t *ends;  /* of each record, in the batch */
    size_t capacity; /* of a frame */
    struct batch_codec codec;
};

/* `codec.compressor` is the caller's, and outlives the layout. */
void frame_layout_init(struct frame_layout *layout, uint32_t records_max);
void frame_layout_fini(struct frame_layout *layout);

struct frame {
    const struct frame_layout *layout;
    uint8_t *memory;
    uint8_t *packed; /* a second one, when batches are compressed */
    uint32_t count;  /* records that are in */
    /* What the head was written for. */
    const char *topic;
    uint32_t head_len;
    uint32_t batch_len;
    uint8_t *partition_at;
    uint32_t tail_len;
    uint32_t tail_of; /* it stands behind so many records, in place of the next; 0: nowhere */
};

/* The memory of the frame, and all its records without their keys and values. */
void frame_init(struct frame *frame, const struct frame_layout *layout);
void frame_fini(struct frame *frame);
/* The next record's key and value, to be filled. There must be room. */
void frame_add(struct frame *frame, uint8_t **key, uint8_t **value);
/* Completes the request; the frame is empty for the next. The correlation id is left to the wire.
 * ERR_* when the records could not be compressed. */
struct frame_target {
    const char *topic; /* compared by address */
    int32_t partition;
    int64_t timestamp_ms;
};
int frame_finish(struct frame *frame, const struct frame_target *target,
                 struct iovec *part) MUST_CHECK;

/* An answer to Produce with one partition. ERR_SHORT or ERR_MALFORMED. */
struct frame_answer {
    int16_t error;
    int64_t base_offset;
};
int frame_read_answer(struct bytes answer, int16_t version, struct frame_answer *out) MUST_CHECK;
