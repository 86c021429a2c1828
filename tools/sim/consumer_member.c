/*
 * A state machine with one call out at a time.
 *
 * `assigned` is what it was told, `owned` what it works on: what it is to lose it gives up before
 * it takes what is new, and says so in the heartbeat behind that. After anything but an answer that
 * served it it says everything, as clients do: what of its words has arrived is not known then.
 */
#include "tools/sim/consumer_member.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "protocol/errors.h"
#include "protocol/schema/consumer_group.h"
#include "protocol/schema/groups.h"

#define BEAT_VERSION_MAX 1
#define EPOCH_LEAVE (-1)
#define EPOCH_LEAVE_STATIC (-2)

struct sim_consumer_member {
    struct group_seat seat; /* its id is mostly of its own making */
    const char *assignor;
    const char *pattern;
    struct model_consumer *model; /* null: it has no id that it knows */
    struct model_beat beat;       /* that is out */
    struct model_spots assigned;
    struct model_spots owned;
    uint32_t topics_said;
    bool says_all;
    bool says_owned;
    bool blind; /* it was assigned something of a topic that it does not know */
    bool leaves_for_good;
};

static struct sim_consumer_member *member_of(struct group_seat *seat)
{
    return CONTAINER_OF(seat, struct sim_consumer_member, seat);
}

/* Who has something to give up or to say does not wait for long. */
static void member_live(struct sim_consumer_member *m)
{
    bool hurries = m->says_owned || !model_spots_equal(m->owned, m->assigned);
    if (hurries)
        seat_soon(&m->seat, SEAT_LIVE);
    else
        seat_live(&m->seat);
}

static struct string string_or_null(const char *text)
{
    return *text == '\0' ? STRING_NULL : string_of(text);
}

/* It must begin anew; or believes so. */
static void member_drop(struct sim_consumer_member *m)
{
    m->seat.is_member = m->seat.settled = false;
    m->assigned = m->owned = (struct model_spots){0};
}

static void member_join(struct sim_consumer_member *m)
{
    member_drop(m);
    seat_soon(&m->seat, SEAT_JOIN);
}

static void member_go_on(struct group_seat *seat)
{
    struct sim_consumer_member *m = member_of(seat);
    if (seat->is_member)
        member_live(m);
    else
        member_join(m);
}

static void member_forget_id(struct sim_consumer_member *m)
{
    *m->seat.member_id = '\0';
    m->model = NULL;
}

static void member_break(struct sim_consumer_member *m, const char *deed, int error)
{
    group_call_break(m->seat.party, m->seat.options.group, deed, error);
    member_forget_id(m);
    member_join(m);
}

/* Who it is. */

static void member_known(struct sim_consumer_member *m)
{
    const struct model_consumer_options options = {
        .member_id = m->seat.member_id,
        .instance_id = m->seat.instance_id,
        .session_ms = m->seat.options.session_ms,
        .rebalance_ms = m->seat.options.rebalance_ms,
    };
    m->model = model_consumer_new(m->seat.options.group, &options);
}

/* Mostly an id of its own making; before version 1 the broker may make it. */
static void member_name(struct sim_consumer_member *m)
{
    bool names_itself = *m->pattern != '\0' || party_chance(m->seat.party, 800);
    member_forget_id(m);
    if (!names_itself)
        return;
    snprintf(m->seat.member_id, sizeof m->seat.member_id, "member-%016llx",
             (unsigned long long)party_random(m->seat.party, 0, UINT64_MAX - 1));
    member_known(m);
}

static bool take_id(struct sim_consumer_member *m, struct string id)
{
    struct bytes bytes = string_bytes(id);
    if (m->model != NULL)
        return bytes_equal(bytes, bytes_of_string(m->seat.member_id));
    if (bytes.len == 0 || bytes.len >= sizeof m->seat.member_id)
        return false;
    memset(m->seat.member_id, 0, sizeof m->seat.member_id);
    memcpy(m->seat.member_id, bytes.data, bytes.len);
    member_known(m);
    return true;
}

/* Heartbeats. */

struct words {
    struct consumer_group_heartbeat_request request;
    struct consumer_group_heartbeat_request_topic_partitions owned[MODEL_SPOT_TOPICS];
    int32_t partitions[MODEL_SPOT_TOPICS][MODEL_SPOT_PARTITIONS];
    struct string topics[MODEL_SPOT_TOPICS];
};

