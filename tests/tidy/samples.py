"""What each rule must report, and what none may: a check that cannot fail is none."""

TOP = "/* x */\n"


def inside(*lines):
    return TOP + "void f(void)\n{\n" + "".join(f"    {line}\n" for line in lines) + "}\n"


# Path, text, and words of the one report that must be there.
BAD = [
    ("base/x.c", TOP + '#include "io/io.h"\n', "may not include"),
    ("wal/x.c", TOP + '#include "partition/log.h"\n', "may not include"),
    ("protocol/x.c", TOP + '#include "io/io.h"\n', "may not include"),
    ("bench/x.c", TOP + '#include "tests/io/contract.h"\n', "may not include"),
    ("broker/x.c", inside("malloc(1);"), "malloc"),
    ("broker/x.c", inside("pthread_mutex_lock(m);"), "pthread_mutex"),
    ("broker/x.c", inside("pthread_create(m);"), "pthread_create"),
    ("broker/x.c", inside("mtx_lock(m);"), "mtx_lock"),
    ("partition/x.c", inside("sigaction(1, 0, 0);"), "sigaction"),
    ("partition/x.c", inside("atomic_load(&x);"), "atomic_load"),
    ("wal/x.c", inside("volatile int x = 1;"), "volatile"),
    ("wal/x.c", inside("write(1, 0, 0);"), "write"),
    ("wal/x.c", inside("close(1);"), "close"),
    ("wal/x.c", inside("clock_gettime(0, 0);"), "clock_gettime"),
    ("broker/x.c", inside('printf("x");'), "printf"),
    ("broker/x.c", inside("recv(1, 0, 0, 0);"), "recv"),
    ("wal/x.c", inside("if (errno == 1)", "    return;"), "errno"),
    ("wal/x.c", inside("rand();"), "rand"),
    ("wal/x.c", inside("exit(1);"), "exit"),
    ("broker/x.c", inside('getenv("HOME");'), "getenv"),
    ("broker/x.c", inside("strcpy(a, b);"), "strcpy"),
    ("wal/x.c", TOP + "#include <assert.h>\n", "assert.h"),
    ("wal/x.c", TOP + "#if 0\n#endif\n", "#if 0"),
    ("wal/x.c", TOP + "#ifdef FAST\n#endif\n", "#ifdef"),
    ("base/x.c", TOP + "#ifdef MUTANTS\n#endif\n", "MUTANTS"),
    ("partition/x.c", inside("mutant_is(MUTANT_Y);"), "mutant_is"),
    ("io/x.c", inside("if (MUTANT(Y))", "    return;"), "MUTANT("),
    ("wal/x.c", TOP + "typedef struct y z;\n", "typedef"),
    ("wal/x.c", TOP + "struct y_t;\n", "y_t"),
    ("wal/x.h", TOP + "#pragma once\ntypedef int y_t;\n", "y_t"),
    ("protocol/x.c", inside("log_info(log, 1);"), "log_info"),
    ("protocol/x.c", TOP + '#include "base/log.h"\n', "base/log.h"),
    ("partition/x.c", TOP + '#include "protocol/errors.h"\n', "protocol/errors.h"),
    ("wal/x.c", TOP + "static int count = 0;\n", "mutable state"),
    ("wal/x.c", TOP + "int count;\n", "mutable state"),
    ("wal/x.c", TOP + "struct y all[3];\n", "mutable state"),
    ("wal/x.c", TOP + "static const char *name = 0;\n", "mutable state"),
    ("wal/x.c", TOP + "static void (*hook)(int);\n", "mutable state"),
    ("wal/x.c", inside("static struct y last;"), "mutable state in a function"),
    ("wal/x.h", TOP + "#pragma once\nextern int count;\n", "mutable state"),
    ("wal/x.c", TOP + "void f(int a, int b, int c, int d, int e, int f, int g)\n{\n}\n",
     "parameters"),
    ("wal/x.c", inside(*["g();"] * 71), "a function of more"),
    ("wal/x.c", inside("again:", "g();", "goto again;"), "backwards"),
    ("wal/x.c", TOP + "void f(void);\n" * 800, "more than 800 lines"),
    ("wal/x.c", "/* " + "x" * 100 + " */\n", "columns"),
    ("tests/tidy/x.py", "x" * 101 + "\n", "columns"),
    ("wal/x.c", "void f(void);\n", "purpose"),
    ("wal/x.h", TOP + "void f(void);\n", "#pragma once"),
    ("wal/wal.c", TOP + '#include <stdio.h>\n#include "wal/wal.h"\n', "own header"),
    ("wal/x.c", inside("/* g(); */"), "code in a comment"),
    ("wal/x.c", inside("// x->y += z;"), "code in a comment"),
    ("wal/x.h", TOP + "#pragma once\n/* ERR_IO. */\nint f(void);\n", "MUST_CHECK"),
    ("wal/x.c", TOP + "/* TO" + "DO: more */\n", "finish it"),
    ("docs/x.md", "It is so for n" + "ow.\n", "finish it"),
    ("docs/x.md", "See [it](nowhere.md).\n", "no such file"),
    ("docs/x.md", "end \n", "space"),
    ("docs/x.md", "end", "newline"),
    ("tools/x.py", "\tpass\n", "a tab"),
    ("tests/wal/x_test.c", TOP, "without a test"),
    ("tests/wal/x_test.c", TOP + "Test(x, works)\n{\n}\n", "a sentence"),
    ("tests/wal/x_test.c", TOP + "Test(y, does_all_it_says)\n{\n}\n", "after its module"),
    ("tests/wal/x_test.c", TOP + "Test(x, does_all_it_says)\n{\n    sleep(1);\n}\n", "sleeps"),
    ("tests/wal/x_test.c", TOP + "Test(x, does_all_it_says)\n{\n    usleep(50000);\n}\n", "sleeps"),
]

GOOD = [
    ("wal/x.c", TOP + "struct y;\nstatic const int count = 3;\nstatic const char *const name = 0;\n"
                      "static const struct y all[] = {\n    {1},\n};\nextern const struct y z;\n"
                      "static int f(void);\nstruct y *g(int a);\nvoid *h(void (*call)(int));\n"),
    ("wal/x.c", inside("int count = 0;", "struct y *z = f();", "goto out;", "out:", "g(z);")),
    ("wal/x.c", TOP + "/* What is open, read or written here; f() is called later. */\n"),
    ("wal/x.c", inside("if (MUTANT(Y))", "    return;")),
    ("wal/x.h", TOP + "#pragma once\n/* ERR_IO. */\nint f(void) MUST_CHECK;\n"
                      "typedef void f_done_fn(struct f *f);\n"),
    ("broker/x.c", inside("operations->open(1);", "file.read(2);", "wal_free(w);")),
    ("tests/wal/x_test.c", TOP + "Test(x, does_all_it_says)\n{\n    usleep(100);\n}\n"),
    ("tests/wal/x_test.c", TOP + "ParameterizedTest(int *n, x, does_all_it_says)\n{\n}\n"),
]
