/*
 * InitProducerId without transactions (KIP-98): an id nobody else has.
 *
 * Each core takes ids from a block of a thousand that the catalog gave it. Requests that find the
 * block empty wait for the next one; only one is asked for at a time.
 */
#include "base/assert.h"
#include "base/mem.h"
#include "broker/catalog/catalog.h"
#include "broker/catalog/producer_ids.h"
#include "broker/connection.h"
#include "broker/core.h"
#include "broker/handlers.h"
#include "broker/server.h"
#include "protocol/errors.h"
#include "protocol/schema/metadata_records.h"

#define PRODUCER_ID_BLOCK 1000

struct producer_ids {
    struct proposal proposal; /* first */
    struct core *core;
    bool asking;
    int64_t next;
    int64_t end;
    int64_t asked;       /* the first id of the block that is being asked for */
    struct list waiting; /* struct producer_wait */
};

struct producer_wait {
    struct list node;
    struct request *request;
};

struct producer_ids *producer_ids_new(struct core *core)
{
    struct producer_ids *ids = mem_alloc(sizeof *ids);
    ids->core = core;
    list_init(&ids->waiting);
    return ids;
}

void producer_ids_free(struct producer_ids *ids)
{
    ASSERT(list_empty(&ids->waiting) && !ids->asking);
    mem_free(ids);
}

static void answer(struct request *r, int16_t error, int64_t id)
{
    struct init_producer_id_response response;
    message_defaults(&init_producer_id_response_struct, &response);
    response.error_code = error;
    response.producer_id = id;
    response.producer_epoch = error == KAFKA_NONE ? 0 : -1;
    request_respond(r, &response);
}

static int16_t block_judge(struct catalog *catalog, struct proposal *proposal)
{
    struct producer_ids *ids = CONTAINER_OF(proposal, struct producer_ids, proposal);
    ids->asked = catalog_take_producer_ids(catalog, PRODUCER_ID_BLOCK);
    struct producer_ids_record record = {
        .broker_id = server_node_id(catalog_core(catalog)->server),
        .broker_epoch = catalog_image(catalog)->broker_epoch,
        .next_producer_id = ids->asked + PRODUCER_ID_BLOCK,
    };
    catalog_add(catalog, &producer_ids_record_type, 0, &record);
    return KAFKA_NONE;
}

static void ids_serve(struct producer_ids *ids);

static void block_done(struct core *core, struct core_call *call)
{
    (void)core;
    struct producer_ids *ids = CONTAINER_OF(call, struct producer_ids, proposal.call);
    ids->asking = false;
    if (ids->proposal.error == KAFKA_NONE) {
        ids->next = ids->asked;
        ids->end = ids->asked + PRODUCER_ID_BLOCK;
        ids_serve(ids);
        return;
    }
    struct list failed;
    list_init(&failed);
    list_append(&failed, &ids->waiting);
    struct list *node;
    while ((node = list_pop_front(&failed)) != NULL)
        answer(LIST_ENTRY(node, struct producer_wait, node)->request,
               KAFKA_COORDINATOR_LOAD_IN_PROGRESS, -1);
}

static void ids_serve(struct producer_ids *ids)
{
    while (ids->next < ids->end) {
        struct list *node = list_pop_front(&ids->waiting);
        if (node == NULL)
            return;
        answer(LIST_ENTRY(node, struct producer_wait, node)->request, KAFKA_NONE, ids->next++);
    }
    if (list_empty(&ids->waiting) || ids->asking)
        return;
    ids->asking = true;
    ids->proposal.judge = block_judge;
    ids->proposal.call.done = block_done;
    ids->proposal.urgent = true;
    catalog_propose(ids->core, &ids->proposal);
}

void init_producer_id_handle(struct request *r)
{
    void *decoded;
    if (!request_decode(r, &decoded))
        return;
    const struct init_producer_id_request *body = decoded;
    if (body->transactional_id.len >= 0) {
        answer(r, body->transactional_id.len == 0 ? KAFKA_INVALID_REQUEST : KAFKA_NOT_COORDINATOR,
               -1);
        return;
    }
    if ((body->producer_id >= 0) != (body->producer_epoch >= 0)) {
        answer(r, KAFKA_INVALID_REQUEST, -1);
        return;
    }
    struct producer_wait *wait = request_alloc(r, 1, sizeof *wait);
    if (wait == NULL)
        return;
    wait->request = r;
    list_push_back(&r->core->producer_ids->waiting, &wait->node);
    ids_serve(r->core->producer_ids);
}
