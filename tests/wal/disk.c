/* The disk in memory. A handle is the index of its node and one. */
#include "tests/wal/disk.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

#define NODE_BYTES_MAX ((uint64_t)128 << 20)

static struct disk *disk_of(struct file_system *fs)
{
    return CONTAINER_OF(fs, struct disk, fs);
}

static bool path_has(const char *path, const char *part)
{
    return strstr(path, part) != NULL;
}

/* What the verb fails with, or 0. */
static int fault_of(struct disk *d, const char *verb, const char *path)
{
    if (d->dead)
        return ERR_IO;
    for (int i = 0; i < DISK_FAULTS; i++) {
        struct disk_fault *f = &d->faults[i];
        if (f->times == 0 || strcmp(f->verb, verb) != 0 || !path_has(path, f->name))
            continue;
        if (f->skip > 0) {
            f->skip--;
            continue;
        }
        if (f->times > 0)
            f->times--;
        return f->error;
    }
    return 0;
}

/* The same for a verb that changes something: a crash may come in front of it. */
static int fault_of_change(struct disk *d, const char *verb, const char *path)
{
    d->verbs++;
    if (d->dies_at != 0 && d->verbs >= d->dies_at)
        d->dead = true;
    return fault_of(d, verb, path);
}

/* Nodes. */

static void node_forget(struct disk_node *n)
{
    if (n->name[0] != '\0' || n->stable_name[0] != '\0' || n->opened > 0)
        return;
    free(n->now);
    free(n->stable);
    *n = (struct disk_node){0};
}

static struct disk_node *node_named(struct disk *d, const char *path)
{
    for (int i = 0; i < DISK_NODES; i++)
        if (d->nodes[i].now != NULL && strcmp(d->nodes[i].name, path) == 0)
            return &d->nodes[i];
    return NULL;
}

/* Set in the handles of files that were opened for DSYNC writes. */
#define HANDLE_DSYNC 0x1000

static struct disk_node *node_of(struct disk *d, int file)
{
    int index = file & ~HANDLE_DSYNC;
    ASSERT(index > 0 && index <= DISK_NODES && d->nodes[index - 1].opened > 0);
    return &d->nodes[index - 1];
}

static void *grow(void *memory, uint64_t len, uint64_t to)
{
    ASSERT(to <= NODE_BYTES_MAX);
    uint8_t *grown = realloc(memory, to + 1);
    ASSERT(grown != NULL);
    if (to > len)
        memset(grown + len, 0, to - len);
    return grown;
}

static void node_write(struct disk_node *n, const void *data, uint64_t len, uint64_t pos)
{
    if (pos + len > n->len) {
        n->now = grow(n->now, n->len, pos + len);
        n->len = pos + len;
    }
    memcpy(n->now + pos, data, len);
}

static void node_write_stable(struct disk_node *n, const void *data, uint64_t len, uint64_t pos)
{
    node_write(n, data, len, pos);
    if (n->stable_len < n->len) {
        n->stable = grow(n->stable, n->stable_len, n->len);
        n->stable_len = n->len;
    }
    memcpy(n->stable + pos, data, len);
}

static void node_sync(struct disk_node *n)
{
    n->stable = grow(n->stable, n->stable_len, n->len);
    n->stable_len = n->len;
    memcpy(n->stable, n->now, n->len);
}

uint64_t disk_used(const struct disk *d)
{
    uint64_t used = 0;
    for (int i = 0; i < DISK_NODES; i++)
        if (d->nodes[i].name[0] != '\0')
            used += d->nodes[i].len;
    return used;
}

/* The file system. */

static int fs_open(struct file_system *fs, const char *path, unsigned flags)
{
    struct disk *d = disk_of(fs);
    int error = (flags & FILE_CREATE) ? fault_of_change(d, "create", path) : 0;
    if (error == 0)
        error = fault_of(d, "open", path);
    if (error != 0)
        return error;
    if ((flags & FILE_DIRECT) && d->no_direct)
        return ERR_UNSUPPORTED;
    struct disk_node *n = node_named(d, path);
    if (n == NULL && !(flags & FILE_CREATE))
        return ERR_NOT_FOUND;
    for (int i = 0; n == NULL && i < DISK_NODES; i++)
        if (d->nodes[i].now == NULL)
            n = &d->nodes[i];
    ASSERT(n != NULL);
    if (n->now == NULL) {
        ASSERT(strlen(path) < sizeof n->name);
        strcpy(n->name, path);
        n->now = grow(NULL, 0, 0);
        n->stable = grow(NULL, 0, 0);
    }
    if (flags & FILE_TRUNCATE)
        n->len = 0;
    n->opened++;
    return ((int)(n - d->nodes) + 1) | ((flags & FILE_DSYNC) ? HANDLE_DSYNC : 0);
}

