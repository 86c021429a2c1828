"""Fetch: limits, waits, errors and sessions (KIP-227), each answer as Kafka 4.2 gives it."""
import socket
import struct
import time

from harness import kcat, words
from wire import crc32c, produce, produce_batch
from wire_fetch import Client, Want, offsets

VERSIONS = range(4, 19)
LONG_WAIT = 60000
ONE = 170  # bytes of a batch of one record of 100 bytes
NOWHERE = bytes(15) + b"7"
ONCE = ["test_fetch_limits", "test_fetch_every_codec_unchanged"]


def send(broker, topic, count=1, partition=0):
    for _ in range(count):
        assert produce(broker, topic, produce_batch(b"x" * 100), partition=partition)[0] == 0


def one_core(broker, *settings):
    broker.stop()
    broker.settings = ["odradek.cores=1", *settings]
    broker.start()


def on_both_cores(broker):
    """Two connections on different cores of two: a session's id tells its core."""
    broker.stop()
    broker.settings = ["odradek.cores=2"]
    broker.start()
    clients = {}
    others = []
    while len(clients) < 2 and len(others) < 100:
        client = Client(broker)
        others.append(client)
        clients[client.fetch(12, [], session=(0, 0)).session % 2] = client
    for client in others:
        if client not in clients.values():
            client.socket.close()
    assert len(clients) == 2, "every connection comes to the same core"
    return clients[0], clients[1]


def test_fetch_in_every_version(broker):
    with Client(broker) as c:
        topic_id = c.create("versions")
        send(broker, "versions", 3)
        for version in VERSIONS:
            name = topic_id if version >= 13 else "versions"
            answer = c.fetch(version, [Want(name, offset=1)])
            assert (answer.error, answer.session, answer.keys()) == (0, 0, [(name, 0)]), answer
            part = answer.parts[0]
            assert (part.error, part.high_watermark, part.last_stable) == (0, 3, 3), part
            assert part.log_start == (0 if version >= 5 else None)
            assert part.preferred == (-1 if version >= 11 else None)
            assert part.aborted is None and offsets(part.records) == [1, 2], part
            for unknown in (NOWHERE, bytes(16)) if version >= 13 else ("nowhere", "", "../x"):
                part = c.fetch(version, [Want(unknown)]).parts[0]
                assert part.error == (100 if version >= 13 else 3), part
                assert part.high_watermark == part.last_stable == -1, part
                assert part.aborted == [] and part.records == b"", part


def test_fetch_begins_with_the_batch_that_holds_the_offset(broker):
    """Traps 1, 2 and 4: what is served has a right CRC and may begin below the offset."""
    with Client(broker) as c:
        c.create("holds")
        for _ in range(3):
            assert produce(broker, "holds", produce_batch(b"v", count=10))[0] == 0
        records = c.fetch(12, [Want("holds", offset=17)]).parts[0].records
        assert offsets(records) == [10, 20]
        size, = struct.unpack(">i", records[8:12])
        assert struct.unpack(">I", records[17:21])[0] == crc32c(records[21:12 + size])


def test_fetch_every_codec_unchanged(broker):
    """zstd too, before version 10: the broker does not look inside."""
    with Client(broker) as c:
        for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
            kcat(broker, "-P", "-t", codec, "-z", codec, data=words(100, codec))
            old = c.fetch(4, [Want(codec)]).parts[0].records
            assert old and old == c.fetch(9, [Want(codec)]).parts[0].records
            assert old == c.fetch(18, [Want(c.topic_id(codec))]).parts[0].records


