/*
 * One fetch is out at a time, for all partitions; positions move with what is seen.
 *
 * With a session only what has changed is asked for. A session that is lost, by an error or with
 * its connection, is begun anew by a full fetch.
 */
#include "tools/sim/consumer.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/util.h"
#include "protocol/errors.h"
#include "protocol/record.h"
#include "tools/sim/caller.h"

#define VERSION_MIN 4
#define VERSION_LOG_START 5
#define VERSION_SESSION 7
#define VERSION_NAMES_MAX 12
#define VERSION_ID 13
#define VERSION_MAX 18
#define NO_SESSION_EPOCH (-1)
#define FINISH_BYTES (1 << 20)
#define PATIENT_WAIT_MS 10000
#define BEYOND 1000000
#define OFFSETS_VERSION_MIN 1
#define OFFSETS_VERSION_MAX 11
#define TIME_EARLIEST (-2)

enum consumer_probe { PROBE_NONE, PROBE_BEYOND, PROBE_SESSION, PROBE_EPOCH };

struct position {
    struct model_topic *topic;
    int32_t index;
    int64_t offset;
    int64_t target; /* while finishing */
    int64_t floor;  /* of the fetch that is out */
    int64_t start_floor;
    int64_t in_session; /* the offset the session knows, -1: none */
    bool asked;         /* by the fetch that is out, or by its session */
    bool answered;
    bool at_end;
    bool lost; /* the log begins behind it: where is asked for */
};

struct sim_consumer {
    struct party *party;
    struct consumer_options options;
    struct caller caller;
    struct position *seeking;   /* whose log start is being asked for; null: none */
    struct position *positions; /* MODEL_TOPIC_PARTITIONS_MAX of each topic */
    uint32_t position_count;
    uint64_t moment;
    enum consumer_probe probe;
    int32_t session_id;
    int32_t session_epoch;
    int32_t bytes_max; /* of the fetch that is out */
    bool incremental;  /* so is the fetch that is out */
    bool finishing;
    bool done;
};

static struct model_partition *partition_of(const struct position *position)
{
    return position->topic->partitions[position->index];
}

/* It is there to be read. */
static bool position_lives(const struct position *position)
{
    return position->topic->gone_at == 0 && position->index < position->topic->count;
}

static void consumer_break(struct sim_consumer *consumer, const struct position *position,
                           const char *sentence)
{
    model_break(consumer->party->model, "%s-%d at %lld: %s", position->topic->name, position->index,
                (long long)position->offset, sentence);
}

/* At the end much is to be read quickly. */
static int32_t bytes_asked(struct sim_consumer *consumer)
{
    if (consumer->finishing)
        return FINISH_BYTES;
    return (int32_t)party_random(consumer->party, 1, (uint64_t)consumer->options.bytes_max);
}

/* Whether the request must name this partition. */
static bool position_is_news(const struct sim_consumer *consumer, const struct position *position,
                             uint32_t number)
{
    if (consumer->probe == PROBE_BEYOND)
        return number == 0;
    if (!position_lives(position))
        return false;
    return !consumer->incremental || position->in_session != position->offset;
}

struct fetch_parts {
    struct fetch_request_topic topics[CONSUMER_TOPICS_MAX];
    struct fetch_request_partition *items;
    struct fetch_request_forgotten_topic forgotten[CONSUMER_TOPICS_MAX];
    int32_t forgotten_partitions[CONSUMER_TOPICS_MAX];
    int32_t forgotten_count;
};

static void parts_add(struct sim_consumer *consumer, struct position *position,
                      struct fetch_request_partition *part)
{
    message_defaults(&fetch_request_partition_struct, part);
    part->partition = position->index;
    part->fetch_offset = position->offset;
    part->partition_max_bytes = bytes_asked(consumer);
    position->asked = true;
    if (consumer->probe == PROBE_BEYOND)
        part->fetch_offset = model_floor(partition_of(position)) + BEYOND;
    else if (consumer->options.session)
        position->in_session = position->offset;
}

