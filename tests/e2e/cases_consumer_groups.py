"""Consumer groups of KIP-848 under Kafka's clients, librdkafka, restarts and frames by hand."""
import re
import socket
import time

from confluent_kafka import Consumer

from cases_groups import commit, fill, librdkafka, ready, server, wait_for_kafkas_groups
from cases_takeover import Kafka
from group_messages import (CONSUMER_DESCRIBE, CONSUMER_HEARTBEAT, DELETE_GROUPS, DESCRIBE_GROUPS,
                            LIST_GROUPS, OFFSET_FETCH)
from harness import kcat, words
from kafka_tools import ask, run_tool, with_broker
from wire import create_topic, receive

ONCE = {"test_kafkas_consumer_of_the_new_protocol", "test_kafka_goes_on_with_living_members",
        "test_kafka_answers_the_same", "test_a_broker_that_is_killed_loses_no_member",
        "test_kafkas_subscription_pattern", "test_a_group_is_migrated_while_its_members_stay"}
LONG_ONLY = {"test_kafka_goes_on_with_living_members", "test_kafka_answers_the_same"}
NEW = ("--command-property", "group.protocol=consumer")


def modern(broker, group, **settings):
    return Consumer({"bootstrap.servers": server(broker), "group.id": group,
                     "group.protocol": "consumer", "auto.offset.reset": "earliest",
                     "enable.auto.commit": False, "fetch.wait.max.ms": 10, **settings})


def quick(broker, interval=200):
    """Members that heartbeat often."""
    broker.stop()
    broker.settings += [f"group.consumer.heartbeat.interval.ms={interval}",
                        f"group.consumer.min.heartbeat.interval.ms={interval}"]
    broker.start()


def poll(consumers, want, limit=40):
    """Records that `want` of them have read, as partition and offset, each consumer's own."""
    got = [[] for _ in consumers]
    deadline = time.monotonic() + limit
    while sum(map(len, got)) < want:
        assert time.monotonic() < deadline, ([len(g) for g in got], want)
        for consumer, mine in zip(consumers, got):
            message = consumer.poll(0.02)
            if message is not None and message.error() is None:
                mine.append((message.partition(), message.offset()))
    return got


def described(where, group, version=1):
    found = CONSUMER_DESCRIBE.ask(where, version, groups=[group])["groups"][0]
    found["members"].sort(key=lambda m: m["member"])
    return found


def settled(where, group, members, consumers=(), limit=40):
    """The group when it is stable with so many members."""
    deadline = time.monotonic() + limit
    while True:
        found = described(where, group)
        if found["state"] == "Stable" and len(found["members"]) == members:
            return found
        assert time.monotonic() < deadline, found
        for consumer in consumers:
            consumer.poll(0.05)
        time.sleep(0.05)


def test_kafkas_consumer_of_the_new_protocol(broker):
    fill(broker, "t", 100)
    got = ask(broker, "kafka-console-consumer", *NEW, "--topic", "t", "--group", "java",
              "--from-beginning", "--max-messages", "60", said="Processed a total of 60 messages")
    assert len(got.splitlines()) == 60, got.splitlines()[:3]
    said = ask(broker, "kafka-consumer-groups", "--describe", "--group", "java",
               said="has no active members")
    assert re.search(r"^java +t +0 +60 +100 +40 ", said, re.M), said
    broker.kill()
    broker.start()
    said = ask(broker, "kafka-consumer-groups", "--describe", "--group", "java", "--state",
               said="has no active members")
    assert re.search(r"^java .* uniform +Empty +0", said, re.M), said
    rest = ask(broker, "kafka-console-consumer", *NEW, "--topic", "t", "--group", "java",
               "--max-messages", "40", said="Processed a total of 40 messages")
    assert len(rest.splitlines()) == 40
    listed = ask(broker, "kafka-consumer-groups", "--list", "--type", "consumer")
    assert re.search(r"^java +Consumer *$", listed, re.M), listed
    listed = ask(broker, "kafka-consumer-groups", "--list", "--type", "classic")
    assert "java" not in listed, listed
    assert "successful" in ask(broker, "kafka-consumer-groups", "--delete", "--group", "java")
    assert ask(broker, "kafka-consumer-groups", "--list").split() == []


