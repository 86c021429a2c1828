/*
 * The catalog at a start: a LeaderChange control batch opens the new epoch of its log (KIP-595),
 * on a new directory with the quorum's version and its one voter (KIP-853). Then come the features
 * of Kafka 4.2 where there are none yet, leadership of the partitions that have no leader, and the
 * registration of this incarnation of the broker. Connections are accepted only when every core
 * has applied that.
 */
#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "broker/accept.h"
#include "broker/catalog/catalog.h"
#include "broker/catalog/catalog_leaders.h"
#include "broker/server.h"
#include "partition/partition.h"
#include "protocol/errors.h"
#include "protocol/record.h"
#include "protocol/schema/metadata_records.h"
#include "protocol/schema/quorum.h"

#define BATCH_BYTES 1024
#define BOOT_RETRY_NS (100 * NS_PER_MS)
#define ENDPOINTS_MAX 16
#define ELIGIBLE_FEATURE "eligible.leader.replicas.version"
#define RESOURCE_BROKER 4
/* As in the server.properties that comes with Kafka. */
#define CONTROLLER_NAME "CONTROLLER"
#define CONTROLLER_PORT 9093

struct boot {
    struct proposal proposal; /* first */
    struct core *core;
    struct partition_append append;
    bool appending; /* the epoch is not decided yet */
    bool proposed;  /* the proposal is */
    struct timer retry;
    uint8_t batch[BATCH_BYTES];
    bool again; /* not everything fitted into the proposal */
    struct core_call *accepts;
    uint32_t accepting;
};

/* What a new catalog begins with: the features of Kafka 4.2, and which levels there are. */
static const struct {
    const char *name;
    int16_t least;
    int16_t level;
} features[] = {
    {"metadata.version", 7, 29}, {ELIGIBLE_FEATURE, 0, 1},  {"group.version", 0, 1},
    {"share.version", 0, 1},     {"streams.version", 0, 1}, {"transaction.version", 0, 2},
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
    catalog_booted(core->catalog);
}

static void boot_done(struct core *core, struct core_call *call);

/* Features. */

static bool enables_eligible(struct catalog *catalog, struct bytes value)
{
    struct region *scratch = catalog_image(catalog)->scratch;
    struct arena arena;
    struct catalog_record record;
    arena_init(&arena, scratch, ARENA_WHOLE_REGION);
    bool enables = false;
    if (catalog_record_read(value, &arena, &record) == 0 &&
        record.type == &feature_level_record_type) {
        const struct feature_level_record *feature = record.message;
        enables = bytes_equal(string_bytes(feature->name), BYTES_LITERAL(ELIGIBLE_FEATURE)) &&
                  feature->feature_level > 0;
    }
    arena_reset(&arena);
    return enables;
}

/* The records of Kafka's bootstrap.checkpoint, which kafka-storage has written. Whether they enable
 * eligible leader replicas. */
static bool add_bootstrap(struct catalog *catalog, struct bytes file)
{
    bool eligible = false;
    while (file.len > 0) {
        int64_t size = batch_check(file);
        struct reader reader;
        ASSERT(size > 0);
        struct bytes records = batch_records(file.data, (uint32_t)size);
        reader_init(&reader, records.data, records.len);
        int32_t count = batch_is_control(file.data) ? 0 : batch_record_count(file.data);
        for (int32_t i = 0; i < count; i++) {
            struct record record;
            if (record_read(&reader, &record) != 0)
                break;
            catalog_add_value(catalog, blob_bytes(record.value));
            eligible = eligible || enables_eligible(catalog, blob_bytes(record.value));
        }
        file.data += size;
        file.len -= (size_t)size;
    }
    return eligible;
}

/* With eligible leader replicas Kafka wants min.insync.replicas to stand in the catalog. */
static void add_min_insync(struct catalog *catalog, const struct config *config)
{
    const char *key = "min.insync.replicas";
    struct config_record record = {
        .resource_type = RESOURCE_BROKER,
        .resource_name = string_of(""),
        .name = string_of(key),
        .value = string_of(config_text(config, key)),
    };
    catalog_add(catalog, &config_record_type, 0, &record);
}

