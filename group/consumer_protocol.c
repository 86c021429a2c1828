/* Plain cursors: the format has never been flexible, and what newer versions add stands behind. */
#include "group/consumer_protocol.h"

#include "base/assert.h"
#include "base/util.h"

#define VERSION_OWNED 1
#define VERSION_GENERATION 2
#define VERSION_RACK 3

static struct string read_text(struct reader *r)
{
    uint16_t len = read_be16(r);
    if (len > INT16_MAX) {
        reader_fail(r, ERR_MALFORMED);
        return STRING_NULL;
    }
    return (struct string){(const char *)reader_take(r, len), len};
}

/* A count of things of at least `least` bytes: no more than there is room for. */
static uint32_t read_count(struct reader *r, size_t least)
{
    int32_t count = (int32_t)read_be32(r);
    if (count < 0)
        return 0;
    if ((size_t)count > reader_left(r) / least) {
        reader_fail(r, ERR_SHORT);
        return 0;
    }
    return (uint32_t)count;
}

static void skip_bytes(struct reader *r, bool *any)
{
    int32_t len = (int32_t)read_be32(r);
    *any = len > 0;
    if (len > 0)
        (void)reader_take(r, (size_t)len);
}

/* [topic [partition]]; topics that are unknown are left out. */
static struct spots read_set(struct group_reply *memory, struct groups_host *host, struct reader *r)
{
    struct spot *items = group_reply_alloc(memory, reader_left(r) / sizeof(int32_t), sizeof *items);
    uint32_t at = 0;
    uint32_t topics = read_count(r, 6);
    for (uint32_t i = 0; i < topics && r->error == 0; i++) {
        struct group_topic topic;
        struct string name = read_text(r);
        uint32_t count = read_count(r, 4);
        bool known = r->error == 0 && host->topic_named(host, string_bytes(name), &topic);
        for (uint32_t j = 0; j < count; j++) {
            int32_t partition = (int32_t)read_be32(r);
            if (known)
                items[at++] = (struct spot){topic.id, partition};
        }
    }
    return spots_of(items, at);
}

int consumer_subscription_read(struct group_reply *memory, struct groups_host *host,
                               struct blob metadata, struct consumer_subscription *s)
{
    struct reader r;
    bool any;
    struct bytes bytes = blob_bytes(metadata);
    reader_init(&r, bytes.data, bytes.len);
    *s = (struct consumer_subscription){.rack = STRING_NULL};
    s->version = (int16_t)read_be16(&r);
    uint32_t count = read_count(&r, 2);
    s->topics = group_reply_alloc(memory, count, sizeof *s->topics);
    for (uint32_t i = 0; i < count && r.error == 0; i++)
        s->topics[s->topic_count++] = read_text(&r);
    skip_bytes(&r, &any);
    if (s->version >= VERSION_OWNED)
        s->owned = read_set(memory, host, &r);
    if (s->version >= VERSION_GENERATION)
        (void)read_be32(&r);
    if (s->version >= VERSION_RACK && (int16_t)read_be16(&r) >= 0 && r.error == 0) {
        r.pos -= 2;
        s->rack = read_text(&r);
    }
    return s->version < 0 ? ERR_MALFORMED : r.error;
}

int consumer_assignment_read(struct group_reply *memory, struct groups_host *host,
                             struct blob assignment, struct spots *set)
{
    struct reader r;
    bool more;
    struct bytes bytes = blob_bytes(assignment);
    *set = (struct spots){0};
    if (bytes.len == 0)
        return 0;
    reader_init(&r, bytes.data, bytes.len);
    if ((int16_t)read_be16(&r) < 0)
        return ERR_MALFORMED;
    *set = read_set(memory, host, &r);
    skip_bytes(&r, &more);
    if (r.error != 0)
        return r.error;
    return more ? ERR_UNSUPPORTED : 0;
}

struct blob consumer_assignment_write(struct group_reply *memory, struct groups_host *host,
                                      int16_t version, struct spots set)
{
    size_t size = 2 + 4 + 4;
    uint32_t topics = 0;
    struct group_topic topic;
    struct writer w;
    for (uint32_t i = 0; i < set.count; i = spots_topic_end(set, i))
        if (host->topic_with_id(host, set.items[i].topic, &topic))
            size += 2 + (size_t)topic.name.len + 4 + 4 * (size_t)(spots_topic_end(set, i) - i);
    uint8_t *bytes = group_reply_alloc(memory, size, 1);
    writer_init(&w, bytes, size);
    write_be16(&w, (uint16_t)version);
    write_be32(&w, 0);
    for (uint32_t i = 0; i < set.count;) {
        uint32_t end = spots_topic_end(set, i);
        bool known = host->topic_with_id(host, set.items[i].topic, &topic);
        topics += known;
        if (known) {
            write_be16(&w, (uint16_t)topic.name.len);
            write_bytes(&w, topic.name.data, (size_t)topic.name.len);
            write_be32(&w, end - i);
        }
        for (; i < end; i++)
            if (known)
                write_be32(&w, (uint32_t)set.items[i].partition);
    }
    write_be32(&w, UINT32_MAX); /* no user data */
    ASSERT(w.error == 0 && writer_len(&w) == size);
    store_be32(bytes + 2, topics);
    return (struct blob){bytes, (int32_t)size};
}
