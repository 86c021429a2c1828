"""The comparison with other brokers: that each kind of case gives its figures, and that nothing of
an earlier run is lost. What it measures is nobody's business here."""
import csv
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

from harness import ROOT

ONCE = ["test_the_comparison_measures_and_reports_piece_by_piece",
        "test_the_comparison_tells_what_it_could_not_measure",
        "test_the_comparison_takes_the_largest_case_once",
        "test_the_comparison_gives_broker_and_client_a_processor_each",
        "test_the_comparison_tells_beforehand_how_long_it_takes"]
RELEASE_ONLY = ONCE


def compare(out, *arguments, status=0):
    words = [sys.executable, ROOT / "bench" / "compare_kafka.py", "--out", out, "--home",
             out / "data", "--rounds", 1, "--seconds", 1, "--warmup", 0, "--heat", 1,
             "--fetch-mib", 4, "--settle", 0, *arguments]
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=170)
    assert done.returncode == status, done.stdout
    return done.stdout


def figures(out):
    """{(case, figure, broker): values}"""
    found = {}
    for line in (out / "results.jsonl").read_text().splitlines():
        record = json.loads(line)
        for figure, value in record.get("figures", {}).items():
            found.setdefault((record["case"], figure, record["broker"]), []).append(value)
    return found


def test_the_comparison_measures_and_reports_piece_by_piece(broker):
    out = pathlib.Path(broker.home.name) / "compare"
    broker.stop()
    compare(out, "--brokers", "odradek,odradek-1", "--cases", "memory-0,topics-1000,restart")
    cases = "produce-10,tail,fetch-64k-memory,catch-up"
    told = compare(out, "--brokers", "odradek", "--cases", cases)
    assert "failed:" not in told, told
    found = figures(out)
    for case, figure in [("memory-0", "PSS MiB"), ("topics-1000", "all led s"),
                         ("restart", "answered s")]:
        for name in ("odradek", "odradek-1"):
            assert found[case, figure, name][0] > 0, found
    for case, figure in [("produce-10", "messages/s"), ("tail", "p99 ms"), ("tail", "p50 ms"),
                         ("fetch-64k-memory", "MB/s"), ("catch-up", "read MB/s"),
                         ("yardstick-network", "messages/s")]:
        assert found[case, figure, "odradek"][-1] > 0, found
    assert len(found["yardstick-durable", "requests/s", "odradek"]) == 2, "of both runs"
    with open(out / "results.jsonl", "a", encoding="utf-8") as file:
        file.write('{"round": 3, "case": "produce-10", "fig')
    (out / "report.md").unlink()
    compare(out, "--report")
    report = (out / "report.md").read_text()
    assert "| produce-10 | messages/s |" in report and "odradek-bench" in report, report
    assert "odradek : odradek-1" in report, report
    with open(out / "report.csv", encoding="utf-8") as file:
        rows = {(row["case"], row["figure"], row["broker"]): row for row in csv.DictReader(file)}
    assert float(rows["produce-10", "messages/s", "odradek"]["median"]) > 0
    page = (out / "report.html").read_text()
    assert page.count("<svg") > 20 and page.endswith("</html>\n")
    assert "http" not in page and "src=" not in page, "the page needs nothing else"


def test_the_comparison_tells_what_it_could_not_measure(broker):
    out = pathlib.Path(broker.home.name) / "compare"
    broker.stop()
    told = compare(out, "--brokers", "odradek", "--set", "odradek.connections.max=64", "--cases",
                   "memory-0,connections-1000,idle", "--quick")
    assert "connections-1000: failed" in told, told
    assert figures(out)["idle", "CPU ms/s", "odradek"][0] >= 0, "the cases behind it go on"
    report = (out / "report.md").read_text()
    assert "## Not measured" in report
    assert "| connections-1000 | not measured | failed: " in report, "the table tells it as well"
    assert not re.search(r"^\| idle .*failed", report, re.M), report
    assert "no case 'nonsense'" in compare(out, "--cases", "nonsense", status=1)


def test_the_comparison_takes_the_largest_case_once(broker):
    out = pathlib.Path(broker.home.name) / "compare"
    broker.stop()
    told = compare(out, "--brokers", "odradek", "--rounds", 2, "--cases",
                   "restart-10000,topics-each,partitions-10000")
    assert "failed:" not in told and "skipped" not in told, told
    found = figures(out)
    assert len(found["topics-each", "ms/topic", "odradek"]) == 2, found
    assert len(found["partitions-10000", "partitions/s", "odradek"]) == 1, found
    assert found["restart-10000", "all led s", "odradek"][0] > 0, "they run in their order"


def test_the_comparison_gives_broker_and_client_a_processor_each(broker):
    out = pathlib.Path(broker.home.name) / "compare"
    broker.stop()
    told = compare(out, "--brokers", "odradek", "--cases", "one-core-64x1k,fetch-1m-disk,long",
                   "--long-seconds", 2)
    assert "failed:" not in told, told
    found = figures(out)
    assert found["long", "last tenth of the first", "odradek"][0] > 0, found
    report = (out / "report.md").read_text()
    mine = sorted(os.sched_getaffinity(0))
    if len(mine) > 1:
        assert found["one-core-64x1k", "messages/s", "odradek"][0] > 0, found
        assert f"taskset -c {mine[-1]} " in report, report
    else:
        assert "| one-core-64x1k | not measured | skipped: there is one processor" in report
    if "dropping the page cache needs root" not in told and shutil.which("fio"):
        assert found["fetch-1m-disk", "of fio", "odradek"][0] > 0, found


def test_the_comparison_tells_beforehand_how_long_it_takes(broker):
    out = pathlib.Path(broker.home.name) / "compare"
    broker.stop()
    told = compare(out, "--brokers", "odradek", "--cases", "memory-0")
    assert re.search(r"1 cases, 1 rounds: about 0 minutes \(odradek 0\)", told), told
    script = ("import sys; sys.argv = ['compare']\n"
              "import compare_kafka as c\nprint(sum(c.plan.seconds(c.parse()).values()))")
    done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True,
                          cwd=ROOT / "bench", check=True, timeout=30)
    assert 0 < float(done.stdout) < 3600, "what is usual fits into an hour"
