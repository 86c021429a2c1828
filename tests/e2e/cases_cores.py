"""Several cores at once: what the race detector watches (run.py --preset tsan cores)."""
import concurrent.futures
import socket
import struct
import subprocess
import threading

from harness import kcat, words
from wire import frame, produce_answer, produce_batch, produce_body, receive

CORES = 4
TOPICS = 6


def restart_with_cores(broker, *settings):
    broker.stop()
    broker.settings = [f"odradek.cores={CORES}", "num.partitions=4", *settings]
    broker.start()


def together(calls):
    """Runs them at the same time, each in a thread; the results in their order."""
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return [done.result() for done in [pool.submit(call) for call in calls]]


def test_clients_on_all_cores_share_all_topics(broker):
    restart_with_cores(broker)
    texts = {f"shared-{i}": words(3000, i) for i in range(TOPICS)}
    for name in texts:
        kcat(broker, "-L", "-t", name)

    def produce(name):
        kcat(broker, "-P", "-t", name, "-X", "linger.ms=1", "-X", "batch.num.messages=100",
             data=texts[name])

    def consume_while_it_comes(name):
        got = kcat(broker, "-C", "-t", name, "-o", "beginning", "-c", "3000", "-q")
        assert sorted(got.splitlines()) == sorted(texts[name].splitlines()), name

    together([lambda name=name, do=do: do(name) for name in texts
              for do in (consume_while_it_comes, produce)])
    for name, text in texts.items():  # from segments, too, by now
        got = kcat(broker, "-C", "-t", name, "-e", "-q")
        assert sorted(got.splitlines()) == sorted(text.splitlines()), name


def test_topics_come_by_the_dozen_on_all_cores(broker):
    restart_with_cores(broker)

    def client(number):
        with socket.create_connection(("127.0.0.1", broker.port), timeout=30) as s:
            for turn in range(20):
                name = f"storm-{turn * 3 // 2}".encode() + (b"x" if number % 2 else b"")
                s.sendall(frame(3, 1, struct.pack(">ih", 1, len(name)) + name) +
                          frame(3, 1, struct.pack(">i", 0)) +
                          frame(0, 7, produce_body(name.decode(), produce_batch(b"1"))))
                assert name in receive(s) and receive(s)
                error, _ = produce_answer(receive(s))
                assert error in (0, 3, 5, 6), error

    together([lambda number=number: client(number) for number in range(8)])
    listed = kcat(broker, "-L")
    for turn in range(20):
        for tail in (b"", b"x"):
            assert f"storm-{turn * 3 // 2}".encode() + tail + b'"' in listed


def test_a_stop_drains_every_core(broker):
    restart_with_cores(broker)
    for i in range(TOPICS):
        kcat(broker, "-L", "-t", f"drained-{i}")
    acknowledged = [0] * TOPICS
    running = threading.Barrier(TOPICS + 1)

    def produce(i):
        batch = produce_batch(b"x" * 500)
        with socket.create_connection(("127.0.0.1", broker.port), timeout=30) as s:
            try:
                for turn in range(100000):
                    s.sendall(frame(0, 7, produce_body(f"drained-{i}", batch, partition=i % 4)))
                    answer = receive(s)
                    if not answer:
                        return
                    error, offset = produce_answer(answer)
                    acknowledged[i] = offset + 1 if error == 0 else acknowledged[i]
                    if turn == 20:
                        running.wait(30)
            except OSError:
                return

    tail = subprocess.Popen(["timeout", "60", "kcat", "-C", "-b", f"127.0.0.1:{broker.port}", "-t",
                             "drained-0", "-q"], stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)
    threads = [threading.Thread(target=produce, args=(i,)) for i in range(TOPICS)]
    for thread in threads:
        thread.start()
    running.wait(30)
    broker.stop()
    for thread in threads:
        thread.join()
    tail.terminate()
    tail.wait(20)
    broker.start()
    for i in range(TOPICS):
        got = kcat(broker, "-C", "-t", f"drained-{i}", "-e", "-q")
        assert len(got.splitlines()) >= acknowledged[i] > 20, (i, acknowledged[i])
