/* What an operation does to the disk: when it ends as planned, and when its host ends before. */
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "io/sim/internal.h"

static struct disk_image *image_of(const struct sim_request *request)
{
    return &request->target->image;
}

static void touch(struct sim_request *request, struct disk_node *node)
{
    const struct sim_host *host = request->host;
    node->modified_ms =
        host->sim->options.wall_ms + host->wall_shift_ms + (int64_t)(host->sim->now_ns / NS_PER_MS);
}

/* Writes. */

static bool bytes_are_zero(struct bytes bytes)
{
    return bytes.len > 0 && bytes.data[0] == 0 &&
           memcmp(bytes.data, bytes.data + 1, bytes.len - 1) == 0;
}

/* Most bytes that are written are the zeros of new WAL files: they are looked at once. */
static void look_for_zeros(struct sim_request *request)
{
    const struct iovec *part = request->parts;
    request->zeros = true;
    for (int i = 0; i < request->count && request->zeros; i++, part++) {
        bool again =
            i > 0 && part->iov_base == part[-1].iov_base && part->iov_len == part[-1].iov_len;
        request->zeros = again || bytes_are_zero((struct bytes){part->iov_base, part->iov_len});
    }
}

static void land_part(struct sim_request *request, const uint8_t *data, uint64_t len, uint64_t pos)
{
    data = request->zeros ? NULL : data;
    if (request->through && !request->lost)
        disk_image_write_through(image_of(request), data, len, pos);
    else
        disk_image_write(image_of(request), data, len, pos);
}

/* The bytes [from, to) of what is to be written, at their place or at another. */
static void land_range(struct sim_request *request, uint64_t from, uint64_t to, uint64_t pos)
{
    uint64_t part_begin = 0;
    for (int i = 0; i < request->count && part_begin < to; i++) {
        const struct iovec *part = &request->parts[i];
        uint64_t begin = MAX(from, part_begin);
        uint64_t end = MIN(to, part_begin + part->iov_len);
        if (begin < end)
            land_part(request, (const uint8_t *)part->iov_base + (begin - part_begin), end - begin,
                      pos + begin);
        part_begin += part->iov_len;
    }
    if (from < to && request->lost)
        disk_image_lose(image_of(request), pos + from, to - from);
}

/* The end of the sector that holds byte `at` of the write. */
static uint64_t sector_end(const struct sim_request *request, uint64_t at)
{
    uint64_t end = (request->pos + at) / DISK_SECTOR * DISK_SECTOR + DISK_SECTOR;
    return MIN(end - request->pos, request->len);
}

/* Any of its sectors, but not all. */
static void land_torn(struct sim_request *request)
{
    struct prng *prng = &request->host->sim->prng;
    uint64_t missing = prng_below(prng, request->len);
    for (uint64_t at = 0; at < request->len;) {
        uint64_t end = sector_end(request, at);
        bool never = missing >= at && missing < end;
        if (prng_below(prng, 2) == 0 && !never)
            land_range(request, at, end, request->pos);
        at = end;
    }
}

/* At most `limit` bytes, and never all. */
static void land_prefix(struct sim_request *request, uint64_t limit)
{
    uint64_t most = MIN(request->len - 1, limit);
    uint64_t len = prng_below(&request->host->sim->prng, most + 1);
    land_range(request, 0, len, request->pos);
}

static uint64_t free_pages(const struct sim_host *host)
{
    uint64_t used = disk_tree_used(&host->tree);
    uint64_t capacity = host->disk.capacity_bytes;
    return capacity > used ? (capacity - used) / DISK_PAGE : 0;
}

static bool has_space(const struct sim_request *request)
{
    const struct sim_host *host = request->host;
    uint64_t wanted = disk_image_pages_wanted(image_of(request), request->pos, request->len);
    /* Mostly there is far more: then it need not be known how much. */
    bool fits = wanted == 0 || host->tree.pages + wanted <= host->disk.capacity_bytes / DISK_PAGE ||
                wanted <= free_pages(host);
    request->host->sim->strikes[SIM_STRIKE_NO_SPACE] += !fits;
    return fits;
}

/* Somewhere else in the file, aligned as the write is. */
static uint64_t misdirected_pos(const struct sim_request *request)
{
    uint64_t pages = image_of(request)->size / DISK_PAGE;
    if (pages == 0)
        return request->pos;
    return prng_below(&request->host->sim->prng, pages) * DISK_PAGE + request->pos % DISK_PAGE;
}

