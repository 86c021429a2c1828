/* Kafka's quorum-state: what it writes is read, and what is written Kafka reads. */
#include "broker/catalog/quorum_state.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "catalog_fixture.h"

static char directory[64];

static void setup(void)
{
    fixture_make_directory(directory);
}

static void teardown(void)
{
    fixture_remove_directory(directory);
}

TestSuite(quorum_state, .init = setup, .fini = teardown);

static int load_text(const char *text, struct quorum_state *state)
{
    char path[128];
    snprintf(path, sizeof path, "%s/quorum-state", directory);
    (void)!remove(path);
    fixture_append_file(directory, "quorum-state", text, strlen(text));
    return quorum_state_load(file_system_real(), directory, state);
}

static void expect_text(const struct quorum_state *state, const char *text)
{
    char path[128];
    char *data;
    uint64_t len;
    cr_assert_eq(quorum_state_write(file_system_real(), directory, state), 0);
    snprintf(path, sizeof path, "%s/quorum-state", directory);
    cr_assert_eq(file_load(file_system_real(), path, 4096, &data, &len), 0);
    cr_expect_eq(len, strlen(text));
    cr_expect_eq(memcmp(data, text, len), 0, "%.*s", (int)len, data);
    mem_free(data);
}

/* Both as Kafka 4.2.0 has written them. */
static const char version_0[] =
    "{\"clusterId\":\"\",\"leaderId\":1,\"leaderEpoch\":7,\"votedId\":-1,\"appliedOffset\":0,"
    "\"currentVoters\":[{\"voterId\":1},{\"voterId\":2}],\"data_version\":0}";
static const char version_1[] =
    "{\"leaderId\":-1,\"leaderEpoch\":2,\"votedId\":1,"
    "\"votedDirectoryId\":\"J8aAPcfLQt2bqs1JT_rMgQ\",\"data_version\":1}";

Test(quorum_state, version_0_reads_and_writes_as_in_kafka)
{
    struct quorum_state state;
    cr_assert_eq(load_text(version_0, &state), 0);
    cr_expect_eq(state.version, 0);
    cr_expect_eq(state.leader_id, 1);
    cr_expect_eq(state.leader_epoch, 7);
    cr_expect_eq(state.voted_id, -1);
    cr_expect_eq(state.voter_count, 2);
    cr_expect_eq(state.voters[1], 2);
    expect_text(&state, version_0);
}

Test(quorum_state, version_1_reads_and_writes_as_in_kafka)
{
    struct quorum_state state;
    cr_assert_eq(load_text(version_1, &state), 0);
    cr_expect_eq(state.version, 1);
    cr_expect_eq(state.leader_id, -1);
    cr_expect_eq(state.voted_id, 1);
    cr_expect_eq(state.voter_count, 0);
    expect_text(&state, version_1);
}

Test(quorum_state, a_missing_file_is_not_found)
{
    struct quorum_state state;
    cr_expect_eq(quorum_state_load(file_system_real(), directory, &state), ERR_NOT_FOUND);
}

Test(quorum_state, anything_else_is_refused)
{
    struct quorum_state state;
    cr_expect_eq(load_text("", &state), ERR_CORRUPT);
    cr_expect_eq(load_text("[]", &state), ERR_CORRUPT);
    cr_expect_eq(load_text("{\"leaderId\":1}", &state), ERR_CORRUPT);
    cr_expect_eq(load_text("{\"data_version\":2}", &state), ERR_VERSION);
    cr_expect_eq(load_text("{\"data_version\":1,\"leaderId\":1,\"leaderEpoch\":\"x\"}", &state),
                 ERR_CORRUPT);
    cr_expect_eq(load_text("{\"leaderId\":1,\"leaderEpoch\":2,\"votedId\":1,"
                           "\"votedDirectoryId\":\"short\",\"data_version\":1}",
                           &state),
                 ERR_CORRUPT);
    cr_expect_eq(load_text("{\"leaderId\":1,\"leaderEpoch\":-2,\"votedId\":-1,"
                           "\"currentVoters\":[],\"data_version\":0}",
                           &state),
                 ERR_CORRUPT);
}
