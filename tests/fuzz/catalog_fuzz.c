/*
 * The metadata log's records: the input is one batch's records, applied to a core's image and to
 * the state that a snapshot is made of. What the state writes, it must read again.
 */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "broker/catalog/catalog_state.h"
#include "broker/catalog/image.h"
#include "broker/config/config.h"
#include "protocol/batch.h"
#include "protocol/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RECORDS_MAX 8192
#define COUNT 64

/* Attributes from the first byte, the rest as records. */
static uint32_t make_batch(uint8_t *batch, const uint8_t *data, size_t size)
{
    memset(batch, 0, BATCH_HEADER_SIZE);
    uint32_t len = (uint32_t)(BATCH_HEADER_SIZE + size - 1);
    batch[16] = BATCH_MAGIC;
    store_be16(batch + 21, data[0] & BATCH_ATTRIBUTE_CONTROL);
    store_be32(batch + 8, len - BATCH_OVERHEAD);
    store_be32(batch + 57, COUNT);
    memcpy(batch + BATCH_HEADER_SIZE, data + 1, size - 1);
    return len;
}

static int read_again(void *context, struct bytes value)
{
    uint8_t batch[BATCH_HEADER_SIZE + RECORDS_MAX + 64];
    struct batch_builder builder;
    const struct batch_build_options options = BATCH_BUILD_PLAIN;
    batch_build_begin(&builder, batch, sizeof batch);
    batch_build_add(&builder, 0, (struct blob){NULL, -1}, blob_of(value.data, value.len));
    int64_t len = batch_build_end(&builder, &options);
    if (len < 0)
        return 0;
    int result = catalog_state_apply(context, batch, (uint32_t)len);
    ASSERT(result == 0);
    return 0;
}

static void use_state(const uint8_t *batch, uint32_t len)
{
    struct catalog_state *state = catalog_state_new();
    struct catalog_state *again = catalog_state_new();
    int result = catalog_state_apply(state, batch, len);
    if (result == 0)
        result = catalog_state_write(state, read_again, again);
    catalog_state_free(again);
    catalog_state_free(state);
}

static void use_image(const uint8_t *batch, uint32_t len)
{
    const struct options options = {0};
    const struct config_input input = {.options = &options};
    struct config_notes notes;
    struct config *config;
    struct image image;
    int result = config_load(&input, &notes, &config);
    ASSERT(result == 0);
    config_notes_fini(&notes);
    image_init(&image, config, 1, 0);
    result = image_apply(&image, batch, len, NULL);
    image_fini(&image);
    config_free(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t batch[BATCH_HEADER_SIZE + RECORDS_MAX];
    if (size < 2 || size > RECORDS_MAX)
        return 0;
    uint32_t len = make_batch(batch, data, size);
    use_state(batch, len);
    use_image(batch, len);
    return 0;
}
