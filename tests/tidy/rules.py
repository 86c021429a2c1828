"""The rules of style that a machine can see. Each check takes a File and reports what breaks it."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]

# What a layer may include, besides itself.
PRODUCT = ("base", "io", "protocol", "group", "wal", "partition", "broker")
LAYERS = {
    "base": set(),
    "io": {"base"},
    "protocol": {"base"},
    "group": {"base", "protocol"},
    "wal": {"base", "io"},
    "partition": {"base", "io", "wal", "protocol"},
    "broker": {"base", "io", "wal", "protocol", "group", "partition"},
    "tools": set(PRODUCT),
    "bench": set(PRODUCT),
    "tests": {*PRODUCT, "tools", "bench"},
}

LINES_MAX = 800
LINE_MAX = 100
FUNCTION_LINES_MAX = 70
PARAMETERS_MAX = 6
# Callbacks whose signature is a library's.
PARAMETERS_FOREIGN = {"prometheus_answer"}

# What product code may not say, and the files or folders where it may. Atomics: cores speak by
# messages, so only the ring, the counters of the allocator and of connections, io, and the life of
# the process have them.
BANNED = [
    (r"\b(malloc|calloc|realloc|free|strdup|strndup|aligned_alloc|posix_memalign|mmap|munmap|"
     r"madvise)\s*\(", ("base/mem.c", "base/slab.c", "base/region.c")),
    (r"\bpthread_(create|join|detach|setaffinity_np)\b", ("io/",)),
    (r"\bpthread_(mutex|rwlock|cond|spin|barrier|once|key|setspecific|getspecific)", ()),
    (r"\bpthread_(sigmask|kill)\b|\b(signal|sigaction|sigwait|signalfd|kill|raise)\s*\(",
     ("io/", "broker/server.c")),
    (r"\b(mtx|cnd|thrd|tss)_\w+\s*\(|\bsem_\w+\s*\(", ()),
    (r"\b(atomic_\w+|_Atomic|__atomic_\w+|__sync_\w+)\b",
     ("base/spsc.c", "base/mem.c", "io/", "broker/admission.", "broker/life.",
      "broker/server.c")),
    (r"\b(_Thread_local|__thread|volatile|register)\b", ()),
    (r"\b(clock_gettime|clock_nanosleep|gettimeofday|time|usleep|nanosleep|sleep|alarm|"
     r"timer_create|timer_settime|timerfd_\w+)\s*\(", ("io/", "base/log.c")),
    (r"(?<![\w.>])(open|openat|close|read|write|pread|pwrite|pwritev|preadv|readv|writev|lseek|"
     r"fsync|fdatasync|syncfs|fallocate|ftruncate|truncate|rename|unlink|mkdir|rmdir|opendir|"
     r"readdir|stat|fstat|statvfs|flock|fcntl|ioctl|dup2?|pipe2?|sendfile|splice)\s*\(",
     ("io/", "base/log.c", "base/mem.c", "base/assert.c")),
    (r"\b(fopen|fdopen|fclose|fread|fwrite|fgets|fputs|puts|putchar|printf|fprintf|vprintf|"
     r"vfprintf|perror|fflush)\s*\(", ("broker/main.c",)),
    (r"(?<![\w.>])(socket|bind|listen|accept4?|connect|send|sendto|sendmsg|recv|recvfrom|recvmsg|"
     r"setsockopt|getsockopt|getaddrinfo|poll|ppoll|select|epoll_\w+|io_uring_\w+|eventfd)\s*\(",
     ("io/",)),
    (r"\berrno\b", ("io/", "base/", "broker/config/config_value.c")),
    (r"\b(rand|random|srand|srandom|drand48|getrandom|getentropy)\s*\(", ("io/",)),
    (r"\b(exit|_exit|quick_exit|abort)\s*\(",
     ("base/assert.c", "base/mem.c", "broker/main.c", "io/io_thread.c")),
    (r"\b(getenv|setenv|putenv|system|popen|fork|vfork|execv\w*|execl\w*|setjmp|longjmp|alloca|"
     r"setlocale)\s*\(", ()),
    (r"\b(strcpy|strcat|strncpy|strncat|sprintf|vsprintf|gets|s?scanf|atoi|atol|atoll|atof|strtok|"
     r"asctime|ctime|localtime|gmtime|bcopy|bzero)\s*\(", ()),
    (r"#\s*include\s*<(assert|threads|semaphore|setjmp)\.h>", ()),
    (r"#\s*if\s+0\b", ()),
    # What may be otherwise in a test is a mutant, by its one macro: no other conditional stands in
    # the way of reading.
    (r"#\s*(if|ifdef|ifndef|elif|else)\b",
     ("base/", "io/", "protocol/", "broker/config/options.c")),
    (r"\bMUTANTS\b|\bmutant_is\b", ("base/mutant.h",)),
    (r"\bMUTANT\s*\(", ("base/mutant.h", "group/", "wal/", "partition/", "broker/")),
    (r"\btypedef\s+(struct|union|enum)\s+\w*\s*(\{|\w+;)", ()),
    (r"\b(struct|enum|union)\s+\w+_t\b|\btypedef\b.*\b\w+_t\s*(;|\()", ()),
]

# Bytes and messages only: no log either, what is wrong is a result.
BANNED_IN_PROTOCOL = r"\blog_(error|warn|info|debug)\s*\(|#\s*include\s+\"base/log\.h\""
# Kafka's error codes are the business of the protocol, of coordinators and of handlers.
KAFKA_ERRORS = r"#\s*include\s+\"protocol/errors\.h\""

# Put together from pieces, since this file is checked as well.
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK",
                                           "for n" + "ow", "place" + "holder", "mock-" + "up",
                                           "not yet impl" + "emented"]) + r")\b")

# Mutable state of a file is a global by another name; these few are written once, or count.
STATE_ALLOWED = {"base/crc32c.c", "base/mem.c", "io/sim/process.c"}


class File:
    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.folder = path.split("/")[0]
        self.product = self.folder in PRODUCT
        self.suffix = pathlib.Path(path).suffix
        self.code = strip(text) if self.suffix in (".c", ".h") else ""
        self.problems = []

    def report(self, number, what):
        self.problems.append(f"{self.path}:{number}: {what}")

    def lines(self):
        return enumerate(self.text.split("\n"), 1)

    def code_lines(self):
        return enumerate(self.code.split("\n"), 1)


def strip(text):
    """The code without comments and string contents, line by line as it was."""
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''

    def blank(match):
        found = match.group(0)
        if found[0] in "\"'":
            return found[0] + " " * (len(found) - 2) + found[-1]
        return re.sub(r"[^\n]", " ", found)

    return re.sub(pattern, blank, text, flags=re.S)


def check_text(file):
    """What holds for every text."""
    for number, line in file.lines():
        if line != line.rstrip():
            file.report(number, "space at the end of the line")
        # Tabs are the format of Go.
        if "\t" in line and file.suffix not in (".tsv", ".txt", ".go", ".mod"):
            file.report(number, "a tab")
        found = UNFINISHED.search(line)
        if found:
            file.report(number, f"'{found.group(0)}': finish it, or leave it out")
    if file.text and not file.text.endswith("\n"):
        file.report(file.text.count("\n") + 1, "no newline at the end")


def check_lengths(file):
    if file.text.count("\n") > LINES_MAX:
        file.report(LINES_MAX + 1, f"more than {LINES_MAX} lines")
    for number, line in file.lines():
        if len(line) > LINE_MAX:
            file.report(number, f"more than {LINE_MAX} columns")


def check_layers(file):
    if file.folder not in LAYERS:
        return
    for number, line in file.lines():
        found = re.match(r'\s*#\s*include\s+"([^"/]+)/', line)
        if not found or found.group(1) == file.folder:
            continue
        if found.group(1) not in LAYERS[file.folder]:
            file.report(number, f"{file.folder} may not include {found.group(1)}")


def parameters(head):
    """How many parameters the first parenthesis holds."""
    depth = 0
    count = 1
    for char in head[head.index("(") + 1:]:
        depth += (char == "(") - (char == ")")
        if depth < 0:
            break
        count += char == "," and depth == 0
    return count


def functions(file):
    """Triples: the line of the opening brace, the head as one line, the lines of the body."""
    lines = file.code.split("\n")
    start = None
    for at, line in enumerate(lines):
        if line == "{":
            start = at
            head = []
            for above in reversed(lines[:at]):
                if not above.strip() or above.startswith(("}", "#")) or above.endswith(";"):
                    break
                head.insert(0, above)
        elif line == "}" and start is not None:
            yield start + 1, " ".join(head), lines[start + 1:at]
            start = None


def check_functions(file):
    for number, head, body in functions(file):
        foreign = re.search(r"(\w*)\(", head + "(").group(1) in PARAMETERS_FOREIGN
        if "(" in head and parameters(head) > PARAMETERS_MAX and not foreign:
            file.report(number, f"more than {PARAMETERS_MAX} parameters")
        if len(body) > FUNCTION_LINES_MAX:
            file.report(number, f"a function of more than {FUNCTION_LINES_MAX} lines")
        check_jumps(file, number, body)


def check_jumps(file, start, body):
    """goto serves cleanup alone: forward, to a label of its function."""
    for at, line in enumerate(body):
        found = re.search(r"\bgoto\s+(\w+)\s*;", line)
        if found and not any(re.match(rf"\s*{found.group(1)}:", later) for later in body[at:]):
            file.report(start + 1 + at, "a jump backwards")


def check_calls(file):
    rules = list(BANNED)
    if file.folder == "protocol":
        rules.append((BANNED_IN_PROTOCOL, ()))
    if file.folder not in ("protocol", "group", "broker"):
        rules.append((KAFKA_ERRORS, ()))
    # An include's name is a string: it stands in the text, not in the stripped code.
    lines = [whole if "#" in line else line
             for line, whole in zip(file.code.split("\n"), file.text.split("\n"))]
    for pattern, allowed in rules:
        if any(file.path.startswith(where) for where in allowed):
            continue
        for number, line in enumerate(lines, 1):
            found = re.search(pattern, line)
            if found:
                file.report(number, f"'{found.group(0).strip()}' does not belong here")


def mutable(declaration):
    """Whether a declaration of an object leaves it, or the pointer it is, to be changed."""
    left = declaration.split("=")[0]
    if "*" in left:
        return not re.search(r"\*\s*const\s+\w+\s*(\[|$|;)", left.rstrip("; ") + ";")
    return "const" not in left


def check_state(file):
    """No variable of a file or of a function outlives a call, but constants."""
    if file.path in STATE_ALLOWED:
        return
    pattern = re.compile(r"(\s*static\s|extern\s|)([A-Za-z_][\w\s*]*[\s*](\w+|\(\*\w+\)\([^()]*\))"
                         r"(\[[^\]]*\])*)\s*(=.*|;)$")
    for number, line in file.code_lines():
        found = pattern.match(line)
        if not found or (line.startswith((" ", "}", "#")) and not found.group(1).strip()):
            continue
        if re.match(r"\s*(static\s+)?(typedef|return|goto|inline|_Noreturn)\b", line):
            continue
        if re.fullmatch(r"(struct|enum|union) \w+;", line) or "struct file_system real" in line:
            continue
        if mutable(found.group(2)):
            inside = " in a function" if line.startswith(" ") else ""
            file.report(number, "mutable state" + inside)


def check_shape(file):
    if not file.text.startswith("/*"):
        file.report(1, "does not open with its purpose")
    if file.suffix == ".h":
        if "#pragma once" not in file.text:
            file.report(1, "no #pragma once")
        return
    header = pathlib.Path(file.path).with_suffix(".h")
    if (ROOT / header).exists():
        first = re.search(r'#include\s+["<]([^">]+)[">]', file.text)
        if first is None or first.group(1) not in (str(header), header.name):
            file.report(1, "does not include its own header first")


def check_dead_code(file):
    """A comment that is a statement; an example of use stands further in."""
    statement = r"\s*(//|/\*|\*) {0,4}[\w>.-]+(\[\w+\])?\s*(\([^()]*\)|[+|-]?=[^=].*);\s*(\*/)?\s*"
    for (number, line), (_, code) in zip(file.lines(), file.code_lines()):
        if not code.strip() and re.fullmatch(statement, line):
            file.report(number, "code in a comment")


def check_contracts(file):
    """A function that tells of an ERR_* must not have its result dropped."""
    if file.suffix != ".h":
        return
    prototype = (r"/\*(?:[^*]|\*(?!/))*\bERR_(?:[^*]|\*(?!/))*\*/\n"
                 r"((?:static inline )?int(?:32_t|64_t)? \w+\([^;{]*[;{])")
    for found in re.finditer(prototype, file.text):
        name = re.search(r"(\w+)\(", found.group(1)).group(1)
        if "MUST_CHECK" not in found.group(1) and name != "result_from_errno":
            number = file.text.count("\n", 0, found.start(1)) + 1
            file.report(number, f"{name} can fail and is not MUST_CHECK")


def check_tests(file):
    """A test says what it shows, under its module's name, and waits for nothing but events."""
    module = pathlib.Path(file.path).stem.removesuffix("_test")
    names = re.findall(r"^(?:Test\(|CONTRACT\(|FILES\(|ParameterizedTest\([^,]*,\s*)(\w+),\s*(\w+)",
                       file.code, re.M)
    if not names:
        file.report(1, "a test file without a test")
    for suite, name in names:
        if suite not in module and not suite.startswith(module):
            file.report(1, f"suite {suite} is not named after its module")
        if name.count("_") < 1:
            file.report(1, f"{name}: a test's name is a sentence")
    for number, line in file.code_lines():
        if re.search(r"\b(sleep|nanosleep|poll)\s*\(|\busleep\s*\(\s*\d{5,}", line):
            file.report(number, "sleeps")


