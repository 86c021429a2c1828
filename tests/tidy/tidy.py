#!/usr/bin/env python3
"""Style as a test: layers, lengths, banned calls, the shape of files (docs/architecture.md)."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# What a layer may include, besides itself.
LAYERS = {
    "base": set(),
    "io": {"base"},
    "protocol": {"base"},
    "wal": {"base", "io"},
    "partition": {"base", "io", "wal", "protocol"},
    "broker": {"base", "io", "wal", "protocol", "partition"},
}
PRODUCT = tuple(LAYERS)

LINES_MAX = 800
LINE_MAX = 100
FUNCTION_LINES_MAX = 70
PARAMETERS_MAX = 6

# A call, and where it may stand.
BANNED = [
    (r"\b(malloc|calloc|realloc|free|strdup|strndup|aligned_alloc|mmap|munmap)\s*\(",
     ("base/mem.c", "base/slab.c", "base/region.c")),
    (r"\bpthread_(create|join|detach|setaffinity_np)\b", ("io/",)),
    (r"\bpthread_(mutex|rwlock|cond|spin|barrier)", ()),
    (r"\b(mtx|cnd)_\w+\s*\(", ()),
    (r"\b(clock_gettime|gettimeofday|time|usleep|nanosleep|sleep)\s*\(", ("io/", "base/log.c")),
    (r"(?<![\w.>])(open|openat|read|write|pread|pwrite|pwritev|preadv|fsync|fdatasync|syncfs|"
     r"fallocate|ftruncate|rename|unlink|mkdir|rmdir|opendir|stat|statvfs|flock)\s*\(",
     ("io/", "base/log.c", "base/mem.c", "base/assert.c")),
    (r"(?<![\w.>])(socket|bind|listen|accept4?|connect|send|sendmsg|recv|recvmsg|sendfile|poll|"
     r"epoll_\w+|io_uring_\w+)\s*\(", ("io/",)),
    (r"\b(rand|random|srand)\s*\(", ()),
    (r"\b(strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|strtok)\s*\(", ()),
    (r"#include\s*<assert\.h>", ()),
    (r"\btypedef\s+(struct|union|enum)\s+\w*\s*(\{|\w+;)", ()),
    (r"\b(TODO|FIXME|XXX)\b", ()),
]

# Mutable state of a file is a global by another name; these few are written once, or count, or
# say where a simulated thread is.
STATE_ALLOWED = {"base/crc32c.c", "base/mem.c", "io/sim/process.c"}


def strip(text):
    """The code without comments and string contents, line by line as it was."""
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''

    def blank(match):
        found = match.group(0)
        if found[0] in "\"'":
            return found[0] + " " * (len(found) - 2) + found[-1]
        return re.sub(r"[^\n]", " ", found)

    return re.sub(pattern, blank, text, flags=re.S)


def check_layers(path, text, report):
    layer = path.split("/")[0]
    if layer not in LAYERS:
        return
    for number, line in enumerate(text.split("\n"), 1):
        found = re.match(r'\s*#include\s+"([^"/]+)/', line)
        if found and found.group(1) != layer and found.group(1) not in LAYERS[layer]:
            report(number, f"{layer} may not include {found.group(1)}")


def check_lengths(path, text, report):
    lines = text.split("\n")
    if len(lines) > LINES_MAX:
        report(len(lines), f"more than {LINES_MAX} lines")
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_MAX:
            report(number, f"more than {LINE_MAX} columns")


def parameters(head):
    inner = head[head.index("(") + 1:]
    depth = 0
    count = 1
    for char in inner:
        depth += (char == "(") - (char == ")")
        if depth < 0:
            break
        count += char == "," and depth == 0
    return count


def check_functions(path, code, report):
    lines = code.split("\n")
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
            head = []
            for above in reversed(lines[:number - 1]):
                if not above.strip() or above.startswith(("}", "#")) or above.endswith(";"):
                    break
                head.insert(0, above)
            joined = " ".join(head)
            if "(" in joined and parameters(joined) > PARAMETERS_MAX:
                report(number, f"more than {PARAMETERS_MAX} parameters")
        elif line == "}" and start is not None:
            if number - start - 1 > FUNCTION_LINES_MAX:
                report(start, f"a function of more than {FUNCTION_LINES_MAX} lines")
            start = None


def check_calls(path, code, report):
    for pattern, allowed in BANNED:
        if any(path.startswith(where) for where in allowed):
            continue
        for number, line in enumerate(code.split("\n"), 1):
            found = re.search(pattern, line)
            if found:
                report(number, f"'{found.group(0).strip()}' does not belong here")


def check_state(path, code, report):
    if path in STATE_ALLOWED or not path.endswith(".c"):
        return
    for number, line in enumerate(code.split("\n"), 1):
        inside = line.startswith(" ")
        if not re.match(r"\s*static\s", line) or "(" in line or "const" in line:
            continue
        if re.match(r"\s*static\s+(inline|_Noreturn)", line):
            continue
        if re.search(r"(=|;|\[)", line) and not re.search(r"static struct file_system real", line):
            report(number, "mutable static state" + (" in a function" if inside else ""))


def check_shape(path, text, report):
    if path.endswith(".h"):
        if "#pragma once" not in text:
            report(1, "no #pragma once")
        return
    if not text.startswith("/*"):
        report(1, "does not open with its purpose")
    header = pathlib.Path(path).with_suffix(".h")
    if (ROOT / header).exists():
        first = re.search(r'#include\s+["<]([^">]+)[">]', text)
        if first is None or first.group(1) != str(header):
            report(1, "does not include its own header first")


def check_file(path, text):
    problems = []

    def report(number, what):
        problems.append(f"{path}:{number}: {what}")

    check_lengths(path, text, report)
    code = strip(text)
    check_functions(path, code, report)
    if path.split("/")[0] in PRODUCT:
        check_layers(path, text, report)
        check_calls(path, code, report)
        check_state(path, code, report)
        check_shape(path, text, report)
    return problems


def check_links(path, text):
    problems = []
    for number, line in enumerate(text.split("\n"), 1):
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", line):
            if "://" not in target and not (ROOT / path).parent.joinpath(target).exists():
                problems.append(f"{path}:{number}: no such file: {target}")
    return problems


# Each must be reported: a check that cannot fail is none.
BAD_SAMPLES = [
    ("base/x.c", '/* x */\n#include "io/io.h"\n'),
    ("wal/x.c", '/* x */\n#include "partition/log.h"\n'),
    ("broker/x.c", "/* x */\nvoid f(void)\n{\n    malloc(1);\n}\n"),
    ("broker/x.c", "/* x */\nvoid f(void)\n{\n    pthread_mutex_lock(m);\n}\n"),
    ("wal/x.c", "/* x */\nvoid f(void)\n{\n    write(1, 0, 0);\n}\n"),
    ("wal/x.c", "/* x */\nvoid f(void)\n{\n    clock_gettime(0, 0);\n}\n"),
    ("wal/x.c", "/* x */\nstatic int count = 0;\n"),
    ("wal/x.c", "int x;\n"),
    ("wal/x.c", "/* x */\nvoid f(int a, int b, int c, int d, int e, int f, int g)\n{\n}\n"),
    ("wal/x.c", "/* x */\nvoid f(void)\n{\n" + "    g();\n" * 71 + "}\n"),
    ("wal/x.c", "/* x */\n" + "int x;\n" * 800),
    ("wal/x.c", "/* " + "x" * 100 + " */\n"),
    ("wal/x.c", "/* x */\ntypedef struct y z;\n"),
    ("wal/x.h", "/* x */\nint x;\n"),
]


def main():
    failed = 0
    passed = 0
    for path, text in BAD_SAMPLES:
        if check_file(path, text):
            passed += 1
        else:
            failed += 1
            print(f"not reported: {text[:60]!r}")
    names = subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).split()
    for name in names:
        if name.endswith((".c", ".h")):
            problems = check_file(name, (ROOT / name).read_text())
        elif name.endswith(".md"):
            problems = check_links(name, (ROOT / name).read_text())
        else:
            continue
        passed += not problems
        failed += bool(problems)
        for problem in problems:
            print(problem)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