static void fs_close(struct file_system *fs, int file)
{
    struct disk_node *n = node_of(disk_of(fs), file);
    n->opened--;
    node_forget(n);
}

static int64_t fs_read(struct file_system *fs, int file, void *data, uint64_t len, uint64_t pos)
{
    struct disk *d = disk_of(fs);
    struct disk_node *n = node_of(d, file);
    int error = fault_of(d, "read", n->name);
    if (error != 0)
        return error;
    d->read_longest = MAX(d->read_longest, len);
    d->reads++;
    if (pos >= n->len)
        return 0;
    len = MIN(len, n->len - pos);
    memcpy(data, n->now + pos, len);
    return (int64_t)len;
}

static int fs_write(struct file_system *fs, int file, const struct iovec *parts, int count,
                    uint64_t pos)
{
    struct disk *d = disk_of(fs);
    struct disk_node *n = node_of(d, file);
    int error = fault_of_change(d, "write", n->name);
    if (d->slow_dsync && (file & HANDLE_DSYNC))
        d->io.now_ns += 1000000;
    if (error != 0)
        return error;
    for (int i = 0; i < count; i++) {
        uint64_t end = pos + parts[i].iov_len;
        if (end > n->len && disk_used(d) + end - n->len > d->capacity)
            return ERR_NO_SPACE;
        node_write(n, parts[i].iov_base, parts[i].iov_len, pos);
        pos = end;
    }
    return 0;
}

static int fs_sync(struct file_system *fs, int file)
{
    struct disk *d = disk_of(fs);
    struct disk_node *n = node_of(d, file);
    int error = fault_of_change(d, "sync", n->name);
    if (error == 0)
        node_sync(n);
    return error;
}

static int fs_sync_directory(struct file_system *fs, const char *path)
{
    struct disk *d = disk_of(fs);
    int error = fault_of_change(d, "sync_directory", path);
    if (error != 0)
        return error;
    for (int i = 0; i < DISK_NODES; i++) {
        struct disk_node *n = &d->nodes[i];
        if (n->now == NULL)
            continue;
        strcpy(n->stable_name, n->name);
        node_forget(n);
    }
    return 0;
}

static int fs_rename(struct file_system *fs, const char *from, const char *to)
{
    struct disk *d = disk_of(fs);
    int error = fault_of_change(d, "rename", from);
    if (error != 0)
        return error;
    struct disk_node *n = node_named(d, from);
    struct disk_node *replaced = node_named(d, to);
    if (n == NULL)
        return ERR_NOT_FOUND;
    if (replaced != NULL && replaced != n) {
        replaced->name[0] = '\0';
        node_forget(replaced);
    }
    strcpy(n->name, to);
    return 0;
}

static int fs_remove(struct file_system *fs, const char *path)
{
    struct disk *d = disk_of(fs);
    int error = fault_of_change(d, "remove", path);
    if (error != 0)
        return error;
    struct disk_node *n = node_named(d, path);
    if (n == NULL)
        return ERR_NOT_FOUND;
    n->name[0] = '\0';
    node_forget(n);
    return 0;
}

static int fs_list(struct file_system *fs, const char *path, file_entry_fn *entry, void *context)
{
    struct disk *d = disk_of(fs);
    size_t len = strlen(path);
    int result = fault_of(d, "list", path);
    for (int i = 0; result == 0 && i < DISK_NODES; i++) {
        const struct disk_node *n = &d->nodes[i];
        if (n->name[0] != '\0' && strncmp(n->name, path, len) == 0 && n->name[len] == '/')
            result = entry(context, n->name + len + 1, FILE_KIND_FILE);
    }
    return result;
}

static int fs_info(struct file_system *fs, const char *path, struct file_info *info)
{
    struct disk_node *n = node_named(disk_of(fs), path);
    if (n == NULL)
        return ERR_NOT_FOUND;
    *info = (struct file_info){.kind = FILE_KIND_FILE, .size = n->len, .allocated = n->len};
    return 0;
}

