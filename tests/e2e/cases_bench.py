"""The load generator against a broker: modes, clients, outputs, and how it says what is wrong."""
import json
import pathlib
import re
import signal
import subprocess
import time
import urllib.request

from cases_takeover import Kafka
from fake_cluster import FakeCluster
from group_messages import LIST_GROUPS
from harness import BUILT, Skip, free_port, kcat

BENCH = str(BUILT / "odradek-bench")
LONG_ONLY = ["test_bench_loads_kafka_itself", "test_bench_sends_again_when_kafka_itself_is_killed"]
ONCE = [
    "test_bench_sends_again_when_kafka_itself_is_killed",
    "test_bench_loads_kafka_itself",
    "test_bench_drives_several_librdkafka_clients_at_once",
    "test_bench_says_in_one_sentence_what_is_wrong",
    "test_bench_stops_on_ctrl_c_with_the_report_so_far",
    "test_bench_holds_a_timetable_and_compares_results",
    "test_bench_follows_leaders_that_change",
    "test_bench_finds_the_new_leader_when_the_old_one_is_gone",
    "test_bench_gives_up_after_so_many_retries",
    "test_bench_counts_what_was_due_while_it_stood_still_at_the_end",
    "test_bench_serves_prometheus_while_it_runs",
    "test_bench_finds_records_that_are_doubled",
    "test_bench_reads_a_topic_again_and_again",
    "test_bench_counts_a_broker_that_goes_away_as_failures",
    "test_bench_sends_again_what_a_broker_that_goes_away_did_not_answer",
    "test_bench_consumers_go_on_where_they_were_when_the_broker_comes_back",
    "test_the_null_server_takes_the_load",
]


