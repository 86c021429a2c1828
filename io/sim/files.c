/* The blocking file verbs on a simulated disk: each waits in simulated time. */
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "io/sim/internal.h"

static int run_on_path(struct file_system *fs, enum sim_disk_kind kind, const char *path)
{
    struct sim_request request = {.host = host_of(fs), .kind = kind, .path = path};
    return (int)sim_request_run(&request);
}

/* Fills in what the handle says; a request on a handle that is none fails at once. */
static int64_t run_on_file(struct file_system *fs, int file, struct sim_request *request)
{
    struct sim_host *host = host_of(fs);
    if (!sim_caller_alive(host))
        return ERR_OFFLINE;
    const struct sim_handle *handle = sim_handle_find(host, file, SIM_HANDLE_FILE);
    bool changes = request->kind == SIM_DISK_WRITE || request->kind == SIM_DISK_TRUNCATE ||
                   request->kind == SIM_DISK_ALLOCATE;
    if (handle == NULL || (changes && (handle->flags & FILE_READ)))
        return ERR_IO;
    bool transfers = request->kind == SIM_DISK_WRITE || request->kind == SIM_DISK_READ;
    if (transfers && (handle->flags & FILE_DIRECT) &&
        (request->pos | request->len) % DISK_PAGE != 0)
        return ERR_INVALID;
    request->host = host;
    request->target = handle->target;
    request->flags = handle->flags;
    request->through = request->kind == SIM_DISK_WRITE && (handle->flags & FILE_DSYNC) != 0;
    return sim_request_run(request);
}

static int sim_open(struct file_system *fs, const char *path, unsigned flags)
{
    struct sim_request request = {
        .host = host_of(fs), .kind = SIM_DISK_OPEN, .path = path, .flags = flags};
    return (int)sim_request_run(&request);
}

static void sim_close(struct file_system *fs, int file)
{
    struct sim_host *host = host_of(fs);
    if (sim_caller_alive(host) && sim_handle_find(host, file, SIM_HANDLE_FILE) != NULL)
        sim_handle_close(host, file);
}

static int64_t sim_read(struct file_system *fs, int file, void *data, uint64_t len, uint64_t pos)
{
    struct sim_request request = {.kind = SIM_DISK_READ, .data = data, .len = len, .pos = pos};
    return run_on_file(fs, file, &request);
}

static int sim_write(struct file_system *fs, int file, const struct iovec *parts, int count,
                     uint64_t pos)
{
    struct sim_request request = {
        .kind = SIM_DISK_WRITE, .parts = parts, .count = count, .pos = pos};
    for (int i = 0; i < count; i++)
        request.len += parts[i].iov_len;
    int64_t result = run_on_file(fs, file, &request);
    return (int)MIN(result, 0);
}

static int sim_sync(struct file_system *fs, int file)
{
    struct sim_request request = {.kind = SIM_DISK_SYNC};
    return (int)run_on_file(fs, file, &request);
}

static int sim_write_back(struct file_system *fs, int file, uint64_t pos, uint64_t len)
{
    struct sim_request request = {.kind = SIM_DISK_WRITE_BACK, .pos = pos, .len = len};
    return (int)run_on_file(fs, file, &request);
}

static int sim_sync_directory(struct file_system *fs, const char *path)
{
    return run_on_path(fs, SIM_DISK_SYNC_DIRECTORY, path);
}

static int sim_sync_all(struct file_system *fs, const char *path)
{
    return run_on_path(fs, SIM_DISK_SYNC_ALL, path);
}

static int sim_truncate(struct file_system *fs, int file, uint64_t len)
{
    struct sim_request request = {.kind = SIM_DISK_TRUNCATE, .len = len};
    return (int)run_on_file(fs, file, &request);
}

static int sim_allocate(struct file_system *fs, int file, uint64_t pos, uint64_t len)
{
    struct sim_request request = {.kind = SIM_DISK_ALLOCATE, .len = len, .pos = pos};
    return (int)run_on_file(fs, file, &request);
}

static int sim_rename(struct file_system *fs, const char *from, const char *to)
{
    struct sim_request request = {
        .host = host_of(fs), .kind = SIM_DISK_RENAME, .path = from, .to = to};
    return (int)sim_request_run(&request);
}

static int sim_remove(struct file_system *fs, const char *path)
{
    return run_on_path(fs, SIM_DISK_REMOVE, path);
}

static int sim_make_directory(struct file_system *fs, const char *path)
{
    return run_on_path(fs, SIM_DISK_MAKE_DIRECTORY, path);
}

static int sim_remove_directory(struct file_system *fs, const char *path)
{
    return run_on_path(fs, SIM_DISK_REMOVE_DIRECTORY, path);
}

static int sim_list(struct file_system *fs, const char *path, file_entry_fn *visit, void *context)
{
    struct sim_names names = {0};
    struct sim_request request = {
        .host = host_of(fs), .kind = SIM_DISK_LIST, .path = path, .names = &names};
    int result = (int)sim_request_run(&request);
    for (uint32_t i = 0; result == 0 && i < names.count; i++)
        result = visit(context, names.items[i].text, names.items[i].kind);
    for (uint32_t i = 0; i < names.count; i++)
        mem_free(names.items[i].text);
    mem_free(names.items);
    return result;
}

static int sim_info(struct file_system *fs, const char *path, struct file_info *info)
{
    struct sim_request request = {
        .host = host_of(fs), .kind = SIM_DISK_INFO, .path = path, .info = info};
    return (int)sim_request_run(&request);
}

static int sim_space(struct file_system *fs, const char *path, struct file_space *space)
{
    struct sim_host *host = host_of(fs);
    struct file_info info;
    int result = sim_info(fs, path, &info);
    if (result != 0)
        return result;
    uint64_t used = disk_tree_used(&host->tree);
    uint64_t total = host->disk.capacity_bytes;
    *space = (struct file_space){
        .free_bytes = total > used ? total - used : 0,
        .total_bytes = total,
        .block_bytes = DISK_PAGE,
    };
    return 0;
}

static int sim_lock(struct file_system *fs, const char *path)
{
    struct sim_request request = {
        .host = host_of(fs), .kind = SIM_DISK_LOCK, .path = path, .flags = FILE_CREATE};
    return (int)sim_request_run(&request);
}

const struct file_operations *sim_file_operations(void)
{
    static const struct file_operations operations = {
        .open = sim_open,
        .close = sim_close,
        .read = sim_read,
        .write = sim_write,
        .sync = sim_sync,
        .write_back = sim_write_back,
        .sync_directory = sim_sync_directory,
        .sync_all = sim_sync_all,
        .truncate = sim_truncate,
        .allocate = sim_allocate,
        .rename = sim_rename,
        .remove = sim_remove,
        .make_directory = sim_make_directory,
        .remove_directory = sim_remove_directory,
        .list = sim_list,
        .info = sim_info,
        .space = sim_space,
        .lock = sim_lock,
    };
    return &operations;
}