/* What a session knows and the consumer does not want any more: of each topic one at a time. */
static void parts_forget(struct sim_consumer *consumer, struct fetch_parts *parts, uint32_t topic)
{
    struct position *of_topic = &consumer->positions[(size_t)topic * MODEL_TOPIC_PARTITIONS_MAX];
    for (int32_t i = 0; consumer->incremental && i < MODEL_TOPIC_PARTITIONS_MAX; i++) {
        struct position *position = &of_topic[i];
        if (position->in_session < 0 || position_lives(position))
            continue;
        struct fetch_request_forgotten_topic *forgotten = &parts->forgotten[parts->forgotten_count];
        message_defaults(&fetch_request_forgotten_topic_struct, forgotten);
        forgotten->topic = string_of(position->topic->name);
        forgotten->topic_id = position->topic->id;
        forgotten->partitions.items = &parts->forgotten_partitions[parts->forgotten_count];
        forgotten->partitions.count = 1;
        parts->forgotten_partitions[parts->forgotten_count++] = position->index;
        position->in_session = -1;
        position->asked = false;
        return;
    }
}

static int32_t parts_fill(struct sim_consumer *consumer, struct fetch_parts *parts)
{
    const struct consumer_options *o = &consumer->options;
    int32_t count = 0;
    uint32_t used = 0;
    for (uint32_t t = 0; t < o->topic_count; t++) {
        struct fetch_request_topic *topic = &parts->topics[count];
        message_defaults(&fetch_request_topic_struct, topic);
        topic->topic = string_of(o->topics[t]->name);
        topic->topic_id = o->topics[t]->id;
        topic->partitions.items = &parts->items[used];
        for (uint32_t i = 0; i < MODEL_TOPIC_PARTITIONS_MAX; i++) {
            uint32_t number = t * MODEL_TOPIC_PARTITIONS_MAX + i;
            struct position *position = &consumer->positions[number];
            if (!position_is_news(consumer, position, number))
                continue;
            parts_add(consumer, position, &parts->items[used++]);
            topic->partitions.count++;
        }
        count += topic->partitions.count > 0;
        parts_forget(consumer, parts, t);
    }
    return count;
}

static void consumer_choose_probe(struct sim_consumer *consumer)
{
    const struct consumer_options *o = &consumer->options;
    consumer->probe = PROBE_NONE;
    if (consumer->finishing || !party_chance(consumer->party, o->probe_rate))
        return;
    consumer->probe = (enum consumer_probe)party_random(consumer->party, PROBE_BEYOND, PROBE_EPOCH);
    /* How far one is that was lost with its connection, the broker alone knows. */
    if (consumer->probe == PROBE_EPOCH && consumer->session_epoch == 0)
        consumer->probe = PROBE_SESSION;
    if (consumer->probe == PROBE_BEYOND && !position_lives(&consumer->positions[0]))
        consumer->probe = PROBE_NONE;
}

/* Session id and epoch of the next request. */
static void consumer_set_session(struct sim_consumer *consumer, struct fetch_request *request)
{
    request->session_epoch = NO_SESSION_EPOCH;
    if (consumer->probe == PROBE_SESSION) {
        request->session_id = INT32_MAX - (int32_t)party_random(consumer->party, 0, 7);
        request->session_epoch = 1;
    } else if (consumer->probe == PROBE_EPOCH) {
        request->session_id = consumer->session_id;
        request->session_epoch = consumer->session_epoch + 3;
    } else if (consumer->probe == PROBE_NONE && consumer->options.session) {
        request->session_id = consumer->session_id;
        request->session_epoch = consumer->session_epoch;
    }
}

static void consumer_mark(struct sim_consumer *consumer)
{
    consumer->moment = model_topics_moment(consumer->party->topics);
    for (uint32_t i = 0; i < consumer->position_count; i++) {
        struct position *position = &consumer->positions[i];
        position->answered = false;
        position->asked = consumer->incremental && position->in_session >= 0;
        if (position_lives(position)) {
            position->floor = model_floor(partition_of(position));
            position->start_floor = model_start_floor(partition_of(position));
        }
    }
}

static int16_t consumer_version(struct sim_consumer *consumer)
{
    bool session = consumer->options.session || consumer->probe != PROBE_NONE;
    if (consumer->options.by_id)
        return (int16_t)party_random(consumer->party, VERSION_ID, VERSION_MAX);
    /* A session keeps to one way of naming topics; old versions have none. */
    return (int16_t)party_random(consumer->party, session ? VERSION_SESSION : VERSION_MIN,
                                 VERSION_NAMES_MAX);
}

