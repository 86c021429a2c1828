"""The comparison with other brokers: that each kind of case gives its figures, and that nothing of
an earlier run is lost. What it measures is nobody's business here."""
import csv
import json
import pathlib
import subprocess
import sys

from harness import ROOT

ONCE = ["test_the_comparison_measures_and_reports_piece_by_piece",
        "test_the_comparison_tells_what_it_could_not_measure"]
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
    assert "failed" not in told, told
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
    assert "## Not measured" in (out / "report.md").read_text()
    assert "no case 'nonsense'" in compare(out, "--cases", "nonsense", status=1)
