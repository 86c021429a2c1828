/*
 * Probes. A lane that is probed sends nothing else, so what the broker knows of it is certain.
 *
 * A probe with a gap that gets no answer may still arrive when the gap is filled, and would then be
 * taken: its producer is lost and comes back as another.
 */
#include "base/assert.h"
#include "base/util.h"
#include "protocol/errors.h"
#include "tools/sim/producer_internal.h"

#define GAP_MAX 5

static bool probe_fits(const struct lane *lane, enum probe probe)
{
    const struct sim_producer *producer = lane->producer;
    bool idempotent = producer->options.idempotent && lane->last.data != NULL;
    switch (probe) {
    case PROBE_DUPLICATE:
    case PROBE_GAP:
    case PROBE_OVERLAP:
        return idempotent;
    case PROBE_OLD_EPOCH:
        return idempotent && producer->producer_epoch > 0;
    case PROBE_CHECKSUM:
    case PROBE_BASE_OFFSET:
        return true;
    case PROBE_TOO_LARGE:
        /* In a compacted topic a record may have no value. */
        return producer->options.topic->plan.message_bytes_max > 0 &&
               !producer->options.topic->plan.compact;
    case PROBE_NONE:
    case PROBE_COUNT:
        break;
    }
    UNREACHABLE();
}

/* The highest limit that may be in force. */
static uint32_t limit_of(const struct lane *lane)
{
    const struct model_topic *topic = lane->producer->options.topic;
    const struct model_setting *setting = model_setting_find(
        lane->producer->party->configs, RESOURCE_TOPIC, topic->name, "max.message.bytes");
    return setting == NULL ? (uint32_t)topic->plan.message_bytes_max
                           : (uint32_t)model_setting_highest(setting);
}

static void probe_make(struct lane *lane, enum probe probe)
{
    struct sim_producer *producer = lane->producer;
    struct party *party = producer->party;
    const struct producer_options *o = &producer->options;
    struct batch_plan plan = {
        .records = (uint32_t)party_random(party, 1, o->batch_records_max),
        .value_bytes_min = MODEL_VALUE_MIN,
        .value_bytes_max = o->value_bytes_max,
        .compression = COMPRESSION_NONE,
        .epoch = producer->producer_epoch,
        .base_sequence = o->idempotent ? lane->next_sequence : -1,
    };
    if (probe == PROBE_GAP) {
        plan.base_sequence += (int32_t)party_random(party, 1, GAP_MAX);
    } else if (probe == PROBE_OVERLAP) {
        plan.base_sequence = lane->last.base_sequence;
        plan.records = lane->last.count + 1;
    } else if (probe == PROBE_OLD_EPOCH) {
        plan.epoch--;
    } else if (probe == PROBE_TOO_LARGE) {
        plan.records = 1;
        plan.value_bytes_min = plan.value_bytes_max = limit_of(lane);
    }
    batch_make(&lane->probe, &plan);
    if (probe == PROBE_CHECKSUM)
        lane->probe.data[BATCH_OVERHEAD + 5] ^= 1;
    else if (probe == PROBE_BASE_OFFSET)
        batch_patch_offset(lane->probe.data, 1 + (int64_t)party_random(party, 0, 1000));
}

void lane_probe(struct lane *lane)
{
    struct party *party = lane->producer->party;
    enum probe probe = (enum probe)party_random(party, PROBE_NONE + 1, PROBE_COUNT - 1);
    if (lane->producer->options.acks == 0 || !probe_fits(lane, probe))
        return;
    ASSERT(lane->out == 0 && lane->used == 0 && !lane->probing);
    lane->probing = true;
    lane->probe = (struct batch_out){.lane = lane};
    if (probe == PROBE_DUPLICATE)
        lane->probe = lane->last;
    else
        probe_make(lane, probe);
    lane->probe.probe = probe;
    struct batch_out *batch = &lane->probe;
    producer_send(lane->producer, &batch, 1);
}

static int16_t expected_error(enum probe probe)
{
    switch (probe) {
    case PROBE_DUPLICATE:
        return KAFKA_NONE;
    case PROBE_GAP:
    case PROBE_OVERLAP:
        return KAFKA_OUT_OF_ORDER_SEQUENCE_NUMBER;
    case PROBE_OLD_EPOCH:
        return KAFKA_INVALID_PRODUCER_EPOCH;
    case PROBE_CHECKSUM:
        return KAFKA_CORRUPT_MESSAGE;
    case PROBE_BASE_OFFSET:
        return KAFKA_INVALID_RECORD;
    case PROBE_TOO_LARGE:
        return KAFKA_MESSAGE_TOO_LARGE;
    case PROBE_NONE:
    case PROBE_COUNT:
        break;
    }
    UNREACHABLE();
}

/* Errors that say nothing of the batch. */
static bool error_is_of_storage(int16_t error)
{
    return error == KAFKA_UNKNOWN_TOPIC_OR_PARTITION || error == KAFKA_UNKNOWN_TOPIC_ID ||
           error == KAFKA_REQUEST_TIMED_OUT || error == KAFKA_KAFKA_STORAGE_ERROR;
}

void lane_probe_answered(struct lane *lane, bool answered, int16_t error, int64_t base_offset)
{
    static const char *const names[] = {"",
                                        "a repeated batch",
                                        "a gap in the sequences",
                                        "overlapping sequences",
                                        "an old epoch",
                                        "a wrong checksum",
                                        "a base offset that is not 0",
                                        "a batch that is too large"};
    struct sim_producer *producer = lane->producer;
    struct model *model = producer->party->model;
    enum probe probe = lane->probe.probe;
    int16_t expected = expected_error(probe);
    bool passing = !answered || error_is_of_storage(error);
    if (!passing && error != expected)
        model_break(model, "%s-%d: %s was answered with %d instead of %d",
                    model_topic_name(lane->partition), model_index(lane->partition), names[probe],
                    error, expected);
    else if (!passing && probe == PROBE_DUPLICATE && base_offset != lane->last.base_offset)
        model_break(model, "%s-%d: a batch at %lld was repeated and is said to be at %lld",
                    model_topic_name(lane->partition), model_index(lane->partition),
                    (long long)lane->last.base_offset, (long long)base_offset);
    lane->probing = false;
    if (probe == PROBE_DUPLICATE) {
        lane->probe.data = NULL;
        return;
    }
    if (!passing)
        for (uint32_t i = 0; i < lane->probe.count; i++)
            model_refused(model, lane->probe.ids[i]);
    batch_release(&lane->probe);
    if (passing && probe == PROBE_GAP)
        producer_lose(producer);
}