/* Something acknowledged is there to be read. */
static bool fetch_owed(struct client_call *call)
{
    const struct sim_consumer *consumer = CONTAINER_OF(call, struct sim_consumer, caller.call);
    for (uint32_t i = 0; i < consumer->position_count; i++) {
        const struct position *position = &consumer->positions[i];
        if (position->asked && position_lives(position) &&
            model_floor(partition_of(position)) > position->offset)
            return true;
    }
    return false;
}

/* How long the fetch may wait, and for how much. */
static void consumer_set_wait(struct sim_consumer *consumer, struct fetch_request *request)
{
    const struct consumer_options *o = &consumer->options;
    struct party *party = consumer->party;
    bool quick = consumer->finishing || consumer->probe != PROBE_NONE;
    consumer->caller.call.owed = NULL;
    if (o->patient && !quick) {
        request->max_wait_ms = PATIENT_WAIT_MS;
        request->min_bytes = 1;
        consumer->caller.call.owed = fetch_owed;
        return;
    }
    request->max_wait_ms = quick ? 0 : (int32_t)party_random(party, 0, (uint64_t)o->wait_ms_max);
    request->min_bytes = (int32_t)party_random(party, 0, (uint64_t)o->bytes_min_max);
}

static void consumer_fetch(struct sim_consumer *consumer)
{
    struct party *party = consumer->party;
    struct fetch_parts *parts = mem_alloc(sizeof *parts);
    struct fetch_request request;
    consumer_choose_probe(consumer);
    consumer->incremental =
        consumer->session_id != 0 && consumer->session_epoch > 0 && consumer->probe == PROBE_NONE;
    consumer_mark(consumer);
    message_defaults(&fetch_request_struct, &request);
    consumer_set_wait(consumer, &request);
    request.max_bytes = consumer->bytes_max = bytes_asked(consumer);
    request.isolation_level = (int8_t)party_random(party, 0, 1);
    parts->items = mem_alloc_raw(consumer->position_count * sizeof *parts->items);
    request.topics.items = parts->topics;
    if (consumer->probe == PROBE_NONE || consumer->probe == PROBE_BEYOND)
        request.topics.count = parts_fill(consumer, parts);
    request.forgotten_topics_data.items = parts->forgotten;
    request.forgotten_topics_data.count = parts->forgotten_count;
    consumer_set_session(consumer, &request);
    caller_ask(&consumer->caller, API_FETCH, consumer_version(consumer), &request);
    mem_free(parts->items);
    mem_free(parts);
}

static void consumer_jump(struct sim_consumer *consumer)
{
    struct position *position =
        &consumer->positions[party_random(consumer->party, 0, consumer->position_count - 1)];
    if (position_lives(position))
        position->offset = (int64_t)party_random(consumer->party, 0,
                                                 (uint64_t)model_floor(partition_of(position)));
}

/* Asks where the log begins of the first position that is below. False: there is none. */
static bool consumer_seek(struct sim_consumer *consumer)
{
    struct list_offsets_request request;
    struct list_offsets_request_topic topic;
    struct list_offsets_request_partition part;
    struct position *position = NULL;
    for (uint32_t i = 0; i < consumer->position_count && position == NULL; i++)
        if (consumer->positions[i].lost && position_lives(&consumer->positions[i]))
            position = &consumer->positions[i];
    consumer->seeking = position;
    if (position == NULL)
        return false;
    consumer->caller.call.owed = NULL;
    consumer->moment = model_topics_moment(consumer->party->topics);
    position->start_floor = model_start_floor(partition_of(position));
    message_defaults(&list_offsets_request_struct, &request);
    message_defaults(&list_offsets_request_topic_struct, &topic);
    message_defaults(&list_offsets_request_partition_struct, &part);
    part.partition_index = position->index;
    part.timestamp = TIME_EARLIEST;
    topic.name = string_of(position->topic->name);
    topic.partitions.items = &part;
    topic.partitions.count = 1;
    request.replica_id = -1;
    request.topics.items = &topic;
    request.topics.count = 1;
    caller_ask(&consumer->caller, API_LIST_OFFSETS,
               (int16_t)party_random(consumer->party, OFFSETS_VERSION_MIN, OFFSETS_VERSION_MAX),
               &request);
    return true;
}

