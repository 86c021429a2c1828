/* The producer ids a core may give out. */
#pragma once

struct core;
struct producer_ids;

struct producer_ids *producer_ids_new(struct core *core);
/* Nobody may wait any more. */
void producer_ids_free(struct producer_ids *ids);
