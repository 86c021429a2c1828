/* Topics of the simulated clients: created before the work begins, retried until they are there. */
#pragma once

#include "tools/sim/client.h"

struct sim_admin;

struct sim_admin *sim_admin_new(struct party *party);
/* After the party has left. */
void sim_admin_free(struct sim_admin *admin);
/* `name` must live as long as the admin. One at a time. */
void sim_admin_create(struct sim_admin *admin, const char *name, int32_t partitions);
bool sim_admin_done(const struct sim_admin *admin);
