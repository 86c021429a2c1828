"""Raw bytes on the socket: order, limits, and what is not a request."""
import socket
import struct

from harness import kcat
from wire import api_versions, frame, produce_batch, produce_body, read_exactly, receive, request


def test_advertises_what_it_serves(broker):
    keys = api_versions(broker.port)
    assert keys[0] == (0, 13) and keys[1] == (4, 18) and keys[3] == (0, 13)
    groups = {8, 9, 10, 11, 12, 13, 14, 15, 16, 42, 47, 68, 69}
    assert set(keys) == groups | {0, 1, 2, 3, 18, 19, 20, 22, 23, 32, 37, 60, 75}, sorted(keys)


def test_unsupported_api_versions_is_answered_in_version_0(broker):
    answer = request(broker.port, frame(18, 99, flexible=True))
    assert answer == struct.pack(">ihihhh", 1, 35, 1, 18, 0, 4), answer


def test_bad_sizes_and_unknown_keys_close_the_connection(broker):
    for payload in (struct.pack(">i", 0), struct.pack(">i", -1), struct.pack(">i", 0x7FFFFFFF),
                    struct.pack(">i", 104857601), frame(999, 0), frame(-1, 0), frame(4, 0),
                    frame(0, 2), frame(0, 14), frame(1, 3), b"GET / HTTP/1.1\r\n\r\n",
                    frame(3, 1, b"\x7f\xff\xff\xff")):
        assert request(broker.port, payload) == b"", payload
    api_versions(broker.port)


def test_answers_keep_the_order_of_requests(broker):
    with socket.create_connection(("127.0.0.1", broker.port), timeout=30) as s:
        count = 2000
        s.sendall(b"".join(frame(18, 0, correlation=i) for i in range(count)))
        for i in range(count):
            assert struct.unpack(">i", receive(s)[:4])[0] == i


def test_many_clients_ask_for_the_same_missing_topic(broker):
    name = b"wanted"
    ask = frame(3, 1, struct.pack(">ih", 1, len(name)) + name)
    clients = [socket.create_connection(("127.0.0.1", broker.port), timeout=10)
               for _ in range(300)]
    for s in clients:
        s.sendall(ask)
    for s in clients:
        assert struct.pack(">hh", 0, len(name)) + name in receive(s)
        s.close()


def test_one_byte_at_a_time(broker):
    with socket.create_connection(("127.0.0.1", broker.port), timeout=10) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in frame(18, 0) + frame(18, 0, correlation=2):
            s.sendall(bytes([byte]))
        assert receive(s)[:4] == b"\0\0\0\1" and receive(s)[:4] == b"\0\0\0\2"


def test_bad_topic_names(broker):
    for name in (b"../x", b".", b"..", b"", b"a b", b"x" * 250):
        body = struct.pack(">ih", 1, len(name)) + name
        answer = request(broker.port, frame(3, 1, body))
        assert struct.pack(">hh", 17, len(name)) in answer, (name, answer)


def test_acks_0_gets_no_answer_and_closes_on_error(broker):
    kcat(broker, "-L", "-t", "quiet")
    with socket.create_connection(("127.0.0.1", broker.port), timeout=5) as s:
        s.sendall(frame(0, 7, produce_body("quiet", produce_batch(b"1"), acks=0)) +
                  frame(18, 0, correlation=9))
        assert receive(s)[:4] == struct.pack(">i", 9)
        s.sendall(frame(0, 7, produce_body("quiet", produce_batch(b"1", crc=3), acks=0)))
        assert read_exactly(s, 1) == b""
