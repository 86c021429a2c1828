/* Topics: names, creation by request and on demand, deletion, more partitions. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"
#include "broker/catalog/catalog.h"
#include "broker/request.h"
#include "protocol/schema/topics.h"

/* Kafka's rule: 1 to 249 of [a-zA-Z0-9._-], and neither "." nor "..". */
bool topic_name_valid(struct bytes name);
/* Kafka's sentence about a name that is not; cut to `size`. */
void topic_name_explain(struct bytes name, char *text, size_t size);
/* What Kafka says about a name that is not: in the request's arena, null when memory is short. */
struct string topic_name_complaint(struct request *request, struct bytes name);

/* Topics that a Metadata request brings into being, with the broker's defaults. */
struct topic_creation {
    void (*done)(struct topic_creation *creation); /* all are decided; ask the image */
    uint32_t waiting;
};
void topics_create_missing(struct request *request, struct topic_creation *creation,
                           const struct bytes *names, uint32_t count);
/* One topic of the broker's own, with the number of partitions and the configuration of `topic`,
 * which must live until `done`. */
void topics_create_internal(struct request *request, struct topic_creation *creation,
                            const struct create_topics_request_creatable_topic *topic);
