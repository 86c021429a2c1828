"""The produce path under steady load: no lock, no allocation, no wait for a timer, no batch that is
left behind."""
import json
import pathlib
import re
import signal
import struct
import subprocess
import time

from harness import BUILT

ALONE = ["test_steady_produce_load_allocates_nothing_and_calls_no_futex"]
RELEASE_ONLY = ALONE + ["test_a_lone_produce_waits_for_the_disk_and_for_no_timer",
                        "test_produce_keeps_up_with_a_server_that_only_writes"]


def test_steady_produce_load_allocates_nothing_and_calls_no_futex(broker):
    counter = pathlib.Path(broker.home.name) / "allocations"
    counter.write_bytes(bytes(8))
    broker.stop()
    broker.settings = ["num.partitions=4"]
    broker.start({"LD_PRELOAD": str(next(BUILT.parent.glob("**/libcount_allocations.so"))),
                  "ODRADEK_ALLOCATIONS": str(counter)})
    load = subprocess.Popen([str(BUILT / "odradek-bench"), "-b", f"127.0.0.1:{broker.port}",
                             "-c", "32", "-s", "256", "--acks", "all", "-w", "1s", "-d", "16s"],
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    def allocations():
        return struct.unpack("=Q", counter.read_bytes())[0]

    # First flushes make directories, files and buffers, and queues grow to the load's high mark;
    # then two seconds must pass without any.
    quiet = None
    for _ in range(6):
        before = allocations()
        time.sleep(2)
        quiet = allocations() - before
        if quiet == 0:
            break
    assert before > 0, "the counter counts"
    assert quiet == 0, f"{quiet} allocations in two seconds of load"
    trace = subprocess.run(["timeout", "2", "strace", "-f", "-c", "-p", str(broker.process.pid)],
                           stderr=subprocess.PIPE).stderr.decode()
    assert load.wait(30) == 0, load.stdout.read()
    load.stdout.close()
    assert "io_uring_enter" in trace or "epoll" in trace, trace
    assert "futex" not in trace, trace


def produce(broker, *arguments):
    """The results of a load; every message must have been answered, and soon."""
    path = pathlib.Path(broker.home.name) / "results.json"
    done = subprocess.run([str(BUILT / "odradek-bench"), "-b", f"127.0.0.1:{broker.port}", "-s",
                           "256", "--acks", "all", "-t", "steady", "-p", "4", "--create-topic",
                           "--request-timeout-ms", "20000", "--json-output", str(path),
                           *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=120)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    return json.loads(path.read_text())


def traced(broker, calls, work):
    """What strace saw of these calls while `work` ran."""
    path = pathlib.Path(broker.home.name) / "trace"
    trace = subprocess.Popen(["strace", "-f", "-o", str(path), "-e", f"trace={calls}", "-p",
                              str(broker.process.pid)], stderr=subprocess.PIPE)
    try:
        for line in trace.stderr:
            if b"attached" in line:
                break
        work()
    finally:
        trace.send_signal(signal.SIGINT)
        trace.communicate(timeout=30)
    return path.read_text().splitlines()


def lone_requests(broker, count):
    """Of so many requests, one after another: how often a core waited, and how often until a timer
    was due. What fdatasync and the like wait for on the disk's threads is not seen."""
    produce(broker, "-c", 1, "-w", 0, "-n", 20)
    lines = traced(broker, "futex,io_uring_enter,epoll_wait,epoll_pwait,epoll_pwait2",
                   lambda: produce(broker, "-c", 1, "-w", 0, "-n", count))
    assert not [line for line in lines if "futex" in line], lines[:20]
    waits = [line for line in lines if re.search(r"io_uring_enter|epoll_p?wait", line)
             and "resumed" not in line]
    # epoll ends with 0 when its time is over; without any time it only looks.
    late = [line for line in lines if "ETIME" in line or
            (re.search(r"epoll_p?wait2?.*\) += 0\b", line) and
             not re.search(r"tv_sec=0, tv_nsec=0\}|, 0\) +=", line))]
    return len(waits), len(late)


def test_a_lone_produce_waits_for_the_disk_and_for_no_timer(broker):
    count = 200
    waits, late = lone_requests(broker, count)
    assert waits >= count, (waits, "the counter counts")
    assert waits < 10 * count, f"{waits} waits for {count} requests"
    assert late < count / 4, f"{late} of {waits} waits ended with a timer"
    broker.stop()
    broker.settings = ["odradek.wal.profile=high"]
    broker.start()
    waits, late = lone_requests(broker, count)
    assert late > count / 2, f"a profile that waits for company showed {late} times only"


def test_produce_keeps_up_with_a_server_that_only_writes(broker):
    """A tenth of what the machine makes durable just then is far below all noise; a batch that is
    left behind until something else happens costs more than that."""
    wal = pathlib.Path(broker.home.name) / "wal"
    for _ in range(3):
        done = subprocess.run([str(BUILT / "io_null_server"), broker.backend, "8", "344", "1",
                               str(wal)], stdout=subprocess.PIPE, check=True, timeout=60)
        floor = float(re.search(rb"([\d.]+) requests/s", done.stdout).group(1)) / 10
        got = produce(broker, "-c", 8, "-w", "200ms", "-d", "1s")
        if got["messages_per_second"] >= floor:
            return
    raise AssertionError(f"{got['messages_per_second']:.0f} messages a second, wanted {floor:.0f}")
