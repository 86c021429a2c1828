/*
 * Fetch, versions 4 to 18 (KIP-74, KIP-98, KIP-227, KIP-320, KIP-516, KIP-595, KIP-951).
 */
#pragma once

#include "broker/request.h"

struct core;

void fetch_handle(struct request *request);
/* Long polls of this core's connections answer now: the broker is stopping. */
void fetch_end_waits(struct core *core);
