/*
 * Fetch (KIP-74, KIP-227 without incremental sessions, KIP-320, KIP-516).
 */
#pragma once

#include "broker/request.h"

struct core;

void fetch_handle(struct request *request);
/* Long polls of this core's connections answer now: the broker is stopping. */
void fetch_end_waits(struct core *core);
