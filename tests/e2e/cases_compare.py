"""The comparison with other brokers: that each kind of case gives its figures, and that nothing of
an earlier run is lost. What it measures is nobody's business here."""
import csv
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree

from harness import BUILT, ROOT

sys.path.append(str(ROOT / "bench"))

from compare import goals, results, trend  # noqa: E402
from compare.cases import Held  # noqa: E402

ONCE = ["test_the_comparison_measures_and_reports_piece_by_piece",
        "test_the_comparison_tells_what_it_could_not_measure",
        "test_the_comparison_takes_the_largest_case_once",
        "test_the_comparison_gives_broker_and_client_a_processor_each",
        "test_the_comparison_fills_the_page_cache_with_holes",
        "test_the_comparison_tells_beforehand_how_long_it_takes",
        "test_the_comparison_holds_large_requests_against_the_machine",
        "test_the_comparison_leaves_nothing_behind_when_it_is_stopped",
        "test_the_comparison_goes_on_after_the_death_of_a_broker",
        "test_the_goals_are_told_by_the_figures_of_the_run",
        "test_a_trend_tells_the_rate_of_each_minute_and_the_slope",
        "test_a_null_server_that_is_asked_for_nonsense_says_so"]
RELEASE_ONLY = ONCE


def words_of(out, *arguments):
    words = [sys.executable, ROOT / "bench" / "compare_kafka.py", "--out", out, "--home",
             out / "data", "--rounds", 1, "--seconds", 1, "--warmup", 0, "--heat", 1,
             "--fetch-mib", 4, "--settle", 0, "--cold-memory", *arguments]
    return [str(word) for word in words]


def compare(out, *arguments, status=0):
    done = subprocess.run(words_of(out, *arguments), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=170)
    assert done.returncode == status, done.stdout
    return done.stdout


def begun(out, line, *arguments):
    """A comparison that runs, and has said so much."""
    process = subprocess.Popen(words_of(out, *arguments), stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    told = ""
    while line not in told:
        told = process.stdout.readline()
        assert told, f"it ended before '{line}'"
    return process


def processes_of(out):
    """Process ids, of those that were given a path below this one."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(out).encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def cells_of(report, title):
    """{first cell: the others} of a table of the report in Markdown, which has no empty cell."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in
            report.partition(f"## {title}\n")[2].partition("\n## ")[0].splitlines()
            if line.startswith("|")]
    assert len(rows) > 2 and len({len(row) for row in rows}) == 1, rows
    assert all(cell for row in rows for cell in row), rows
    return {row[0]: row[1:] for row in rows[2:]}


def check_page(page):
    """It is whole, as an XML parser sees it, and needs nothing else."""
    assert page.startswith("<!DOCTYPE html>") and page.endswith("</html>\n")
    root = xml.etree.ElementTree.fromstring(page)
    for tag in ("img", "script", "link", "iframe"):
        assert root.find(f".//{tag}") is None, tag
    assert "http" not in page and "src=" not in page and "url(" not in page
    targets = {element.get("id") for element in root.iter() if element.get("id")}
    for link in root.iter("a"):
        assert link.get("href").removeprefix("#") in targets, link.get("href")
    for cell in root.iter("td"):
        assert "".join(cell.itertext()).strip(), "no cell is empty"
    return root


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
    assert len(list(check_page(page).iter("svg"))) > 20
    assert cells_of(report, "Goals")["resident memory after the start"][2] in ("yes", "no")


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
    assert "connections-1000" in check_page((out / "report.html").read_text()).find(
        ".//table[2]").itertext()
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
                   "--long-seconds", 2, "--settle", 1, "--fetch-mib", 16)
    assert "failed:" not in told, told
    found = figures(out)
    assert found["long", "last tenth of the first", "odradek"][0] > 0, found
    report = (out / "report.md").read_text()
    assert re.search(r"^- round 1, odradek, long: messages/s of each 0.2 s: .*; slope .*a minute",
                     report, re.M), report
    mine = sorted(os.sched_getaffinity(0))
    if len(mine) > 1:
        assert found["one-core-64x1k", "messages/s", "odradek"][0] > 0, found
        assert f"taskset -c {mine[-1]} " in report, report
    else:
        assert "| one-core-64x1k | not measured | skipped: there is one processor" in report
    if shutil.which("fio"):
        assert found["fetch-1m-disk", "of fio", "odradek"][0] > 0, found


