"""Under steady load the produce path takes no lock and allocates nothing."""
import pathlib
import struct
import subprocess
import time

from harness import BUILT

ALONE = ["test_steady_produce_load_allocates_nothing_and_calls_no_futex"]
RELEASE_ONLY = ALONE


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
