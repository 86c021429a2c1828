/*
 * The clocks that the model judges by: that of the clients, which runs evenly, and the broker's,
 * which is ahead of it or behind, and may jump. What a broker may do by its clock it may do when it
 * was right by any reading since.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct model;

/* Where the time comes from: the clients' clock in ms, which never goes back. */
void model_use_clock(struct model *model, int64_t (*now_ms)(void *context), void *context);
/* The broker's clock is so far ahead of the clients' since that time of theirs. */
void model_clock_jumped(struct model *model, int64_t at_ms, int64_t ahead_ms);
/* Nothing is in the way any more: what is due is done soon. */
void model_calm(struct model *model);

/* The clients' clock; 0 without one. */
int64_t model_now_ms(const struct model *model);
/* The broker's. */
int64_t model_broker_ms(const struct model *model);
/* The highest that the broker's clock has shown since that time of the clients'. */
int64_t model_broker_most_since(const struct model *model, int64_t since_ms);
/* The longest that can have passed by the broker's clock between two moments since that time. */
int64_t model_broker_span_since(const struct model *model, int64_t since_ms);
/* How long nothing has been in the way; -1: something may be. */
int64_t model_calm_ms(const struct model *model);