static void say_owned(const struct sim_consumer_member *m, struct words *words)
{
    int32_t count = 0;
    for (uint32_t t = 0; t < m->seat.options.places->topic_count; t++) {
        struct consumer_group_heartbeat_request_topic_partitions *topic = &words->owned[count];
        if (m->owned.of[t] == 0)
            continue;
        message_defaults(&consumer_group_heartbeat_request_topic_partitions_struct, topic);
        topic->topic_id = m->seat.options.places->topics[t]->id;
        topic->partitions.items = words->partitions[count++];
        topic->partitions.count = 0;
        for (int32_t p = 0; p < MODEL_SPOT_PARTITIONS; p++)
            if ((m->owned.of[t] >> p & 1) != 0)
                topic->partitions.items[topic->partitions.count++] = p;
    }
    words->request.topic_partitions.items = words->owned;
    words->request.topic_partitions.count = count;
}

static void say_all(struct sim_consumer_member *m, struct words *words)
{
    const struct group_places *places = m->seat.options.places;
    words->request.rebalance_timeout_ms = m->seat.options.rebalance_ms;
    words->request.server_assignor = string_or_null(m->assignor);
    words->request.subscribed_topic_regex = string_or_null(m->pattern);
    for (uint32_t i = 0; i < places->topic_count; i++)
        words->topics[i] = string_of(places->topics[i]->name);
    m->topics_said = places->topic_count;
    if (*m->pattern != '\0')
        return;
    words->request.subscribed_topic_names.items = words->topics;
    words->request.subscribed_topic_names.count = (int32_t)places->topic_count;
}

static void words_begin(const struct sim_consumer_member *m, struct words *words, int32_t epoch)
{
    message_defaults(&consumer_group_heartbeat_request_struct, &words->request);
    words->request.group_id = seat_group_id(&m->seat);
    words->request.member_id = string_of(m->seat.member_id);
    words->request.member_epoch = epoch;
    words->request.instance_id = string_or_null(m->seat.instance_id);
}

static void joining(struct sim_consumer_member *m)
{
    const struct group_places *places = m->seat.options.places;
    model_group_joining(m->seat.options.group, places->topics,
                        *m->pattern == '\0' ? places->topic_count : 0);
}

static void ask_beat(struct sim_consumer_member *m)
{
    struct words words;
    bool joins = !m->seat.is_member;
    int32_t epoch = joins ? 0 : m->seat.claim.generation;
    bool all = joins || m->says_all || m->topics_said != m->seat.options.places->topic_count;
    bool early =
        *m->pattern == '\0' && (*m->seat.member_id == '\0' || party_chance(m->seat.party, 300));
    words_begin(m, &words, epoch);
    if (all)
        say_all(m, &words);
    if (all || m->says_owned)
        say_owned(m, &words);
    if (joins)
        joining(m);
    m->beat =
        (struct model_beat){.epoch = epoch, .owned_said = all || m->says_owned, .owned = m->owned};
    m->says_owned = m->says_all = false;
    model_beat_sent(m->seat.options.group, m->model, &m->beat);
    seat_ask(&m->seat, SEAT_BEAT, API_CONSUMER_GROUP_HEARTBEAT, early ? 0 : BEAT_VERSION_MAX,
             &words.request);
}

/* False: nobody can have been assigned that. */
static bool take_topic(struct sim_consumer_member *m, struct uuid id, const int32_t *items,
                       int32_t count, struct model_spots *out)
{
    const struct group_places *places = m->seat.options.places;
    uint32_t t = group_places_find(places, id);
    /* A pattern may find a topic of which the crew was not told yet. */
    m->beat.blind = m->beat.blind || t == places->topic_count;
    if (t == places->topic_count)
        return *m->pattern != '\0';
    for (int32_t i = 0; i < count; i++) {
        if (items[i] < 0 || items[i] >= places->topics[t]->count_most ||
            (out->of[t] >> items[i] & 1) != 0)
            return false;
        out->of[t] |= (uint64_t)1 << items[i];
    }
    return true;
}

static bool take_assignment(struct sim_consumer_member *m,
                            const struct consumer_group_heartbeat_response_assignment *told,
                            struct model_spots *out)
{
    *out = (struct model_spots){0};
    for (int32_t i = 0; i < told->topic_partitions.count; i++) {
        const struct consumer_group_heartbeat_response_topic_partitions *one =
            &told->topic_partitions.items[i];
        if (!take_topic(m, one->topic_id, one->partitions.items, one->partitions.count, out))
            return false;
    }
    return true;
}