def test_fetch_limits(broker):
    """The first batch of the first partition that has one comes whole, whatever the limits."""
    with Client(broker) as c:
        c.create("limits", 3)
        send(broker, "limits", 5, partition=1)
        send(broker, "limits", 5, partition=2)

        def sizes(max_bytes, *wants):
            parts = c.fetch(12, [Want("limits"), *wants], max_bytes=max_bytes).parts
            assert [part.error for part in parts] == [0] * len(parts), parts
            return [len(part.records) for part in parts]

        for flushed in (False, True):
            if flushed:
                broker.stop()
                broker.start()
                c = Client(broker)
            for least in (-1, 0, 1, ONE):
                assert sizes(least, Want("limits", 1), Want("limits", 2)) == [0, ONE, 0]
            for least in (0, 1, ONE):
                assert sizes(10000, Want("limits", 1, max_bytes=least),
                             Want("limits", 2, max_bytes=least)) == [
                                 0, ONE, ONE if least == ONE else 0]
            assert sizes(7 * ONE, Want("limits", 2), Want("limits", 1)) == [0, 5 * ONE, 2 * ONE]
            assert sizes(10000, Want("limits", 2, max_bytes=2 * ONE), Want("limits", 1)) == [
                0, 2 * ONE, 5 * ONE]
        part = c.fetch(12, [Want("limits", 1, max_bytes=-1)]).parts[0]
        assert (part.error, part.high_watermark, part.records) == (-1, -1, b""), part


def test_fetch_reads_a_large_batch_behind_the_first_partition(broker):
    """What is on disk is only estimated: the batch that holds the offset may be much larger."""
    with Client(broker) as c:
        c.create("behind", 2)
        send(broker, "behind")
        assert produce(broker, "behind", produce_batch(b"y" * 1000, count=100), partition=1)[0] == 0
    broker.stop()
    broker.start()
    with Client(broker) as c:
        for wants in ([Want("behind"), Want("behind", 1, offset=99)],
                      [Want("behind", 1, offset=99), Want("behind")]):
            parts = c.fetch(12, wants).parts
            assert sorted(len(offsets(part.records)) for part in parts) == [1, 1], parts


def test_fetch_names_a_partition_twice(broker):
    """Trap 17: in one topic, or in two entries of the same topic: the last one counts."""
    with Client(broker) as c:
        c.create("twice", 2)
        c.create("other")
        send(broker, "twice", 5)
        answer = c.fetch(12, [Want("twice"), Want("twice", 1), Want("twice", offset=5)])
        assert answer.keys() == [("twice", 0), ("twice", 1)] and not answer.parts[0].records
        answer = c.fetch(12, [Want("twice"), Want("other"), Want("twice", offset=3)])
        assert answer.keys() == [("twice", 0), ("other", 0)]
        assert offsets(answer.parts[0].records) == [3, 4]
        answer = c.fetch(12, [Want("twice"), Want("other"), Want("twice", 1)])
        assert answer.topics == ["twice", "other", "twice"]


