/* A core's loop, its sleep and its wakes, on all implementations; the real ones with real threads.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/spsc.h"
#include "contract.h"

CONTRACT(core, a_poll_without_wait_returns_at_once)
{
    struct io *io = contract_open(backend);
    cr_assert_eq(io_poll(io, 0), 0);
    uint64_t now_ns = io_now(io);
    cr_assert_gt(now_ns, 0);
    cr_assert_eq(io_poll(io, now_ns), 0, "a deadline that has passed");
    cr_assert_geq(io_now(io), now_ns);
    io_free(io);
}

CONTRACT(core, a_poll_returns_at_its_deadline_and_not_before)
{
    struct io *io = contract_open(backend);
    for (int i = 0; i < 5; i++) {
        uint64_t deadline_ns = io_now_precise(io) + 3 * NS_PER_MS;
        cr_assert_eq(io_poll(io, deadline_ns), 0);
        cr_assert_geq(io_now(io), deadline_ns);
    }
    io_free(io);
}

CONTRACT(core, time_stands_still_between_polls)
{
    struct io *io = contract_open(backend);
    io_poll(io, 0);
    uint64_t now_ns = io_now(io);
    int64_t wall_ms = io_wall_ms(io);
    io_poll(io, io_now_precise(io) + NS_PER_MS);
    cr_assert_gt(io_now(io), now_ns);
    now_ns = io_now(io);
    io_pause(2 * NS_PER_MS);
    cr_assert_eq(io_now(io), now_ns);
    cr_assert_gt(io_now_precise(io), now_ns);
    cr_assert_geq(io_wall_ms(io), wall_ms);
    cr_assert_gt(wall_ms, 1600000000000);
    cr_assert_neq(io_random(io), io_random(io));
    io_free(io);
}

static void poll_elsewhere(void *context)
{
    struct io *io = context;
    int sockets[2];
    contract_pair(io, sockets);
    contract_close(io, sockets[0]);
    contract_close(io, sockets[1]);
}

CONTRACT(core, may_be_created_on_one_thread_and_polled_on_another)
{
    struct io *io = contract_open(backend);
    struct io_thread *thread;
    cr_assert_eq(io_thread_start(&thread, "poller", 0, poll_elsewhere, io), 0);
    io_thread_join(thread);
    io_free(io);
}

static int quick_job(struct file_system *fs, void *context)
{
    (void)fs;
    atomic_uint *go = context;
    while (go != NULL && atomic_load(go) == 0)
        io_pause(100 * NS_PER_US);
    return 7;
}

CONTRACT(core, a_finished_job_wakes_it)
{
    struct io *io = contract_open(backend);
    for (int i = 0; i < 200; i++) {
        struct probe probe = {0};
        io_job(io, probe_start(&probe, io), 0, quick_job, NULL);
        while (probe.out)
            io_poll(io, IO_NEVER);
        cr_assert_eq(probe.value, 7);
    }
    io_free(io);
}

static struct io *signaled;

static void on_signal(int number)
{
    (void)number;
    io_wake_external(signaled);
}

/* The wake comes before the poll: it must not be lost. */
CONTRACT(core, a_wake_from_outside_is_kept_until_the_poll)
{
    struct io *io = contract_open(backend);
    io_poll(io, 0);
    signaled = io;
    signal(SIGUSR1, on_signal);
    for (int i = 0; i < 3; i++) {
        raise(SIGUSR1);
        io_poll(io, IO_NEVER);
    }
    io_free(io);
}

struct counting_loop {
    struct io_loop loop;
    struct io *io;
    int steps;
    int asked;
    int stop_at;
    bool work;
    uint64_t answer; /* what step returns */
};

static uint64_t counting_step(struct io_loop *loop)
{
    struct counting_loop *counting = (struct counting_loop *)(void *)loop;
    counting->steps++;
    if (counting->steps == counting->stop_at)
        io_stop(counting->io);
    return counting->answer;
}

static bool counting_has_work(struct io_loop *loop)
{
    struct counting_loop *counting = (struct counting_loop *)(void *)loop;
    counting->asked++;
    return counting->work;
}

CONTRACT(core, steps_again_without_sleep_when_the_deadline_is_now)
{
    struct io *io = contract_open(backend);
    struct counting_loop counting = {
        .loop = {counting_step, counting_has_work}, .io = io, .stop_at = 100, .answer = 0};
    io_run(io, &counting.loop);
    cr_assert_eq(counting.steps, 100);
    cr_assert_eq(counting.asked, 0, "it never wanted to sleep");
    io_free(io);
}

CONTRACT(core, work_that_comes_late_cancels_the_sleep)
{
    struct io *io = contract_open(backend);
    struct counting_loop counting = {.loop = {counting_step, counting_has_work},
                                     .io = io,
                                     .stop_at = 100,
                                     .work = true,
                                     .answer = IO_NEVER};
    io_run(io, &counting.loop);
    cr_assert_eq(counting.steps, 100);
    cr_assert_eq(counting.asked, 99);
    io_free(io);
}

