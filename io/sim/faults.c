/* What happens to a disk operation, decided when it begins: planned failures first, then rates. */
#include <string.h>

#include "base/assert.h"
#include "io/sim/internal.h"

static bool changes_something(const struct sim_request *request)
{
    switch (request->kind) {
    case SIM_DISK_READ:
    case SIM_DISK_LIST:
    case SIM_DISK_INFO:
        return false;
    case SIM_DISK_OPEN:
        return (request->flags & (FILE_CREATE | FILE_TRUNCATE)) != 0;
    default:
        return true;
    }
}

static bool kind_matches(enum sim_disk_kind planned, const struct sim_request *request)
{
    return planned == request->kind || planned == SIM_DISK_ANY ||
           (planned == SIM_DISK_CHANGE && changes_something(request));
}

static void count(struct sim_request *request)
{
    uint64_t *counts = request->host->counts;
    counts[request->kind]++;
    counts[SIM_DISK_ANY]++;
    counts[SIM_DISK_CHANGE] += changes_something(request);
}

static bool path_matches(const char *text, const struct sim_request *request)
{
    if (text == NULL)
        return true;
    if (request->target != NULL)
        return disk_tree_path_holds(&request->host->tree, request->target, text);
    return (request->path != NULL && strstr(request->path, text) != NULL) ||
           (request->to != NULL && strstr(request->to, text) != NULL);
}

static bool is_planned(struct sim_host *host, const struct sim_request *request)
{
    const struct sim_failure *failure = &host->failure;
    if (failure->number == 0 || !kind_matches(failure->kind, request) ||
        !path_matches(failure->path, request))
        return false;
    host->failure_seen++;
    return host->failure_seen == failure->number ||
           (failure->from_then_on && host->failure_seen > failure->number);
}

bool sim_read_is_planned(const struct sim_host *host, const struct disk_node *target)
{
    const struct sim_failure *failure = &host->failure;
    return failure->number > 0 &&
           (failure->kind == SIM_DISK_READ || failure->kind == SIM_DISK_ANY) &&
           (failure->path == NULL || disk_tree_path_holds(&host->tree, target, failure->path));
}

static void decide_write(struct sim_request *request)
{
    struct sim *sim = request->host->sim;
    const struct sim_disk_options *disk = &request->host->disk;
    if (sim_strikes(sim, disk->write_error, SIM_STRIKE_WRITE_ERROR)) {
        request->error = ERR_IO;
    } else if (sim_strikes(sim, disk->write_short, SIM_STRIKE_WRITE_SHORT)) {
        request->error = ERR_IO;
        request->landing = SIM_LAND_PREFIX;
    } else if (sim_strikes(sim, disk->write_torn, SIM_STRIKE_WRITE_TORN)) {
        request->error = ERR_IO;
        request->landing = SIM_LAND_TORN;
    } else {
        request->lost = sim_strikes(sim, disk->write_lost, SIM_STRIKE_LIE);
        request->misdirected = sim_strikes(sim, disk->write_misdirected, SIM_STRIKE_LIE);
        request->corrupted = sim_strikes(sim, disk->write_corrupted, SIM_STRIKE_LIE);
    }
}

static uint32_t error_rate(const struct sim_request *request)
{
    const struct sim_disk_options *disk = &request->host->disk;
    switch (request->kind) {
    case SIM_DISK_READ:
        return disk->read_error;
    case SIM_DISK_SYNC:
    case SIM_DISK_WRITE_BACK:
    case SIM_DISK_SYNC_ALL:
        return disk->sync_error;
    case SIM_DISK_INFO:
        return 0;
    default:
        return disk->entry_error;
    }
}

static enum sim_strike strike_of(const struct sim_request *request)
{
    switch (request->kind) {
    case SIM_DISK_READ:
        return SIM_STRIKE_READ_ERROR;
    case SIM_DISK_SYNC:
    case SIM_DISK_WRITE_BACK:
    case SIM_DISK_SYNC_ALL:
        return SIM_STRIKE_SYNC_ERROR;
    default:
        return SIM_STRIKE_ENTRY_ERROR;
    }
}

static void decide_as_planned(struct sim_request *request, const struct sim_failure *failure)
{
    request->crash = failure->crash;
    request->late_ns = failure->late_ns;
    request->lost = failure->lie == SIM_LOST;
    request->misdirected = failure->lie == SIM_MISDIRECTED;
    request->corrupted = failure->lie == SIM_CORRUPTED;
    if (failure->late_ns > 0 || failure->lie != SIM_HONEST)
        return;
    request->landing = failure->landing;
    request->error = failure->error != 0 ? failure->error : ERR_IO;
}

void sim_request_decide(struct sim_request *request)
{
    struct sim_host *host = request->host;
    count(request);
    if (is_planned(host, request)) {
        decide_as_planned(request, &host->failure);
        host->sim->strikes[SIM_STRIKE_PLANNED] += !request->crash;
    } else if (request->kind == SIM_DISK_WRITE) {
        decide_write(request);
    } else if (sim_strikes(host->sim, error_rate(request), strike_of(request))) {
        request->error = ERR_IO;
    }
}

static struct sim_range time_range(const struct sim_request *request)
{
    const struct sim_disk_options *disk = &request->host->disk;
    switch (request->kind) {
    case SIM_DISK_READ:
        return disk->read_ns;
    case SIM_DISK_WRITE:
    case SIM_DISK_WRITE_BACK:
        return disk->write_ns;
    case SIM_DISK_SYNC:
    case SIM_DISK_SYNC_DIRECTORY:
    case SIM_DISK_SYNC_ALL:
        return disk->sync_ns;
    default:
        return disk->entry_ns;
    }
}

uint64_t sim_request_duration(const struct sim_request *request)
{
    struct sim *sim = request->host->sim;
    const struct sim_disk_options *disk = &request->host->disk;
    uint64_t ns = sim_pick(sim, time_range(request));
    if (request->through)
        ns += sim_pick(sim, disk->sync_ns);
    if (sim_strikes(sim, disk->stall, SIM_STRIKE_STALL))
        ns += sim_pick(sim, disk->stall_ns);
    return ns;
}

struct sim_disk_options *sim_disk(struct sim_host *host)
{
    return &host->disk;
}

void sim_disk_fail(struct sim_host *host, const struct sim_failure *failure)
{
    host->failure = failure == NULL ? (struct sim_failure){0} : *failure;
    host->failure_seen = 0;
}

uint64_t sim_disk_count(const struct sim_host *host, enum sim_disk_kind kind)
{
    ASSERT(kind <= SIM_DISK_CHANGE);
    return host->counts[kind];
}

uint64_t sim_disk_failure_seen(const struct sim_host *host)
{
    return host->failure_seen;
}

uint64_t sim_disk_used(const struct sim_host *host)
{
    return disk_tree_used(&host->tree);
}

int sim_disk_corrupt(struct sim_host *host, const char *path, uint64_t pos, uint64_t len)
{
    struct disk_node *file;
    int result = disk_tree_find(&host->tree, path, &file);
    if (result == 0)
        disk_image_corrupt(&file->image, pos, len, &host->sim->prng);
    return result;
}

uint64_t sim_disk_unsynced(struct sim_host *host, const char *path)
{
    struct disk_node *file;
    return disk_tree_find(&host->tree, path, &file) == 0 ? disk_image_unsynced(&file->image) : 0;
}
