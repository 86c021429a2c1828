#!/usr/bin/env python3
"""End to end: the release broker under real clients. `run.py [--long] [NAME...]`.

Every `test_*` function of every cases_*.py is a test: it gets a running broker, once on each
backend. NAME picks those whose name contains it. A test in `ONCE` of its file runs on the ring only;
one in `LONG_ONLY` runs with --long only.
"""
import importlib
import pathlib
import sys
import time
import traceback

from harness import Broker, LONG

BACKENDS = ["ring", "epoll"]


def found(picks):
    """Pairs of test and backends."""
    for path in sorted(pathlib.Path(__file__).parent.glob("cases_*.py")):
        module = importlib.import_module(path.stem)
        for name, test in vars(module).items():
            if not name.startswith("test_") or (picks and not any(pick in name for pick in picks)):
                continue
            if name in getattr(module, "LONG_ONLY", ()) and not LONG:
                continue
            yield test, BACKENDS[:1] if name in getattr(module, "ONCE", ()) else BACKENDS


def run(test, backend):
    broker = Broker(backend).start()
    try:
        test(broker)
        return True
    except Exception:
        traceback.print_exc(file=sys.stdout)
        print(broker.text()[-3000:])
        return False
    finally:
        broker.close()


def main():
    passed = failed = 0
    for test, backends in found([name for name in sys.argv[1:] if not name.startswith("--")]):
        for backend in backends:
            start = time.monotonic()
            good = run(test, backend)
            passed += good
            failed += not good
            print(f"{'ok' if good else 'FAILED'} {backend} {test.__name__} "
                  f"({time.monotonic() - start:.1f} s)", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
