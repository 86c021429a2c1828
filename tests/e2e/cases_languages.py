"""Clients of Go, Node and asyncio: each creates a topic, writes, reads in a group, and commits.

Their programs are in clients/. Those of Go and Node are fetched and built with --long only, under
build/clients, from the versions that are pinned there; where these languages are missing, or too
old for the clients, the test says so.
"""
import asyncio
import functools
import pathlib
import shutil
import subprocess

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from harness import ROOT, Skip

SOURCES = pathlib.Path(__file__).with_name("clients")
BUILT = ROOT / "build" / "clients"
RECORDS = 500

ONCE = {"test_franz_go", "test_sarama", "test_kafka_go", "test_kafkajs", "test_platformatic_kafka"}
LONG_ONLY = ONCE


def server(broker):
    return f"127.0.0.1:{broker.port}"


def run(*arguments, cwd, timeout=300):
    done = subprocess.run(list(map(str, arguments)), cwd=cwd, timeout=timeout, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout


def passes(*command, cwd):
    assert run(*command, cwd=cwd, timeout=90) == f"read and committed {RECORDS}\n"


@functools.cache
def go_program():
    if shutil.which("go") is None:
        raise Skip("there is no Go")
    needed = (SOURCES / "go" / "go.mod").read_text().split("\ngo ")[1].split()[0]
    version = run("go", "env", "GOVERSION", cwd="/").strip().removeprefix("go")
    if [int(part) for part in version.split(".")[:2]] < [int(part) for part in
                                                         needed.split(".")[:2]]:
        raise Skip(f"the clients need Go {needed}, and this is {version}")
    run("go", "build", "-o", BUILT / "go", ".", cwd=SOURCES / "go")
    return BUILT / "go"


@functools.cache
def node_programs():
    if shutil.which("npm") is None:
        raise Skip("there is no Node")
    shutil.rmtree(BUILT / "node", ignore_errors=True)
    shutil.copytree(SOURCES / "node", BUILT / "node")
    run("npm", "ci", "--no-fund", "--no-audit", cwd=BUILT / "node")
    return BUILT / "node"


def test_franz_go(broker):
    passes(go_program(), "franz-go", server(broker), cwd=BUILT)


def test_sarama(broker):
    passes(go_program(), "sarama", server(broker), cwd=BUILT)


def test_kafka_go(broker):
    passes(go_program(), "kafka-go", server(broker), cwd=BUILT)


def test_kafkajs(broker):
    passes("node", "kafkajs.js", server(broker), cwd=node_programs())


def test_platformatic_kafka(broker):
    passes("node", "platformatic.mjs", server(broker), cwd=node_programs())


async def write_and_read(bootstrap):
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic("aiokafka", 2, 1)])
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True,
                                compression_type="gzip")
    await producer.start()
    sent = [await producer.send("aiokafka", b"%d" % i) for i in range(RECORDS)]
    await asyncio.gather(*sent)
    await producer.stop()
    consumer = AIOKafkaConsumer("aiokafka", bootstrap_servers=bootstrap, group_id="aiokafka",
                                auto_offset_reset="earliest")
    await consumer.start()
    values = {(await consumer.getone()).value for _ in range(RECORDS)}
    assert values == {b"%d" % i for i in range(RECORDS)}
    await consumer.commit()
    committed = await admin.list_consumer_group_offsets("aiokafka")
    assert sum(place.offset for place in committed.values()) == RECORDS
    await consumer.stop()
    await admin.delete_topics(["aiokafka"])
    await admin.close()


def test_aiokafka(broker):
    asyncio.run(asyncio.wait_for(write_and_read(server(broker)), 60))
