/* The two slots of a stream's checkpoint. */
#include "partition/checkpoint.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/mem.h"
#include "base/util.h"
#include "partition/producers.h"
#include "tests/partition/shard_fixture.h"

static struct rig rig;

static void setup(void)
{
    rig_init(&rig);
}

static void teardown(void)
{
    rig_fini(&rig);
}

TestSuite(checkpoint, .init = setup, .fini = teardown);

/* Checkpoints of one partition whose synced end is the checkpoint's number. */

struct text {
    uint8_t *data;
    uint64_t len;
};

static struct text encode(uint64_t number)
{
    struct shard *shard = rig_shard(&rig, 0);
    struct wal_position position = {number + 100, number + 200};
    struct text text = {.len = checkpoint_size(shard)};
    text.data = mem_alloc(text.len);
    checkpoint_encode(shard, number, &position, text.data, text.len);
    return text;
}

static void store(uint64_t number, const struct text *text)
{
    cr_assert_eq(checkpoint_write(&rig.files.fs, rig.root, 0, number, text->data, text->len), 0);
}

static void write_number(uint64_t number)
{
    rig_partition(&rig, 0)->synced_end = (int64_t)number;
    struct text text = encode(number);
    store(number, &text);
    mem_free(text.data);
}

/* The number that is loaded, or the error. */
static int64_t load(void)
{
    struct checkpoint c;
    int result = checkpoint_load(&rig.files.fs, rig.root, 0, &c);
    if (result != 0)
        return result;
    cr_assert_eq(c.position.file, c.number + 100);
    cr_assert_eq(c.position.sequence, c.number + 200);
    cr_assert_eq(c.count, 1);
    cr_assert_eq(c.partitions[0].synced_end, (int64_t)c.number);
    int64_t number = (int64_t)c.number;
    checkpoint_free(&c);
    return number;
}

/* An idle shard with one partition; its own checkpoints are gone. */
static void prepare(void)
{
    rig_add(&rig, "topic", 0, 1);
    cr_assert_eq(rig_start(&rig), 0);
    cr_assert_eq(checkpoint_remove(&rig.files.fs, rig.root, 0), 0);
}

static void slot_path(unsigned slot, char path[256])
{
    char name[64];
    snprintf(name, sizeof name, ".odradek-checkpoint-0-%u", slot);
    rig_path(&rig, name, path);
}

/* Changes one byte of a slot, or cuts it there. */
static void damage(unsigned slot, long at, bool cut)
{
    char path[256];
    slot_path(slot, path);
    int file = file_open(file_system_real(), path, 0);
    uint8_t byte;
    cr_assert_geq(file, 0);
    cr_assert_eq(file_read(file_system_real(), file, &byte, 1, (uint64_t)at), 1);
    byte ^= 0x40;
    cr_assert_eq(file_write(file_system_real(), file, &byte, 1, (uint64_t)at), 0);
    if (cut)
        cr_assert_eq(file_truncate(file_system_real(), file, (uint64_t)at), 0);
    file_close(file_system_real(), file);
}

Test(checkpoint, none_is_not_found)
{
    prepare();
    cr_assert_eq(load(), ERR_NOT_FOUND);
    cr_assert_eq(checkpoint_remove(&rig.files.fs, rig.root, 0), 0);
}

Test(checkpoint, newer_of_two_slots_counts)
{
    prepare();
    write_number(4);
    cr_assert_eq(load(), 4);
    write_number(5);
    cr_assert_eq(load(), 5);
    write_number(6);
    cr_assert_eq(load(), 6);
    cr_assert_eq(checkpoint_remove(&rig.files.fs, rig.root, 0), 0);
    cr_assert_eq(load(), ERR_NOT_FOUND);
}