static int fs_space(struct file_system *fs, const char *path, struct file_space *space)
{
    struct disk *d = disk_of(fs);
    (void)path;
    uint64_t used = disk_used(d);
    *space = (struct file_space){
        .free_bytes = used > d->capacity ? 0 : d->capacity - used,
        .total_bytes = d->capacity,
        .block_bytes = 4096,
    };
    return 0;
}

static int fs_truncate(struct file_system *fs, int file, uint64_t len)
{
    struct disk *d = disk_of(fs);
    struct disk_node *n = node_of(d, file);
    int error = fault_of_change(d, "truncate", n->name);
    if (error != 0)
        return error;
    if (len > n->len)
        n->now = grow(n->now, n->len, len);
    n->len = len;
    return 0;
}

static int fs_allocate(struct file_system *fs, int file, uint64_t pos, uint64_t len)
{
    struct disk *d = disk_of(fs);
    struct disk_node *n = node_of(d, file);
    int error = fault_of_change(d, "allocate", n->name);
    uint64_t end = pos + len;
    if (error != 0 || end <= n->len)
        return error;
    if (disk_used(d) + end - n->len > d->capacity)
        return ERR_NO_SPACE;
    n->now = grow(n->now, n->len, end);
    n->len = end;
    return 0;
}

static const struct file_operations file_verbs = {
    .open = fs_open,
    .close = fs_close,
    .read = fs_read,
    .write = fs_write,
    .sync = fs_sync,
    .sync_directory = fs_sync_directory,
    .truncate = fs_truncate,
    .allocate = fs_allocate,
    .rename = fs_rename,
    .remove = fs_remove,
    .list = fs_list,
    .info = fs_info,
    .space = fs_space,
};

/* The io. */

static struct disk_op *op_new(struct io *io, struct io_op *op, enum op_verb verb)
{
    struct disk *d = (struct disk *)io;
    for (int i = 0; i < DISK_OPS; i++) {
        struct disk_op *o = &d->ops[i];
        if (o->op != NULL)
            continue;
        *o = (struct disk_op){.op = op, .verb = verb, .order = d->issued++};
        return o;
    }
    UNREACHABLE();
    return NULL;
}

static void io_write_verb(struct io *io, struct io_op *op, const struct io_extent *extent,
                          unsigned flags)
{
    struct disk_op *o = op_new(io, op, OP_WRITE);
    o->extent = *extent;
    o->flags = flags;
}

static void io_sync_verb(struct io *io, struct io_op *op, int file)
{
    op_new(io, op, OP_SYNC)->extent.file = file;
}

static void io_job_verb(struct io *io, struct io_op *op, unsigned lane, io_job_fn *job,
                        void *context)
{
    (void)lane;
    struct disk_op *o = op_new(io, op, OP_JOB);
    o->job = job;
    o->context = context;
}

/* Time passes from one reading to the next. */
static uint64_t io_now_precise_verb(struct io *io)
{
    io->now_ns += 1000;
    return io->now_ns;
}

static const struct io_operations io_verbs = {
    .name = "memory",
    .now_precise = io_now_precise_verb,
    .write = io_write_verb,
    .sync = io_sync_verb,
    .job = io_job_verb,
};

void disk_init(struct disk *d)
{
    *d = (struct disk){
        .io = {.operations = &io_verbs, .files = &d->fs, .now_ns = NS_PER_S},
        .fs = {&file_verbs},
        .capacity = UINT64_MAX / 2,
    };
    prng_init(&d->io.prng, 1);
}

void disk_fini(struct disk *d)
{
    for (int i = 0; i < DISK_NODES; i++) {
        ASSERT(d->nodes[i].opened == 0);
        free(d->nodes[i].now);
        free(d->nodes[i].stable);
    }
}

/* What the test does. */

static bool is_job(const struct disk_op *o)
{
    return o->verb == OP_JOB;
}

uint32_t disk_out(const struct disk *d)
{
    uint32_t count = 0;
    for (int i = 0; i < DISK_OPS; i++)
        count += d->ops[i].op != NULL && !is_job(&d->ops[i]);
    return count;
}

static struct disk_op *op_at(struct disk *d, uint32_t n)
{
    uint64_t after = 0;
    struct disk_op *found = NULL;
    for (uint32_t i = 0; i <= n; i++) {
        found = NULL;
        for (int j = 0; j < DISK_OPS; j++) {
            struct disk_op *o = &d->ops[j];
            if (o->op != NULL && !is_job(o) && o->order >= after &&
                (found == NULL || o->order < found->order))
                found = o;
        }
        ASSERT(found != NULL);
        after = found->order + 1;
    }
    return found;
}