/* It goes on where the log begins. The name may mean another life of the topic by now. */
static void consumer_sought(struct sim_consumer *consumer, struct position *position,
                            const struct list_offsets_response *answer)
{
    if (!model_topic_stays(position->topic)) {
        position->lost = false;
        return;
    }
    if (answer->topics.count != 1 || answer->topics.items[0].partitions.count != 1) {
        consumer_break(consumer, position, "the log start is not what was asked for");
        return;
    }
    const struct list_offsets_response_partition_response *told =
        answer->topics.items[0].partitions.items;
    if (told->error_code == KAFKA_KAFKA_STORAGE_ERROR ||
        (told->error_code == KAFKA_UNKNOWN_TOPIC_OR_PARTITION &&
         !model_topic_everywhere(position->topic, position->index)))
        return;
    if (told->error_code != KAFKA_NONE) {
        model_break(consumer->party->model, "%s-%d: where it begins is answered with error %d",
                    position->topic->name, position->index, told->error_code);
        return;
    }
    model_told_start(consumer->party->model, partition_of(position), told->offset,
                     position->start_floor);
    position->offset = MAX(position->offset, told->offset);
    position->lost = false;
}

static bool consumer_has_work(const struct sim_consumer *consumer)
{
    for (uint32_t i = 0; i < consumer->options.topic_count; i++)
        if (consumer->options.topics[i]->gone_at == 0)
            return true;
    return false;
}

static void consumer_next(struct timer *timer)
{
    struct sim_consumer *consumer = CONTAINER_OF(timer, struct sim_consumer, caller.next);
    if (!consumer_has_work(consumer)) {
        consumer->done = true;
        return;
    }
    if (consumer_seek(consumer))
        return;
    if (!consumer->finishing && party_chance(consumer->party, consumer->options.jump_rate))
        consumer_jump(consumer);
    consumer_fetch(consumer);
}

static record_id tombstone_of(const struct record *record)
{
    bool is_one = record->value.len < 0 && record->key.len == sizeof(record_id);
    return is_one ? load_be64(record->key.data) : 0;
}

/* What a batch says of itself in its header. */
static void consumer_check_header(struct sim_consumer *consumer, const struct position *position,
                                  struct batch_span batch)
{
    const struct model_topic_plan *plan = &position->topic->plan;
    if (batch_base_offset(batch.data) > position->offset && !plan->compact)
        consumer_break(consumer, position, "the next batch begins behind the offset asked for");
    if (plan->compression != MODEL_COMPRESSION_KEPT && batch_record_count(batch.data) > 0 &&
        batch_compression(batch.data) != plan->compression)
        consumer_break(consumer, position, "a batch has another compression than its topic");
    if (batch_is_log_append_time(batch.data) != plan->append_time)
        consumer_break(consumer, position, "a batch has the wrong kind of times");
    model_batch_at(consumer->party->model, partition_of(position), batch_base_offset(batch.data),
                   (uint32_t)batch.len);
    model_seen_epoch(consumer->party->model, partition_of(position), batch_base_offset(batch.data),
                     batch_last_offset(batch.data), batch_leader_epoch(batch.data));
}

/* Every record of a batch; false when it is broken. */
static bool consumer_see_records(struct sim_consumer *consumer, const struct position *position,
                                 struct batch_span batch)
{
    struct party *party = consumer->party;
    int64_t base = batch_base_offset(batch.data);
    int32_t count = batch_record_count(batch.data);
    const struct model_topic_plan *plan = &position->topic->plan;
    struct bytes records;
    struct reader reader;
    bool dense = count >= 1 && count == batch_last_offset_delta(batch.data) + 1;
    if (batch_compute_crc(batch.data, batch.len) != batch_crc(batch.data) ||
        (!dense && !plan->compact) ||
        batch_unpack(batch, party->compressor, &party->scratch, &records) != 0)
        return false;
    reader_init(&reader, records.data, records.len);
    for (int32_t i = 0; i < count; i++) {
        struct record record;
        if (record_read(&reader, &record) != 0 || (dense && record.offset_delta != i) ||
            record.offset_delta < i)
            return false;
        struct model_sight sight = {
            .offset = base + record.offset_delta,
            .time_ms = plan->append_time
                           ? batch_max_timestamp(batch.data)
                           : batch_base_timestamp(batch.data) + record.timestamp_delta,
            .value = blob_bytes(record.value),
            .tombstone = tombstone_of(&record),
        };
        model_seen(party->model, partition_of(position), &sight);
    }
    return reader_left(&reader) == 0;
}