/* The older one alone would take back what was flushed since, when the WAL is gone already. */
Test(checkpoint, older_slot_is_removed_before_the_newest)
{
    prepare();
    for (uint64_t newest = 8; newest <= 9; newest++) {
        char older[64];
        char path[64];
        snprintf(older, sizeof older, ".odradek-checkpoint-0-%u", (unsigned)(newest - 1) & 1);
        snprintf(path, sizeof path, ".odradek-checkpoint-0-%u", (unsigned)newest & 1);
        write_number(newest - 1);
        write_number(newest);
        rig.files.fault = (struct file_fault){VERB_REMOVE, path, ERR_IO, 1, 0};
        cr_assert_eq(checkpoint_remove(&rig.files.fs, rig.root, 0), ERR_IO);
        cr_assert_eq(load(), (int64_t)newest);
        cr_assert_not(rig_has(&rig, older));
        cr_assert_eq(checkpoint_remove(&rig.files.fs, rig.root, 0), 0);
        cr_assert_eq(load(), ERR_NOT_FOUND);
    }
}

Test(checkpoint, torn_newest_falls_back_to_the_older)
{
    prepare();
    write_number(8);
    struct text text = encode(9);
    char path[256];
    slot_path(1, path);
    for (uint64_t len = 0; len < text.len; len++) {
        FILE *file = fopen(path, "wb");
        fwrite(text.data, 1, len, file);
        fclose(file);
        cr_assert_eq(load(), 8, "%llu", (unsigned long long)len);
    }
    mem_free(text.data);
}

Test(checkpoint, every_flipped_byte_is_noticed)
{
    prepare();
    write_number(8);
    write_number(9);
    struct text text = encode(9);
    for (long at = 0; at < (long)text.len; at++) {
        if (at == 6 || at == 7)
            continue; /* these two mean nothing */
        damage(1, at, false);
        cr_assert_eq(load(), 8, "%ld", at);
        damage(1, at, false);
        cr_assert_eq(load(), 9);
    }
    mem_free(text.data);
}

Test(checkpoint, both_slots_damaged_is_damage)
{
    prepare();
    write_number(8);
    write_number(9);
    damage(0, 30, false);
    damage(1, 30, false);
    cr_assert_eq(load(), ERR_CORRUPT);
}

Test(checkpoint, newer_version_is_named_when_nothing_older_is_whole)
{
    prepare();
    write_number(8);
    damage(0, 4, false); /* version 0x4001 */
    cr_assert_eq(load(), ERR_VERSION);
    write_number(9);
    cr_assert_eq(load(), 9);
    damage(1, 30, false);
    cr_assert_eq(load(), ERR_VERSION);
}

Test(checkpoint, shorter_one_over_a_longer_one_counts)
{
    rig_add(&rig, "second", 0, 1);
    prepare();
    rig_partition(&rig, 1)->synced_end = 7;
    struct text longer = encode(2);
    store(2, &longer);
    rig_partition(&rig, 1)->synced_end = 0;
    partition_delete(rig_partition(&rig, 0));
    rig.places[0] = rig.places[1];
    rig.places[1].partition = NULL;
    rig_settle(&rig);
    write_number(4);
    cr_assert_eq(load(), 4);
    mem_free(longer.data);
}

Test(checkpoint, count_that_cannot_be_is_damage)
{
    prepare();
    struct text text = encode(2);
    store_be32(text.data + 44, 2);
    store_be32(text.data + 8, crc32c(0, text.data + 12, text.len - 12));
    store(2, &text);
    cr_assert_eq(load(), ERR_CORRUPT);
    store_be32(text.data + 44, UINT32_MAX);
    store_be32(text.data + 8, crc32c(0, text.data + 12, text.len - 12));
    store(2, &text);
    cr_assert_eq(load(), ERR_CORRUPT);
    mem_free(text.data);
}

Test(checkpoint, negative_offsets_and_partitions_are_damage)
{
    static const size_t at[] = {48 + 16, 48 + 16 + 4, 48 + 16 + 4 + 8};
    prepare();
    for (size_t i = 0; i < 3; i++) {
        struct text text = encode(2);
        text.data[at[i]] = 0x80;
        store_be32(text.data + 8, crc32c(0, text.data + 12, text.len - 12));
        store(2, &text);
        cr_assert_eq(load(), ERR_CORRUPT);
        mem_free(text.data);
    }
}

