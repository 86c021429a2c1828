#!/usr/bin/env python3
"""odradek-sim as its users meet it: it replays, it makes failures smaller, and says what is wrong.

    instrument.py

Runs build/release/bin/odradek-sim, and beside it the sanitized build and clang's when they are
there. No hash is written down here: a change of the broker changes them all. What must hold are
relations.
"""
import os
import pathlib
import re
import signal
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIM = ROOT / "build" / "release" / "bin" / "odradek-sim"
OTHERS = [ROOT / "build" / preset / "bin" / "odradek-sim" for preset in ("dev", "clang")]
SECONDS = ["--seconds", "3"]
# A state that many seeds reach, with nothing broken: as good as a failure to try minimising on.
STATE = "relog: batches logged again"


def sim(*arguments, program=SIM, timeout=240):
    return subprocess.run([program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, errors="replace", timeout=timeout)


def hash_of(*arguments, program=SIM):
    done = sim(*arguments, program=program)
    found = re.search(r"hash ([0-9a-f]{16})", done.stdout)
    assert found, done.stdout + done.stderr
    return found.group(1)


def plan_of(seed):
    """The kinds of trouble a seed has."""
    done = sim("--seed", seed, *SECONDS, "--trace")
    return done.stderr.splitlines()[0].split("trouble: ")[1].split()


def test_a_seed_replays_and_another_differs():
    hashes = [hash_of("--seed", str(seed), *SECONDS) for seed in range(1, 7)]
    assert hashes == [hash_of("--seed", str(seed), *SECONDS) for seed in range(1, 7)]
    assert len(set(hashes)) == len(hashes)


def test_a_trace_is_the_same_twice_and_changes_nothing():
    first = sim("--seed", "4", *SECONDS, "--trace")
    second = sim("--seed", "4", *SECONDS, "--trace")
    assert first.stdout == second.stdout == sim("--seed", "4", *SECONDS).stdout
    assert len(first.stderr) > 10000 and first.stderr == second.stderr


def test_other_builds_have_the_same_hash():
    for program in OTHERS:
        if not program.exists():
            print(f"skipped {program.relative_to(ROOT)}: it is not there")
            continue
        for seed in ("1", "2"):
            assert hash_of("--seed", seed, *SECONDS) == \
                hash_of("--seed", seed, *SECONDS, program=program), program


def test_leaving_out_what_is_not_there_changes_nothing():
    listed = sim("--list").stdout.split("kinds of trouble:")[1].split(":\n")[0]
    kinds = re.findall(r"^  ([a-z-]+)  ", listed, re.M)
    there = plan_of("5")
    absent = [kind for kind in kinds if kind not in there]
    assert there and absent
    whole = hash_of("--seed", "5", *SECONDS)
    assert hash_of("--seed", "5", *SECONDS, "--without", ",".join(absent)) == whole
    assert hash_of("--seed", "5", *SECONDS, "--idle", "0") != whole


def test_a_failure_is_made_smaller_and_replays():
    with tempfile.TemporaryDirectory() as home:
        done = sim("--seeds", "40", "--find", STATE, "--out", home)
        assert done.returncode == 1, done.stdout
        command = re.search(r"replay  odradek-sim (.*)", done.stdout)
        assert command, done.stdout
        words = re.findall(r"'[^']*'|\S+", command.group(1))
        words = [word.strip("'") for word in words]
        seed = words[words.index("--seed") + 1]
        again = sim(*words)
        traces = list(pathlib.Path(home).glob("*.trace"))
        assert again.returncode == 1 and STATE in again.stdout, again.stdout
        assert [trace.name for trace in traces] == [f"odradek-sim-{seed}.trace"]
        assert traces[0].read_text(errors="replace") == again.stderr
        sizes = [int(words[words.index("--seconds") + 1]), 10]
        assert sizes[0] < sizes[1] or "--without" in words
        smallest = re.search(r"the smallest of.*?hash ([0-9a-f]+)", done.stdout, re.S).group(1)
        assert smallest in again.stdout


def test_many_seeds_end_with_what_they_covered():
    done = sim("--seeds", "30", "--jobs", "2", *SECONDS)
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout
    assert re.match(r"30 seeds in .* per second of a core, with \d+ requests each", lines[0])
    assert "strikes:" in lines and lines[-1] == "30 passed, 0 failed"
    assert any(line.startswith("NEVER in these 30 seeds") for line in lines)
    assert done.stderr == ""


def test_a_seed_is_the_same_alone_and_behind_others():
    together = sim("--seeds", "12", "--jobs", "1", *SECONDS).stdout
    apart = 0
    for seed in range(1, 13):
        apart ^= int(hash_of("--seed", str(seed), *SECONDS), 16)
    assert re.search(r"^hash of all ([0-9a-f]{16})$", together, re.M).group(1) == f"{apart:016x}"


def test_a_process_that_dies_takes_one_seed_with_it():
    with subprocess.Popen([SIM, "--seeds", "9", "--jobs", "1", "--no-minimise", *SECONDS],
                          stdout=subprocess.PIPE, text=True) as run:
        children = pathlib.Path(f"/proc/{run.pid}/task/{run.pid}/children")
        while not children.read_text().split():
            pass
        os.kill(int(children.read_text().split()[0]), signal.SIGKILL)
        out = run.communicate(timeout=240)[0]
    assert run.returncode == 1, out
    assert len(re.findall(r"^seed \d+: BROKEN: it ends by the signal KILL$", out, re.M)) == 1, out
    assert out.endswith("8 passed, 1 failed\n"), out


def test_hours_begin_at_the_clock_and_end():
    done = sim("--hours", "0.0005", *SECONDS)
    assert done.returncode == 0, done.stdout
    assert re.match(r"seeds from \d{13,} on\n", done.stdout)


def test_usage_errors_are_one_sentence():
    wrong = (["--seeds", "x"], ["--seeds", "0"], ["--without", "rain"], ["--find", "bliss"],
             ["--hours", "-1"], ["--skip", "64"], ["--seed"], ["--nonsense"], ["word"],
             ["--seed", "1", "--seeds", "2"], ["--trace"])
    for arguments in wrong:
        done = sim(*arguments)
        assert done.returncode == 64, arguments
        assert done.stdout == "" and len(done.stderr.splitlines()) == 1, done.stderr
    assert sim("--help").returncode == 0 and "--hours" in sim("--help").stdout


def main():
    failed = 0
    tests = [(name, test) for name, test in sorted(globals().items()) if name.startswith("test_")]
    for name, test in tests:
        try:
            test()
        except (AssertionError, subprocess.TimeoutExpired) as error:
            failed += 1
            print(f"FAILED {name}: {error!r}")
        else:
            print(f"ok {name}")
    print(f"{len(tests) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
