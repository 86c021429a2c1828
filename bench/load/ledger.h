/*
 * What was acknowledged and what was read, to be held against each other.
 *
 * Both are told as runs of records that lie one behind another in one partition and follow one
 * another in one lane. Each thread keeps its own; they are merged when all is over. What each
 * acknowledged offset must hold is known exactly, so that a record that is lost, read twice, out of
 * order, at another place or altered is told apart.
 *
 * A request that was sent again may lie behind later ones of its lane, and twice when nobody knew
 * whether the first one had been taken: no broker can help that (short of idempotence, which is not
 * asked for here). Each sending excuses one such copy, of just these records.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bench/load/options.h"

struct ledger_run {
    int64_t offset;
    uint64_t sequence;
    uint64_t order; /* when it was read: rises within a partition */
    uint64_t lane;  /* of one run: ledger_lane */
    uint32_t partition;
    uint32_t count;
};

struct ledger_list {
    struct ledger_run *items;
    uint32_t count;
    uint32_t capacity;
};

struct ledger {
    struct ledger_list acknowledged;
    struct ledger_list read;
    struct ledger_list resent; /* their `order` is 1 when the first sending may have been taken */
    uint64_t order;
    uint64_t altered;
};

struct ledger_verdict {
    uint64_t acknowledged;
    uint64_t read;
    uint64_t lost;       /* acknowledged, never read */
    uint64_t duplicated; /* read more often than once, or at a second offset */
    uint64_t reordered;  /* read behind one that was sent, or lies, behind it */
    uint64_t misplaced;  /* another record stood at its offset */
    uint64_t altered;    /* bytes that nobody wrote so */
    uint64_t resent;     /* twice or late, but excused: they were sent again */
    char first[160];     /* the first of them, in words; empty when all is well */
};

/* Lanes of different runs are different. */
static inline uint64_t ledger_lane(uint64_t run, uint32_t lane)
{
    return run + lane * 0x9e3779b97f4a7c15u;
}

void ledger_init(struct ledger *ledger);
void ledger_fini(struct ledger *ledger);
/* Records `run->count` of them; `order` is filled in. */
void ledger_acknowledge(struct ledger *ledger, const struct ledger_run *run);
/* Records `run->sequence` and on are sent once more; `unknown`: the first may have been taken. */
void ledger_resend(struct ledger *ledger, const struct ledger_run *run, bool unknown);
void ledger_read(struct ledger *ledger, const struct ledger_run *run);
void ledger_alter(struct ledger *ledger);
/* Moves everything; one thread alone reads a partition. */
void ledger_merge(struct ledger *to, struct ledger *from);
/* With `acknowledgements` false, as when only consuming, nothing counts as lost. */
void ledger_judge(struct ledger *ledger, bool acknowledgements, struct ledger_verdict *verdict);
bool ledger_verdict_good(const struct ledger_verdict *verdict);
