/*
 * Who judges that a call waits (party_prompt, party_lively): a broker that lives and does not
 * answer breaks its promise; one that lost its power has none to keep, and nobody told its clients.
 */
#include <criterion/criterion.h>

#include "base/util.h"
#include "io/sim/sim.h"
#include "tools/sim/client.h"

#define PORT 9092

/* A broker that takes what comes and answers nothing, and one client. */
struct silence {
    struct sim *sim;
    struct sim_host *broker;
    struct io *broker_io;
    struct io *io;
    struct io_op accept;
    struct io_op receive;
    uint32_t received; /* bytes */
    struct party party;
    struct client client;
    struct client_call call;
    bool ended;
};

static void broker_received(struct io_op *op, const struct io_event *event)
{
    struct silence *s = CONTAINER_OF(op, struct silence, receive);
    if (event->buffer == NULL)
        return;
    s->received += event->buffer->len;
    io_recv_release(s->broker_io, event->buffer);
}

static void broker_accepted(struct io_op *op, const struct io_event *event)
{
    struct silence *s = CONTAINER_OF(op, struct silence, accept);
    if (event->value < 0)
        return;
    s->receive.done = broker_received;
    io_recv(s->broker_io, &s->receive, (int)event->value);
}

static void call_ended(struct client_call *call, const void *answer)
{
    struct silence *s = CONTAINER_OF(call, struct silence, call);
    cr_assert_null(answer);
    s->ended = true;
}

static struct io *io_of(struct sim_host *host)
{
    struct io *io;
    struct io_options options = {
        .recv_buffer_bytes = 4096, .recv_buffer_count = 8, .disk_threads = 1};
    cr_assert_eq(sim_io_new(host, &options, &io), 0);
    return io;
}

static void broker_begin(struct silence *s)
{
    struct io_listen_options options = {.port = PORT, .first = true};
    uint16_t port = PORT;
    int listener;
    s->broker_io = io_of(s->broker);
    cr_assert_eq(io_listen(s->broker_io, &options, &listener, &port), 0);
    s->accept = (struct io_op){.done = broker_accepted};
    io_accept(s->broker_io, &s->accept, listener);
}

typedef void judge_fn(struct party *party, bool judges, uint64_t started_ns);

/* Lets time pass; the judge looks every 10 ms. */
static void pass_before(judge_fn *judge, struct silence *s, uint64_t ns, bool judges,
                        uint64_t started_ns)
{
    uint64_t end = sim_now(s->sim) + ns;
    while (sim_now(s->sim) < end) {
        io_poll(s->broker_io, sim_now(s->sim) + 5 * NS_PER_MS);
        uint64_t deadline = s->party.loop.step(&s->party.loop);
        io_poll(s->io, MIN(deadline, sim_now(s->sim) + 5 * NS_PER_MS));
        judge(&s->party, judges, started_ns);
    }
}

static void pass(struct silence *s, uint64_t ns, bool prompt, uint64_t started_ns)
{
    pass_before(party_prompt, s, ns, prompt, started_ns);
}

/* A call was sent and has arrived. */
static void begin(struct silence *s)
{
    struct sim_options options;
    struct init_producer_id_request request = {.producer_id = -1, .producer_epoch = -1};
    *s = (struct silence){0};
    sim_options_init(&options, 1);
    s->sim = sim_new(&options);
    s->broker = sim_host_new(s->sim, "broker");
    broker_begin(s);
    s->io = io_of(sim_host_new(s->sim, "clients"));
    party_init(&s->party, s->io, model_new(), 1);
    s->party.port = PORT;
    client_init(&s->client, &s->party);
    s->call.done = call_ended;
    client_call(&s->client, &s->call, API_INIT_PRODUCER_ID, 0, &request);
    pass(s, NS_PER_S, false, 0);
    cr_assert_gt(s->received, 0);
    cr_assert_not(s->ended);
}

static void end(struct silence *s)
{
    party_leave(&s->party);
    while (s->party.open > 0)
        io_poll(s->io, sim_now(s->sim) + NS_PER_MS);
    cr_assert(s->ended);
    client_fini(&s->client);
    model_free(s->party.model);
    party_fini(&s->party);
    sim_host_kill(s->broker);
    io_free(s->broker_io);
    io_free(s->io);
    sim_free(s->sim);
}

Test(prompt, a_call_that_a_broker_leaves_without_an_answer_breaks_the_promise)
{
    struct silence s;
    begin(&s);
    pass(&s, CLIENT_PROMPT_NS - NS_PER_S, true, 0);
    cr_assert_null(model_violation(s.party.model), "it may take so long");
    pass(&s, 2 * NS_PER_S, true, 0);
    cr_assert_not_null(model_violation(s.party.model));
    end(&s);
}

Test(prompt, a_call_to_a_broker_that_lost_its_power_is_not_held_against_the_next_one)
{
    struct silence s;
    begin(&s);
    sim_host_crash(s.broker);
    io_free(s.broker_io);
    sim_host_start(s.broker);
    uint64_t started_ns = sim_now(s.sim);
    broker_begin(&s);
    pass(&s, 2 * CLIENT_PROMPT_NS, true, started_ns);
    cr_assert_eq(s.client.state, CLIENT_OPEN, "nobody told the client");
    cr_assert_null(model_violation(s.party.model));
    end(&s);
}

Test(prompt, a_change_that_a_lively_broker_leaves_without_an_answer_breaks_the_promise)
{
    struct silence s;
    begin(&s);
    s.client.heard = true;
    pass_before(party_lively, &s, 2 * CLIENT_LIVELY_NS, false, 0);
    pass_before(party_lively, &s, CLIENT_LIVELY_NS - NS_PER_S / 10, true, 0);
    cr_assert_null(model_violation(s.party.model), "it counts from when nothing slows it");
    pass_before(party_lively, &s, NS_PER_S, true, 0);
    cr_assert_not_null(model_violation(s.party.model));
    end(&s);
}

Test(prompt, a_call_that_a_starting_broker_has_not_taken_yet_is_not_held_against_it)
{
    struct silence s;
    begin(&s);
    pass_before(party_lively, &s, 2 * CLIENT_LIVELY_NS, true, 0);
    cr_assert_null(model_violation(s.party.model));
    end(&s);
}

static bool nothing_is_there(struct client_call *call)
{
    (void)call;
    return false;
}

Test(prompt, a_call_may_wait_for_what_is_not_there)
{
    struct silence s;
    begin(&s);
    s.client.heard = true;
    s.call.owed = nothing_is_there;
    pass_before(party_lively, &s, 2 * CLIENT_LIVELY_NS, true, 0);
    cr_assert_null(model_violation(s.party.model));
    s.call.owed = NULL;
    pass_before(party_lively, &s, 2 * CLIENT_LIVELY_NS, true, 0);
    cr_assert_not_null(model_violation(s.party.model));
    end(&s);
}
