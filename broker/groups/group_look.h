/* What the handlers of DescribeGroups and ConsumerGroupDescribe share. */
#pragma once

#include "broker/request.h"

/* Kafka's for a group, as bits: read, delete, describe, describe and alter configs. */
#define GROUP_OPERATIONS ((1 << 3) | (1 << 6) | (1 << 8) | (1 << 10) | (1 << 11))

/* What Kafka says about a group that cannot be described: that it is not of the `kind` that was
 * asked for ("classic"), or with a null kind that there is none. In the request's arena, null when
 * memory is short. */
struct string group_complaint(struct request *request, struct string group_id, const char *kind);
