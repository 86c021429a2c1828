/*
 * The pieces of memory that one send takes.
 *
 * Most sends have a few, and a connection that rests should be small: so it has room for these
 * few, and a send of more borrows an array of the core's for as long as it runs. When all are lent
 * out the send carries what there is room for, and the rest follows with the next one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "base/slab.h"

#define SEND_PARTS_FEW 12
#define SEND_PARTS_MAX 256

struct send_parts {
    struct iovec *wide; /* null: `few` */
    int count;
    struct iovec few[SEND_PARTS_FEW];
};

/* Objects of the slab that the wide ones come from. */
struct send_parts_wide {
    struct iovec parts[SEND_PARTS_MAX];
};

/* False: there is no room for another one. */
bool send_parts_add(struct send_parts *parts, struct slab *wide, struct iovec part);
/* The array, while the send runs. */
const struct iovec *send_parts_items(const struct send_parts *parts);
/* The send is over: it is empty again. */
void send_parts_end(struct send_parts *parts, struct slab *wide);
