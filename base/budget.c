/* The list of shares and its one-line print. */
#include "base/budget.h"

#include <stdarg.h>
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
    ASSERT(name != NULL);
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

/* Prints behind `len` what fits. Returns the length the whole would have had. */
__attribute__((format(printf, 4, 5))) static size_t append(char *text, size_t capacity, size_t len,
                                                           const char *format, ...)
{
    if (len >= capacity)
        return len;
    va_list arguments;
    va_start(arguments, format);
    int more = vsnprintf(text + len, capacity - len, format, arguments);
    va_end(arguments);
    ASSERT(more >= 0);
    return len + (size_t)more;
}

/* Whole MiB where that is exact or the rounding does not matter, then whole KiB, then bytes. */
static size_t append_bytes(char *text, size_t capacity, size_t len, size_t bytes)
{
    if (bytes >= 64 * MIB || (bytes >= MIB && bytes % MIB == 0))
        return append(text, capacity, len, "%zu MiB", (bytes + MIB / 2) / MIB);
    if (bytes >= 64 * KIB || (bytes >= KIB && bytes % KIB == 0))
        return append(text, capacity, len, "%zu KiB", (bytes + KIB / 2) / KIB);
    return append(text, capacity, len, "%zu bytes", bytes);
}

char *budget_print(const struct budget *budget, char *text, size_t capacity)
{
    ASSERT(capacity > 0);
    size_t len = 0;
    for (size_t i = 0; i < budget->share_count; i++) {
        const struct budget_share *share = &budget->shares[i];
        len = append(text, capacity, len, "%s%s ", i == 0 ? "" : ", ", share->name);
        len = append_bytes(text, capacity, len, share->bytes);
    }
    len = append(text, capacity, len, "%s", budget->share_count == 0 ? "" : "; ");
    len = append_bytes(text, capacity, len, budget_total(budget));
    append(text, capacity, len, " a core");
    return text;
}