const struct disk_op *disk_peek(struct disk *d, uint32_t n)
{
    return op_at(d, n);
}

static void land(struct disk *d, const struct disk_op *o, uint64_t bytes)
{
    struct disk_node *n = node_of(d, o->extent.file);
    if (d->dead)
        return;
    if (o->verb == OP_SYNC)
        node_sync(n);
    else if (o->flags & IO_DSYNC)
        node_write_stable(n, o->extent.data, bytes, o->extent.pos);
    else
        node_write(n, o->extent.data, bytes, o->extent.pos);
}

void disk_tear(struct disk *d, uint32_t n, uint64_t bytes)
{
    const struct disk_op *o = op_at(d, n);
    ASSERT(o->verb == OP_WRITE && bytes <= o->extent.len);
    node_write_stable(node_of(d, o->extent.file), o->extent.data, bytes, o->extent.pos);
}

void disk_finish(struct disk *d, uint32_t n, enum disk_fate fate)
{
    struct disk_op o = *op_at(d, n);
    op_at(d, n)->op = NULL;
    struct io_event event = {.value = o.verb == OP_SYNC ? 0 : o.extent.len, .last = true};
    if (d->dead)
        fate = DISK_FAILS;
    if (fate == DISK_LANDS || fate == DISK_FAILS_AND_LANDS)
        land(d, &o, o.extent.len);
    if (fate == DISK_SHORT) {
        event.value = o.extent.len / 2;
        land(d, &o, o.extent.len / 2);
    }
    if (fate == DISK_FAILS || fate == DISK_FAILS_AND_LANDS)
        event.value = ERR_IO;
    o.op->done(o.op, &event);
}

bool disk_job_out(const struct disk *d)
{
    for (int i = 0; i < DISK_OPS; i++)
        if (d->ops[i].op != NULL && is_job(&d->ops[i]))
            return true;
    return false;
}

bool disk_run_job(struct disk *d)
{
    for (int i = 0; i < DISK_OPS; i++) {
        struct disk_op o = d->ops[i];
        if (o.op == NULL || !is_job(&o))
            continue;
        d->ops[i].op = NULL;
        struct io_event event = {.value = o.job(&d->fs, o.context), .last = true};
        o.op->done(o.op, &event);
        return true;
    }
    return false;
}

void disk_pass(struct disk *d, uint64_t ns)
{
    d->io.now_ns += ns;
}

void disk_fail(struct disk *d, const char *verb, const char *name, int times, int error)
{
    for (int i = 0; i < DISK_FAULTS; i++) {
        if (d->faults[i].times != 0)
            continue;
        d->faults[i] = (struct disk_fault){verb, name, 0, times, error};
        return;
    }
    UNREACHABLE();
}

void disk_heal(struct disk *d)
{
    memset(d->faults, 0, sizeof d->faults);
    d->fate = DISK_LANDS;
    d->dead = false;
    d->dies_at = 0;
}

void disk_cut(struct disk *d)
{
    for (int i = 0; i < DISK_NODES; i++) {
        struct disk_node *n = &d->nodes[i];
        if (n->now == NULL)
            continue;
        ASSERT(n->opened == 0);
        strcpy(n->name, n->stable_name);
        n->now = grow(n->now, n->len, n->stable_len);
        n->len = n->stable_len;
        memcpy(n->now, n->stable, n->len);
        node_forget(n);
    }
}

struct disk_node *disk_file(struct disk *d, const char *name)
{
    size_t len = strlen(name);
    for (int i = 0; i < DISK_NODES; i++) {
        struct disk_node *n = &d->nodes[i];
        size_t at = strlen(n->name);
        if (n->now != NULL && at >= len && strcmp(n->name + at - len, name) == 0)
            return n;
    }
    return NULL;
}

void disk_overwrite(struct disk *d, const char *name, uint64_t pos, const void *data, uint64_t len)
{
    struct disk_node *n = disk_file(d, name);
    ASSERT(n != NULL && pos + len <= n->len);
    node_write_stable(n, data, len, pos);
}

uint32_t disk_count(const struct disk *d, const char *name)
{
    uint32_t count = 0;
    for (int i = 0; i < DISK_NODES; i++)
        count += d->nodes[i].name[0] != '\0' && path_has(d->nodes[i].name, name);
    return count;
}

uint32_t disk_opened(const struct disk *d)
{
    uint32_t count = 0;
    for (int i = 0; i < DISK_NODES; i++)
        count += d->nodes[i].opened;
    return count;
}
