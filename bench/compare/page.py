"""The report as one HTML page that needs nothing else: bars with their ranges, tables, commands."""
import html

from compare import results

# The colours of odradek-bench's own pages.
COLOURS = ["#1864ab", "#e8590c", "#2b8a3e", "#862e9c", "#c92a2a"]
STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:1000px;margin:2em auto;padding:0 1em;
color:#222}
table{border-collapse:collapse;margin:1em 0}
td,th{padding:.15em .8em;text-align:right;border-bottom:1px solid #ddd}
td:first-child,th:first-child{text-align:left}
svg{width:100%;height:auto;margin:.3em 0;font:12px system-ui,sans-serif}
pre{overflow-x:auto;font-size:12px}
.better{color:#2b8a3e}.worse,.bad{color:#c92a2a}"""
WIDTH, LABEL, VALUE, BAR = 900, 110, 190, 20


def bar(at, broker, summary, most, colour):
    scale = (WIDTH - LABEL - VALUE) / most if most > 0 else 0
    y = at * BAR + 4
    middle = y + BAR / 2 - 2
    least, end = LABEL + summary.least * scale, LABEL + summary.most * scale
    return (f'<text x="{LABEL - 8}" y="{middle + 4}" text-anchor="end">{html.escape(broker)}</text>'
            f'<rect x="{LABEL}" y="{y}" width="{summary.median * scale:.1f}" height="{BAR - 6}" '
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


def ratio_cells(case, figure, of, brokers):
    for other in brokers[1:]:
        if brokers[0] not in of or other not in of:
            yield "<td></td>"
            continue
        times = results.ratio(case, figure, of[brokers[0]], of[other])
        if times is None:
            yield "<td></td>"
        else:
            yield f'<td class="{"better" if times >= 1 else "worse"}">{times:.2f}</td>'


def overview(records, brokers):
    """One line a case: its first figure."""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in
                   ["case", "figure", *brokers, *(f"{brokers[0]} : {b}" for b in brokers[1:])])
    body = ""
    why = results.troubles(records)
    for case, figures in results.gather(records).items():
        figure, of = next(iter(figures.items()))
        told = (results.cell_or_why(of, broker, why.get(case, {})) for broker in brokers)
        cells = "".join(f"<td>{html.escape(text)}</td>" for text in told)
        ratios = "".join(ratio_cells(case, figure, of, brokers))
        body += (f'<tr><td><a href="#{case}">{case}</a></td><td>{html.escape(figure)}</td>{cells}'
                 f"{ratios}</tr>\n")
    return f"<table><tr>{head}</tr>\n{body}</table>"


def sections(records, texts, brokers):
    for case, figures in results.gather(records).items():
        plots = "\n".join(plot(figure, of, brokers) for figure, of in figures.items())
        yield f'<h2 id="{case}">{case}</h2>\n<p>{html.escape(texts.get(case, ""))}</p>\n{plots}'


def trouble(records):
    found = [r for r in records if "trouble" in r]
    lines = "".join(f"<li>round {r['round']}, {html.escape(r['broker'])}, {r['case']}: "
                    f"{html.escape(r['trouble'])}</li>" for r in found)
    return f'<h2>Not measured</h2><ul class="bad">{lines}</ul>' if found else ""


def write(path, records, texts):
    brokers = results.brokers_of(records)
    machines = "".join("<li>" + html.escape("; ".join(f"{k}: {v}" for k, v in machine.items())) +
                       "</li>" for machine in results.machines_of(records))
    commands = html.escape("\n".join(results.commands(records)))
    path.write_text(f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<title>Side by side</title>
<style>
{STYLE}
</style></head><body>
<h1>Side by side</h1>
<ul>{machines}</ul>
<p>Bars are medians of the rounds, lines reach from the least to the most. The last columns of the
table tell how many times better the first broker's median is: above 1 it is ahead.</p>
{overview(records, brokers)}
{"".join(sections(records, texts, brokers))}
{trouble(records)}
<h2>Commands</h2>
<p>The last of each broker and case.</p>
<pre>{commands}</pre>
</body></html>
""", encoding="utf-8")
