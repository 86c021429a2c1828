/* The network half of io's contract, on all implementations. */
#include <stdlib.h>
#include <string.h>

#include "contract.h"

CONTRACT(net, delivers_what_was_sent)
{
    struct io *io = contract_open(backend);
    int sockets[2];
    contract_pair(io, sockets);
    struct probe recv_probe = {0};
    io_recv(io, probe_start(&recv_probe, io), sockets[1]);
    cr_assert_eq(contract_send(io, sockets[0], "hello", 5), 5);
    probe_wait_bytes(&recv_probe, 5);
    cr_assert_eq(recv_probe.hash, contract_hash(0, "hello", 5));
    cr_assert_eq(contract_send(io, sockets[0], " world", 6), 6);
    probe_wait_bytes(&recv_probe, 11);
    cr_assert(recv_probe.out, "a receive goes on");
    contract_close(io, sockets[0]);
    cr_assert_eq(probe_wait(&recv_probe), 0, "the end of the stream");
    contract_close(io, sockets[1]);
    cr_assert_eq(io_recv_available(io), 16);
    io_free(io);
}

CONTRACT(net, completes_nothing_inside_a_verb)
{
    struct io *io = contract_open(backend);
    int sockets[2];
    contract_pair(io, sockets);
    struct probe recv_probe = {0};
    struct probe send_probe = {0};
    struct probe close_probe = {0};
    struct iovec part = {"x", 1};
    io_send(io, probe_start(&send_probe, io), sockets[0], &part, 1);
    io_recv(io, probe_start(&recv_probe, io), sockets[1]);
    io_cancel(io, &recv_probe.op);
    cr_assert_eq(send_probe.events + recv_probe.events, 0);
    probe_wait(&recv_probe);
    probe_wait(&send_probe);
    io_close(io, probe_start(&close_probe, io), sockets[0]);
    cr_assert_eq(close_probe.events, 0);
    probe_wait(&close_probe);
    contract_close(io, sockets[1]);
    io_free(io);
}

#define MANY 64

CONTRACT(net, serves_many_connections)
{
    struct io *io = contract_open_with(backend, MANY, 1);
    uint16_t port = 0;
    int listener = contract_listen(io, &port);
    struct probe accept_probe = {0};
    io_accept(io, probe_start(&accept_probe, io), listener);
    struct contract_peer clients[MANY];
    int servers[MANY];
    static struct probe probes[MANY];
    for (int i = 0; i < MANY; i++) {
        clients[i] = contract_outside(port);
        probe_wait_events(&accept_probe, i + 1);
        servers[i] = (int)accept_probe.value;
        io_recv(io, probe_start(&probes[i], io), servers[i]);
    }
    for (int i = 0; i < MANY; i++)
        contract_peer_write(&clients[i], &i, sizeof i);
    for (int i = 0; i < MANY; i++) {
        probe_wait_bytes(&probes[i], sizeof i);
        cr_assert_eq(probes[i].hash, contract_hash(0, &i, sizeof i));
        cr_assert_eq(contract_send(io, servers[i], &i, sizeof i), (int64_t)sizeof i);
        int echo = -1;
        cr_assert_eq(contract_peer_read(&clients[i], &echo, sizeof echo), (int64_t)sizeof echo);
        cr_assert_eq(echo, i);
    }
    for (int i = 0; i < MANY; i++) {
        contract_peer_close(&clients[i]);
        cr_assert_eq(probe_wait(&probes[i]), 0);
        contract_close(io, servers[i]);
    }
    contract_close(io, listener);
    cr_assert_eq(accept_probe.value, ERR_CANCELED);
    io_free(io);
}

