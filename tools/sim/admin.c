/* One CreateTopics call, again and again until it is confirmed. */
#include "tools/sim/admin.h"

#include "base/mem.h"
#include "base/util.h"
#include "protocol/errors.h"

#define CREATE_VERSION 5
#define RETRY_NS_MAX (300 * NS_PER_MS)
#define TIMEOUT_MS 30000

struct sim_admin {
    struct party *party;
    struct client client;
    struct client_call call;
    struct timer retry;
    const char *name;
    int32_t partitions;
    bool done;
};

static void admin_ask(struct sim_admin *admin)
{
    struct create_topics_request_creatable_topic topic;
    struct create_topics_request request;
    message_defaults(&create_topics_request_creatable_topic_struct, &topic);
    message_defaults(&create_topics_request_struct, &request);
    topic.name = string_of(admin->name);
    topic.num_partitions = admin->partitions;
    topic.replication_factor = 1;
    request.topics.items = &topic;
    request.topics.count = 1;
    request.timeout_ms = TIMEOUT_MS;
    client_call(&admin->client, &admin->call, API_CREATE_TOPICS, CREATE_VERSION, &request);
}

static void admin_again(struct timer *timer)
{
    admin_ask(CONTAINER_OF(timer, struct sim_admin, retry));
}

static void admin_answered(struct client_call *call, const void *message)
{
    struct sim_admin *admin = CONTAINER_OF(call, struct sim_admin, call);
    const struct create_topics_response *answer = message;
    struct party *party = admin->party;
    int16_t error = answer == NULL || answer->topics.count != 1
                        ? KAFKA_UNKNOWN_SERVER_ERROR
                        : answer->topics.items[0].error_code;
    admin->done = error == KAFKA_NONE || error == KAFKA_TOPIC_ALREADY_EXISTS;
    if (!admin->done && !party->leaving)
        party_set_timer(party, &admin->retry, party_random(party, 0, RETRY_NS_MAX));
}

struct sim_admin *sim_admin_new(struct party *party)
{
    struct sim_admin *admin = mem_alloc(sizeof *admin);
    admin->party = party;
    admin->call.done = admin_answered;
    timer_init(&admin->retry, admin_again);
    client_init(&admin->client, party);
    return admin;
}

void sim_admin_free(struct sim_admin *admin)
{
    heap_cancel(&admin->party->timers, &admin->retry);
    client_fini(&admin->client);
    mem_free(admin);
}

void sim_admin_create(struct sim_admin *admin, const char *name, int32_t partitions)
{
    admin->name = name;
    admin->partitions = partitions;
    admin->done = false;
    admin_ask(admin);
}

bool sim_admin_done(const struct sim_admin *admin)
{
    return admin->done;
}