def test_the_comparison_fills_the_page_cache_with_holes(broker):
    """They are as large as the memory that is free, and take no place on the disk."""
    home = pathlib.Path(broker.home.name)
    script = """if True:
        import os, pathlib, sys
        from compare import memory
        memory.SPARE_BYTES, memory.free_bytes = 1 << 20, lambda: 9 << 20
        filler = memory.Filler(pathlib.Path(sys.argv[1]), len(sys.argv) == 2)
        filler.fill()
        found = [path.stat() for path in pathlib.Path(sys.argv[1]).glob("page-cache/*")]
        print([(file.st_size, file.st_blocks) for file in found])
        filler.close()"""
    for arguments, wanted in (([], "[(8388608, 0)]"), (["no"], "[]")):
        done = subprocess.run([sys.executable, "-c", script, home, *arguments], check=True,
                              text=True, stdout=subprocess.PIPE, cwd=ROOT / "bench", timeout=30)
        assert done.stdout.strip() == wanted
        assert not (home / "page-cache").exists()


def test_the_comparison_tells_beforehand_how_long_it_takes(broker):
    out = pathlib.Path(broker.home.name) / "compare"
    broker.stop()
    told = compare(out, "--brokers", "odradek", "--cases", "memory-0")
    assert re.search(r"1 cases, 1 rounds: about 0 minutes \(odradek 0\)", told), told

    def asked(told, *arguments):
        script = f"import compare_kafka as c\noptions = c.parse()\nprint({told})"
        done = subprocess.run([sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE,
                              text=True, cwd=ROOT / "bench", check=True, timeout=30)
        return done.stdout.strip()

    def seconds(*arguments):
        return float(asked("sum(c.plan.seconds(options).values())", *arguments))

    assert 0 < seconds("--rounds", "2") < 50 * 60, "two rounds fit into fifty minutes"
    assert seconds("--quick") < 20 * 60
    assert seconds("--cases", "long", "--brokers", "odradek", "--rounds", "1") > 600
    home = asked("options.home", "--home", "../near")
    assert home == str(ROOT / "near"), "brokers run elsewhere, and find it nevertheless"
    listed = compare(out, "--list")
    assert re.search(r"^produce-64x1k-x5 +As produce-64x1k, with 5 requests under way", listed,
                     re.M), listed
    assert "no broker 'rabbit'" in compare(out, "--brokers", "rabbit", status=1)


def test_the_comparison_holds_large_requests_against_the_machine(broker):
    out = pathlib.Path(broker.home.name) / "compare"
    broker.stop()
    told = compare(out, "--brokers", "odradek", "--cases", "produce-64x256-x5,fetch-64k-memory")
    assert "failed:" not in told, told
    found = figures(out)
    names = {case for case, _, _ in found if case.startswith("yardstick")}
    assert names == {"yardstick-durable", "yardstick-network", "yardstick-durable-16k-x5",
                     "yardstick-send-64k"}, "those of these cases, and those of every run"
    rate = found["yardstick-durable-16k-x5", "requests/s", "odradek"][0]
    assert found["yardstick-durable-16k-x5", "MB/s", "odradek"][0] == rate * 18100 / 1e6
    sent = found["yardstick-send-64k", "MB/s", "odradek"][0]
    assert sent == found["yardstick-send-64k", "requests/s", "odradek"][0] * 65536 / 1e6
    report = (out / "report.md").read_text()
    part = found["produce-64x256-x5", "messages/s", "odradek"][0] / 64 / rate
    assert re.search(rf"^\| produce-64x256-x5 \| messages/s \|.*\| odradek {part:.0%} \|$", report,
                     re.M), report
    goal = cells_of(report, "Goals")["16 connections, batches of 64 of 256 bytes, "
                                     "5 requests under way"]
    assert goal[3] == f"{part:.0%}" and goal[4] == "50% of it", goal
    assert not list((out / "data").iterdir()), "neither logs nor results are left"


def test_the_comparison_leaves_nothing_behind_when_it_is_stopped(broker):
    out = pathlib.Path(broker.home.name) / "compare"
    broker.stop()
    for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        process = begun(out, " start: ", "--brokers", "odradek", "--cases", "start,idle")
        assert len(processes_of(out)) == 2, "the comparison, and a broker"
        process.send_signal(number)
        told = process.communicate(timeout=60)[0]
        assert process.returncode == status and "what was measured is kept" in told, told
        assert not processes_of(out), "no broker is left"
        assert not list((out / "data").iterdir()), "nor its directory"
        assert "| start | seconds |" in (out / "report.md").read_text()
    compare(out, "--brokers", "odradek", "--cases", "start")
    assert len(figures(out)["start", "seconds", "odradek"]) == 3, "each goes on where one stopped"
    rounds = [json.loads(line).get("round") for line in
              (out / "results.jsonl").read_text().splitlines()]
    assert set(rounds) == {None, 1, 2, 3}, rounds


def test_the_comparison_goes_on_after_the_death_of_a_broker(broker):
    out = pathlib.Path(broker.home.name) / "compare"
    broker.stop()
    process = begun(out, " start: ", "--brokers", "odradek", "--cases", "start,idle,topics-each")
    for pid in processes_of(out):
        if pid != process.pid:
            os.kill(pid, signal.SIGKILL)
    told = process.communicate(timeout=120)[0]
    assert process.returncode == 0, told
    assert re.search(r"odradek idle: failed: .*; the broker is gone", told), told
    assert figures(out)["topics-each", "ms/topic", "odradek"][0] > 0, "on one that was started anew"
    assert not processes_of(out)


def test_the_goals_are_told_by_the_figures_of_the_run(broker):
    broker.stop()

    def record(round_, name, case, **figures):
        return {"round": round_, "broker": name, "case": case,
                "figures": {figure.replace("_", " "): value for figure, value in figures.items()}}

    records = []
    for round_, rate, carried in ((1, 100, 200), (2, 300, 400)):
        for name, times in (("odradek", 1000), ("kafka", 500)):
            records += [record(round_, name, "yardstick-durable", **{"requests/s": carried * 1000}),
                        record(round_, name, "one-core-128-1p", **{"messages/s": rate * times}),
                        record(round_, name, "tail", p99_ms=3.0, acknowledged_p99_ms=2.5)]
    records.append({"round": 2, "broker": "kafka", "case": "produce-128-1p",
                    "trouble": "a | b\n\x1bc"})
    held = {"one-core-128-1p": (Held("yardstick-durable"), "requests/s")}
    rows = {row[0]: row[1:] for row in goals.rows(records, held)}
    assert rows["128 connections of 256 bytes, a core each"] == [
        ">= 110,000 messages/s", "200,000 messages/s", "yes", "62%", "-"], rows
    assert rows["against Kafka in the page cache"][1:3] == ["2 times", "no"], rows
    assert rows["against Kafka on the disk"][1:3] == ["not measured", "-"], rows
    assert rows["all cores, against Kafka in the page cache"][1] == "kafka: a / b c", rows
    assert rows["a reader at the end: its p99 behind the producer's"][1:3] == ["0.5 ms", "yes"]
    assert all(cell for row in rows.values() for cell in row), rows
    assert goals.rows([r for r in records if r["broker"] == "kafka"], held) == []
    parts = results.shares(records, held)["one-core-128-1p"]["kafka"]
    assert (parts.least, parts.most) == (0.25, 0.375), "each round by its own yardstick"


def test_a_trend_tells_the_rate_of_each_minute_and_the_slope(broker):
    broker.stop()
    points = [{"seconds": (at + 1) * 0.5, "messages_per_second": 6000 - at} for at in range(400)]
    told = trend.told(points)
    assert told == ("messages/s of each 60 s: 5,940, 5,820, 5,700; slope -120 messages/s a minute "
                    "(-2.07% of the mean)"), told
    steady = [{"seconds": at + 1, "messages_per_second": 0} for at in range(20)]
    assert trend.told(steady).endswith("; slope +0 messages/s a minute"), trend.told(steady)


def test_a_null_server_that_is_asked_for_nonsense_says_so(broker):
    broker.stop()
    for words in (["0", "344", "1"], ["8", "7", "1"], ["8", "100:0", "1"],
                  ["5000", "100", "1"], ["4000", "1000000", "1"], ["8", "100"]):
        done = subprocess.run([str(BUILT / "io_null_server"), "ring", *words],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=30)
        assert done.returncode == 2 and "usage:" in done.stdout, (words, done.stdout)