def test_librdkafka_of_the_new_protocol_resumes(broker):
    fill(broker, "t", 200, partitions=2)
    first = modern(broker, "resume")
    first.subscribe(["t"])
    got = poll([first], 250)[0]
    first.commit(asynchronous=False)
    first.close()
    second = modern(broker, "resume")
    second.subscribe(["t"])
    got += poll([second], 150)[0]
    assert sorted(got) == [(p, i) for p in range(2) for i in range(200)]
    second.close()


def test_members_come_and_go_and_nothing_is_read_twice(broker):
    quick(broker)
    fill(broker, "t", 50, partitions=4)
    revoked = []

    def give_up(consumer, places):
        consumer.commit(asynchronous=False)
        revoked.append(len(places))

    consumers = [modern(broker, "share") for _ in range(2)]
    consumers[0].subscribe(["t"], on_revoke=give_up)
    got = poll(consumers[:1], 200)[0]
    consumers[1].subscribe(["t"], on_revoke=give_up)
    found = settled(broker, "share", 2, consumers)
    assert sorted(len(m["assigned"][0]["partitions"]) for m in found["members"]) == [2, 2]
    assert sum(revoked) == 2, revoked
    for partition in range(4):
        kcat(broker, "-P", "-t", "t", "-p", str(partition), data=words(50, 9))
    both = poll(consumers, 200)
    assert all(both)
    got += both[0] + both[1]
    assert sorted(got) == [(p, i) for p in range(4) for i in range(100)]
    consumers[0].close()
    settled(broker, "share", 1, consumers[1:])
    for partition in range(4):
        kcat(broker, "-P", "-t", "t", "-p", str(partition), data=words(50, 10))
    got = poll(consumers[1:], 200)[0]
    assert sorted(got) == [(p, i) for p in range(4) for i in range(100, 150)]
    consumers[1].close()


def test_a_broker_that_is_killed_loses_no_member(broker):
    quick(broker)
    create_topic(broker, "t", {}, 4)
    consumers = [modern(broker, "kill") for _ in range(2)]
    for consumer in consumers:
        consumer.subscribe(["t"])
    before = settled(broker, "kill", 2, consumers)
    broker.kill()
    broker.start()
    ready(broker)
    for partition in range(4):
        kcat(broker, "-P", "-t", "t", "-p", str(partition), data=words(50, 9))
    got = poll(consumers, 200)
    assert sorted(got[0] + got[1]) == [(p, i) for p in range(4) for i in range(50)]
    after = settled(broker, "kill", 2, consumers)
    assert after["epoch"] == before["epoch"] and after["members"] == before["members"], (before,
                                                                                         after)
    for consumer in consumers:
        consumer.close()


def test_a_pattern_finds_topics_that_come_later(broker):
    quick(broker)
    fill(broker, "p-1", 10)
    fill(broker, "other", 10)
    consumer = modern(broker, "pattern", **{"topic.metadata.refresh.interval.ms": 500})
    consumer.subscribe(["^p-[0-9]+"])
    assert len(poll([consumer], 10)[0]) == 10
    member = described(broker, "pattern")["members"][0]
    assert member["pattern"] == "(^p-[0-9]+)", member
    fill(broker, "p-2", 10)
    assert len(poll([consumer], 10)[0]) == 10
    member = described(broker, "pattern")["members"][0]
    assert sorted(t["name"] for t in member["assigned"]) == ["p-1", "p-2"], member
    consumer.close()


