/* Produce (KIP-98, KIP-467, KIP-516): judging batches, handing them to the owning cores. */
#pragma once

#include "broker/request.h"

struct core;
struct timer;

void produce_handle(struct request *request);
/* Memory of the WAL came free: appends that met ERR_BUSY try again, in order. */
void produce_resume_parked(struct core *core);
/* What core->produce_due does: answers those whose timeout.ms is over. */
void produce_look_at_clock(struct timer *timer);
