/* The list of shares and its one-line print. */
#include "base/budget.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/util.h"

void budget_init(struct budget *budget)
{
    *budget = (struct budget){0};
}

size_t budget_add(struct budget *budget, const char *name, size_t bytes)
{
    ASSERT(budget->share_count < BUDGET_SHARES_MAX);
    budget->shares[budget->share_count++] = (struct budget_share){name, bytes};
    return bytes;
}

size_t budget_total(const struct budget *budget)
{
    size_t total = 0;
    for (size_t i = 0; i < budget->share_count; i++)
        total += budget->shares[i].bytes;
    return total;
}

static size_t append_bytes(char *text, size_t capacity, size_t len, const char *name, size_t bytes)
{
    if (len >= capacity)
        return len;
    const char *unit = bytes >= MIB ? "MiB" : "KiB";
    size_t divisor = bytes >= MIB ? MIB : KIB;
    int more = snprintf(text + len, capacity - len, "%s%s%zu %s", name, *name == '\0' ? "" : " ",
                        (bytes + divisor / 2) / divisor, unit);
    return len + (size_t)MAX(more, 0);
}

char *budget_print(const struct budget *budget, char *text, size_t capacity)
{
    ASSERT(capacity > 0);
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; i < budget->share_count; i++) {
        len = append_bytes(text, capacity, len, budget->shares[i].name, budget->shares[i].bytes);
        if (len < capacity)
            len += (size_t)snprintf(text + len, capacity - len, "%s",
                                    i + 1 < budget->share_count ? ", " : "; ");
    }
    len = append_bytes(text, capacity, len, "", budget_total(budget));
    if (len < capacity)
        snprintf(text + len, capacity - len, " a core");
    return text;
}