def test_kafkas_subscription_pattern(broker):
    fill(broker, "p-1", 10)
    fill(broker, "p-2", 10, seed=2)
    fill(broker, "other", 10)
    got = ask(broker, "patterns", "java", "p-[12]", "20").splitlines()
    assert sorted(line.split()[0] for line in got) == ["p-1"] * 10 + ["p-2"] * 10, got
    said = ask(broker, "kafka-consumer-groups", "--describe", "--group", "java",
               said="has no active members")
    assert len(re.findall(r"^java +p-[12] +0 +10 +10 +0 ", said, re.M)) == 2, said
    code, out, err = run_tool("patterns", *with_broker(broker, "patterns", ("java", "(", "1")))
    assert code != 0 and "InvalidRegularExpression" in out + err, (code, out, err)


def test_a_group_is_migrated_while_its_members_stay(broker):
    quick(broker)
    broker.stop()
    broker.settings.append("group.initial.rebalance.delay.ms=0")
    broker.start()
    create_topic(broker, "t", {}, 4)
    total = 0

    def check(consumers):
        nonlocal total
        for partition in range(4):
            kcat(broker, "-P", "-t", "t", "-p", str(partition), data=words(50, 9))
        got = poll(consumers, 200)
        every = [(p, i) for p in range(4) for i in range(total, total + 50)]
        assert sorted(place for mine in got for place in mine) == every, [len(g) for g in got]
        assert all(got), [len(g) for g in got]
        for consumer in consumers:
            consumer.commit(asynchronous=False)
        total += 50

    def kinds():
        return {g["group"]: g["kind"] for g in LIST_GROUPS.ask(broker, 5)["groups"]}["move"]

    old = [librdkafka(broker, "move", **{"heartbeat.interval.ms": 200,
                                         "partition.assignment.strategy": "range"})
           for _ in range(2)]
    for consumer in old:
        consumer.subscribe(["t"])
    check_until_shared(broker, "move", old)
    check(old)
    assert kinds() == "classic"
    new = modern(broker, "move")
    new.subscribe(["t"])
    found = settled(broker, "move", 3, [*old, new])
    assert sorted(m["kind"] for m in found["members"]) == [0, 0, 1], found
    check([*old, new])
    assert kinds() == "consumer"
    broker.kill()
    broker.start()
    ready(broker)
    check([*old, new])
    old.pop().close()
    settled(broker, "move", 2, [*old, new])
    check([*old, new])
    new.close()
    check_until_shared(broker, "move", old)
    assert kinds() == "classic"
    check(old)
    old.pop().close()


def check_until_shared(broker, group, consumers, limit=40):
    """The classic group is stable with all of them."""
    deadline = time.monotonic() + limit
    while True:
        found = DESCRIBE_GROUPS.ask(broker, 5, groups=[group])["groups"][0]
        if found["state"] == "Stable" and len(found["members"]) == len(consumers):
            return
        assert time.monotonic() < deadline, found
        for consumer in consumers:
            consumer.poll(0.05)


def heartbeat(where, member="m", epoch=0, version=1, group="hand", **fields):
    fields = dict({"topics": ["t"], "owned": [], "rebalance_ms": 10000} if epoch == 0 else
                  {"topics": None, "owned": None}, **fields)
    return CONSUMER_HEARTBEAT.ask(where, version, group=group, member=member, epoch=epoch,
                                  **fields)


def joined_at_once(where, count=20):
    """Members that join without waiting for each other: each one's epoch, and what it was given."""
    connections = [socket.create_connection(("127.0.0.1", where.port), timeout=60)
                   for _ in range(count)]
    for number, connection in enumerate(connections):
        connection.sendall(CONSUMER_HEARTBEAT.frame(1, {
            "group": "crowd", "member": f"m{number}", "epoch": 0, "rebalance_ms": 10000,
            "topics": ["t"], "owned": []}))
    answers = [CONSUMER_HEARTBEAT.parse(1, receive(connection)) for connection in connections]
    for connection in connections:
        connection.close()
    assert all(answer["error"] == 0 for answer in answers), answers
    return sorted((answer["epoch"],
                   [sorted(topic["partitions"]) for topic in answer["assignment"]["topics"]])
                  for answer in answers)


