/*
 * Which APIs this broker serves: one table, from which ApiVersions answers.
 */
#pragma once

#include "broker/request.h"
#include "protocol/api.h"

/* The handler, or null when the API or the version is not served here: the connection is closed
 * then, as Kafka does, except for ApiVersions, which answers every version. */
request_handler_fn *dispatch_find(const struct api *api, int16_t version);
bool dispatch_serves(const struct api *api);
/* Requests of this API may run beside each other on one connection. */
bool dispatch_overlaps(const struct api *api);
