/*
 * DescribeUserScramCredentials (KIP-554), and the credentials themselves: one sorted array, since
 * there are few, and they change seldom.
 */
#include "broker/catalog/scram.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "broker/core.h"
#include "broker/handlers.h"
#include "protocol/errors.h"

/* The credentials. */

void credentials_fini(struct credentials *c)
{
    for (uint32_t i = 0; i < c->count; i++)
        mem_free(c->items[i].text);
    mem_free(c->items);
    *c = (struct credentials){0};
}

/* The first place that does not lie before this user and mechanism. */
static uint32_t place_of(const struct credentials *c, struct bytes user, int8_t mechanism)
{
    uint32_t low = 0;
    uint32_t high = c->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct credential *item = &c->items[middle];
        int order = bytes_compare(item->user, user);
        if (order < 0 || (order == 0 && item->mechanism < mechanism))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct credentials *c, uint32_t place, struct bytes user)
{
    return place < c->count && bytes_equal(c->items[place].user, user);
}

void credentials_put(struct credentials *c, struct bytes user, int8_t mechanism, int32_t iterations)
{
    uint32_t place = place_of(c, user, mechanism);
    if (is_at(c, place, user) && c->items[place].mechanism == mechanism) {
        c->items[place].iterations = iterations;
        return;
    }
    if (c->count == c->capacity) {
        uint32_t capacity = MAX(c->capacity * 2, 8);
        c->items =
            mem_realloc(c->items, c->capacity * sizeof *c->items, capacity * sizeof *c->items);
        c->capacity = capacity;
    }
    memmove(&c->items[place + 1], &c->items[place], (c->count - place) * sizeof *c->items);
    char *text = mem_copy_bytes(user);
    c->items[place] =
        (struct credential){text, {(const uint8_t *)text, user.len}, mechanism, iterations};
    c->count++;
}

void credentials_remove(struct credentials *c, struct bytes user, int8_t mechanism)
{
    uint32_t place = place_of(c, user, mechanism);
    if (!is_at(c, place, user) || c->items[place].mechanism != mechanism)
        return;
    mem_free(c->items[place].text);
    c->count--;
    memmove(&c->items[place], &c->items[place + 1], (c->count - place) * sizeof *c->items);
}

uint32_t credentials_of(const struct credentials *c, struct bytes user, uint32_t *count)
{
    uint32_t first = place_of(c, user, INT8_MIN);
    *count = 0;
    while (is_at(c, first + *count, user))
        ++*count;
    return first;
}

/* The request. */

struct described {
    struct bytes user;
    bool twice;
};

static int described_order(const void *a, const void *b)
{
    const struct described *x = a;
    const struct described *y = b;
    return bytes_compare(x->user, y->user);
}

/* The users that are asked for, in order and each once; null: the request is over. */
static struct described *users_named(struct request *r,
                                     const struct describe_user_scram_credentials_request *body,
                                     uint32_t *count)
{
    struct described *users = request_alloc(r, (size_t)body->users.count, sizeof *users);
    if (users == NULL)
        return NULL;
    for (int32_t i = 0; i < body->users.count; i++)
        users[i].user = string_bytes(body->users.items[i].name);
    qsort(users, (size_t)body->users.count, sizeof *users, described_order);
    *count = 0;
    for (int32_t i = 0; i < body->users.count; i++) {
        if (*count > 0 && bytes_equal(users[*count - 1].user, users[i].user))
            users[*count - 1].twice = true;
        else
            users[(*count)++] = users[i];
    }
    return users;
}

/* Every user who has some. */
static struct described *users_all(struct request *r, uint32_t *count)
{
    const struct credentials *c = &r->core->image.credentials;
    struct described *users = request_alloc(r, c->count, sizeof *users);
    *count = 0;
    for (uint32_t i = 0; users != NULL && i < c->count; i++)
        if (i == 0 || !bytes_equal(c->items[i - 1].user, c->items[i].user))
            users[(*count)++].user = c->items[i].user;
    return users;
}

static bool answer_user(struct request *r, const struct described *user,
                        struct describe_user_scram_credentials_response_result *result)
{
    const struct credentials *c = &r->core->image.credentials;
    uint32_t count;
    uint32_t first = credentials_of(c, user->user, &count);
    message_defaults(&describe_user_scram_credentials_response_result_struct, result);
    result->user = request_utf8(r, string_of_bytes(user->user));
    int len = MAX(result->user.len, 0);
    if (user->twice) {
        result->error_code = KAFKA_DUPLICATE_RESOURCE;
        result->error_message = request_print(
            r,
            "Cannot describe SCRAM credentials for the same user twice in a single request: %.*s",
            len, result->user.data);
        return true;
    }
    if (count == 0) {
        result->error_code = KAFKA_RESOURCE_NOT_FOUND;
        result->error_message =
            request_print(r, "Attempt to describe a user credential that does not exist: %.*s", len,
                          result->user.data);
        return true;
    }
    result->credential_infos.items =
        request_alloc(r, count, sizeof *result->credential_infos.items);
    if (result->credential_infos.items == NULL)
        return false;
    result->credential_infos.count = (int32_t)count;
    for (uint32_t i = 0; i < count; i++) {
        result->credential_infos.items[i].mechanism = c->items[first + i].mechanism;
        result->credential_infos.items[i].iterations = c->items[first + i].iterations;
    }
    return true;
}

void describe_user_scram_credentials_handle(struct request *r)
{
    void *decoded;
    uint32_t count;
    struct describe_user_scram_credentials_response response;
    if (!request_decode(r, &decoded))
        return;
    const struct describe_user_scram_credentials_request *body = decoded;
    bool all = body->users.count <= 0;
    struct described *users = all ? users_all(r, &count) : users_named(r, body, &count);
    if (users == NULL)
        return;
    message_defaults(&describe_user_scram_credentials_response_struct, &response);
    response.results.items = request_alloc(r, count, sizeof *response.results.items);
    if (response.results.items == NULL)
        return;
    response.results.count = (int32_t)count;
    for (uint32_t i = 0; i < count; i++)
        if (!answer_user(r, &users[i], &response.results.items[i]))
            return;
    request_respond(r, &response);
}