/* Reads one whole batch; false when it is broken. What others have seen, byte for byte, is not
 * taken apart again: with several consumers that would be most of their work. */
static bool consumer_take_batch(struct sim_consumer *consumer, struct position *position,
                                struct batch_span batch)
{
    struct model_partition *p = partition_of(position);
    int64_t base = batch_base_offset(batch.data);
    uint64_t hash = hash_bytes((struct bytes){batch.data, batch.len});
    if (!model_knows_batch(p, base, hash)) {
        if (!consumer_see_records(consumer, position, batch))
            return false;
        model_seen_batch(p, base, hash);
    }
    consumer_check_header(consumer, position, batch);
    position->offset = MAX(position->offset, batch_last_offset(batch.data) + 1);
    return true;
}

static void consumer_take_error(struct sim_consumer *consumer, struct position *position,
                                int16_t error)
{
    const struct model_topic *topic = position->topic;
    bool unknown = error == KAFKA_UNKNOWN_TOPIC_OR_PARTITION || error == KAFKA_UNKNOWN_TOPIC_ID ||
                   error == KAFKA_INCONSISTENT_TOPIC_ID;
    if (consumer->probe == PROBE_BEYOND && error == KAFKA_OFFSET_OUT_OF_RANGE)
        return;
    if (error == KAFKA_OFFSET_OUT_OF_RANGE && topic->plan.retains) {
        model_told_out_of_range(consumer->party->model, partition_of(position), position->offset,
                                position->floor);
        position->lost = true;
        return;
    }
    int64_t start = model_start_ceiling(partition_of(position));
    if (error == KAFKA_OFFSET_OUT_OF_RANGE && position->offset < start) {
        position->offset = start;
        return;
    }
    if (error == KAFKA_KAFKA_STORAGE_ERROR || error == KAFKA_UNKNOWN_TOPIC_OR_PARTITION ||
        (unknown && topic->going_at != 0))
        return;
    model_break(consumer->party->model, "%s-%d: reading at %lld failed with error %d", topic->name,
                position->index, (long long)position->offset, error);
}

/* How much of `records` there is, in batches; false when something in it is no batch. */
static bool consumer_take_records(struct sim_consumer *consumer, struct position *position,
                                  struct bytes records, uint32_t *batches)
{
    struct batch_span batch;
    size_t at = 0;
    int result;
    *batches = 0;
    while ((result = batch_next(records, at, &batch)) == 0) {
        if (!consumer_take_batch(consumer, position, batch))
            return false;
        at += batch.len;
        (*batches)++;
    }
    return result == ERR_NOT_FOUND || result == ERR_SHORT;
}

static void consumer_take_part(struct sim_consumer *consumer, struct position *position,
                               const struct fetch_response_partition_data *part, uint32_t *batches)
{
    struct model *model = consumer->party->model;
    struct model_topic *topic = position->topic;
    *batches = 0;
    if (part->error_code != KAFKA_NONE) {
        consumer_take_error(consumer, position, part->error_code);
        return;
    }
    if (topic->gone_at != 0 && topic->gone_at < consumer->moment)
        consumer_break(consumer, position, "it was read after its deletion was confirmed");
    if (consumer->probe == PROBE_BEYOND)
        consumer_break(consumer, position, "reading far beyond the end succeeded");
    model_told_end(model, partition_of(position), part->high_watermark, position->floor);
    if (part->last_stable_offset != part->high_watermark)
        consumer_break(consumer, position, "the last stable offset is not the high watermark");
    if (consumer->caller.call.version >= VERSION_LOG_START)
        model_told_start(model, partition_of(position), part->log_start_offset,
                         position->start_floor);
    if (position->offset < position->start_floor && consumer->probe != PROBE_BEYOND)
        consumer_break(consumer, position, "what was removed is there again");
    if (!consumer_take_records(consumer, position, blob_bytes(part->records), batches))
        consumer_break(consumer, position, "a batch is broken");
    /* A jump may have gone to the floor, which others have since moved. */
    if (*batches > 0 && position->offset > part->high_watermark)
        consumer_break(consumer, position, "it was visible above the high watermark");
    position->at_end = position->offset == part->high_watermark;
}

