"""Compaction under real clients, and beside Kafka's own: both leave the same records."""
import random
import re
import shutil
import time

from cases_takeover import Kafka
from harness import kcat
from kafka_tools import run_tool, tool

ONCE = {"test_kafkas_cleaner_leaves_the_same_records", "test_offsets_are_compacted_and_survive"}
LONG_ONLY = {"test_kafkas_cleaner_leaves_the_same_records"}

EAGER = ["log.cleaner.backoff.ms=100"]
KEYS = 300
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")


def create(server, topic, *settings):
    arguments = ["kafka-topics", "--bootstrap-server", f"127.0.0.1:{server.port}", "--create",
                 "--topic", topic, "--partitions", "1"]
    for setting in ("cleanup.policy=compact", "segment.bytes=1048576",
                    "min.cleanable.dirty.ratio=0.01", *settings):
        arguments += ["--config", setting]
    tool(*arguments)


def fill(server, topic, seed):
    """A few megabytes of updates in every codec; one update in ten deletes its key. What is known
    of each key at the end."""
    rng = random.Random(seed)
    last = {}
    for turn in range(10):
        lines = []
        for _ in range(2000):
            key = f"key {rng.randrange(KEYS)}"
            value = "" if rng.randrange(10) == 0 else f"{turn} {rng.getrandbits(1600):x}"
            last[key] = value
            lines.append(f"{key}\t{value}")
        idempotent = "true" if turn % 3 == 2 else "false"
        kcat(server, "-P", "-t", topic, "-K", "\t", "-Z", "-z", CODECS[turn % len(CODECS)],
             "-X", f"enable.idempotence={idempotent}", "-X", "batch.num.messages=100",
             data=("\n".join(lines) + "\n").encode())
    return last


def read(server, topic):
    """Offset, key, length of the value (-1: none), value."""
    text = kcat(server, "-C", "-t", topic, "-e", "-q", "-o", "beginning",
                "-f", "%o\t%k\t%S\t%s\n").decode()
    return [line.split("\t") for line in text.splitlines()]


def check_latest(records, last):
    found = {key: value for _, key, _, value in records}
    assert {key: found.get(key, "") for key in last} == last


def cleaned_up_to(directory, topic):
    try:
        text = (directory / "cleaner-offset-checkpoint").read_text()
    except FileNotFoundError:
        return -1
    found = re.search(rf"^{topic} 0 (\d+)$", text, re.M)
    return int(found.group(1)) if found else -1


def active_base(directory, topic):
    return max(int(path.stem) for path in (directory / f"{topic}-0").glob("*.log"))


def wait(condition, what):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def wait_until_said(broker, text):
    wait(lambda: text in broker.text(), text + "\n" + broker.text()[-2000:])


def restart(broker, *settings):
    broker.stop()
    broker.settings = list(settings)
    broker.start()


def test_the_last_value_of_each_key_survives_compaction_and_a_crash(broker):
    restart(broker, *EAGER)
    create(broker, "updates")
    last = fill(broker, "updates", 1)
    wait_until_said(broker, "updates-0 is compacted up to offset")
    broker.kill()
    broker.start()
    records = read(broker, "updates")
    check_latest(records, last)
    offsets = [int(record[0]) for record in records]
    assert offsets == sorted(set(offsets)) and len(records) < 20000
    broker.stop()
    assert cleaned_up_to(broker.data, "updates") > 0
    broker.start()
    assert read(broker, "updates") == records


def test_offsets_are_compacted_and_survive(broker):
    restart(broker, *EAGER, "offsets.topic.num.partitions=1", "log.roll.ms=200",
            "log.cleaner.min.cleanable.ratio=0.01")
    kcat(broker, "-P", "-t", "read", data=b"1\n2\n3\n")
    group = [f"127.0.0.1:{broker.port}", "--group", "g", "--topic", "read:0"]
    tool("kafka-consumer-groups", "--bootstrap-server", *group, "--reset-offsets",
         "--to-offset", "1", "--execute")
    for offset in ("2", "3", "2"):
        time.sleep(0.4)
        tool("kafka-consumer-groups", "--bootstrap-server", *group, "--reset-offsets",
             "--to-offset", offset, "--execute")
    wait_until_said(broker, "__consumer_offsets-0 is compacted up to offset")
    broker.kill()
    broker.start()
    code, text, _ = run_tool("kafka-consumer-groups", "--bootstrap-server",
                             f"127.0.0.1:{broker.port}", "--group", "g", "--describe")
    assert code == 0 and re.search(r"^g +read +0 +2 +3 +1 ", text, re.M), text


def test_kafkas_cleaner_leaves_the_same_records(broker):
    restart(broker, "log.cleaner.enable=false")
    create(broker, "updates")
    last = fill(broker, "updates", 2)
    broker.stop()
    dirty = active_base(broker.data, "updates")
    assert dirty > 0
    kept = broker.data.parent / "kept"
    shutil.copytree(broker.data, kept)

    kafka = Kafka(broker)
    kafka.path.write_text(kafka.path.read_text() + "log.cleaner.backoff.ms=100\n")
    with kafka.start():
        wait(lambda: cleaned_up_to(broker.data, "updates") == dirty, "Kafka does not compact")
        wanted = read(kafka, "updates")
    check_latest(wanted, last)
    assert len(wanted) < 20000

    theirs = broker.data.parent / "theirs"
    broker.data.rename(theirs)
    kept.rename(broker.data)
    broker.settings = list(EAGER)
    broker.start()
    wait_until_said(broker, f"updates-0 is compacted up to offset {dirty}")
    assert read(broker, "updates") == wanted
    broker.stop()
    assert cleaned_up_to(broker.data, "updates") == dirty

    # And each takes what the other has left.
    with Kafka(broker).start() as kafka:
        assert read(kafka, "updates") == wanted
    shutil.rmtree(broker.data)
    theirs.rename(broker.data)
    broker.start()
    assert read(broker, "updates") == wanted
