/*
 * What the metadata log amounts to at one offset, record by record: the content of a snapshot.
 *
 * The image (image.h) keeps what a single node acts upon; this keeps everything that Kafka put
 * there, so that quotas, ACLs, SCRAM credentials, tokens and registrations survive a stay with us.
 * Of each thing the latest record is kept as its bytes. Only changes to a broker's registration and
 * to a partition are merged into the record that they change, as Kafka's own image does.
 *
 * It lives while a snapshot is made, on a thread that may block.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/result.h"
#include "protocol/message.h"

struct catalog_state;

struct catalog_state *catalog_state_new(void);
void catalog_state_free(struct catalog_state *state);

/* One batch of the log or of a snapshot, CRC checked, in order. ERR_MALFORMED, ERR_VERSION,
 * ERR_NO_MEMORY: the state is not to be used any more. */
int catalog_state_apply(struct catalog_state *state, const uint8_t *batch, uint32_t len) MUST_CHECK;

/* A transaction is open: no snapshot can be taken here. */
bool catalog_state_in_transaction(const struct catalog_state *state);
/* kraft.version as control records have set it; 0 without one. */
int16_t catalog_state_kraft_version(const struct catalog_state *state);
/* The latest VotersRecord, encoded; len -1: none. Borrowed. */
struct blob catalog_state_voters(const struct catalog_state *state);

/* Calls `take` with each record's value in Kafka's order: features, registrations, topics,
 * configurations, quotas, producer ids, ACLs, SCRAM credentials, delegation tokens. Equal states
 * give equal bytes. A nonzero result of `take` ends it and is returned. */
int catalog_state_write(struct catalog_state *state, int (*take)(void *context, struct bytes value),
                        void *context) MUST_CHECK;
