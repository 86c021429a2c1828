/* The fixture of the simulated disk's tests. */
#include "sim_machine.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/mem.h"

struct machine machine_new(uint64_t seed)
{
    struct sim_options options;
    struct machine m;
    sim_options_init(&options, seed);
    m.sim = sim_new(&options);
    m.host = sim_host_new(m.sim, "a");
    m.fs = sim_host_files(m.host);
    return m;
}

void machine_free(struct machine *m)
{
    sim_free(m->sim);
}

void machine_restart(struct machine *m)
{
    sim_host_crash(m->host);
    sim_host_start(m->host);
}

void machine_restart_process(struct machine *m)
{
    sim_host_kill(m->host);
    sim_host_start(m->host);
}

int machine_make(struct machine *m, const char *path, const char *text)
{
    int file = file_open(m->fs, path, FILE_CREATE);
    cr_assert_geq(file, 0);
    cr_assert_eq(file_write(m->fs, file, text, strlen(text), 0), 0);
    return file;
}

/* A file whose bytes and entry are durable. */
int machine_make_durable(struct machine *m, const char *path, const char *text)
{
    int file = machine_make(m, path, text);
    cr_assert_eq(file_sync(m->fs, file), 0);
    cr_assert_eq(file_sync_directory(m->fs, "/"), 0);
    return file;
}

/* The whole text of a file, or "-" when it is not there. */
const char *machine_text(struct machine *m, const char *path)
{
    static char text[65536];
    char *data;
    uint64_t len;
    int result = file_load(m->fs, path, sizeof text - 1, &data, &len);
    if (result == ERR_NOT_FOUND)
        return "-";
    cr_assert_eq(result, 0);
    memcpy(text, data, len + 1);
    mem_free(data);
    return text;
}

struct io *machine_core(struct machine *m)
{
    static struct log log;
    log_init_stderr(&log, LOG_WARN, "sim test");
    struct io_options options = {
        .recv_buffer_bytes = 4096, .recv_buffer_count = 4, .disk_threads = 2, .log = &log};
    struct io *io;
    cr_assert_eq(sim_io_new(m->host, &options, &io), 0);
    return io;
}

static void wait_done(struct io_op *op, const struct io_event *event)
{
    struct machine_wait *wait = (struct machine_wait *)(void *)op;
    wait->out = false;
    wait->value = event->value;
}

struct io_op *machine_wait_start(struct machine_wait *wait)
{
    *wait = (struct machine_wait){.op.done = wait_done, .out = true};
    return &wait->op;
}

int64_t machine_wait_end(struct io *io, struct machine_wait *wait)
{
    while (wait->out)
        io_poll(io, IO_NEVER);
    return wait->value;
}
