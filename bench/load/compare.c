/* Comparing is walking two JSON results along a list of figures. */
#include "bench/load/compare.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

struct figure {
    const char *name;
    const char *group; /* of latency_ms; null: at the top */
    const char *key;
    bool more_is_better;
};

static const struct figure figures[] = {
    {"messages/s", NULL, "messages_per_second", true},
    {"bytes/s", NULL, "bytes_per_second", true},
    {"consumed/s", NULL, "consumed_per_second", true},
    {"failed", NULL, "failed", false},
    {"not sent", NULL, "unsent", false},
    {"retries", NULL, "retries", false},
    {"reconnects", NULL, "reconnects", false},
    {"response p50 ms", "response", "p50", false},
    {"response p99 ms", "response", "p99", false},
    {"response p99.9 ms", "response", "p99.9", false},
    {"response max ms", "response", "max", false},
    {"service p50 ms", "service", "p50", false},
    {"service p99 ms", "service", "p99", false},
    {"service max ms", "service", "max", false},
    {"end to end p50 ms", "end_to_end", "p50", false},
    {"end to end p99 ms", "end_to_end", "p99", false},
    {"end to end max ms", "end_to_end", "max", false},
    {"fetch p50 ms", "fetch", "p50", false},
    {"fetch p99 ms", "fetch", "p99", false},
};

static json_t *result_load(const char *path, struct sentence *why)
{
    json_error_t error;
    json_t *root = json_load_file(path, 0, &error);
    if (root == NULL) {
        sentence_set(why, "cannot read %s: %s", path, error.text);
        return NULL;
    }
    const char *program = json_string_value(json_object_get(root, "program"));
    if (program != NULL && strcmp(program, "odradek-bench") == 0)
        return root;
    sentence_set(why, "%s is no result of odradek-bench --json-output", path);
    json_decref(root);
    return NULL;
}

static const json_t *figure_find(const json_t *root, const struct figure *figure)
{
    const json_t *object = root;
    if (figure->group != NULL)
        object = json_object_get(json_object_get(root, "latency_ms"), figure->group);
    return json_object_get(object, figure->key);
}

static void figure_print(const struct figure *figure, double a, double b, FILE *out)
{
    fprintf(out, "%-20s %16.3f %16.3f ", figure->name, a, b);
    if (a == b) {
        fprintf(out, "%10s\n", "same");
    } else if (a == 0) {
        fprintf(out, "%10s\n", "-");
    } else {
        bool better = (b > a) == figure->more_is_better;
        fprintf(out, "%+9.1f%%  %s\n", (b - a) / a * 100, better ? "better" : "worse");
    }
}

static void print_options(const json_t *a, const json_t *b, FILE *out)
{
    json_t *of_a = json_object_get(a, "options");
    const json_t *of_b = json_object_get(b, "options");
    const char *name;
    json_t *value;
    json_object_foreach(of_a, name, value)
    {
        const json_t *other = json_object_get(of_b, name);
        if (strstr(name, "-output") != NULL || other == NULL || json_equal(value, other))
            continue;
        char *left = json_dumps(value, JSON_ENCODE_ANY);
        char *right = json_dumps(other, JSON_ENCODE_ANY);
        fprintf(out, "--%-18s %16s %16s\n", name, left, right);
        free(left);
        free(right);
    }
}

int compare_files(const char *path_a, const char *path_b, FILE *out, struct sentence *why)
{
    json_t *a = result_load(path_a, why);
    json_t *b = a == NULL ? NULL : result_load(path_b, why);
    if (b == NULL) {
        json_decref(a);
        return ERR_INVALID;
    }
    fprintf(out, "%-20s %16s %16s %10s\n", "", "A", "B", "B to A");
    for (size_t i = 0; i < ARRAY_LENGTH(figures); i++) {
        const json_t *left = figure_find(a, &figures[i]);
        const json_t *right = figure_find(b, &figures[i]);
        if (left == NULL || right == NULL)
            continue;
        double x = json_number_value(left);
        double y = json_number_value(right);
        if (x != 0 || y != 0)
            figure_print(&figures[i], x, y, out);
    }
    print_options(a, b, out);
    json_decref(a);
    json_decref(b);
    return 0;
}
