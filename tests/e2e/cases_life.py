"""Start, stop, refusals, and idleness."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

from harness import BROKER, LONG, free_port, kcat
from wire import frame, produce_batch, produce_body

ALONE = {"test_stop_is_quick_under_load"}  # it takes the time
RELEASE_ONLY = {"test_idle_costs_nothing"}


def test_stop_is_quick_under_load(broker):
    kcat(broker, "-L", "-t", "busy")
    producers = [socket.create_connection(("127.0.0.1", broker.port)) for _ in range(8)]
    batch = produce_batch(b"x" * 1000)
    for s in producers:
        for _ in range(50):
            s.sendall(frame(0, 7, produce_body("busy", batch)))
    took = broker.stop()
    assert took < 2, took
    for s in producers:
        s.close()
    names = os.listdir(broker.data)
    assert ".kafka_cleanshutdown" in names
    assert not [name for name in names if name.startswith(".odradek")], names
    broker.start()


def test_second_start_and_taken_port_are_refused(broker):
    again = subprocess.run(broker.command(port=free_port()), stderr=subprocess.PIPE, timeout=10)
    assert again.returncode == 75 and b"in use by another broker" in again.stderr
    other = pathlib.Path(broker.home.name) / "other"
    taken = subprocess.run(broker.command(data=other), stderr=subprocess.PIPE, timeout=10)
    assert taken.returncode == 69 and b"address is in use" in taken.stderr


def test_foreign_directories_are_refused(broker):
    broker.stop()
    meta = broker.data / "meta.properties"
    text = meta.read_text()
    meta.write_text(text.replace("version=1", "version=99"))
    newer = subprocess.run(broker.command(), stderr=subprocess.PIPE, timeout=10)
    assert newer.returncode == 65 and b"newer version" in newer.stderr, newer.stderr
    meta.write_text(text.replace("node.id=1", "node.id=7"))
    foreign = subprocess.run(broker.command(), stderr=subprocess.PIPE, timeout=10)
    assert foreign.returncode == 65 and b"belongs to node 7" in foreign.stderr, foreign.stderr
    meta.write_text(text)
    broker.start()


def test_server_properties_verdicts(broker):
    path = pathlib.Path(broker.home.name) / "server.properties"
    path.write_text("process.roles=broker,controller\nnode.id=1\nlog.retnetion.hours=3\n"
                    f"log.dirs={broker.home.name}/checked\nlisteners=PLAINTEXT://127.0.0.1:0\n")
    check = subprocess.run([str(BROKER), str(path), "--check-config"], stderr=subprocess.PIPE,
                           timeout=10)
    assert b"server.properties:3" in check.stderr, check.stderr
    assert b"log.retention.hours" in check.stderr, check.stderr


def test_idle_costs_nothing(broker):
    time.sleep(2)
    seconds = 10 if LONG else 3
    trace = subprocess.run(["timeout", str(seconds), "strace", "-c", "-f", "-p",
                            str(broker.process.pid)], stderr=subprocess.PIPE)
    calls = [line for line in trace.stderr.decode().splitlines() if line.endswith("total")]
    count = int(calls[0].split()[-2]) if calls else 0
    assert count == 0, trace.stderr.decode()


def test_partition_that_cannot_be_opened_waits_for_a_start_that_can(broker):
    words = b"\n".join(b"word%d" % i for i in range(500))
    kcat(broker, "-P", "-t", "whole", data=words)
    broker.stop()
    log = broker.data / "whole-0" / "00000000000000000000.log"
    aside = broker.data / "aside"
    log.rename(aside)
    log.mkdir()
    broker.start()
    assert "whole-0 is offline" in broker.text()
    kcat(broker, "-P", "-t", "other", data=b"more")
    broker.process.send_signal(signal.SIGTERM)
    assert broker.process.wait(20) == 74, "what Kafka would take for empty is no clean stop"
    assert not (broker.data / ".kafka_cleanshutdown").exists()
    log.rmdir()
    aside.rename(log)
    broker.start()
    assert kcat(broker, "-C", "-t", "whole", "-e", "-q").split() == words.split()
    assert kcat(broker, "-C", "-t", "other", "-e", "-q") == b"more\n"
    broker.stop()


def processors(broker):
    """Of each thread, the processors it may run on; the kernel's own come and go."""
    found = []
    for task in pathlib.Path(f"/proc/{broker.process.pid}/task").glob("*/status"):
        try:
            status = task.read_text()
        except OSError:
            continue
        found.append(re.search(r"Cpus_allowed_list:\s*(\S+)", status).group(1))
    return found


def test_threads_tell_their_work_by_name(broker):
    tasks = pathlib.Path(f"/proc/{broker.process.pid}/task")
    names = {(task / "comm").read_text().strip() for task in tasks.iterdir()}
    assert "disk" in names and "core-0" in names, names


def test_cores_are_pinned_where_each_processor_has_one(broker):
    count = len(os.sched_getaffinity(0))
    for settings, pinned in ((f"odradek.cores={count}", count), ("odradek.pin=false", 0),
                             (f"odradek.cores={count + 1}", 0)):
        broker.stop()
        broker.settings = [settings]
        broker.start()
        own = {p for p in processors(broker) if p.isdigit()}
        assert len(own) == pinned or count == 1, (settings, processors(broker))


def test_a_broker_has_as_many_cores_as_it_may_use_processors(broker):
    broker.stop()
    first = min(os.sched_getaffinity(0))
    said = subprocess.run(["taskset", "-c", str(first), "timeout", "2", *broker.command()],
                          stderr=subprocess.PIPE, text=True, timeout=20).stderr
    assert "INFO [odradek] 1 cores on" in said, said
    broker.start()
