"""The client of all comparisons: odradek-bench, run to its end."""
import json
import subprocess

from compare.brokers import Failed


def run_bench(words, output, limit):
    """The results of odradek-bench, which must be done within `limit` seconds. Messages that fail
    are figures, too."""
    output.unlink(missing_ok=True)
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=limit)
    if done.returncode not in (0, 1) or not output.exists():
        raise Failed(f"odradek-bench: {done.stdout.strip()[-500:]}")
    return json.loads(output.read_text())