static void add_features(struct catalog *catalog, struct server *server)
{
    if (catalog_image(catalog)->feature_count > 0)
        return;
    struct bytes bootstrap = server_bootstrap(server);
    if (bootstrap.len > 0) {
        if (add_bootstrap(catalog, bootstrap))
            add_min_insync(catalog, server_config(server));
        return;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(features); i++) {
        struct feature_level_record record = {
            .name = string_of(features[i].name),
            .feature_level = features[i].level,
        };
        catalog_add(catalog, &feature_level_record_type, 0, &record);
    }
    add_min_insync(catalog, server_config(server));
}

/* Registration. */

static void fill_endpoints(struct server *server,
                           struct register_broker_record_broker_endpoint *endpoints)
{
    const struct config *config = server_config(server);
    for (uint32_t i = 0; i < config->listener_count; i++) {
        int32_t port;
        message_defaults(&register_broker_record_broker_endpoint_struct, &endpoints[i]);
        server_advertised(server, i, &endpoints[i].host, &port);
        endpoints[i].name = string_of(config->listeners[i].name);
        endpoints[i].port = (uint16_t)port;
    }
}

static void fill_features(struct register_broker_record_broker_feature *ranges)
{
    for (size_t i = 0; i < ARRAY_LENGTH(features); i++) {
        message_defaults(&register_broker_record_broker_feature_struct, &ranges[i]);
        ranges[i].name = string_of(features[i].name);
        ranges[i].min_supported_version = features[i].least;
        ranges[i].max_supported_version = features[i].level;
    }
}

static void add_registration(struct catalog *catalog, struct boot *boot)
{
    struct server *server = boot->core->server;
    struct io *io = boot->core->io;
    struct uuid directory = server_directory_id(server);
    struct register_broker_record record;
    struct register_broker_record_broker_endpoint endpoints[ENDPOINTS_MAX];
    struct register_broker_record_broker_feature ranges[ARRAY_LENGTH(features)];
    int16_t version = image_register_broker_version(catalog_image(catalog));
    /* The features may come in the same batch. */
    if (catalog_image(catalog)->feature_count == 0)
        version = register_broker_record_type.version_max;
    ASSERT(server_config(server)->listener_count <= ENDPOINTS_MAX);
    message_defaults(&register_broker_record_struct, &record);
    fill_endpoints(server, endpoints);
    fill_features(ranges);
    record.broker_id = server_node_id(server);
    record.incarnation_id = io_random_uuid(io);
    record.broker_epoch = boot->append.last_offset + 1;
    record.end_points.items = endpoints;
    record.end_points.count = (int32_t)server_config(server)->listener_count;
    record.features.items = ranges;
    record.features.count = ARRAY_LENGTH(features);
    record.rack = string_of(server_config(server)->rack);
    record.fenced = false;
    record.log_dirs.items = &directory;
    record.log_dirs.count = 1;
    catalog_add(catalog, &register_broker_record_type, version, &record);
}

static int16_t boot_judge(struct catalog *catalog, struct proposal *proposal)
{
    struct boot *boot = CONTAINER_OF(proposal, struct boot, proposal);
    struct server *server = boot->core->server;
    /* The writer before us has not ended its transaction: nothing of it ever counts. */
    if (catalog_image(catalog)->replay.in_transaction) {
        struct abort_transaction_record record = {.reason = string_of("a new controller")};
        catalog_add(catalog, &abort_transaction_record_type, 0, &record);
    }
    add_features(catalog, server);
    boot->again = !catalog_take_leadership(catalog);
    if (!boot->again)
        add_registration(catalog, boot);
    return KAFKA_NONE;
}

static void boot_propose(struct boot *boot)
{
    boot->proposal.judge = boot_judge;
    boot->proposal.call.done = boot_done;
    boot->proposal.urgent = true;
    catalog_propose(boot->core, &boot->proposal);
}

static void boot_accept(struct boot *boot)
{
    struct core *core = boot->core;
    boot->accepting = core->core_count;
    boot->accepts = mem_alloc_array(core->core_count, sizeof *boot->accepts);
    for (unsigned i = 0; i < core->core_count; i++) {
        boot->accepts[i].run = accept_run;
        boot->accepts[i].done = accept_done;
    }
    for (unsigned i = core->core_count; i-- > 0;)
        core_send(core, i, &boot->accepts[i]);
}

