"""Configurations and quotas that change while the broker runs: what Kafka 4.2 answers, what a
restart keeps, what takes effect, and what Kafka and we hand each other."""
import gzip
import json
import pathlib
import subprocess

from cases_handover import clear, format_dynamic, rich_kafka
from harness import kcat
from kafka_tools import ask, refused, run_tool

ONCE = {"test_kafkas_answers", "test_settings_survive",
        "test_kafka_and_we_hand_each_other_settings"}
LONG_ONLY = {"test_kafka_and_we_hand_each_other_settings"}

DIALOGUE = pathlib.Path(__file__).with_name("configs_dialogue.txt.gz")
UNORDERED = {"configType", "values", "entityType", "resourceName", "key"}


def plain(value):
    """Without what is never the same, and lists in an order of their own: Kafka's is a hash's."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()
                if key not in ("topicId", "throttleTimeMs")}
    if isinstance(value, list):
        items = [plain(item) for item in value]
        if items and isinstance(items[0], dict) and UNORDERED & set(items[0]):
            items.sort(key=lambda item: json.dumps(item, sort_keys=True))
        return items
    return value


def converse(server, requests):
    code, out, err = run_tool("ask", f"127.0.0.1:{server.port}",
                              data="\n".join(requests).encode() + b"\n", timeout=120)
    assert code == 0, err
    answers = out.splitlines()
    assert len(answers) == len(requests), out[-1000:]
    return answers


def test_kafkas_answers(broker):
    """Each entry of the dialogue: a request, what Kafka 4.2 answered to it in this order, "*" for
    no matter what; and, marked by "!", what is answered here where that differs on purpose."""
    entries = [entry.split("\n") for entry in
               gzip.decompress(DIALOGUE.read_bytes()).decode().strip().split("\n\n")]
    answers = converse(broker, [entry[0] for entry in entries])
    wrong = []
    for (request, *wanted), answer in zip(entries, answers):
        if wanted == ["*"]:
            continue
        wanted = wanted[-1].removeprefix("! ")
        if answer == "closed" or plain(json.loads(answer)) != plain(json.loads(wanted)):
            wrong.append(f"{request}\n  wanted {wanted}\n  got    {answer}")
    assert len(entries) > 500 and not wrong, f"{len(wrong)} differ:\n" + "\n".join(wrong[:20])


SETTINGS = (
    (("--entity-type", "topics", "--entity-name", "t"), "retention.ms=5000,segment.ms=70000"),
    (("--entity-type", "brokers", "--entity-name", "1"), "log.retention.ms=60000"),
    (("--entity-type", "brokers", "--entity-default"), "message.max.bytes=2000000"),
    (("--entity-type", "groups", "--entity-name", "g"), "consumer.session.timeout.ms=50000"),
    (("--entity-type", "client-metrics", "--entity-name", "m"), "interval.ms=60000"),
    (("--entity-type", "users", "--entity-name", "u", "--entity-type", "clients", "--entity-name",
      "c"), "producer_byte_rate=1024,consumer_byte_rate=2048"),
    (("--entity-type", "users", "--entity-default"), "request_percentage=200"),
    (("--entity-type", "ips", "--entity-name", "127.0.0.1"), "connection_creation_rate=9"),
)


def settings_of(server):
    return {entity: sorted(ask(server, "kafka-configs", "--describe", *entity).split())
            for entity, _ in SETTINGS}


def change_settings(server):
    ask(server, "kafka-topics", "--create", "--topic", "t")
    for entity, values in SETTINGS:
        out = ask(server, "kafka-configs", "--alter", *entity, "--add-config", values)
        assert out.startswith("Completed updating "), out


def check_settings(shown):
    for entity, values in SETTINGS:
        text = " ".join(shown[entity])
        for value in values.split(","):
            name, number = value.split("=")
            assert f"{name}={number}" in text, (entity, text)


def test_settings_survive(broker):
    change_settings(broker)
    shown = settings_of(broker)
    check_settings(shown)
    broker.kill()
    broker.start()
    assert settings_of(broker) == shown
    for turn in range(2):
        broker.stop()
        broker.start()
        assert settings_of(broker) == shown, turn
    for entity, values in SETTINGS:
        names = ",".join(value.split("=")[0] for value in values.split(","))
        ask(broker, "kafka-configs", "--alter", *entity, "--delete-config", names)
    gone = settings_of(broker)
    for entity, values in SETTINGS:
        assert values.split(",")[0] not in " ".join(gone[entity]), gone[entity]
    broker.kill()
    broker.start()
    assert settings_of(broker) == gone


def test_kafka_and_we_hand_each_other_settings(broker):
    change_settings(broker)
    shown = settings_of(broker)
    broker.stop()
    with rich_kafka(broker).start() as kafka:
        assert settings_of(kafka) == shown
    clear(broker)
    with format_dynamic(rich_kafka(broker)).start() as kafka:
        change_settings(kafka)
        shown = settings_of(kafka)
        check_settings(shown)
    broker.start()
    assert settings_of(broker) == shown


def configure(broker, topic, **values):
    pairs = ",".join(f"{name.replace('_', '.')}={value}" for name, value in values.items())
    ask(broker, "kafka-configs", "--alter", "--topic", topic, "--add-config", pairs)


def produce_refused(broker, topic, data):
    try:
        kcat(broker, "-P", "-t", topic, "-p", "0", "-X", "message.timeout.ms=3000",
             "-X", "message.send.max.retries=0", data=data)
    except subprocess.CalledProcessError as error:
        return error.stderr.decode()
    return ""


def test_what_changes_takes_effect(broker):
    ask(broker, "kafka-topics", "--create", "--topic", "t", "--partitions", "1")
    large = b"x" * 5000 + b"\n"
    assert produce_refused(broker, "t", large) == ""
    configure(broker, "t", max_message_bytes=1000)
    assert "Message size too large" in produce_refused(broker, "t", large)
    configure(broker, "t", max_message_bytes=100000, message_timestamp_type="LogAppendTime")
    assert produce_refused(broker, "t", large) == ""
    stamps = kcat(broker, "-C", "-t", "t", "-e", "-q", "-f", "%T\n").split()
    assert len(stamps) == 2, stamps
    ask(broker, "kafka-configs", "--alter", "--broker", "1", "--add-config",
        "message.max.bytes=2000,odradek.wal.profile=low,odradek.flush.profile=low-latency")
    ask(broker, "kafka-topics", "--create", "--topic", "u")
    assert "Message size too large" in produce_refused(broker, "u", large)
    text = refused(broker, "kafka-configs", "--alter", "--broker", "1", "--add-config",
                   "odradek.memory.bytes=1")
    assert "Cannot update these configs dynamically: Set(odradek.memory.bytes)" in text, text
    configure(broker, "t", cleanup_policy="compact")
    assert produce_refused(broker, "t", b"without a key\n") != ""
