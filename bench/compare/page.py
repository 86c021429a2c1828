"""The report as one HTML page that needs nothing else: bars with their ranges, tables, commands."""
import html

from compare import goals, results

# The colours of odradek-bench's own pages.
COLOURS = ["#1864ab", "#e8590c", "#2b8a3e", "#862e9c", "#c92a2a"]
STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:1000px;margin:2em auto;padding:0 1em;
color:#222}
table{border-collapse:collapse;margin:1em 0}
td,th{padding:.15em .8em;text-align:right;border-bottom:1px solid #ddd}
td:first-child,th:first-child{text-align:left}
svg{width:100%;height:auto;margin:.3em 0;font:12px system-ui,sans-serif}
pre{overflow-x:auto;font-size:12px}
.better{color:#2b8a3e}.worse{color:#c92a2a}"""
WIDTH, LABEL, VALUE, BAR = 900, 110, 190, 20


def bar(at, broker, summary, most, colour):
    scale = (WIDTH - LABEL - VALUE) / most if most > 0 else 0
    y = at * BAR + 4
    middle = y + BAR / 2 - 2
    # What is less than nothing has no bar.
    least, median, end = (LABEL + max(0, value) * scale
                          for value in (summary.least, summary.median, summary.most))
    return (f'<text x="{LABEL - 8}" y="{middle + 4}" text-anchor="end">{html.escape(broker)}</text>'
            f'<rect x="{LABEL}" y="{y}" width="{median - LABEL:.1f}" height="{BAR - 6}" '
            f'fill="{colour}"/>'
            f'<line x1="{least:.1f}" x2="{end:.1f}" y1="{middle}" y2="{middle}" stroke="#222"/>'
            f'<text x="{end + 8:.1f}" y="{middle + 4}">{results.cell(summary)}</text>')


def plot(figure, of, brokers):
    most = max(summary.most for summary in of.values())
    shown = [broker for broker in brokers if broker in of]
    bars = "".join(bar(at, broker, of[broker], most, COLOURS[brokers.index(broker) % len(COLOURS)])
                   for at, broker in enumerate(shown))
    way = "less is better" if results.less_is_better(figure) else "more is better"
    return (f"<p><b>{html.escape(figure)}</b>, {way}</p>"
            f'<svg viewBox="0 0 {WIDTH} {len(shown) * BAR + 6}">{bars}</svg>')


def table(head, rows, style, linked=False):
    """`style` tells a cell's class by its head and text; it may be empty. The first cells are the
    names of sections, if `linked`."""
    lines = "".join(f"<th>{html.escape(name)}</th>" for name in head)
    for row in rows:
        cells = ""
        for at, (name, text) in enumerate(zip(head, row)):
            told = style(name, text)
            text = html.escape(text)
            if linked and at == 0:
                text = f'<a href="#{text}">{text}</a>'
            cells += (f'<td class="{told}">' if told else "<td>") + f"{text}</td>"
        lines += f"</tr>\n<tr>{cells}"
    return f"<table><tr>{lines}</tr></table>"


def ratio_style(name, text):
    if " : " not in name or text == results.NONE:
        return ""
    return "better" if float(text) >= 1 else "worse"


def goal_style(name, text):
    return {"yes": "better", "no": "worse"}.get(text, "") if name == "met" else ""


def overview(records, held):
    """One line a case: its first figure."""
    first = {}
    for row in results.rows(records, held):
        first.setdefault(row[0], row)
    return first.values()


def sections(records, texts, brokers):
    measured = results.gather(records)
    missed = {case: {} for case in results.troubles(records) if case not in measured}
    for case, figures in {**missed, **measured}.items():
        plots = "\n".join(plot(figure, of, brokers) for figure, of in figures.items())
        plots = plots or "<p>It could not be measured.</p>"
        yield f'<h2 id="{case}">{case}</h2>\n<p>{html.escape(texts.get(case, ""))}</p>\n{plots}'


def bullets(title, lines):
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    return f"<h2>{title}</h2><ul>{items}</ul>" if lines else ""


def goal_part(records, held):
    rows = goals.rows(records, held)
    if not rows:
        return ""
    return (f"<h2>Goals</h2><p>{html.escape(goals.told(records))}</p>"
            f"{table(goals.HEAD, rows, goal_style)}")


def write(path, records, texts, held):
    brokers = results.brokers_of(records)
    machines = "".join("<li>" + html.escape("; ".join(f"{k}: {v}" for k, v in machine.items())) +
                       "</li>" for machine in results.machines_of(records))
    commands = html.escape("\n".join(results.commands(records)))
    figures = table(results.header(records), overview(records, held), ratio_style, True)
    # It is XML as well, so that any parser of that can check it.
    path.write_text(f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"/>
<title>Side by side</title>
<style>
{STYLE}
</style></head><body>
<h1>Side by side</h1>
<ul>{machines}</ul>
{goal_part(records, held)}
<h2>Figures</h2>
<p>{html.escape(results.LEGEND)} Bars are medians, lines reach from the least to the most.</p>
{figures}
{bullets("Over time", results.lines_of(records))}
{"".join(sections(records, texts, brokers))}
{bullets("Not measured", results.all_troubles(records))}
<h2>Commands</h2>
<p>The last of each broker and case.</p>
<pre>{commands}</pre>
</body></html>
""", encoding="utf-8")
