/*
 * A scene: one simulated machine with the whole broker on it, and a client that does one thing at a
 * time, so that a test tells a sequence of events as a sentence does.
 *
 *     struct scene *s = scene_new(&(struct scene_options){0});
 *     scene_start(s);
 *     scene_create(s, "t", 1);
 *     scene_put(s, "t", 0, 1);
 *     scene_plan(s, (struct sim_failure){.kind = SIM_DISK_WRITE, .path = WAL_FILES, .number = 1});
 *     scene_put(s, "t", 0, 2);
 *     scene_crash(s);
 *     scene_start(s);
 *     scene_expect(s, "t", 0, "1 2");
 *     scene_free(s);
 *
 * Nothing is flushed to segments unless the test says so (scene_flush): the flush profile waits for
 * five quiet seconds. Everything is on one thread and decided by the seed: a scene always plays the
 * same. Each function fails the test when what it does fails, unless it says otherwise.
 */
#pragma once

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdint.h>

#include "io/sim/sim.h"
#include "protocol/errors.h"
#include "wal/wal_format.h"

#define DATA "/data"
/* Parts of paths, for failures; the first is that of the stream's head as well. */
#define WAL_FILES(stream) DATA "/.odradek-wal-" #stream "-"
#define WAL_HEAD(stream) DATA "/.odradek-wal-" #stream "-head"
#define CHECKPOINTS DATA "/.odradek-checkpoint-"

#define MS (UINT64_C(1000000))
#define SECOND (UINT64_C(1000000000))
/* What scene_answered gives when no answer came, or the connection broke. */
#define NO_ANSWER (-1000)

struct scene;

struct scene_options {
    uint64_t seed;             /* 0: 1 */
    unsigned cores;            /* 0: 1 */
    const char *flush_profile; /* null: extreme */
    const char *const *settings;
    bool tell; /* the broker's log on standard error */
};

struct scene *scene_new(const struct scene_options *options);
/* Another broker in the same world: a machine, a disk and a port of its own, by the name
 * "beside-<n>"; its clients are on the same machine as the first one's. Whatever lets time pass for
 * one lets it pass for all. It is freed before the scene it is beside. The seed is not read. */
struct scene *scene_new_beside(struct scene *first, const struct scene_options *options);
void scene_free(struct scene *s);
struct sim *scene_world(struct scene *s);
struct sim_host *scene_host(struct scene *s);
/* Lets time pass; and until the machine is off, at most a minute: whether it is. */
void scene_wait(struct scene *s, uint64_t ns);
bool scene_off(struct scene *s);

/* Everybody's wall clock jumps. */
void scene_shift_clocks(struct scene *s, int64_t ms);

/* The broker's life. */

/* Starts it and waits until it answers. */
void scene_start(struct scene *s);
/* Starts it, and it must end by itself: its exit code. */
int scene_start_refused(struct scene *s);
/* Starts it; false when it ended, or the power went, before it answered. */
bool scene_try_start(struct scene *s);
/* Starts it, and comes back at once. */
void scene_begin(struct scene *s);
void scene_crash(struct scene *s); /* the power goes */
void scene_kill(struct scene *s);  /* the process goes */
/* Asks it to stop: whether it came to its end within a minute, and cleanly. */
bool scene_stop(struct scene *s);
void scene_set_cores(struct scene *s, unsigned cores);
/* Whether the log has this text since the last start. */
bool scene_said(const struct scene *s, const char *text);
const char *scene_told(const struct scene *s);

/* The clients: each a connection of its own. All below is done by the one that is used, the first
 * unless the test says otherwise; each end of the broker's life makes it the first again. */
#define SCENE_CLIENTS 6
void scene_use(struct scene *s, unsigned client);

/* A request of any kind, in the version that the scenes speak, and its answer; null when none came.
 * Valid until the next one. */
const void *scene_call(struct scene *s, int16_t api_key, const void *request);
/* The same in two steps. */
void scene_ask(struct scene *s, int16_t api_key, const void *request);
const void *scene_take(struct scene *s, int16_t api_key);

void scene_create(struct scene *s, const char *topic, int32_t partitions);
/* A compacted topic of one partition: each batch is a segment of its own when it is flushed, if its
 * timestamp lies more than a millisecond behind that of the one before it. */
void scene_create_compacted(struct scene *s, const char *topic, const char *tombstone_ms);
/* The error code, or NO_ANSWER. */
int scene_try_create(struct scene *s, const char *topic, int32_t partitions);
int scene_delete(struct scene *s, const char *topic);

