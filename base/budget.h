/*
 * The memory budget: what each core may use, by purpose, printed at start.
 *
 * A budget is a list of named shares, derived once from the configuration. Pools are created
 * from their share and never grow; exhaustion means backpressure, not failure.
 */
#pragma once

#include <stddef.h>

#define BUDGET_SHARES_MAX 16

struct budget_share {
    const char *name;
    size_t bytes;
};

struct budget {
    struct budget_share shares[BUDGET_SHARES_MAX];
    size_t share_count;
};

void budget_init(struct budget *budget);
/* `name` must outlive the budget. Returns `bytes`. */
size_t budget_add(struct budget *budget, const char *name, size_t bytes);
size_t budget_total(const struct budget *budget);
/* One line, "wal blocks 128 MiB, requests 64 MiB, ...; 256 MiB a core". Returns `text`. */
char *budget_print(const struct budget *budget, char *text, size_t capacity);