Test(checkpoint, epochs_that_do_not_ascend_are_damage)
{
    prepare();
    epochs_assign(&rig_partition(&rig, 0)->epochs, 1, 0);
    epochs_assign(&rig_partition(&rig, 0)->epochs, 2, 10);
    struct text text = encode(2);
    store_be32(text.data + 48 + 16 + 4 + 8 + 8 + 4 + 12, 1);
    store_be32(text.data + 8, crc32c(0, text.data + 12, text.len - 12));
    store(2, &text);
    cr_assert_eq(load(), ERR_CORRUPT);
    mem_free(text.data);
}

Test(checkpoint, everything_comes_back)
{
    rig_add(&rig, "second", 3, 1);
    prepare();
    struct partition *p = rig_partition(&rig, 0);
    p->synced_end = 50;
    p->log_start = 11;
    epochs_assign(&p->epochs, 2, 0);
    epochs_assign(&p->epochs, 6, 40);
    for (int i = 0; i < 5; i++) {
        struct producer_batch batch = {
            .producer_id = 77,
            .epoch = 3,
            .first_sequence = 10 * i,
            .last_sequence = 10 * i + 9,
            .base_offset = 10 * i,
            .last_offset = 10 * i + 9,
            .timestamp = 1000 + i,
        };
        producers_apply(p->producers, &batch, NULL);
    }
    struct text text = encode(1);
    store(1, &text);
    mem_free(text.data);
    struct checkpoint c;
    cr_assert_eq(checkpoint_load(&rig.files.fs, rig.root, 0, &c), 0);
    cr_assert_eq(c.count, 2);
    const struct checkpoint_partition *found = &c.partitions[0];
    cr_assert(uuid_equal(found->topic_id, p->topic_id));
    cr_assert_eq(found->index, 3);
    cr_assert_eq(found->synced_end, 50);
    cr_assert_eq(found->log_start, 11);
    cr_assert_eq(found->epochs.count, 2);
    cr_assert_eq(found->epochs.entries[1].epoch, 6);
    cr_assert_eq(found->epochs.entries[1].start_offset, 40);
    struct producers *producers = producers_new();
    cr_assert_eq(producers_snapshot_read(producers, found->producers), 0);
    for (int i = 0; i < 5; i++) {
        struct producer_batch original;
        struct producer_batch repeat = {
            .producer_id = 77, .epoch = 3, .first_sequence = 10 * i, .last_sequence = 10 * i + 9};
        cr_assert_eq(producers_check(producers, &repeat, &original), PRODUCER_DUPLICATE);
        cr_assert_eq(original.base_offset, 10 * i);
        cr_assert_eq(original.timestamp, 1000 + i);
    }
    producers_free(producers);
    checkpoint_free(&c);
}

Test(checkpoint, buffer_of_the_flusher_grows_with_the_partitions)
{
    prepare();
    for (int32_t i = 1; i < 60; i++) {
        uint32_t place = rig_add(&rig, "topic", i, 1);
        rig_append_many(&rig, place, 1);
        rig_flush(&rig);
    }
    struct checkpoint c;
    cr_assert_eq(checkpoint_load(&rig.files.fs, rig.root, 0, &c), 0);
    cr_assert_eq(c.count, 60);
    checkpoint_free(&c);
    uint64_t before = rig_shard(&rig, 0)->flush.checkpoint_capacity;
    rig_append_many(&rig, 5, 1);
    rig_flush(&rig);
    cr_assert_eq(rig_shard(&rig, 0)->flush.checkpoint_capacity, before);
}

/* Failing and being cut off. */

Test(checkpoint, every_failing_verb_is_told_and_leaves_the_older)
{
    prepare();
    write_number(4);
    write_number(5);
    static const struct file_fault faults[] = {
        {VERB_OPEN, "checkpoint-0-0", ERR_TOO_MANY_FILES, 1, 0},
        {VERB_WRITE, "checkpoint-0-0", ERR_NO_SPACE, 1, 0},
        {VERB_SYNC, "checkpoint-0-0", ERR_IO, 1, 0},
    };
    struct text text = encode(6);
    for (size_t i = 0; i < ARRAY_LENGTH(faults); i++) {
        rig.files.fault = faults[i];
        cr_assert_eq(checkpoint_write(&rig.files.fs, rig.root, 0, 6, text.data, text.len),
                     faults[i].error);
        watched_files_crash(&rig.files);
        cr_assert_geq(load(), 5);
    }
    mem_free(text.data);
}