def check_links(file):
    for number, line in file.lines():
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", line):
            if "://" not in target and not (ROOT / file.path).parent.joinpath(target).exists():
                file.report(number, f"no such file: {target}")


def has_test(path, name):
    """Whether the file, from tests/ on, has a test of this name."""
    file = ROOT / "tests" / path
    if not file.is_file():
        return False
    pattern = rf"^def {name}\(" if path.endswith(".py") else \
        rf"^(?:Test|CONTRACT|FILES|ParameterizedTest)\([^()]*\b{name}\b"
    return re.search(pattern, file.read_text(), re.M) is not None


def check_faults(file):
    """Rows are numbered on; each names tests that exist, or what is not served yet."""
    last = 0
    for number, line in file.lines():
        found = re.match(r"\| (\d+) \|", line)
        if not found:
            continue
        if int(found.group(1)) != last + 1:
            file.report(number, f"row {last + 1} is missing")
        last = int(found.group(1))
        for item in line.split("|")[-2].strip().split("; "):
            test = re.fullmatch(r"`([\w/]+\.(?:c|py)): (\w+)`", item)
            if test is None and not re.fullmatch(r"not served yet: [A-Za-z][\w ,]+", item):
                file.report(number, f"neither a test nor what is not served yet: {item}")
            elif test is not None and not has_test(*test.groups()):
                file.report(number, f"no such test: {item}")


def check_file(path, text):
    file = File(path, text)
    check_text(file)
    if file.suffix in (".c", ".h"):
        check_lengths(file)
        check_functions(file)
        check_layers(file)
        check_shape(file)
        check_dead_code(file)
    if file.suffix == ".py" or path in ("dev", "CMakeLists.txt"):
        check_lengths(file)
    if file.product and file.suffix in (".c", ".h", ".inc"):
        check_calls(file)
        check_state(file)
        check_contracts(file)
    if path.startswith("tests/") and path.endswith("_test.c"):
        check_tests(file)
    if file.suffix == ".md":
        check_links(file)
    if path == "docs/faults.md":
        check_faults(file)
    return file.problems