def test_fetch_of_very_many_partitions(broker):
    with Client(broker) as c:
        c.create("many")
        count = 30000
        answer = c.fetch(12, [Want("many", i % (count // 2)) for i in range(count)])
        assert answer.keys() == [("many", i) for i in range(count // 2)]
        assert [part.error for part in answer.parts] == [0] + [3] * (count // 2 - 1)


def test_fetch_out_of_range_is_answered_at_once(broker):
    with Client(broker) as c:
        c.create("range", 2)
        send(broker, "range", 5)
        for offset in (-1, 6, 1 << 62):
            parts = c.fetch(12, [Want("range", 1), Want("range", offset=offset)],
                            wait=LONG_WAIT).parts
            assert [part.error for part in parts] == [0, 1], parts
            bad = parts[1]
            assert (bad.high_watermark, bad.last_stable, bad.log_start) == (-1, -1, -1), bad
            assert bad.aborted is None and bad.records == b"", bad
        assert c.fetch(12, [Want("range", offset=5)]).parts[0].error == 0


def test_fetch_judges_leader_epochs(broker):
    with Client(broker) as c:
        topic_id = c.create("epochs", 2)
        send(broker, "epochs", 5)
        for version, name in ((12, "epochs"), (17, topic_id)):

            def one(**options):
                return c.fetch(version, [Want(name, **options)], wait=0).parts[0]

            for epoch in (0, -1, -5):
                assert one(epoch=epoch).error == 0
            ahead = one(epoch=1)
            assert (ahead.error, ahead.high_watermark, ahead.leader) == (75, -1, None), ahead
            assert one(last_epoch=1).error == 1, "an epoch that never was"
            assert one(last_epoch=1, partition=1).error == 1
            assert one(last_epoch=0, partition=1).diverging is None
            assert offsets(one(last_epoch=0, offset=3).records) == [3, 4]
            # Its own log ended behind ours: where to cut, and no records.
            cut = c.fetch(version, [Want(name, last_epoch=0, offset=9)], wait=LONG_WAIT).parts[0]
            assert (cut.error, cut.diverging, cut.records) == (0, (0, 5), b""), cut
            assert (cut.high_watermark, cut.log_start) == (5, 0), cut


def test_fetch_refuses_forged_replica_ids(broker):
    """Fault 46: nobody is a follower here; ids below 0 are consumers' as in Kafka."""
    with Client(broker) as c:
        topic_id = c.create("forged")
        send(broker, "forged")
        for replica in (0, 1, 7):
            for version, name in ((4, "forged"), (12, "forged"), (14, topic_id), (15, topic_id),
                                  (17, topic_id)):
                answer = c.fetch(version, [Want(name)], replica=replica, wait=LONG_WAIT)
                part = answer.parts[0]
                assert (answer.error, part.error, part.records) == (0, 6, b""), part
                assert (part.high_watermark, part.aborted) == (-1, None), part
                assert part.leader == ((1, 0) if version >= 16 else None), part
            assert c.fetch(12, [Want("nowhere")], replica=replica).parts[0].error == 3
        for replica in (-1, -2, -3):
            assert offsets(c.fetch(12, [Want("forged")], replica=replica).parts[0].records) == [0]


def test_fetch_isolation_levels(broker):
    with Client(broker) as c:
        c.create("isolation")
        send(broker, "isolation", 2)
        part = c.fetch(12, [Want("isolation")], isolation=1).parts[0]
        assert part.aborted == [] and offsets(part.records) == [0, 1], part
        for level in (-1, 2, 7):
            answer = c.fetch(12, [Want("isolation"), Want("nowhere")], isolation=level,
                             session=(0, 0))
            assert (answer.error, answer.session) == (-1, 0), answer
            assert [(p.error, p.aborted) for p in answer.parts] == [(-1, []), (-1, [])], answer


def test_fetch_ignores_racks(broker):
    with Client(broker) as c:
        c.create("rack")
        send(broker, "rack")
        part = c.fetch(12, [Want("rack")], rack="somewhere").parts[0]
        assert part.preferred == -1 and offsets(part.records) == [0], part


def test_fetch_waits_for_any_partition_on_any_core(broker):
    """Trap 17: long polls of many partitions wait together."""
    with Client(broker) as c:
        c.create("poll", 16)
        wants = [Want("poll", i, offset=1) for i in range(16)]
        for i in range(16):
            send(broker, "poll", partition=i)
        for i in (0, 7, 15, 8, 0):
            c.send(12, wants, wait=LONG_WAIT)
            send(broker, "poll", partition=i)
            found = [part.partition for part in c.receive(12).parts if part.records]
            assert found == [i], found
            wants[i].offset += 1


def test_fetch_waits_for_min_bytes(broker):
    with Client(broker) as c:
        c.create("least", 2)
        c.send(12, [Want("least"), Want("least", 1)], wait=LONG_WAIT, min_bytes=3 * ONE)
        send(broker, "least", 2)
        send(broker, "least", partition=1)
        assert [len(part.records) for part in c.receive(12).parts] == [2 * ONE, ONE]
        # No more is waited for than may be had, and nothing at all for nothing.
        want = [Want("least", max_bytes=ONE)]
        assert c.fetch(12, want, wait=LONG_WAIT, min_bytes=10000, max_bytes=50).parts[0].records
        assert c.fetch(12, [Want("least", offset=2)], wait=LONG_WAIT, min_bytes=0).error == 0
        c.send(12, want, wait=LONG_WAIT, min_bytes=ONE + 1)
        broker.stop()
        assert len(c.receive(12).parts[0].records) == ONE, "the stop ends the wait"
        broker.start()


def test_fetch_waits_beside_unknown_partitions(broker):
    """They would make a consumer of a topic that went away spin."""
    with Client(broker) as c:
        topic_id = c.create("beside")
        for version, name, unknown, error in ((12, "beside", "nowhere", 3),
                                              (13, topic_id, NOWHERE, 100)):
            start = c.fetch(version, [Want(name)]).parts[0].high_watermark
            c.send(version, [Want(unknown), Want(name, 9), Want(name, offset=start)],
                   wait=LONG_WAIT)
            send(broker, "beside")
            answer = c.receive(version)
            assert answer.keys() == [(name, 0), (unknown, 0), (name, 9)], "the unknown last"
            assert [part.error for part in answer.parts] == [0, error, 3], answer
            assert offsets(answer.parts[0].records) == [start]
        for version, unknown in ((12, "nowhere"), (13, NOWHERE)):
            assert c.fetch(version, [Want(unknown)], wait=LONG_WAIT).parts[0].error in (3, 100)
            assert c.fetch(version, [], wait=LONG_WAIT).parts == []


def test_fetch_session_answers_only_news(broker):
    with Client(broker) as c:
        for version in (7, 11, 12, 13, 18):
            topic = f"news-{version}"
            topic_id = c.create(topic, 3)
            send(broker, topic, 2)
            name = topic_id if version >= 13 else topic
            full = c.fetch(version, [Want(name, i) for i in range(3)], session=(0, 0))
            session = full.session
            assert session > 0 and len(full.parts) == 3, full

            def more(epoch, wants=(), **options):
                answer = c.fetch(version, list(wants), session=(session, epoch), **options)
                assert (answer.error, answer.session) == (0, session), answer
                return [part.partition for part in answer.parts]

            assert more(1) == [0], "its records, again"
            assert more(2, [Want(name, 0, offset=2)]) == [], "all is read"
            send(broker, topic, partition=2)
            assert more(3, wait=LONG_WAIT) == [2]
            assert more(4, [Want(name, 2, offset=1)]) == []
            send(broker, topic, partition=1)
            assert more(5, forget=[Want(name, 1)]) == []
            assert more(6, [Want(name, 1, offset=1)]) == [1], "new again, so told of"
            assert more(7) == []
            last = c.fetch(version, [Want(name)], session=(session, -1))
            assert (last.error, last.session, len(last.parts)) == (0, 0, 1), last
            assert c.fetch(version, [], session=(session, 8)).error == 70


def test_fetch_session_gives_every_partition_its_turn(broker):
    with Client(broker) as c:
        c.create("turn", 3)
        for i in range(3):
            send(broker, "turn", 2, partition=i)
        session = c.fetch(12, [Want("turn", i) for i in range(3)], session=(0, 0)).session
        served = []
        for epoch in range(1, 7):
            answer = c.fetch(12, [], session=(session, epoch), max_bytes=1)
            served += answer.keys()
        assert served == [("turn", i) for i in (0, 1, 2, 0, 1, 2)], served


def test_fetch_session_errors(broker):
    with Client(broker) as c:
        topic_id = c.create("judged")
        send(broker, "judged")

        def error(version, *session):
            answer = c.fetch(version, [], session=session)
            assert answer.session == 0 and answer.parts == [], answer
            return answer.error

        assert error(12, 4711, 1) == 70 and error(12, 0, 5) == 70 and error(12, -7, 1) == 70
        assert error(12, 4711, -2) == 70
        for version, name, mixed in ((12, "judged", 13), (13, topic_id, 12)):
            session = c.fetch(version, [Want(name)], session=(4711, 0)).session
            assert error(version, session, 2) == 71 and error(version, session, -2) == 71
            assert error(mixed, session, 1) == 106
            assert c.fetch(version, [], session=(session, 1)).error == 0, "it lives on"
            assert error(version, session, 1) == 71
            again = c.fetch(version, [Want(name)], session=(session, 0))
            assert again.session not in (0, session) and error(version, session, 2) == 70
        assert c.fetch(12, [Want("judged")], session=(4711, -1)).parts[0].records


def test_fetch_session_empty(broker):
    with Client(broker) as c:
        c.create("empty")
        session = c.fetch(12, [], session=(0, 0)).session
        answer = c.fetch(12, [Want("empty")], session=(session, 1))
        assert session > 0 and (answer.session, len(answer.parts)) == (session, 1), answer
        gone = c.fetch(12, [], session=(session, 2), forget=[Want("empty")], wait=LONG_WAIT)
        assert (gone.error, gone.session, gone.parts) == (0, 0, []), gone
        assert c.fetch(12, [], session=(session, 3)).error == 70


def test_fetch_session_of_topics_that_go_and_come(broker):
    one_core(broker)
    with Client(broker) as names, Client(broker) as ids, Client(broker) as c:
        first = c.create("goes")
        stays = c.create("stays")
        by_name = names.fetch(12, [Want("goes"), Want("stays")], session=(0, 0)).session
        by_id = ids.fetch(13, [Want(first), Want(stays)], session=(0, 0)).session
        names.send(12, [], session=(by_name, 1), wait=LONG_WAIT)
        ids.send(13, [], session=(by_id, 1), wait=LONG_WAIT)
        c.delete("goes")
        assert [(p.key, p.error) for p in names.receive(12).parts] == [(("goes", 0), 3)]
        assert [(p.key, p.error) for p in ids.receive(13).parts] == [((first, 0), 3)]
        for epoch in (2, 3):
            answer = names.fetch(12, [], session=(by_name, epoch))
            assert [(p.key, p.error) for p in answer.parts] == [(("goes", 0), 3)], answer
            answer = ids.fetch(13, [], session=(by_id, epoch))
            assert [(p.key, p.error) for p in answer.parts] == [((first, 0), 100)], answer
        second = c.create("goes")
        send(broker, "goes")
        part, = names.fetch(12, [], session=(by_name, 4)).parts
        assert (part.error, offsets(part.records)) == (0, [0]), "a name is found again"
        part, = ids.fetch(13, [], session=(by_id, 4)).parts
        assert part.error == 100, "an id is not"
        part, = ids.fetch(13, [Want(second)], session=(by_id, 5), forget=[Want(first)]).parts
        assert (part.key, part.error, offsets(part.records)) == ((second, 0), 0, [0])


def test_fetch_session_of_a_topic_that_is_not_there_yet(broker):
    with Client(broker) as c:
        answer = c.fetch(12, [Want("soon", 1), Want("soon")], session=(0, 0))
        assert [part.error for part in answer.parts] == [3, 3] and answer.session > 0
        session = answer.session
        assert len(c.fetch(12, [], session=(session, 1)).parts) == 2
        c.create("soon")
        answer = c.fetch(12, [], session=(session, 2))
        assert [(p.partition, p.error) for p in answer.parts] == [(0, 0), (1, 3)], answer
        assert [p.partition for p in c.fetch(12, [], session=(session, 3)).parts] == [1]


def test_fetch_session_outlives_its_connection(broker):
    one_core(broker)
    with Client(broker) as c:
        c.create("outlives")
        session = c.fetch(12, [Want("outlives")], session=(0, 0)).session
    with Client(broker) as c:
        send(broker, "outlives")
        answer = c.fetch(12, [], session=(session, 1))
        assert (answer.session, offsets(answer.parts[0].records)) == (session, [0])


def test_fetch_session_used_twice_at_once(broker):
    one_core(broker)
    with Client(broker) as slow, Client(broker) as quick:
        slow.create("twofold")
        session = slow.fetch(12, [Want("twofold")], session=(0, 0)).session
        slow.send(12, [], session=(session, 1), wait=LONG_WAIT)
        while quick.fetch(12, [], session=(session, 2)).error == 71:
            pass  # the first has not arrived yet
        send(broker, "twofold")
        answer = slow.receive(12)
        assert (answer.error, answer.session, answer.parts) == (71, session, []), answer
        slow.send(12, [], session=(session, 3), wait=LONG_WAIT)
        assert offsets(slow.receive(12).parts[0].records) == [0]
        slow.send(12, [Want("twofold", offset=1)], session=(session, 4), wait=LONG_WAIT)
        while quick.fetch(12, [], session=(session, 9)).error != 71:
            pass
        quick.fetch(12, [], session=(session, -1))
        send(broker, "twofold")
        answer = slow.receive(12)
        assert answer.error == 0 and offsets(answer.parts[0].records) == [1], answer
        assert quick.fetch(12, [], session=(session, 5)).error == 70


def test_fetch_session_belongs_to_its_core(broker):
    here, there = on_both_cores(broker)
    with here, there:
        here.create("cores", 2)
        send(broker, "cores")
        session = here.fetch(12, [Want("cores"), Want("cores", 1)], session=(0, 0)).session
        assert there.fetch(12, [], session=(session, 1)).error == 70
        answer = here.fetch(12, [], session=(session, 1))
        assert (answer.error, answer.keys()) == (0, [("cores", 0)]), "it lives on"
        # A client that comes back on the other core replaces it, and it is closed over there.
        again = there.fetch(12, [Want("cores"), Want("cores", 1)], session=(session, 0))
        assert again.error == 0 and again.session % 2 != session % 2, again
        assert here.fetch(12, [], session=(session, 2)).error == 70
        assert here.fetch(12, [], session=(again.session, -1)).error == 0
        assert there.fetch(12, [], session=(again.session, 1)).error == 70


def test_fetch_without_room_for_a_session(broker):
    one_core(broker, "max.incremental.fetch.session.cache.slots=2")
    with Client(broker) as c:
        c.create("room")
        send(broker, "room")
        sessions = [c.fetch(12, [Want("room")], session=(0, 0)) for _ in range(4)]
        assert [answer.session > 0 for answer in sessions] == [True, True, False, False]
        assert all(offsets(answer.parts[0].records) == [0] for answer in sessions)
        c.fetch(12, [], session=(sessions[0].session, -1))
        assert c.fetch(12, [Want("room")], session=(0, 0)).session > 0
    one_core(broker, "max.incremental.fetch.session.cache.slots=0")
    with Client(broker) as c:
        answer = c.fetch(12, [Want("room")], session=(0, 0))
        assert (answer.error, answer.session, len(answer.parts)) == (0, 0, 1), answer


def test_fetch_session_that_outgrows_its_memory(broker):
    """It is closed without an error, and the client goes on with full requests."""
    one_core(broker, "odradek.memory.bytes=33554432")
    with Client(broker) as c:
        c.create("grown")
        send(broker, "grown")
        session = c.fetch(12, [Want("grown")], session=(0, 0)).session
        epoch, size = 1, 1
        while True:
            wants = [Want("grown", size + i) for i in range(500)]
            answer = c.fetch(12, wants, session=(session, epoch))
            assert answer.error == 0 and answer.parts[0].error == 0, answer.error
            if answer.session == 0:
                break
            epoch, size = epoch + 1, size + 500
            assert size < 100000, "nothing bounds it"
        assert offsets(answer.parts[0].records) == [0], "what it held is still served"
        assert c.fetch(12, [], session=(session, epoch + 1)).error == 70
        assert c.fetch(12, [Want("grown", i) for i in range(size)], session=(0, 0)).error == 0


def test_fetch_of_a_client_that_went_away_frees_its_connection(broker):
    """Its wait, an hour here, ends with it: when it closes, and when it only stops sending."""
    one_core(broker, "odradek.connections.max=16")
    with Client(broker) as c:
        c.create("gone")
    for how in (socket.SHUT_RDWR, socket.SHUT_WR, None, None):
        clients = []
        deadline = time.monotonic() + 20
        while len(clients) < 16 and time.monotonic() < deadline:
            client = Client(broker)
            try:
                if client.fetch(12, [Want("gone")]).parts:
                    clients.append(client)
            except (OSError, AssertionError):
                client.socket.close()
        assert len(clients) == 16, "connections are still taken"
        for client in clients:
            client.send(12, [Want("gone")], wait=3600000)
            if how == socket.SHUT_WR:
                client.socket.shutdown(how)
                assert client.receive(12).error == 0, "it still listens"
        for client in clients:
            if how == socket.SHUT_RDWR:
                client.socket.shutdown(how)
            client.socket.close()