static int64_t apply_write(struct sim_request *request)
{
    struct sim *sim = request->host->sim;
    if (request->len == 0)
        return request->error;
    look_for_zeros(request);
    if (request->error == 0 && !has_space(request)) {
        land_prefix(request, free_pages(request->host) * DISK_PAGE);
        return ERR_NO_SPACE;
    }
    touch(request, request->target);
    if (request->error != 0) {
        if (request->landing == SIM_LAND_PREFIX && has_space(request))
            land_prefix(request, UINT64_MAX);
        else if (request->landing == SIM_LAND_TORN && has_space(request))
            land_torn(request);
        return request->error;
    }
    if (sim_strikes(sim, request->host->disk.writeback, SIM_STRIKE_WRITEBACK))
        disk_image_write_back(image_of(request), request->pos, request->len);
    uint64_t pos = request->misdirected ? misdirected_pos(request) : request->pos;
    land_range(request, 0, request->len, pos);
    if (request->corrupted)
        disk_image_corrupt(image_of(request), pos + prng_below(&sim->prng, request->len), 1,
                           &sim->prng);
    return (int64_t)request->len;
}

/* Other operations on open files. */

static int64_t apply_read(struct sim_request *request)
{
    if (request->error != 0)
        return request->error;
    return (int64_t)disk_image_read(image_of(request), request->data, request->len, request->pos);
}

static int64_t apply_sync(struct sim_request *request)
{
    if (request->error != 0)
        disk_image_sync_failed(image_of(request), &request->host->sim->prng);
    else
        disk_image_sync(image_of(request));
    return request->error;
}

/* What the disk has taken is still in its cache. */
static int64_t apply_write_back(struct sim_request *request)
{
    if (request->error != 0)
        disk_image_sync_failed(image_of(request), &request->host->sim->prng);
    return request->error;
}

static int64_t apply_sync_all(struct sim_request *request)
{
    struct disk_tree *tree = &request->host->tree;
    if (request->error == 0) {
        disk_tree_sync_all(tree);
        return 0;
    }
    LIST_EACH(node, &tree->nodes)
        disk_image_sync_failed(&LIST_ENTRY(node, struct disk_node, node)->image,
                               &request->host->sim->prng);
    return request->error;
}

static int64_t apply_allocate(struct sim_request *request)
{
    if (!has_space(request))
        return ERR_NO_SPACE;
    disk_image_allocate(image_of(request), request->pos, request->len);
    return 0;
}

static int64_t apply_truncate(struct sim_request *request)
{
    touch(request, request->target);
    disk_image_truncate(image_of(request), request->len);
    return 0;
}

/* Operations on paths. */

static int64_t handle_open(struct sim_request *request, struct disk_node *node)
{
    struct sim_host *host = request->host;
    int number = sim_handle_new(host, SIM_HANDLE_FILE);
    if (number < 0)
        return number;
    struct sim_handle *handle = sim_handle_find(host, number, SIM_HANDLE_FILE);
    handle->flags = request->flags;
    handle->target = node;
    handle->lock = request->kind == SIM_DISK_LOCK;
    disk_tree_hold(node);
    node->handles++;
    node->locked = node->locked || handle->lock;
    return number;
}

static int64_t apply_open(struct sim_request *request)
{
    struct sim_host *host = request->host;
    struct disk_node *node;
    if (host->handles_used >= host->disk.descriptors_max) {
        host->sim->strikes[SIM_STRIKE_NO_DESCRIPTOR]++;
        return ERR_TOO_MANY_FILES;
    }
    int result = disk_tree_find(&host->tree, request->path, &node);
    if (result == ERR_NOT_FOUND && (request->flags & FILE_CREATE)) {
        result = disk_tree_create(&host->tree, request->path, FILE_KIND_FILE, &node);
        if (result == 0)
            touch(request, node);
    } else if (result == 0 && (request->flags & FILE_CREATE) && (request->flags & FILE_EXCLUSIVE)) {
        result = ERR_EXISTS;
    }
    if (result != 0)
        return result;
    if (node->kind == FILE_KIND_DIRECTORY && !(request->flags & FILE_READ))
        return ERR_IO;
    if (request->kind == SIM_DISK_LOCK && node->locked)
        return ERR_LOCKED;
    if (request->flags & FILE_TRUNCATE)
        disk_image_truncate(&node->image, 0);
    return handle_open(request, node);
}

static int64_t apply_sync_directory(struct sim_request *request)
{
    struct disk_node *node;
    int result = disk_tree_find(&request->host->tree, request->path, &node);
    if (result != 0)
        return result;
    if (node->kind != FILE_KIND_DIRECTORY)
        return ERR_IO;
    disk_tree_sync(&request->host->tree, node);
    return 0;
}

