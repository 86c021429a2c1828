/*
 * Reading is strict in what is needed and passes over what is not, as Kafka's generated converter
 * does; members of the other version may not occur.
 */
#include "broker/catalog/quorum_state.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "partition/kafka_files.h"

#define QUORUM_FILE "quorum-state"
#define QUORUM_BYTES_MAX 65536
#define VERSION_MAX 1
#define PATH_BYTES 4096

static bool take_i32(const json_t *object, const char *name, int32_t *number)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_integer(value) || json_integer_value(value) < INT32_MIN ||
        json_integer_value(value) > INT32_MAX)
        return false;
    *number = (int32_t)json_integer_value(value);
    return true;
}

static bool take_voters(const json_t *object, struct quorum_state *state)
{
    const json_t *voters = json_object_get(object, "currentVoters");
    if (json_is_null(voters))
        return true;
    if (!json_is_array(voters) || json_array_size(voters) > QUORUM_VOTERS_MAX)
        return false;
    state->voter_count = (uint32_t)json_array_size(voters);
    for (uint32_t i = 0; i < state->voter_count; i++)
        if (!take_i32(json_array_get(voters, i), "voterId", &state->voters[i]))
            return false;
    return true;
}

static bool take_directory(const json_t *object, struct quorum_state *state)
{
    const char *text = json_string_value(json_object_get(object, "votedDirectoryId"));
    return text != NULL && uuid_parse(bytes_of_string(text), &state->voted_directory) == 0;
}

static int take_state(const json_t *object, struct quorum_state *state)
{
    int32_t version;
    *state = (struct quorum_state){0};
    if (!take_i32(object, "data_version", &version))
        return ERR_CORRUPT;
    if (version < 0 || version > VERSION_MAX)
        return ERR_VERSION;
    state->version = (int16_t)version;
    bool good = take_i32(object, "leaderId", &state->leader_id) &&
                take_i32(object, "leaderEpoch", &state->leader_epoch) &&
                take_i32(object, "votedId", &state->voted_id) &&
                (version == 0 ? take_voters(object, state) : take_directory(object, state));
    return good && state->leader_epoch >= 0 ? 0 : ERR_CORRUPT;
}

int quorum_state_load(struct file_system *fs, const char *directory, struct quorum_state *state)
{
    char path[PATH_BYTES];
    char *text;
    uint64_t len;
    int path_len = snprintf(path, sizeof path, "%s/%s", directory, QUORUM_FILE);
    ASSERT(path_len > 0 && (size_t)path_len < sizeof path);
    int result = file_load(fs, path, QUORUM_BYTES_MAX, &text, &len);
    if (result != 0)
        return result == ERR_TOO_LARGE ? ERR_CORRUPT : result;
    json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    mem_free(text);
    result = json_is_object(object) ? take_state(object, state) : ERR_CORRUPT;
    json_decref(object);
    return result;
}

static json_t *voters_json(const struct quorum_state *state)
{
    json_t *voters = json_array();
    for (uint32_t i = 0; i < state->voter_count; i++)
        (void)json_array_append_new(voters, json_pack("{s:i}", "voterId", state->voters[i]));
    return voters;
}

static json_t *state_json(const struct quorum_state *state)
{
    char id[UUID_TEXT_LEN + 1];
    if (state->version == 0)
        return json_pack("{s:s, s:i, s:i, s:i, s:i, s:o, s:i}", "clusterId", "", "leaderId",
                         state->leader_id, "leaderEpoch", state->leader_epoch, "votedId",
                         state->voted_id, "appliedOffset", 0, "currentVoters", voters_json(state),
                         "data_version", 0);
    return json_pack("{s:i, s:i, s:i, s:s, s:i}", "leaderId", state->leader_id, "leaderEpoch",
                     state->leader_epoch, "votedId", state->voted_id, "votedDirectoryId",
                     uuid_print(state->voted_directory, id), "data_version", 1);
}

int quorum_state_write(struct file_system *fs, const char *directory,
                       const struct quorum_state *state)
{
    ASSERT(state->version >= 0 && state->version <= VERSION_MAX);
    ASSERT(state->voter_count <= QUORUM_VOTERS_MAX && state->leader_epoch >= 0);
    char text[4096];
    json_t *object = state_json(state);
    ASSERT(object != NULL);
    size_t len = json_dumpb(object, text, sizeof text, JSON_COMPACT);
    json_decref(object);
    ASSERT(len > 0 && len < sizeof text);
    return kafka_write_text(fs, directory, QUORUM_FILE, (struct bytes){(const uint8_t *)text, len});
}