static void beat_served(struct sim_consumer_member *m,
                        const struct consumer_group_heartbeat_response *answer)
{
    struct model_spots assignment;
    bool said = answer->assignment != NULL;
    if (!take_id(m, answer->member_id) ||
        (said && !take_assignment(m, answer->assignment, &assignment))) {
        member_break(m, "a heartbeat with odd words", KAFKA_NONE);
        return;
    }
    model_beat_served(m->model, &m->beat, answer->member_epoch, said ? &assignment : NULL);
    m->seat.settled = m->seat.stopping && (!said || model_spots_equal(assignment, m->assigned)) &&
                      model_spots_equal(m->owned, m->assigned) &&
                      m->topics_said == m->seat.options.places->topic_count;
    if (said) {
        m->assigned = assignment;
        /* It may have to give up what it cannot see: that it has nothing of it must be said. */
        m->says_owned = m->blind || m->beat.blind;
        m->blind = m->beat.blind;
    }
    seat_joined(&m->seat, answer->member_epoch, m->beat.sent);
    m->seat.is_member = true;
    member_live(m);
}

/* It is not known what came of it. */
static void member_waits(struct sim_consumer_member *m, int16_t error)
{
    m->says_all = true;
    if (error == KAFKA_NOT_COORDINATOR)
        seat_soon(&m->seat, SEAT_FIND);
    else
        member_go_on(&m->seat);
}

static bool is_outcast(int16_t error)
{
    return error == KAFKA_UNKNOWN_MEMBER_ID || error == KAFKA_FENCED_MEMBER_EPOCH ||
           error == KAFKA_FENCED_INSTANCE_ID || error == KAFKA_GROUP_ID_NOT_FOUND ||
           error == KAFKA_ILLEGAL_GENERATION;
}

/* It begins anew, with its id or another one. */
static void member_outcast(struct sim_consumer_member *m, int16_t error)
{
    model_consumer_refused(m->model, m->seat.claim.generation, error);
    if (error == KAFKA_FENCED_INSTANCE_ID || party_chance(m->seat.party, 300))
        member_name(m);
    member_join(m);
}

static void beat_unanswered(struct sim_consumer_member *m, int16_t error)
{
    bool acted = error != KAFKA_COORDINATOR_LOAD_IN_PROGRESS && error != KAFKA_NOT_COORDINATOR;
    if (m->model != NULL && acted)
        model_beat_open(m->model, &m->beat, error == GROUP_NO_ANSWER);
    /* A first heartbeat that may come at any time would take away what it has by then. */
    if (m->beat.epoch == 0 && error == GROUP_NO_ANSWER && party_chance(m->seat.party, 800))
        member_name(m);
    member_waits(m, error);
}

static void beat_answered(struct sim_consumer_member *m,
                          const struct consumer_group_heartbeat_response *answer)
{
    int16_t error = answer == NULL ? GROUP_NO_ANSWER : answer->error_code;
    if (m->beat.epoch == 0)
        model_group_touched(m->seat.options.group, answer == NULL);
    m->seat.settled = false;
    if (error == KAFKA_NONE)
        beat_served(m, answer);
    else if (m->beat.epoch > 0 && is_outcast(error))
        member_outcast(m, error);
    else if (error == KAFKA_UNRELEASED_INSTANCE_ID && m->beat.epoch == 0 &&
             seat_is_static(&m->seat))
        member_join(m);
    else if (group_error_is_passing(error))
        beat_unanswered(m, error);
    else
        member_break(m, "a heartbeat", error);
}

/* A member's deeds. */

/* It works on what it is assigned, and on nothing else, from now on; or takes its time. */
static void member_reconcile(struct sim_consumer_member *m)
{
    if (model_spots_equal(m->owned, m->assigned))
        return;
    if (seat_may_stray(&m->seat) && party_chance(m->seat.party, 200))
        return;
    m->owned = m->assigned;
    m->says_owned = true;
}

/* A bit for each place that it works on. */
static uint64_t owned_places(const struct sim_consumer_member *m)
{
    const struct group_places *places = m->seat.options.places;
    uint64_t owned = 0;
    for (uint32_t i = 0; i < places->count; i++) {
        const struct model_place *place = &places->items[i];
        uint64_t partitions = m->owned.of[group_places_topic(places, place->topic)];
        owned |= (partitions >> place->partition & 1) << i;
    }
    return owned;
}

static void ask_commit(struct sim_consumer_member *m)
{
    if (!seat_commit(&m->seat, owned_places(m)))
        ask_beat(m);
}