def leave_crowd(where, count=20):
    for number in range(count):
        heartbeat(where, f"m{number}", -1, group="crowd")


def conversation(where):
    """What is answered, without what differs by nature: ids of topics and members."""
    said = []

    def tell(got):
        if got["assignment"] is not None:
            got["assignment"] = [sorted(t["partitions"]) for t in got["assignment"]["topics"]]
        del got["correlation"]
        if got["error"] == 128:  # behind it stand the words of the library
            got["error_message"] = got["error_message"].split(": ")[0].rstrip(".")
        said.append(got)
        return got

    def beat(**fields):
        return tell(heartbeat(where, **fields))

    beat()
    beat(epoch=1)
    beat(member="n")
    beat(epoch=1)
    beat(epoch=1)
    beat(member="n", epoch=2)
    beat(epoch=7)
    beat(member="x", epoch=1)
    beat(member="", version=1)
    beat(epoch=0, rebalance_ms=-1)
    beat(epoch=0, topics=None)
    beat(epoch=0, owned=[{"id": bytes(16), "partitions": [0]}])
    beat(epoch=-2)
    beat(epoch=-3)
    beat(epoch=1, instance="")
    beat(epoch=1, rack="")
    beat(epoch=1, assignor="sticky")
    beat(member="r", group="regex", topics=None, pattern="(")
    beat(group="nobody", epoch=3)
    beat(group="nobody", epoch=-1)
    beat(group="", epoch=0)
    beat(member="s1", group="static", instance="i")
    beat(member="s2", group="static", instance="i")
    beat(member="s1", group="static", epoch=-2, instance="i")
    beat(member="s2", group="static", instance="i")
    beat(member="s1", group="static", epoch=1, instance="i")
    beat(member="s2", group="static", epoch=1, instance="i")
    beat(member="s2", group="static", epoch=-1, instance="i")
    beat(member="s2", group="static", epoch=-1, instance="i")
    for group in ("hand", "static", "nobody"):
        for version in range(2):
            found = described(where, group, version)
            for member in found["members"]:
                for part in ("assigned", "target"):
                    member[part] = [(t["name"], t["partitions"]) for t in member[part]]
            said.append(found)
    said.append(DESCRIBE_GROUPS.ask(where, 6, groups=["hand"])["groups"])
    said.append(DELETE_GROUPS.ask(where, 2, groups=["hand", "static"])["results"])
    said.append([commit(where, "hand", 1, 9, generation=e, member=m)
                 for e, m in ((1, "m"), (9, "m"), (2, "n"), (1, "x"), (-1, ""))])
    said.append(commit(where, "hand", 1, 8, generation=1, member="m"))
    said.append([OFFSET_FETCH.ask(where, 9, groups=[
        {"group": "hand", "member": m, "epoch": e, "topics": [
            {"name": "t", "partitions": [0]}]}])["groups"]
        for m, e in (("m", 1), ("m", 9), ("x", 1), (None, -1))])
    said.append(sorted((g["group"], g["state"], g["kind"])
                       for g in LIST_GROUPS.ask(where, 5, types=["Consumer"])["groups"]))
    said.append(joined_at_once(where))
    beat(epoch=-1)
    beat(member="n", epoch=-1)
    said.append(commit(where, "hand", 5))
    said.append(DELETE_GROUPS.ask(where, 2, groups=["hand"])["results"])
    return said


def test_heartbeats_by_hand(broker):
    create_topic(broker, "t", {}, 4)
    ready(broker)
    said = conversation(broker)
    errors = [s["error"] for s in said[:29]]
    assert errors == [0, 0, 0, 0, 0, 0, 110, 25, 42, 42, 42, 42, 42, 42, 42, 42, 112, 128, 69, 69,
                      42, 0, 111, 0, 0, 82, 0, 0, 25], errors


