/* One line a layer and core, so that a profile can be judged by what it did. */
#include "broker/closings.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/util.h"
#include "broker/catalog/catalog.h"
#include "broker/core.h"

#define REASONS_TEXT 256

struct reasons {
    char text[REASONS_TEXT]; /* "count 1, age 2": those that there were */
    int len;
};

static void reasons_add(struct reasons *r, const char *name, uint64_t count)
{
    if (count == 0)
        return;
    r->len += snprintf(r->text + r->len, sizeof r->text - (size_t)r->len, "%s%s %llu",
                       r->len == 0 ? "" : ", ", name, (unsigned long long)count);
    ASSERT(r->len > 0 && (size_t)r->len < sizeof r->text);
}

static void tell_wal(const struct core *core)
{
    struct wal_stats stats;
    struct reasons reasons = {0};
    wal_get_stats(core->shard.wal, &stats);
    for (unsigned i = 0; i < WAL_CLOSE_REASONS; i++)
        reasons_add(&reasons, wal_close_reason_name((enum wal_close_reason)i), stats.closed[i]);
    if (reasons.len > 0)
        log_info(&core->log, "WAL: %llu groups of %llu entries, %llu KiB; closed by %s",
                 (unsigned long long)stats.groups, (unsigned long long)stats.entries,
                 (unsigned long long)(stats.bytes / KIB), reasons.text);
}

static void tell_flush(const struct core *core)
{
    const struct flush *flush = &core->shard.flush;
    struct reasons reasons = {0};
    uint64_t flushes = 0;
    for (unsigned i = 0; i < FLUSH_REASONS; i++) {
        flushes += flush->flushes[i];
        reasons_add(&reasons, flush_reason_name((enum flush_reason)i), flush->flushes[i]);
    }
    if (reasons.len > 0)
        log_info(&core->log, "segments: %llu flushes; begun by %s", (unsigned long long)flushes,
                 reasons.text);
}

static void tell_catalog(const struct core *core)
{
    const struct catalog_counts *counts = catalog_counted(core->catalog);
    struct reasons reasons = {0};
    for (unsigned i = 0; i < CATALOG_CLOSE_REASONS; i++)
        reasons_add(&reasons, catalog_close_reason_name((enum catalog_close_reason)i),
                    counts->closed[i]);
    if (reasons.len > 0)
        log_info(&core->log, "catalog: %llu batches of %llu proposals, %llu KiB; closed by %s",
                 (unsigned long long)counts->batches, (unsigned long long)counts->proposals,
                 (unsigned long long)((counts->bytes + KIB - 1) / KIB), reasons.text);
}

void closings_tell(const struct core *core)
{
    if (core->shard.wal == NULL)
        return;
    if (core->catalog != NULL)
        tell_catalog(core);
    tell_wal(core);
    tell_flush(core);
}