static int64_t apply_make_directory(struct sim_request *request)
{
    struct disk_node *node;
    int result = disk_tree_create(&request->host->tree, request->path, FILE_KIND_DIRECTORY, &node);
    if (result == 0)
        touch(request, node);
    return result;
}

static int64_t apply_info(struct sim_request *request)
{
    struct disk_node *node;
    int result = disk_tree_find(&request->host->tree, request->path, &node);
    if (result != 0)
        return result;
    *request->info = (struct file_info){
        .kind = node->kind,
        .size = node->image.size,
        .allocated = node->image.allocated_pages * DISK_PAGE,
        .modified_ms = node->modified_ms,
    };
    return 0;
}

static void names_shuffle(struct sim_names *names, struct prng *prng)
{
    for (uint32_t i = names->count; i > 1; i--) {
        uint64_t other = prng_below(prng, i);
        struct sim_name last = names->items[i - 1];
        names->items[i - 1] = names->items[other];
        names->items[other] = last;
    }
}

static int64_t apply_list(struct sim_request *request)
{
    struct sim_names *names = request->names;
    struct disk_node *directory;
    int result = disk_tree_find(&request->host->tree, request->path, &directory);
    if (result != 0)
        return result;
    if (directory->kind != FILE_KIND_DIRECTORY)
        return ERR_IO;
    uint32_t total = 0;
    LIST_EACH(node, &directory->cached)
        total++;
    names->items = mem_alloc_array(total + 1, sizeof *names->items);
    LIST_EACH(node, &directory->cached) {
        const struct disk_entry *entry = LIST_ENTRY(node, struct disk_entry, node);
        names->items[names->count++] =
            (struct sim_name){mem_copy_string(entry->name), entry->target->kind};
    }
    names_shuffle(names, &request->host->sim->prng);
    return 0;
}

static int64_t apply_on_path(struct sim_request *request)
{
    struct disk_tree *tree = &request->host->tree;
    switch (request->kind) {
    case SIM_DISK_OPEN:
    case SIM_DISK_LOCK:
        return apply_open(request);
    case SIM_DISK_SYNC_DIRECTORY:
        return apply_sync_directory(request);
    case SIM_DISK_RENAME:
        return disk_tree_rename(tree, request->path, request->to);
    case SIM_DISK_REMOVE:
        return disk_tree_remove(tree, request->path);
    case SIM_DISK_MAKE_DIRECTORY:
        return apply_make_directory(request);
    case SIM_DISK_REMOVE_DIRECTORY:
        return disk_tree_remove_directory(tree, request->path);
    case SIM_DISK_LIST:
        return apply_list(request);
    case SIM_DISK_INFO:
        return apply_info(request);
    default:
        UNREACHABLE();
    }
}

int64_t sim_request_apply(struct sim_request *request)
{
    switch (request->kind) {
    case SIM_DISK_WRITE:
        return apply_write(request);
    case SIM_DISK_READ:
        return apply_read(request);
    case SIM_DISK_SYNC:
        return apply_sync(request);
    case SIM_DISK_WRITE_BACK:
        return apply_write_back(request);
    case SIM_DISK_SYNC_ALL:
        return apply_sync_all(request);
    default:
        break;
    }
    if (request->error != 0)
        return request->error;
    if (request->kind == SIM_DISK_TRUNCATE)
        return apply_truncate(request);
    if (request->kind == SIM_DISK_ALLOCATE)
        return apply_allocate(request);
    return apply_on_path(request);
}

/* Ends. */

static void write_at_end(struct sim_request *request, bool power_loss)
{
    struct prng *prng = &request->host->sim->prng;
    if (request->len == 0 || !has_space(request))
        return;
    look_for_zeros(request);
    switch (prng_below(prng, 3)) {
    case 0:
        return;
    case 1:
        land_range(request, 0, request->len, request->pos);
        return;
    default:
        break;
    }
    /* A process that ends does not stop what the device has begun; a copy to the cache it does. */
    if (power_loss)
        land_torn(request);
    else if ((request->flags & FILE_DIRECT) == 0)
        land_prefix(request, UINT64_MAX);
}

void sim_request_land_at_end(struct sim_request *request, bool power_loss)
{
    if (request->kind == SIM_DISK_WRITE) {
        write_at_end(request, power_loss);
        return;
    }
    bool without_effect = request->kind == SIM_DISK_READ || request->kind == SIM_DISK_LIST ||
                          request->kind == SIM_DISK_INFO;
    if (without_effect || prng_below(&request->host->sim->prng, 2) == 0)
        return;
    request->error = 0;
    int64_t unseen = sim_request_apply(request);
    (void)unseen;
}