CONTRACT(net, sends_a_large_message_to_a_slow_reader)
{
    const size_t len = 8 * MIB;
    struct io *io = contract_open(backend);
    uint8_t *data = malloc(len);
    uint8_t *got = malloc(len);
    contract_fill(data, len);
    struct contract_peer outside;
    int accepted = contract_accepted(io, &outside);
    struct probe send_probe = {0};
    struct iovec part = {data, len};
    io_send(io, probe_start(&send_probe, io), accepted, &part, 1);
    contract_settle(io);
    cr_assert(send_probe.out, "more than the socket's buffers hold");
    for (size_t at = 0; at < len;) {
        io_poll(io, 0);
        int64_t n = contract_peer_read_now(&outside, got + at, MIN(len - at, (size_t)100000));
        if (n < 0)
            continue;
        cr_assert_gt(n, 0);
        at += (size_t)n;
    }
    cr_assert_eq(probe_wait(&send_probe), (int64_t)len);
    cr_assert_eq(send_probe.events, 1);
    cr_assert_eq(memcmp(data, got, len), 0);
    contract_close(io, accepted);
    contract_peer_close(&outside);
    io_free(io);
    free(data);
    free(got);
}

#define PARTS 300

/* Parts of odd sizes, empty ones among them, against a reader that lets the sender run full. */
CONTRACT(net, sends_many_parts_whole_and_in_order)
{
    const size_t part_len = 20011;
    struct io *io = contract_open(backend);
    uint8_t *data = malloc(PARTS * part_len);
    contract_fill(data, PARTS * part_len);
    static struct iovec parts[PARTS];
    size_t total = 0;
    for (size_t i = 0; i < PARTS; i++) {
        size_t len = i % 7 == 3 ? 0 : part_len - i;
        parts[i] = (struct iovec){data + total, len};
        total += len;
    }
    struct contract_peer outside;
    int accepted = contract_accepted(io, &outside);
    struct probe send_probe = {0};
    io_send(io, probe_start(&send_probe, io), accepted, parts, PARTS);
    uint64_t hash = 0;
    static uint8_t chunk[70001];
    for (size_t at = 0; at < total;) {
        contract_settle(io);
        int64_t n = contract_peer_read_now(&outside, chunk, sizeof chunk);
        if (n < 0)
            continue;
        cr_assert_gt(n, 0);
        hash = contract_hash(hash, chunk, (size_t)n);
        at += (size_t)n;
    }
    cr_assert_eq(probe_wait(&send_probe), (int64_t)total);
    cr_assert_eq(hash, contract_hash(0, data, total));
    contract_close(io, accepted);
    contract_peer_close(&outside);
    io_free(io);
    free(data);
}

CONTRACT(net, receives_bytes_and_the_end_that_came_together)
{
    struct io *io = contract_open(backend);
    struct contract_peer outside;
    int accepted = contract_accepted(io, &outside);
    contract_peer_write(&outside, "bye", 3);
    contract_peer_end(&outside);
    struct probe recv_probe = {0};
    io_recv(io, probe_start(&recv_probe, io), accepted);
    cr_assert_eq(probe_wait(&recv_probe), 0);
    cr_assert_eq(recv_probe.bytes, 3);
    cr_assert_eq(contract_send(io, accepted, "still open", 10), 10);
    contract_close(io, accepted);
    contract_peer_close(&outside);
    io_free(io);
}

CONTRACT(net, reports_a_reset_as_closed)
{
    struct io *io = contract_open(backend);
    struct contract_peer outside;
    int accepted = contract_accepted(io, &outside);
    struct probe recv_probe = {0};
    io_recv(io, probe_start(&recv_probe, io), accepted);
    contract_settle(io);
    contract_peer_reset(&outside);
    cr_assert_eq(probe_wait(&recv_probe), ERR_CLOSED);
    cr_assert_eq(contract_send(io, accepted, "x", 1), ERR_CLOSED);
    contract_close(io, accepted);
    io_free(io);
}