/* The first checkpoint of a stream has no other slot to fall back to. */
static void fail_during_the_first(bool lucky)
{
    rig.files.lucky = lucky;
    rig_partition(&rig, 0)->synced_end = 2;
    struct text text = encode(2);
    for (uint64_t change = 1;; change++) {
        uint64_t before = rig.files.changes;
        rig.files.changes_max = before + change;
        int result = checkpoint_write(&rig.files.fs, rig.root, 0, 2, text.data, text.len);
        bool off = rig.files.off;
        watched_files_crash(&rig.files);
        int64_t loaded = load();
        if (!off) {
            cr_assert_eq(result, 0);
            cr_assert_eq(loaded, 2);
            break;
        }
        cr_assert_neq(result, 0);
        cr_assert(loaded == ERR_NOT_FOUND || loaded == 2, "change %llu: %lld",
                  (unsigned long long)change, (long long)loaded);
        cr_assert_eq(checkpoint_remove(&rig.files.fs, rig.root, 0), 0);
    }
    cr_assert_eq(checkpoint_remove(&rig.files.fs, rig.root, 0), 0);
    mem_free(text.data);
}

Test(checkpoint, power_failure_during_the_first_one_leaves_none)
{
    prepare();
    fail_during_the_first(false);
    fail_during_the_first(true);
}

/* The other slot is good, and older: segments would be cut to where they once ended. */
Test(checkpoint, slot_that_cannot_be_read_is_not_passed_over)
{
    prepare();
    write_number(4);
    write_number(5);
    for (unsigned slot = 0; slot < 2; slot++) {
        const char *path = slot == 0 ? "checkpoint-0-0" : "checkpoint-0-1";
        rig.files.fault = (struct file_fault){VERB_READ, path, ERR_OFFLINE, 1, 0};
        cr_assert_eq(load(), ERR_OFFLINE);
        rig.files.fault = (struct file_fault){VERB_OPEN, path, ERR_OFFLINE, 1, 0};
        cr_assert_eq(load(), ERR_OFFLINE);
        rig.files.fault = (struct file_fault){VERB_READ, path, ERR_OFFLINE, 1, 0};
        cr_assert_eq(checkpoint_remove(&rig.files.fs, rig.root, 0), ERR_OFFLINE);
        cr_assert_eq(load(), 5, "nothing was removed");
    }
}

Test(checkpoint, removal_that_fails_is_told)
{
    prepare();
    write_number(4);
    rig.files.fault = (struct file_fault){VERB_REMOVE, "checkpoint-0-0", ERR_DENIED, 1, 0};
    cr_assert_eq(checkpoint_remove(&rig.files.fs, rig.root, 0), ERR_DENIED);
}

/* An older slot alone would cut segments to where they once ended, a damaged one refuse the start.
 */
static void fail_during_the_removal(int64_t newest, bool lucky)
{
    rig.files.lucky = lucky;
    for (uint64_t change = 1;; change++) {
        write_number(newest - 1);
        write_number(newest);
        rig.files.changes_max = rig.files.changes + change;
        (void)!checkpoint_remove(&rig.files.fs, rig.root, 0);
        bool off = rig.files.off;
        watched_files_crash(&rig.files);
        int64_t loaded = load();
        cr_assert(loaded == ERR_NOT_FOUND || loaded == newest, "change %llu: %lld",
                  (unsigned long long)change, (long long)loaded);
        if (!off)
            break;
    }
}

Test(checkpoint, power_failure_during_the_removal_leaves_the_newest_or_none)
{
    prepare();
    for (int64_t newest = 3; newest <= 4; newest++) {
        fail_during_the_removal(newest, false);
        fail_during_the_removal(newest, true);
    }
}
