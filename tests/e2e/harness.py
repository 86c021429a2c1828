"""A broker under test, and the tools that talk to it."""
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from wire import api_versions

ROOT = pathlib.Path(__file__).resolve().parents[2]
PRESET = sys.argv[sys.argv.index("--preset") + 1] if "--preset" in sys.argv else "release"
BUILT = ROOT / "build" / PRESET / "bin"
BROKER = BUILT / "odradek"
LONG = "--long" in sys.argv
PORTS = list(range(10240, 32768))  # below those the system gives to connecting sockets
PORTS_LOCK = threading.Lock()


class Skip(Exception):
    """Raised by a test that cannot run here, with the reason; it is printed."""


def free_port():
    """A port of our own: no other test of this run gets it, no connection takes it meanwhile."""
    with PORTS_LOCK:
        while True:
            port = PORTS.pop(random.randrange(len(PORTS)))
            with socket.socket() as s:
                try:
                    s.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    continue


class Broker:
    """One broker in a directory of its own; started, stopped and killed as a test wants."""

    def __init__(self, backend="ring", settings=()):
        self.home = tempfile.TemporaryDirectory(prefix="odradek-e2e-")
        self.data = pathlib.Path(self.home.name) / "data"
        self.backend = backend
        self.settings = list(settings)
        self.port = free_port()
        self.process = None
        self.log = None

    def command(self, port=None, data=None):
        command = [BROKER, "--data", data or self.data, "--listen",
                   f"127.0.0.1:{port or self.port}", "--set", f"odradek.io={self.backend}"]
        for setting in self.settings:
            command += ["--set", setting]
        return [str(part) for part in command]

    def start(self, environment=None, patience=15):
        self.log = open(self.home.name + "/log", "a")
        self.process = subprocess.Popen(self.command(), stderr=self.log,
                                        env=dict(os.environ, **(environment or {})))
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            try:
                api_versions(self.port)
                return self
            except OSError:
                time.sleep(0.01)
        raise AssertionError("the broker does not answer:\n" + self.text())

    def text(self):
        return open(self.home.name + "/log").read()

    def check_log(self):
        """What a sanitizer or an assertion says in the log fails the test, whatever else."""
        found = re.search(r"(Sanitizer|runtime error:|assertion failed).*", self.text())
        assert found is None, found.group(0)

    def stop(self):
        start = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0, self.text()
        return time.monotonic() - start

    def kill(self):
        self.process.kill()
        self.process.wait(20)

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(20)
        if self.log:
            self.log.close()
        self.home.cleanup()


def kcat(broker, *arguments, data=None):
    return subprocess.run(["kcat", "-b", f"127.0.0.1:{broker.port}", *arguments], input=data,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True,
                          timeout=120).stdout


def words(count, seed):
    rng = random.Random(seed)
    lines = (f"{i} {rng.getrandbits(rng.randint(1, 400)):x}" for i in range(count))
    return ("\n".join(lines) + "\n").encode()