CONTRACT(net, close_ends_all_operations_first)
{
    const size_t len = 8 * MIB;
    struct io *io = contract_open(backend);
    struct contract_peer outside;
    int accepted = contract_accepted(io, &outside);
    uint32_t counter = 0;
    struct probe recv_probe = {.counter = &counter};
    struct probe send_probe = {.counter = &counter};
    struct probe close_probe = {.counter = &counter};
    struct iovec part = {calloc(1, len), len};
    io_recv(io, probe_start(&recv_probe, io), accepted);
    io_send(io, probe_start(&send_probe, io), accepted, &part, 1);
    contract_settle(io);
    cr_assert(send_probe.out && recv_probe.out);
    io_close(io, probe_start(&close_probe, io), accepted);
    cr_assert_eq(probe_wait(&close_probe), 0);
    cr_assert_not(send_probe.out || recv_probe.out);
    cr_assert_eq(recv_probe.value, ERR_CANCELED);
    cr_assert_eq(send_probe.value, ERR_CANCELED);
    cr_assert_eq(close_probe.order, 2);
    contract_settle(io);
    contract_peer_close(&outside);
    io_free(io);
    free(part.iov_base);
}

CONTRACT(net, close_in_the_step_that_starts_operations_ends_them_all)
{
    struct io *io = contract_open(backend);
    struct contract_peer outside;
    int accepted = contract_accepted(io, &outside);
    struct probe recv_probe = {0};
    struct probe close_probe = {0};
    io_recv(io, probe_start(&recv_probe, io), accepted);
    io_close(io, probe_start(&close_probe, io), accepted);
    probe_wait(&close_probe);
    cr_assert_not(recv_probe.out);
    cr_assert_eq(recv_probe.value, ERR_CANCELED);
    contract_peer_close(&outside);
    io_free(io);
}

static void close_at_first_event(struct probe *probe, const struct io_event *event)
{
    static struct probe close_probe;
    if (event->value > 0 && !close_probe.out)
        io_close(probe->io, probe_start(&close_probe, probe->io), (int)probe->order);
}

CONTRACT(net, a_callback_may_close_its_socket)
{
    struct io *io = contract_open(backend);
    struct contract_peer outside;
    int accepted = contract_accepted(io, &outside);
    struct probe recv_probe = {.event = close_at_first_event, .order = (uint32_t)accepted};
    io_recv(io, probe_start(&recv_probe, io), accepted);
    contract_peer_write(&outside, "x", 1);
    cr_assert_eq(probe_wait(&recv_probe), ERR_CANCELED);
    contract_settle(io);
    char end;
    cr_assert_leq(contract_peer_read(&outside, &end, 1), 0, "the socket is closed");
    contract_peer_close(&outside);
    io_free(io);
}

CONTRACT(net, cancel_ends_a_receive_and_another_finds_the_bytes)
{
    struct io *io = contract_open(backend);
    struct contract_peer outside;
    int accepted = contract_accepted(io, &outside);
    struct probe recv_probe = {0};
    io_recv(io, probe_start(&recv_probe, io), accepted);
    contract_settle(io);
    io_cancel(io, &recv_probe.op);
    cr_assert_eq(probe_wait(&recv_probe), ERR_CANCELED);
    contract_peer_write(&outside, "later", 5);
    contract_settle(io);
    cr_assert_eq(recv_probe.bytes, 0);
    io_recv(io, probe_start(&recv_probe, io), accepted);
    probe_wait_bytes(&recv_probe, 5);
    contract_close(io, accepted);
    cr_assert_not(recv_probe.out);
    contract_peer_close(&outside);
    io_free(io);
}

CONTRACT(net, a_receive_into_memory_takes_no_buffer_and_ends_at_once)
{
    struct io *io = contract_open(backend);
    struct contract_peer outside;
    int accepted = contract_accepted(io, &outside);
    struct probe probe = {0};
    char got[8] = "........";
    io_recv_into(io, probe_start(&probe, io), accepted, got, 5);
    contract_settle(io);
    cr_assert(probe.out, "nothing has come yet");
    contract_peer_write(&outside, "abcdefg", 7);
    cr_assert_eq(probe_wait(&probe), 5);
    cr_assert_eq(probe.events, 1);
    cr_assert_arr_eq(got, "abcde...", 8);
    io_recv_into(io, probe_start(&probe, io), accepted, got, 8);
    cr_assert_eq(probe_wait(&probe), 2, "what is there is enough");
    cr_assert_arr_eq(got, "fg", 2);
    cr_assert_eq(io_recv_available(io), 16);
    struct probe multishot = {0};
    io_recv(io, probe_start(&multishot, io), accepted);
    contract_peer_write(&outside, "hij", 3);
    probe_wait_bytes(&multishot, 3);
    contract_peer_close(&outside);
    cr_assert_eq(probe_wait(&multishot), 0);
    contract_close(io, accepted);
    io_free(io);
}