static struct position *position_told(struct sim_consumer *consumer,
                                      const struct fetch_response_fetchable_topic_response *topic,
                                      int32_t index)
{
    const struct consumer_options *o = &consumer->options;
    for (uint32_t t = 0; t < o->topic_count; t++) {
        bool same =
            consumer->caller.call.version >= VERSION_ID
                ? uuid_equal(topic->topic_id, o->topics[t]->id)
                : bytes_equal(string_bytes(topic->topic), bytes_of_string(o->topics[t]->name));
        if (same && index >= 0 && index < MODEL_TOPIC_PARTITIONS_MAX)
            return &consumer->positions[t * MODEL_TOPIC_PARTITIONS_MAX + (uint32_t)index];
    }
    return NULL;
}

/* The limits of the request, and that each partition of a full fetch is there. */
static void consumer_check_whole(struct sim_consumer *consumer, uint64_t bytes, uint32_t batches)
{
    if (bytes > (uint64_t)consumer->bytes_max && batches > 1)
        model_break(consumer->party->model, "a fetch of %d bytes brought %llu in %u batches",
                    consumer->bytes_max, (unsigned long long)bytes, batches);
    for (uint32_t i = 0; !consumer->incremental && i < consumer->position_count; i++)
        if (consumer->positions[i].asked && !consumer->positions[i].answered)
            consumer_break(consumer, &consumer->positions[i], "a fetch did not answer it");
}

static void consumer_take(struct sim_consumer *consumer, const struct fetch_response *answer)
{
    uint64_t bytes = 0;
    uint32_t batches = 0;
    for (int32_t i = 0; i < answer->responses.count; i++) {
        const struct fetch_response_fetchable_topic_response *topic = &answer->responses.items[i];
        for (int32_t j = 0; j < topic->partitions.count; j++) {
            const struct fetch_response_partition_data *part = &topic->partitions.items[j];
            struct position *position = position_told(consumer, topic, part->partition_index);
            uint32_t brought;
            if (position == NULL || !position->asked || position->answered) {
                model_break(consumer->party->model, "a fetch answer has a partition too many");
                return;
            }
            position->answered = true;
            consumer_take_part(consumer, position, part, &brought);
            bytes += blob_bytes(part->records).len;
            batches += brought;
        }
    }
    consumer_check_whole(consumer, bytes, batches);
}

static void consumer_forget_session(struct sim_consumer *consumer)
{
    consumer->session_epoch = 0;
    for (uint32_t i = 0; i < consumer->position_count; i++)
        consumer->positions[i].in_session = -1;
}

/* The answer as a whole: false when it carries no partitions. */
static bool consumer_take_session(struct sim_consumer *consumer,
                                  const struct fetch_response *answer)
{
    int16_t error = answer->error_code;
    bool lost =
        error == KAFKA_FETCH_SESSION_ID_NOT_FOUND || error == KAFKA_INVALID_FETCH_SESSION_EPOCH;
    if (consumer->probe == PROBE_SESSION || consumer->probe == PROBE_EPOCH) {
        if (consumer->probe == PROBE_SESSION ? error != KAFKA_FETCH_SESSION_ID_NOT_FOUND : !lost)
            model_break(consumer->party->model, "a fetch of an unknown session or epoch gave %d",
                        error);
        if (error == KAFKA_FETCH_SESSION_ID_NOT_FOUND && consumer->probe == PROBE_EPOCH)
            consumer_forget_session(consumer);
        return false;
    }
    if (lost && consumer->incremental) {
        consumer_forget_session(consumer);
        return false;
    }
    if (error != KAFKA_NONE) {
        model_break(consumer->party->model, "a fetch failed with error %d", error);
        return false;
    }
    if (!consumer->options.session || consumer->probe != PROBE_NONE)
        return true;
    /* 0: it found no room any more. */
    if (consumer->incremental && answer->session_id != 0 &&
        answer->session_id != consumer->session_id)
        model_break(consumer->party->model, "session %d was answered as %d", consumer->session_id,
                    answer->session_id);
    consumer->session_id = answer->session_id;
    consumer->session_epoch = answer->session_id == 0 ? 0 : consumer->session_epoch + 1;
    return true;
}

