"""The report as Markdown."""
from compare import goals, results


def table(head, rows):
    return ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head),
            *("| " + " | ".join(row) + " |" for row in rows)]


def section(title, lines):
    return ["", f"## {title}", "", *lines] if lines else []


def write(path, records, texts, held):
    lines = ["# Side by side", ""]
    lines += ["- " + "; ".join(f"{key}: {value}" for key, value in machine.items())
              for machine in results.machines_of(records)]
    reached = goals.rows(records, held)
    if reached:
        lines += section("Goals", [goals.told(records), "", *table(goals.HEAD, reached)])
    lines += section("Figures", [results.LEGEND, "", *table(results.header(records),
                                                           results.rows(records, held))])
    lines += section("Over time", [f"- {line}" for line in results.lines_of(records)])
    lines += section("Cases", [f"- `{case}`: {texts[case]}" for case in results.gather(records)
                               if case in texts])
    lines += section("Not measured", [f"- {line}" for line in results.all_troubles(records)])
    lines += section("Commands", ["The last of each broker and case.", "",
                                  *(f"    {command}" for command in results.commands(records))])
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