CONTRACT(net, a_receive_into_memory_ends_with_its_socket)
{
    struct io *io = contract_open(backend);
    struct contract_peer outside;
    int accepted = contract_accepted(io, &outside);
    struct probe probe = {0};
    char got[8];
    io_recv_into(io, probe_start(&probe, io), accepted, got, sizeof got);
    contract_settle(io);
    io_cancel(io, &probe.op);
    cr_assert_eq(probe_wait(&probe), ERR_CANCELED);
    io_recv_into(io, probe_start(&probe, io), accepted, got, sizeof got);
    contract_settle(io);
    io_shutdown(io, accepted);
    cr_assert_eq(probe_wait(&probe), ERR_CLOSED);
    contract_peer_close(&outside);
    contract_close(io, accepted);
    accepted = contract_accepted(io, &outside);
    io_recv_into(io, probe_start(&probe, io), accepted, got, sizeof got);
    contract_peer_close(&outside);
    cr_assert_eq(probe_wait(&probe), 0);
    contract_close(io, accepted);
    io_free(io);
}

CONTRACT(net, cancel_of_an_ended_operation_is_harmless)
{
    struct io *io = contract_open(backend);
    int sockets[2];
    contract_pair(io, sockets);
    struct probe send_probe = {0};
    struct iovec part = {"x", 1};
    io_send(io, probe_start(&send_probe, io), sockets[0], &part, 1);
    probe_wait(&send_probe);
    io_cancel(io, &send_probe.op);
    contract_settle(io);
    cr_assert_eq(send_probe.events, 1);
    contract_close(io, sockets[0]);
    contract_close(io, sockets[1]);
    io_free(io);
}

CONTRACT(net, cancel_ends_an_accept)
{
    struct io *io = contract_open(backend);
    uint16_t port = 0;
    int listener = contract_listen(io, &port);
    struct probe accept_probe = {0};
    io_accept(io, probe_start(&accept_probe, io), listener);
    contract_settle(io);
    io_cancel(io, &accept_probe.op);
    cr_assert_eq(probe_wait(&accept_probe), ERR_CANCELED);
    accept_probe.events = 0;
    io_accept(io, probe_start(&accept_probe, io), listener);
    struct contract_peer outside = contract_outside(port);
    probe_wait_events(&accept_probe, 1);
    contract_close(io, (int)accept_probe.value);
    contract_close(io, listener);
    contract_peer_close(&outside);
    io_free(io);
}

CONTRACT(net, shutdown_ends_the_receive_with_closed)
{
    struct io *io = contract_open(backend);
    struct contract_peer outside;
    int accepted = contract_accepted(io, &outside);
    struct probe recv_probe = {0};
    io_recv(io, probe_start(&recv_probe, io), accepted);
    contract_settle(io);
    io_shutdown(io, accepted);
    cr_assert_eq(probe_wait(&recv_probe), ERR_CLOSED);
    cr_assert_eq(contract_send(io, accepted, "x", 1), ERR_CLOSED);
    contract_close(io, accepted);
    contract_peer_close(&outside);
    io_free(io);
}

CONTRACT(net, is_busy_when_all_buffers_are_out_and_goes_on_after_a_release)
{
    const size_t len = 20 * 4096;
    struct io *io = contract_open(backend);
    uint8_t *data = malloc(len);
    contract_fill(data, len);
    struct contract_peer outside;
    int accepted = contract_accepted(io, &outside);
    contract_peer_write(&outside, data, len);
    struct probe recv_probe = {.hold = true};
    io_recv(io, probe_start(&recv_probe, io), accepted);
    cr_assert_eq(probe_wait(&recv_probe), ERR_BUSY);
    cr_assert_eq(io_recv_available(io), 0);
    cr_assert_eq(recv_probe.held_count, 16);
    while (recv_probe.bytes < len) {
        probe_release_held(&recv_probe);
        if (!recv_probe.out)
            io_recv(io, probe_start(&recv_probe, io), accepted);
        probe_wait_events(&recv_probe, recv_probe.events + 1);
    }
    cr_assert_eq(recv_probe.hash, contract_hash(0, data, len));
    probe_release_held(&recv_probe);
    contract_close(io, accepted);
    cr_assert_eq(io_recv_available(io), 16);
    contract_peer_close(&outside);
    io_free(io);
    free(data);
}