static bool consumer_is_through(const struct sim_consumer *consumer)
{
    for (uint32_t i = 0; i < consumer->position_count; i++) {
        const struct position *position = &consumer->positions[i];
        if (!position_lives(position))
            continue;
        if (consumer->options.audits ? !position->at_end : position->offset < position->target)
            return false;
    }
    return true;
}

static void consumer_finish_audit(struct sim_consumer *consumer)
{
    for (uint32_t i = 0; consumer->options.audits && i < consumer->position_count; i++) {
        const struct position *position = &consumer->positions[i];
        if (position_lives(position))
            model_read_whole(consumer->party->model, partition_of(position), position->offset);
    }
}

static void consumer_done(struct client_call *call, const void *message)
{
    struct sim_consumer *consumer = CONTAINER_OF(call, struct sim_consumer, caller.call);
    struct party *party = consumer->party;
    const struct fetch_response *answer = consumer->seeking == NULL ? message : NULL;
    if (consumer->seeking != NULL && message != NULL)
        consumer_sought(consumer, consumer->seeking, message);
    else if (answer == NULL)
        consumer_forget_session(consumer);
    else if (consumer_take_session(consumer, answer))
        consumer_take(consumer, answer);
    if (party->leaving || consumer->done)
        return;
    if (consumer->finishing && answer != NULL && consumer_is_through(consumer)) {
        consumer->done = true;
        consumer_finish_audit(consumer);
        return;
    }
    caller_pause(&consumer->caller, consumer->options.pause_ns_max);
}

struct sim_consumer *sim_consumer_new(struct party *party, const struct consumer_options *options)
{
    ASSERT(options->topic_count > 0 && options->topic_count <= CONSUMER_TOPICS_MAX);
    struct sim_consumer *consumer = mem_alloc(sizeof *consumer);
    consumer->party = party;
    consumer->options = *options;
    consumer->finishing = options->audits;
    if (options->audits)
        model_last_read_begins(party->model);
    caller_init(&consumer->caller, party, consumer_next, consumer_done);
    consumer->position_count = options->topic_count * MODEL_TOPIC_PARTITIONS_MAX;
    consumer->positions = mem_alloc_array(consumer->position_count, sizeof *consumer->positions);
    for (uint32_t i = 0; i < consumer->position_count; i++)
        consumer->positions[i] = (struct position){
            .topic = options->topics[i / MODEL_TOPIC_PARTITIONS_MAX],
            .index = (int32_t)(i % MODEL_TOPIC_PARTITIONS_MAX),
            .in_session = -1,
        };
    return consumer;
}

void sim_consumer_free(struct sim_consumer *consumer)
{
    caller_fini(&consumer->caller);
    mem_free(consumer->positions);
    mem_free(consumer);
}

void sim_consumer_start(struct sim_consumer *consumer)
{
    caller_start(&consumer->caller);
}

void sim_consumer_finish(struct sim_consumer *consumer)
{
    consumer->finishing = true;
    for (uint32_t i = 0; i < consumer->position_count; i++)
        if (position_lives(&consumer->positions[i]))
            consumer->positions[i].target = model_floor(partition_of(&consumer->positions[i]));
}

bool sim_consumer_done(const struct sim_consumer *consumer)
{
    return consumer->done;
}

bool sim_consumer_retire(struct sim_consumer *consumer)
{
    if (consumer->caller.client.state != CLIENT_CLOSED)
        client_abandon(&consumer->caller.client);
    return consumer->caller.client.state == CLIENT_CLOSED;
}