/* Armed multishot operations and idle disk threads wake nobody. */
CONTRACT(core, an_idle_core_sleeps_in_one_call)
{
    struct io *io = contract_open(backend);
    struct contract_peer outside;
    int accepted = contract_accepted(io, &outside);
    uint16_t port = 0;
    int listener = contract_listen(io, &port);
    struct probe recv_probe = {0};
    struct probe accept_probe = {0};
    io_recv(io, probe_start(&recv_probe, io), accepted);
    io_accept(io, probe_start(&accept_probe, io), listener);
    contract_settle(io);
    struct rusage before;
    struct rusage after;
    uint64_t deadline_ns = io_now_precise(io) + 300 * NS_PER_MS;
    int polls = 0;
    getrusage(RUSAGE_THREAD, &before);
    do {
        cr_assert_eq(io_poll(io, deadline_ns), 0);
        polls++;
    } while (io_now(io) < deadline_ns);
    getrusage(RUSAGE_THREAD, &after);
    cr_assert_leq(polls, 2);
    cr_assert_leq(after.ru_nvcsw - before.ru_nvcsw, 3);
    contract_close(io, accepted);
    contract_close(io, listener);
    contract_peer_close(&outside);
    io_free(io);
}

/* Two cores that pass a token back and forth, and sleep in between. */

#define ROUNDS 20000

struct player {
    struct io_loop loop;
    struct io *io;
    struct player *peer;
    struct spsc *in;
    struct spsc *out;
    uint32_t taken;
    uint32_t rounds;
};

static uint64_t player_step(struct io_loop *loop)
{
    struct player *player = (struct player *)(void *)loop;
    void *token;
    while (spsc_pop(player->in, &token, 1) == 1) {
        player->taken++;
        if (player->taken == player->rounds)
            io_stop(player->io);
        bool pushed = spsc_push(player->out, token);
        cr_assert(pushed);
        io_wake(player->io, player->peer->io);
    }
    return IO_NEVER;
}

static bool player_has_work(struct io_loop *loop)
{
    struct player *player = (struct player *)(void *)loop;
    return !spsc_empty(player->in);
}

static void player_run(void *context)
{
    struct player *player = context;
    io_run(player->io, &player->loop);
}

static void players_play(struct player players[2], uint32_t tokens, uint32_t rounds)
{
    struct spsc *rings[2] = {spsc_new(64), spsc_new(64)};
    struct io_thread *threads[2];
    for (int i = 0; i < 2; i++) {
        players[i] = (struct player){
            .loop = {player_step, player_has_work},
            .io = players[i].io,
            .peer = &players[1 - i],
            .in = rings[i],
            .out = rings[1 - i],
            .rounds = rounds,
        };
    }
    for (uint32_t i = 0; i < tokens; i++)
        cr_assert(spsc_push(rings[0], players));
    for (int i = 0; i < 2; i++)
        cr_assert_eq(io_thread_start(&threads[i], "player", i, player_run, &players[i]), 0);
    for (int i = 0; i < 2; i++)
        io_thread_join(threads[i]);
    cr_assert_geq(players[0].taken, rounds);
    cr_assert_geq(players[1].taken, rounds);
    for (int i = 0; i < 2; i++) {
        io_free(players[i].io);
        spsc_free(rings[i]);
    }
}

CONTRACT(core, no_wake_between_two_sleeping_cores_is_lost)
{
    struct player players[2] = {{.io = contract_open(backend)}, {.io = contract_open(backend)}};
    players_play(players, 1, ROUNDS);
}

CONTRACT(core, no_wake_between_two_busy_cores_is_lost)
{
    struct player players[2] = {{.io = contract_open(backend)}, {.io = contract_open(backend)}};
    players_play(players, 5, ROUNDS);
}

Test(core, cores_of_different_kinds_wake_each_other, .timeout = CONTRACT_TIMEOUT_S)
{
    struct player players[2] = {{.io = contract_open(CONTRACT_RING)},
                                {.io = contract_open(CONTRACT_EPOLL)}};
    players_play(players, 1, ROUNDS / 10);
}

/* As containers do. */
static void forbid_the_ring(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = ARRAY_LENGTH(code), .filter = code};
    cr_assert_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    cr_assert_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

Test(core, chooses_epoll_where_the_ring_is_forbidden)
{
    forbid_the_ring();
    struct io *io = contract_open(CONTRACT_AUTO);
    cr_assert_str_eq(io_backend_name(io), "epoll");
    struct log log;
    log_init_stderr(&log, LOG_WARN, "io test");
    struct io_options options = {
        .backend = IO_RING, .recv_buffer_bytes = 4096, .recv_buffer_count = 16, .log = &log};
    struct io *ring = NULL;
    cr_assert_eq(io_new(&options, &ring), ERR_UNSUPPORTED);
    io_free(io);
}
