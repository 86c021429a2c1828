#!/usr/bin/env python3
"""End to end: a broker under real clients.

    run.py [--long] [--preset PRESET] [--jobs JOBS] [NAME...]

Every `test_*` function of every cases_*.py is a test: it gets a running broker, once on each
backend. NAME picks those whose name or file contains it. A test in `ONCE` of its file runs on the
ring only; one in `LONG_ONLY` runs with --long only; one in `ALONE` measures something and runs when
nothing else does, after the others, of which JOBS run at a time. One in `RELEASE_ONLY` holds the
broker to times or limits that a build with instruments does not keep. A test that cannot run here
raises Skip with its reason. ./dev install-deps brings the clients; those in Python lie in
build/venv, whose interpreter runs all of this.
"""
import argparse
import concurrent.futures
import importlib
import io
import os
import pathlib
import sys
import time
import traceback

from harness import Broker, LONG, PRESET, ROOT, Skip

BACKENDS = ["ring", "epoll"]


def found(picks):
    """Triples of test, backend, and whether it runs alone."""
    for path in sorted(pathlib.Path(__file__).parent.glob("cases_*.py")):
        module = importlib.import_module(path.stem)
        for name, test in list(vars(module).items()):
            if not name.startswith("test_"):
                continue
            if picks and not any(pick in name or pick in path.stem for pick in picks):
                continue
            if name in getattr(module, "LONG_ONLY", ()) and not LONG:
                continue
            once = name in getattr(module, "ONCE", ())
            for backend in BACKENDS[:1] if once else BACKENDS:
                yield test, backend, name in getattr(module, "ALONE", ())


def named(test, list_name):
    return getattr(sys.modules[test.__module__], list_name, ())


def run(test, backend):
    """The verdict, and what there is to say about it."""
    out = io.StringIO()
    start = time.monotonic()
    why = ""
    broker = Broker(backend)
    try:
        if PRESET != "release" and test.__name__ in named(test, "RELEASE_ONLY"):
            raise Skip("it holds the release build to its times and limits")
        broker.start()
        test(broker)
        if broker.process.poll() is None:
            broker.stop()
        broker.check_log()
        verdict = "ok"
    except Skip as reason:
        verdict = "skipped"
        why = f": {reason}"
    except Exception:
        verdict = "FAILED"
        traceback.print_exc(file=out)
        print(broker.text()[-3000:], file=out)
    finally:
        broker.close()
    print(f"{verdict} {backend} {test.__name__} ({time.monotonic() - start:.1f} s){why}",
          file=out)
    return verdict, out.getvalue()


def run_all(tests, jobs):
    """The verdicts of tests; `jobs` of them run at a time, each prints in one piece."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for done in concurrent.futures.as_completed([pool.submit(run, *test) for test in tests]):
            verdict, text = done.result()
            print(text, end="", flush=True)
            yield verdict


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--preset", default="release")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    tests = list(found(options.names))
    verdicts = list(run_all([test[:2] for test in tests if not test[2]], options.jobs))
    verdicts += run_all([test[:2] for test in tests if test[2]], 1)
    print(f"{verdicts.count('ok')} passed, {verdicts.count('FAILED')} failed, "
          f"{verdicts.count('skipped')} skipped")
    return 0 if tests and "FAILED" not in verdicts else 1


if __name__ == "__main__":
    clients = ROOT / "build" / "venv"
    if not clients.exists():
        sys.exit("the clients are missing: ./dev install-deps")
    if pathlib.Path(sys.prefix) != clients:
        os.execv(clients / "bin" / "python", [str(clients / "bin" / "python"), *sys.argv])
    sys.exit(main())