struct scene_producer {
    int64_t id;
    int16_t epoch;
};
struct scene_producer scene_producer(struct scene *s);

/* One batch: `records` records (0: one), whose values begin with value, value + 1, ... and have
 * `bytes` bytes (0: as few as possible). */
struct scene_batch {
    const char *topic;
    int32_t partition;
    uint32_t value;
    uint32_t records;
    uint32_t bytes;
    uint32_t key;                    /* of all records, 0: none */
    bool tombstone;                  /* they have no value */
    const struct scene_producer *as; /* null: nobody */
    int32_t sequence;
    int64_t timestamp; /* 0: now */
};
struct scene_ack {
    int error; /* of Kafka, or NO_ANSWER */
    int64_t offset;
};
/* Sends, and does not wait. Answers come in the order of the requests. */
void scene_send(struct scene *s, struct scene_batch batch);
/* The next answer to a produce, within a minute. */
struct scene_ack scene_answered(struct scene *s);
/* Whether an answer has come; it is still to be taken. */
bool scene_has_answer(struct scene *s);
struct scene_ack scene_produce(struct scene *s, struct scene_batch batch);
/* One record with this value, which must be acknowledged: its offset. */
int64_t scene_put(struct scene *s, const char *topic, int32_t partition, uint32_t value);
/* The same: the error code, or NO_ANSWER. */
int scene_try_put(struct scene *s, const char *topic, int32_t partition, uint32_t value);
/* What a consumer reads from offset 0 to the high watermark: the values, with a space between
 * ("-" for none); at an error "error N" in the end; "@N" before a value that does not follow the
 * one before it. Valid until the next read. */
const char *scene_read(struct scene *s, const char *topic, int32_t partition);
const char *scene_read_from(struct scene *s, const char *topic, int32_t partition, int64_t from);
/* Asks for so many bytes of a partition at most; the answer is still to be taken. */
void scene_ask_fetch(struct scene *s, const char *name, int32_t partition, int64_t offset,
                     int32_t bytes_max);
#define scene_expect(s, topic, partition, values) \
    cr_assert_str_eq(scene_read(s, topic, partition), values)
/* "1 2 3 ... last": for many values. Valid until the next one. */
const char *scene_count_to(uint32_t last);
/* Everything acknowledged so far goes to segments, and the checkpoint says so. */
void scene_flush(struct scene *s);

/* The disk. */

void scene_plan(struct scene *s, struct sim_failure failure);
/* The planned failure is met; fails the test when it is not within a minute. */
void scene_await_plan(struct scene *s);
void scene_no_plan(struct scene *s);
bool scene_exists(struct scene *s, const char *path);
uint64_t scene_size(struct scene *s, const char *path);
/* A bit is wrong in each sector of the range. */
void scene_damage(struct scene *s, const char *path, uint64_t pos, uint64_t len);
void scene_write(struct scene *s, const char *path, const void *data, uint64_t len, uint64_t pos);
void scene_read_file(struct scene *s, const char *path, void *data, uint64_t len, uint64_t pos);
void scene_remove(struct scene *s, const char *path);
/* A whole directory without directories in it. */
void scene_remove_directory(struct scene *s, const char *path);
/* From now on so many bytes are free. */
void scene_leave_free(struct scene *s, uint64_t bytes);

/* Groups of a WAL stream that are intact on the disk, of all its lives, by sequence. */
struct scene_group {
    char path[160];
    struct wal_group_header header;
};
#define SCENE_GROUPS_MAX 512
struct scene_groups {
    uint32_t count;
    struct scene_group items[SCENE_GROUPS_MAX];
};
/* Valid until the next call. */
const struct scene_groups *scene_wal(struct scene *s, unsigned stream);
/* The last of them. */
struct scene_group scene_wal_last(struct scene *s, unsigned stream);

/*
 * Sweeps: `act` with the power going at its first, its second, ... change of the disk, each time in
 * a new world that `before` has prepared, until it comes through; behind each end `after`, on a
 * machine that is off. Every `stride`th change (0: each). How many there were.
 *
 * SCENE_EVERY_CHANGE in the environment makes every stride 1: ./dev check --long does.
 */
struct scene_sweep {
    struct scene_options options;
    unsigned stride;
    const char *path; /* of the changes that count, null: all */
    void (*before)(struct scene *s);
    void (*act)(struct scene *s);
    void (*after)(struct scene *s);
};
uint64_t scene_sweep(const struct scene_sweep *sweep);
/* For loops of a test's own. */
unsigned scene_stride(unsigned usual);