static void boot_done(struct core *core, struct core_call *call)
{
    struct boot *boot = CONTAINER_OF(call, struct boot, proposal.call);
    if (boot->proposal.error != KAFKA_NONE) {
        log_error(&core->log, "this broker cannot be registered in the catalog: %s",
                  kafka_error_message(boot->proposal.error));
    } else if (boot->again) {
        boot_propose(boot);
        return;
    }
    boot->proposed = true;
    if (!boot->appending)
        boot_accept(boot);
}

/* The new leader epoch. */

static void boot_leader_durable(struct partition_append *append)
{
    struct boot *boot = CONTAINER_OF(append, struct boot, append);
    if (append->outcome != APPEND_DONE)
        log_error(&boot->core->log, "the catalog cannot be written");
    boot->appending = false;
    if (boot->proposed)
        boot_accept(boot);
}

static void build_message(struct boot *boot, struct batch_builder *builder, enum control_type type,
                          const struct message_type *message, const void *value)
{
    uint8_t bytes[256];
    struct writer w;
    writer_init(&w, bytes, sizeof bytes);
    int result = message_encode(message, 0, value, &w, NULL);
    ASSERT(result == 0);
    batch_build_add_control(builder, type, io_wall_ms(boot->core->io),
                            blob_of(bytes, writer_len(&w)));
}

static void build_leader_change(struct boot *boot, struct batch_builder *builder)
{
    struct leader_change_message_voter voter;
    struct leader_change_message message;
    message_defaults(&leader_change_message_struct, &message);
    message_defaults(&leader_change_message_voter_struct, &voter);
    voter.voter_id = server_node_id(boot->core->server);
    message.leader_id = voter.voter_id;
    message.voters.items = message.granting_voters.items = &voter;
    message.voters.count = message.granting_voters.count = 1;
    build_message(boot, builder, CONTROL_LEADER_CHANGE, &leader_change_message_type, &message);
}

/* A new catalog has kraft.version 1 with its voter in the log: Kafka then starts with
 * controller.quorum.bootstrap.servers as well as with controller.quorum.voters, and sets the
 * endpoint right where it is another one. */
static void build_voters(struct boot *boot, struct batch_builder *builder)
{
    struct server *server = boot->core->server;
    struct k_raft_version_record version;
    struct voters_record voters;
    struct voters_record_voter voter;
    struct voters_record_endpoint endpoint;
    message_defaults(&k_raft_version_record_struct, &version);
    message_defaults(&voters_record_struct, &voters);
    message_defaults(&voters_record_voter_struct, &voter);
    message_defaults(&voters_record_endpoint_struct, &endpoint);
    version.k_raft_version = 1;
    endpoint.name = string_of(CONTROLLER_NAME);
    endpoint.host = string_of("localhost");
    endpoint.port = CONTROLLER_PORT;
    voter.voter_id = server_node_id(server);
    voter.voter_directory_id = server_directory_id(server);
    voter.endpoints.items = &endpoint;
    voter.endpoints.count = 1;
    voter.k_raft_version_feature.max_supported_version = 1;
    voters.voters.items = &voter;
    voters.voters.count = 1;
    build_message(boot, builder, CONTROL_KRAFT_VERSION, &k_raft_version_record_type, &version);
    build_message(boot, builder, CONTROL_KRAFT_VOTERS, &voters_record_type, &voters);
}

static uint32_t build_epoch(struct boot *boot)
{
    struct batch_builder builder;
    batch_build_begin(&builder, boot->batch, sizeof boot->batch);
    build_leader_change(boot, &builder);
    if (server_catalog_is_new(boot->core->server))
        build_voters(boot, &builder);
    struct batch_build_options options = {BATCH_ATTRIBUTE_CONTROL, -1, -1, -1};
    int64_t len = batch_build_end(&builder, &options);
    ASSERT(len > 0);
    return (uint32_t)len;
}

/* Without memory in the WAL: again in a while. What is proposed stands behind the epoch in the log,
 * and so is durable only with it: mostly one write takes both. */
static void boot_append(struct boot *boot)
{
    if (partition_append(&boot->append) != 0) {
        core_timer_set(boot->core, &boot->retry, BOOT_RETRY_NS);
        return;
    }
    boot->appending = true;
    boot_propose(boot);
}

static void boot_append_again(struct timer *timer)
{
    boot_append(CONTAINER_OF(timer, struct boot, retry));
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
        .len = build_epoch(boot),
        .origin = APPEND_COORDINATOR,
        .done = boot_leader_durable,
    };
    timer_init(&boot->retry, boot_append_again);
    boot_append(boot);
}