static void commit_answered(struct sim_consumer_member *m,
                            const struct offset_commit_response *answer)
{
    int16_t error = seat_committed(&m->seat, answer);
    if (is_outcast(error)) {
        member_outcast(m, error);
        return;
    }
    if (error == KAFKA_STALE_MEMBER_EPOCH)
        model_consumer_refused(m->model, m->seat.claim.generation, error);
    else if (error != KAFKA_NONE && !group_error_is_passing(error))
        member_break(m, "a commit", error);
    if (m->seat.is_member && error == KAFKA_NOT_COORDINATOR)
        seat_soon(&m->seat, SEAT_FIND);
    else if (m->seat.is_member)
        member_live(m);
}

/* Going. */

static void ask_leave(struct sim_consumer_member *m)
{
    struct words words;
    m->leaves_for_good = !seat_is_static(&m->seat) || !party_chance(m->seat.party, 700);
    words_begin(m, &words, m->leaves_for_good ? EPOCH_LEAVE : EPOCH_LEAVE_STATIC);
    model_consumer_leaves(m->model);
    seat_ask(&m->seat, SEAT_LEAVE, API_CONSUMER_GROUP_HEARTBEAT,
             (int16_t)party_random(m->seat.party, 0, BEAT_VERSION_MAX), &words.request);
}

static void leave_answered(struct sim_consumer_member *m,
                           const struct consumer_group_heartbeat_response *answer)
{
    int16_t error = answer == NULL ? GROUP_NO_ANSWER : answer->error_code;
    if (error == KAFKA_NONE)
        model_consumer_left(m->model, m->leaves_for_good);
    else if (!is_outcast(error) && !group_error_is_passing(error))
        member_break(m, "a farewell", error);
    /* Without an answer the farewell may come at any time, and must find nobody. */
    if (error != KAFKA_NONE || party_chance(m->seat.party, 500))
        member_name(m);
    member_drop(m);
    seat_go_away(&m->seat);
}

/* It comes back: now and then it has slept and knows nothing of it, else it begins anew. */
static void member_return(struct sim_consumer_member *m)
{
    if (seat_has_slept(&m->seat)) {
        ask_commit(m);
        return;
    }
    if (m->seat.is_member)
        member_name(m);
    member_drop(m);
    ask_beat(m);
}

static void member_choose(struct sim_consumer_member *m)
{
    uint64_t dice = party_random(m->seat.party, 0, 99);
    bool may_go = seat_may_stray(&m->seat);
    member_reconcile(m);
    if (may_go && dice < 4) {
        ask_leave(m);
    } else if (may_go && dice < 9) {
        client_break(&m->seat.caller.client);
        seat_go_away(&m->seat);
    } else if (may_go && dice < 11) {
        member_drop(m);
        ask_beat(m);
    } else if (m->says_owned || m->seat.stopping || dice < 55) {
        m->says_all = m->says_all || dice % 4 == 0;
        ask_beat(m);
    } else if (dice < 90) {
        ask_commit(m);
    } else {
        seat_fetch(&m->seat, owned_places(m));
    }
}

static void member_act(struct group_seat *seat)
{
    struct sim_consumer_member *m = member_of(seat);
    switch (seat->step) {
    case SEAT_JOIN:
        ask_beat(m);
        break;
    case SEAT_LIVE:
        member_choose(m);
        break;
    case SEAT_AWAY:
        member_return(m);
        break;
    default:
        UNREACHABLE();
    }
}

static void member_answered(struct group_seat *seat, const void *answer)
{
    struct sim_consumer_member *m = member_of(seat);
    switch (seat->step) {
    case SEAT_BEAT:
        beat_answered(m, answer);
        break;
    case SEAT_COMMIT:
        commit_answered(m, answer);
        break;
    case SEAT_LEAVE:
        leave_answered(m, answer);
        break;
    default:
        UNREACHABLE();
    }
}

static const struct seat_protocol protocol = {
    .act = member_act,
    .answered = member_answered,
    .go_on = member_go_on,
};

struct sim_consumer_member *sim_consumer_member_new(struct party *party,
                                                    const struct consumer_member_options *options)
{
    struct sim_consumer_member *m = mem_alloc(sizeof *m);
    seat_init(&m->seat, party, &options->seat, &protocol);
    m->seat.commit.knows_epochs = true;
    m->assignor = options->assignor;
    m->pattern = options->pattern;
    return m;
}

void sim_consumer_member_free(struct sim_consumer_member *m)
{
    seat_fini(&m->seat);
    mem_free(m);
}

void sim_consumer_member_start(struct sim_consumer_member *m)
{
    member_name(m);
    seat_soon(&m->seat, SEAT_FIND);
}

struct group_seat *sim_consumer_member_seat(struct sim_consumer_member *m)
{
    return &m->seat;
}

struct model_spots sim_consumer_member_assigned(const struct sim_consumer_member *m)
{
    return m->assigned;
}
