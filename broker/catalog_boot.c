/*
 * The catalog at a start: a LeaderChange control batch opens the new epoch of its log (KIP-595),
 * then this incarnation of the broker is registered, and on a new directory the features of
 * Kafka 4.2. Connections are accepted only when every core has applied that.
 */
#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "broker/accept.h"
#include "broker/catalog.h"
#include "broker/server.h"
#include "partition/partition.h"
#include "protocol/errors.h"
#include "protocol/record.h"
#include "protocol/schema/metadata_records.h"
#include "protocol/schema/quorum.h"

#define CONTROL_LEADER_CHANGE 2
#define REGISTER_BROKER_VERSION 3
#define BATCH_BYTES 1024

struct boot {
    struct proposal proposal; /* first */
    struct core *core;
    struct partition_append append;
    uint8_t batch[BATCH_BYTES];
    struct core_call *accepts;
    uint32_t accepting;
};

static const struct {
    const char *name;
    int16_t level;
} features[] = {
    {"metadata.version", 29}, {"eligible.leader.replicas.version", 1},
    {"group.version", 1},     {"share.version", 1},
    {"streams.version", 1},   {"transaction.version", 2},
};

static void accept_run(struct core *core, struct core_call *call)
{
    accept_start(core);
    core_reply(core, call);
}

static void accept_done(struct core *core, struct core_call *call)
{
    (void)call;
    struct boot *boot = core->boot;
    boot->accepting--;
    if (boot->accepting > 0)
        return;
    core->boot = NULL;
    mem_free(boot->accepts);
    mem_free(boot);
}

static void boot_done(struct core *core, struct core_call *call)
{
    struct boot *boot = CONTAINER_OF(call, struct boot, proposal.call);
    if (boot->proposal.error != KAFKA_NONE)
        log_error(&core->log, "this broker cannot be registered in the catalog: %s",
                  kafka_error_message(boot->proposal.error));
    boot->accepting = core->core_count;
    boot->accepts = mem_alloc_array(core->core_count, sizeof *boot->accepts);
    for (unsigned i = 0; i < core->core_count; i++) {
        boot->accepts[i].run = accept_run;
        boot->accepts[i].done = accept_done;
    }
    for (unsigned i = core->core_count; i-- > 0;)
        core_send(core, i, &boot->accepts[i]);
}

static void add_features(struct catalog *catalog)
{
    if (catalog_image(catalog)->feature_count > 0)
        return;
    for (size_t i = 0; i < ARRAY_LENGTH(features); i++) {
        struct feature_level_record record = {
            .name = string_of(features[i].name),
            .feature_level = features[i].level,
        };
        catalog_add(catalog, &feature_level_record_type, 0, &record);
    }
}

static int16_t boot_judge(struct catalog *catalog, struct proposal *proposal)
{
    struct boot *boot = CONTAINER_OF(proposal, struct boot, proposal);
    struct server *server = boot->core->server;
    struct uuid directory = server_directory_id(server);
    struct io *io = boot->core->io;
    struct register_broker_record record;
    struct register_broker_record_broker_endpoint endpoint;
    add_features(catalog);
    message_defaults(&register_broker_record_struct, &record);
    message_defaults(&register_broker_record_broker_endpoint_struct, &endpoint);
    int32_t port;
    server_advertised(server, 0, &endpoint.host, &port);
    endpoint.name = string_of(server_config(server)->listeners[0].name);
    endpoint.port = (uint16_t)port;
    record.broker_id = server_node_id(server);
    record.incarnation_id = uuid_from_random(io_random(io), io_random(io));
    record.broker_epoch = boot->append.base_offset + 1;
    record.end_points.items = &endpoint;
    record.end_points.count = 1;
    record.rack = string_of(server_config(server)->rack);
    record.fenced = false;
    record.log_dirs.items = &directory;
    record.log_dirs.count = 1;
    catalog_add(catalog, &register_broker_record_type, REGISTER_BROKER_VERSION, &record);
    return KAFKA_NONE;
}

static void boot_leader_durable(struct partition_append *append)
{
    struct boot *boot = CONTAINER_OF(append, struct boot, append);
    if (append->outcome != APPEND_DONE)
        log_error(&boot->core->log, "the catalog cannot be written");
    boot->proposal.judge = boot_judge;
    boot->proposal.call.done = boot_done;
    catalog_propose(boot->core, &boot->proposal);
}

static uint32_t build_leader_change(struct boot *boot)
{
    struct batch_builder builder;
    struct writer w;
    uint8_t key[4];
    uint8_t value[256];
    struct leader_change_message_voter voter;
    struct leader_change_message message;
    message_defaults(&leader_change_message_struct, &message);
    message_defaults(&leader_change_message_voter_struct, &voter);
    voter.voter_id = server_node_id(boot->core->server);
    message.leader_id = voter.voter_id;
    message.voters.items = message.granting_voters.items = &voter;
    message.voters.count = message.granting_voters.count = 1;
    store_be16(key, 0);
    store_be16(key + 2, CONTROL_LEADER_CHANGE);
    writer_init(&w, value, sizeof value);
    int result = message_encode(&leader_change_message_type, 0, &message, &w, NULL);
    ASSERT(result == 0);
    batch_build_begin(&builder, boot->batch, sizeof boot->batch);
    batch_build_add(&builder, io_wall_ms(boot->core->io), blob_of(key, sizeof key),
                    blob_of(value, writer_len(&w)));
    struct batch_build_options options = {BATCH_ATTRIBUTE_CONTROL, -1, -1, -1};
    int64_t len = batch_build_end(&builder, &options);
    ASSERT(len > 0);
    return (uint32_t)len;
}

void catalog_boot(struct catalog *catalog)
{
    struct core *core = catalog_core(catalog);
    struct boot *boot = mem_alloc(sizeof *boot);
    core->boot = boot;
    boot->core = core;
    boot->append = (struct partition_append){
        .partition = catalog_partition(catalog),
        .batch = boot->batch,
        .len = build_leader_change(boot),
        .origin = APPEND_COORDINATOR,
        .done = boot_leader_durable,
    };
    int result = partition_append(&boot->append);
    ASSERT(result == 0);
}