CONTRACT(net, refuses_a_port_that_is_taken)
{
    struct io *io = contract_open(backend);
    uint16_t port = 0;
    int listener = contract_listen(io, &port);
    struct io_listen_options options = {.host = "127.0.0.1", .port = port, .first = true};
    int second = -1;
    uint16_t same = 0;
    int result = io_listen(io, &options, &second, &same);
    cr_assert_eq(result, ERR_ADDRESS_IN_USE, "%s", result_name(result));
    options.first = false;
    cr_assert_eq(io_listen(io, &options, &second, &same), 0, "cores share the port");
    cr_assert_eq(same, port);
    contract_close(io, second);
    contract_close(io, listener);
    io_free(io);
}

CONTRACT(net, listens_on_every_address_without_a_host)
{
    struct io *io = contract_open(backend);
    struct io_listen_options options = {.host = "", .first = true};
    int listener = -1;
    uint16_t port = 0;
    cr_assert_eq(io_listen(io, &options, &listener, &port), 0);
    struct probe accept_probe = {0};
    io_accept(io, probe_start(&accept_probe, io), listener);
    struct contract_peer outside = contract_outside(port);
    probe_wait_events(&accept_probe, 1);
    char name[64];
    io_peer_name(io, (int)accept_probe.value, name);
    cr_assert_not_null(strstr(name, "127.0.0.1:"), "%s", name);
    contract_close(io, (int)accept_probe.value);
    contract_close(io, listener);
    contract_peer_close(&outside);
    io_free(io);
}

CONTRACT(net, does_not_find_an_unknown_host)
{
    struct io *io = contract_open(backend);
    struct io_listen_options options = {.host = "not a host name", .first = true};
    int listener = -1;
    uint16_t port = 0;
    cr_assert_eq(io_listen(io, &options, &listener, &port), ERR_NOT_FOUND);
    io_free(io);
}

CONTRACT(net, reports_a_refused_connection)
{
    struct io *io = contract_open(backend);
    uint16_t port = 0;
    int listener = contract_listen(io, &port);
    contract_close(io, listener);
    struct probe connect_probe = {0};
    cr_assert_eq(io_connect(io, probe_start(&connect_probe, io), "127.0.0.1", port), 0);
    cr_assert_eq(connect_probe.events, 0);
    cr_assert_lt(probe_wait(&connect_probe), 0);
    io_free(io);
}

/* The accept ends, and goes on when descriptors are free again. */
CONTRACT(net, reports_that_descriptors_are_used_up)
{
    struct io *io = contract_open(backend);
    uint16_t port = 0;
    int listener = contract_listen(io, &port);
    struct contract_peer outside = contract_outside(port);
    struct contract_peer other = contract_outside(port);
    contract_limit_descriptors(&other, true);
    struct probe accept_probe = {0};
    io_accept(io, probe_start(&accept_probe, io), listener);
    int64_t value = probe_wait(&accept_probe);
    cr_assert_eq(value, ERR_TOO_MANY_FILES, "%s", result_name((int)value));
    contract_limit_descriptors(&other, false);
    accept_probe.events = 0;
    io_accept(io, probe_start(&accept_probe, io), listener);
    probe_wait_events(&accept_probe, 2);
    contract_close(io, (int)accept_probe.first);
    contract_close(io, (int)accept_probe.value);
    contract_close(io, listener);
    contract_peer_close(&outside);
    contract_peer_close(&other);
    io_free(io);
}