def test_members_that_join_at_once_have_an_epoch_each(broker):
    create_topic(broker, "t", {}, 4)
    ready(broker)
    answers = joined_at_once(broker)
    assert answers == [(1, [[0, 1, 2, 3]])] + [(epoch, []) for epoch in range(2, 21)], answers
    broker.kill()
    broker.start()
    ready(broker)
    found = described(broker, "crowd")
    assert (found["epoch"], len(found["members"])) == (20, 20), found
    assert sorted(m["epoch"] for m in found["members"]) == list(range(1, 21)), found


def test_a_group_has_settings_of_its_own(broker):
    create_topic(broker, "t", {}, 4)
    ready(broker)
    for group in ("hand", "other"):
        assert heartbeat(broker, group=group)["interval_ms"] == 5000
    ask(broker, "kafka-configs", "--alter", "--entity-type", "groups", "--entity-name", "hand",
        "--add-config", "consumer.heartbeat.interval.ms=7000")
    assert heartbeat(broker, epoch=1)["interval_ms"] == 7000
    assert heartbeat(broker, group="other", epoch=1)["interval_ms"] == 5000


def test_the_protocol_can_be_left_out(broker):
    broker.stop()
    broker.settings.append("group.coordinator.rebalance.protocols=classic")
    broker.start()
    ready(broker)
    assert heartbeat(broker)["error"] == 35
    assert described(broker, "hand")["error"] == 35


def test_kafka_answers_the_same(broker):
    create_topic(broker, "t", {}, 4)
    ready(broker)
    heartbeat(broker, group="left")
    ours = conversation(broker)
    broker.stop()
    with Kafka(broker).start() as kafka:
        wait_for_kafkas_groups(kafka, ["hand", "static"])
        leave_crowd(kafka)
        DELETE_GROUPS.ask(kafka, 2, groups=["hand", "static", "crowd"])
        theirs = conversation(kafka)
        assert described(kafka, "left")["members"][0]["assigned"][0]["partitions"] == [0, 1, 2, 3]
    wrong = [f"answer {i}:\nours    {a}\nKafka's {b}"
             for i, (a, b) in enumerate(zip(ours, theirs)) if a != b]
    assert not wrong, "\n".join(wrong)
    broker.start()
    ready(broker)


def test_kafka_goes_on_with_living_members(broker):
    quick(broker)
    create_topic(broker, "t", {}, 4)
    # One of them speaks the classic protocol.
    consumers = [modern(broker, "living"), librdkafka(broker, "living", **{
        "session.timeout.ms": 40000, "heartbeat.interval.ms": 200,
        "partition.assignment.strategy": "range"})]
    for consumer in consumers:
        consumer.subscribe(["t"])
    before = settled(broker, "living", 2, consumers)
    assert sorted(m["kind"] for m in before["members"]) == [0, 1], before
    pattern = modern(broker, "pattern")
    pattern.subscribe(["^t.*"])
    settled(broker, "pattern", 1, [pattern])
    resolved = described(broker, "pattern")
    broker.stop()
    with Kafka(broker).start() as kafka:
        wait_for_kafkas_groups(kafka, ["none"])
        for partition in range(4):
            kcat(kafka, "-P", "-t", "t", "-p", str(partition), data=words(50, 9))
        got = poll(consumers, 200, limit=60)
        assert sorted(got[0] + got[1]) == [(p, i) for p in range(4) for i in range(50)]
        during = settled(kafka, "living", 2, consumers)
        assert during == before, (before, during)
        assert len(poll([pattern], 200, limit=60)[0]) == 200
        assert described(kafka, "pattern")["epoch"] == resolved["epoch"]
        third = modern(kafka, "living")
        third.subscribe(["t"])
        theirs = settled(kafka, "living", 3, [*consumers, third])
    broker.start()
    ready(broker)
    after = settled(broker, "living", 3, [*consumers, third])
    assert {m["member"]: m for m in after["members"]} == {
        m["member"]: m for m in theirs["members"]}, (theirs, after)
    assert after["epoch"] == theirs["epoch"]
    for consumer in (*consumers, third, pattern):
        consumer.close()