def bench(broker, *arguments, status=0, port=None):
    """What it printed; its exit status must be the expected one."""
    command = [BENCH, "-b", f"127.0.0.1:{port or broker.port}", *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    text = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == status, f"status {done.returncode}: {text}"
    return text


def results(broker, *arguments, status=0):
    path = pathlib.Path(broker.home.name) / "results.json"
    bench(broker, "--json-output", path, *arguments, status=status)
    return json.loads(path.read_text())


def need_librdkafka(client):
    if client == "librdkafka":
        done = subprocess.run([BENCH, "-b", "127.0.0.1:1", "--client", client],
                              stderr=subprocess.PIPE, timeout=30)
        if b"this build has no librdkafka" in done.stderr:
            raise Skip("the load generator was built without librdkafka")


def every_mode(broker, client):
    need_librdkafka(client)
    base = ["--client", client, "--create-topic", "-p", 3, "-s", 100, "-c", 8, "-w", "100ms",
            "-d", "500ms", "--acks", "all"]
    produced = results(broker, *base, "-t", client, "--validate")
    assert produced["messages"] > 0 and produced["failed"] == 0, produced
    verdict = produced["validation"]
    assert verdict["good"] and verdict["acknowledged"] == verdict["read"] > 0, verdict
    consumed = results(broker, *base, "-t", client, "-m", "consume", "-w", "0", "-d", "30s",
                       "-n", verdict["acknowledged"], "--validate")
    assert consumed["consumed"] == verdict["acknowledged"], (consumed["consumed"], verdict)
    round_trip = results(broker, *base, "-t", client + "-b", "-m", "round-trip", "--validate")
    assert round_trip["validation"]["good"], round_trip["validation"]
    assert round_trip["consumed"] >= round_trip["messages"] > 0, round_trip
    assert round_trip["latency_ms"]["end_to_end"]["count"] == round_trip["consumed"]
    assert round_trip["latency_ms"]["response"]["count"] == round_trip["messages"]


def test_bench_runs_every_mode_with_its_own_client(broker):
    every_mode(broker, "native")
    asked = results(broker, "-t", "native", "-m", "metadata", "-w", "0", "-d", "300ms", "-c", 4)
    assert asked["messages"] > 0 and asked["failed"] == 0, asked
    for group in [[], ["--consumer-group", "common"]]:
        committed = results(broker, "-t", "native", "-m", "commit", "-w", "0", "-d", "300ms",
                            "-c", 4, *group)
        assert committed["messages"] > 0 and committed["failed"] == 0, committed
    groups = {group["group"] for group in LIST_GROUPS.ask(broker, 3)["groups"]}
    assert {"native-0", "native-1", "native-2", "native-3", "common"} <= groups, groups


def test_bench_runs_every_mode_with_librdkafka(broker):
    every_mode(broker, "librdkafka")


def test_bench_drives_several_librdkafka_clients_at_once(broker):
    need_librdkafka("librdkafka")
    for mode in ["produce", "round-trip"]:
        got = results(broker, "-m", mode, "--validate", "-n", 2000, "-c", 20, "--connections", 3,
                      "--threads", 2, "--client", "librdkafka", "-p", 3, "-s", 64, "--consumers", 2,
                      "--create-topic", "-t", mode, "--compression", "zstd", "--acks", "all")
        assert got["messages"] == 2000 and got["validation"]["good"], got["validation"]


def test_bench_validates_batches_compression_topics_and_threads(broker):
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"]:
        got = results(broker, "-m", "round-trip", "--validate", "-n", 3000, "-c", 40,
                      "--connections", 4, "--threads", 2, "--topics", 2, "-p", 3, "-s", 64,
                      "--create-topic", "--linger-ms", 2, "--compression", codec,
                      "--payload-pattern", "text", "--acks", "all", "-t", codec)
        assert got["messages"] == 3000 and got["validation"]["good"], (codec, got["validation"])
        assert got["validation"]["read"] == 3000
        assert got["requests"] < 3000, "records share batches"
    got = results(broker, "-n", 1000, "-c", 2, "--records-per-batch", 50, "-s", 64, "--validate",
                  "--delete-topic-after", "--create-topic", "-t", "gone")
    assert got["requests"] == 20 and got["validation"]["good"], got
    assert b"gone" not in kcat(broker, "-L")


def test_bench_says_in_one_sentence_what_is_wrong(broker):
    def complaint(*arguments, status, port=None):
        text = bench(broker, *arguments, status=status, port=port)
        assert text.count("\n") == 1 and text.startswith("odradek-bench: "), text
        return text

    assert "refused" in complaint(status=2, port=free_port())
    assert "no topic 'nobody'" in complaint("-m", "consume", "-t", "nobody", status=2)
    assert "--concurrency takes a number" in complaint("-c", "x", status=64)
    assert "there is no option --fast" in complaint("--fast", status=64)
    assert "cannot create topic" in complaint("--create-topic", "-r", 3, "-t", "r", status=2)
    assert "name" in complaint("-b", "no.such.host.invalid:9", status=2)
    assert "not 'nonsense'" in complaint("-b", "nonsense", status=2)
    assert "--consumer-group needs" in complaint("--consumer-group", "g", status=64)
    done = subprocess.run([BENCH, "compare", "/dev/null", "/dev/null"], stderr=subprocess.PIPE,
                          timeout=30)
    assert done.returncode == 2 and b"cannot read" in done.stderr


def test_bench_stops_on_ctrl_c_with_the_report_so_far(broker):
    path = pathlib.Path(broker.home.name) / "results.json"
    process = subprocess.Popen([BENCH, "-b", f"127.0.0.1:{broker.port}", "-d", "0", "-w", "0",
                                "-c", "4", "-m", "round-trip", "--validate", "-v",
                                "--json-output", str(path)],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    # A line tells of whole intervals; the first may come before the first of these is handed over.
    lines = [process.stderr.readline().decode()]
    while " 0 msg/s" in lines[-1] and len(lines) < 10:
        lines.append(process.stderr.readline().decode())
    assert re.search(r"\d+ msg/s .*p99", lines[-1]), lines
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 130, process.returncode
    assert time.monotonic() - begin < 10
    assert "stopped early" in out.decode()
    got = json.loads(path.read_text())
    assert got["interrupted"] and got["messages"] > 0 and got["validation"]["good"], got


def test_bench_holds_a_timetable_and_compares_results(broker):
    home = pathlib.Path(broker.home.name)
    for name in ["a", "b"]:
        bench(broker, "--rate-limit", 500, "-d", "1s", "-w", "200ms", "-c", 16,
              "--json-output", home / f"{name}.json", "--csv-output", home / f"{name}.csv",
              "--html-output", home / f"{name}.html")
    got = json.loads((home / "a.json").read_text())
    assert got["messages"] + got["unsent"] == 500, got
    latency = got["latency_ms"]
    assert latency["response"]["count"] == latency["service"]["count"] == got["messages"]
    assert latency["response"]["max"] >= latency["service"]["max"] * 0.98
    lines = (home / "a.csv").read_text().splitlines()
    assert lines[0].startswith("seconds,messages_per_second") and len(lines) > 10
    page = (home / "a.html").read_text()
    assert page.count("<svg") >= 3 and page.endswith("</html>\n")
    assert "http" not in page and "src=" not in page, "the page needs nothing else"
    table = subprocess.run([BENCH, "compare", str(home / "a.json"), str(home / "b.json")],
                           stdout=subprocess.PIPE, check=True, timeout=30).stdout.decode()
    assert "messages/s" in table and "response p99 ms" in table, table


def round_trip_over_a_change_of_leaders(broker, dies, *more):
    with FakeCluster(3, 50, dies) as cluster:
        path = pathlib.Path(broker.home.name) / "results.json"
        bench(broker, "-m", "round-trip", "-t", "moves", "-n", 400, "-c", 6, "-s", 64, "--acks",
              "all", "--validate", "--consumers", 2, "--request-timeout-ms", 5000, "--json-output",
              path, *more, port=cluster.ports[1])
        got = json.loads(path.read_text())
    assert got["messages"] == 400 and got["failed"] == 0 and got["validation"]["good"], got
    assert got["leader_changes"] == 3 and got["retries"] > 0, got
    return got, cluster


def test_bench_follows_leaders_that_change(broker):
    for more in ([], ["--connections", "2", "--in-flight", "3", "--batch-size", "200"]):
        got, cluster = round_trip_over_a_change_of_leaders(broker, False, *more)
        assert cluster.refused > 0 and got["reconnects"] == 0, (cluster.refused, got)


def test_bench_finds_the_new_leader_when_the_old_one_is_gone(broker):
    for more in ([], ["--connections", "1", "--io", "epoll"], ["--threads", "2"]):
        got, _ = round_trip_over_a_change_of_leaders(broker, True, *more)
        assert got["reconnects"] > 0, got
        # The request that was taken and not answered was sent again.
        verdict = got["validation"]
        assert verdict["read"] - verdict["acknowledged"] == verdict["resent"] > 0, verdict


def test_bench_gives_up_after_so_many_retries(broker):
    with FakeCluster(1, 50, True) as cluster:
        cluster.silence(2)
        path = pathlib.Path(broker.home.name) / "results.json"
        bench(broker, "-t", "gone", "-n", 53, "-c", 2, "-s", 64, "--retries", 1,
              "--retry-backoff-ms", 10, "--json-output", path, status=1, port=cluster.ports[1])
        got = json.loads(path.read_text())
    assert got["messages"] == 49 and got["failed"] == got["retries"] == 4, got


def test_bench_counts_what_was_due_while_it_stood_still_at_the_end(broker):
    """A client that is late at its end has not sent what was due meanwhile, and says so."""
    path = pathlib.Path(broker.home.name) / "results.json"
    process = subprocess.Popen([BENCH, "-b", f"127.0.0.1:{broker.port}", "-d", "2s", "-w", "0",
                                "-c", "16", "-v", "--rate-limit", "500", "--json-output",
                                str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stderr.readline()
    process.send_signal(signal.SIGSTOP)
    time.sleep(2)
    process.send_signal(signal.SIGCONT)
    process.communicate(timeout=30)
    got = json.loads(path.read_text())
    assert got["messages"] + got["unsent"] == 1000 and got["unsent"] > 0, got


def test_bench_serves_prometheus_while_it_runs(broker):
    port = free_port()
    process = subprocess.Popen([BENCH, "-b", f"127.0.0.1:{broker.port}", "-d", "0", "-w", "0",
                                "-c", "2", "-v", "--prometheus-port", str(port)],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        line = process.stderr.readline().decode()
        if "no libmicrohttpd" in line:
            raise Skip("the load generator was built without libmicrohttpd")
        page = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10).read()
        count = re.search(rb"^odradek_bench_messages_total (\d+)$", page, re.M)
        assert int(count.group(1)) > 0, page
        assert b'odradek_bench_latency_seconds{quantile="0.99"}' in page
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def test_bench_finds_records_that_are_doubled(broker):
    results(broker, "-n", 50, "-t", "one", "-s", 64, "--create-topic", "--acks", "all")
    good = results(broker, "-m", "consume", "-t", "one", "--validate", "-n", 50)
    assert good["validation"]["good"] and good["validation"]["read"] == 50, good["validation"]
    values = kcat(broker, "-C", "-t", "one", "-e", "-q", "-c", "3", "-f", "%s")
    assert len(values) == 3 * 64
    for at in range(0, len(values), 64):
        path = pathlib.Path(broker.home.name) / f"record-{at}"
        path.write_bytes(values[at:at + 64])
        kcat(broker, "-P", "-t", "one", str(path))
    bad = results(broker, "-m", "consume", "-t", "one", "--validate", "-n", 53, status=1)
    verdict = bad["validation"]
    assert verdict["read"] == 53 and not verdict["good"], verdict
    assert verdict["reordered"] + verdict["duplicated"] == 3 and verdict["altered"] == 0, verdict
    path.write_bytes(values[:60] + b"!!!!")
    kcat(broker, "-P", "-t", "one", str(path))
    bad = results(broker, "-m", "consume", "-t", "one", "--validate", "-n", 54, status=1)
    assert bad["validation"]["altered"] == 1, bad["validation"]


def test_bench_reads_a_topic_again_and_again(broker):
    results(broker, "-n", 400, "-t", "again", "-s", 1000, "--create-topic", "-p", 2, "-c", 4,
            "--acks", "all")
    small, large = (results(broker, "-m", "consume", "--reread", "-t", "again", "-n", 4000, "-d",
                            "30s", "--fetch-bytes", size) for size in (5000, 1000000))
    for got in (small, large):
        assert got["consumed"] >= 4000 and got["failed"] == 0, got
        assert got["consumed_bytes"] / got["consumed"] > 1000, "whole batches count"
    assert large["fetches"] <= 4000 // 200 + 2, "a fetch brought a whole partition"
    assert small["fetches"] >= 4000 // 5, "a fetch brought no more than it was asked for"


def load_while_the_broker_is_killed(broker, *more):
    path = pathlib.Path(broker.home.name) / "results.json"
    process = subprocess.Popen([BENCH, "-b", f"127.0.0.1:{broker.port}", "-d", "0", "-w", "0",
                                "-c", "4", "-v", "--acks", "all", "-s", "64", "--validate",
                                "--json-output", str(path), *more],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stderr.readline()
    broker.kill()
    broker.start()
    answered = None
    while answered is None or answered == "0":
        line = process.stderr.readline().decode()
        answered = re.search(r"  (\d+) msg/s", line).group(1)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    got = json.loads(path.read_text())
    assert got["validation"]["good"], got["validation"]
    assert got["reconnects"] >= 4, got
    return got


def test_bench_counts_a_broker_that_goes_away_as_failures(broker):
    got = load_while_the_broker_is_killed(broker, "--retries", "0")
    assert got["failed"] > 0 and got["errors"] and got["retries"] == 0, got


def test_bench_sends_again_what_a_broker_that_goes_away_did_not_answer(broker):
    got = load_while_the_broker_is_killed(broker, "--retries", "1000")
    assert got["failed"] == 0 and got["retries"] >= 4 and not got["errors"], got
    # Pipelined requests may come late, then, and all the same none is lost.
    got = load_while_the_broker_is_killed(broker, "--retries", "1000", "-c", "64", "--connections",
                                          "4", "--in-flight", "5", "--batch-size", "400")
    assert got["failed"] == 0 and got["retries"] >= 4, got


def test_bench_consumers_go_on_where_they_were_when_the_broker_comes_back(broker):
    path = pathlib.Path(broker.home.name) / "consumed.json"
    results(broker, "-n", 100, "-t", "read", "-s", 100, "--create-topic", "--acks", "all")
    process = subprocess.Popen([BENCH, "-b", f"127.0.0.1:{broker.port}", "-d", "0", "-w", "0", "-v",
                                "-m", "consume", "-t", "read", "-n", "200", "--validate",
                                "--retries", "1000", "--json-output", str(path)],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stderr.readline()
    broker.kill()
    broker.start()
    results(broker, "-n", 100, "-t", "read", "-s", 100, "--acks", "all")
    process.communicate(timeout=50)
    assert process.returncode == 0, process.returncode
    got = json.loads(path.read_text())
    assert got["consumed"] == 200 and got["failed"] == 0 and got["reconnects"] == 1, got


def test_the_null_server_takes_the_load(broker):
    server = subprocess.Popen([str(BUILT / "kafka_null_server"), "0", "null", "4"],
                              stdout=subprocess.PIPE)
    try:
        port = int(server.stdout.readline())
        for more in ([], ["--busy-poll"], ["--acks", "0"],
                     ["--acks", "0", "--connections", 2, "--in-flight", 5, "--batch-size", 700]):
            text = bench(broker, "-t", "null", "-d", "500ms", "-w", "0", "-c", 16, "-s", 256,
                         *more, port=port)
            assert "Failed:                  0" in text, text
    finally:
        server.terminate()
        server.wait(10)
        server.stdout.close()


def test_bench_loads_kafka_itself(broker):
    broker.stop()
    broker.data = broker.data.parent / "kafka-data"
    with Kafka(broker).format().start():
        for client in ["native", "librdkafka"]:
            every_mode(broker, client)
        bench(broker, "--workload", "1-topic-16-partitions-1kb", "--rate-limit", 500, "-d", "1s",
              "-w", "100ms", "-t", "omb", "--validate", "--delete-topic-after")
        got = results(broker, "--client", "librdkafka", "--consumer-group", "readers", "-t", "g",
                      "-p", 4, "--consumers", 2, "-m", "round-trip", "--validate", "-n", 500,
                      "--create-topic", "-c", 4, "--acks", "all")
        assert got["messages"] == got["consumed"] == 500, got
        assert got["validation"]["good"], got["validation"]


class MortalKafka(Kafka):
    """As our broker is to what kills it."""

    def __init__(self, broker):
        super().__init__(broker)
        self.home = broker.home

    def kill(self):
        self.process.kill()
        self.process.wait()


def test_bench_sends_again_when_kafka_itself_is_killed(broker):
    broker.stop()
    broker.data = broker.data.parent / "kafka-data"
    with MortalKafka(broker).format().start() as kafka:
        got = load_while_the_broker_is_killed(kafka, "--retries", "1000")
    assert got["failed"] == 0 and got["retries"] >= 4, got
