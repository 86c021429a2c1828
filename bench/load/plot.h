/* Plots as SVG, made by hand: lines over a frame with round numbers at its axes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define PLOT_SERIES_MAX 4

struct plot_series {
    const char *name;
    const double *values; /* one for each x; a negative one is left out */
};

struct plot {
    const char *title;
    const char *x_unit;
    const char *y_unit;
    const double *x; /* rising */
    uint32_t count;
    struct plot_series series[PLOT_SERIES_MAX];
    uint32_t series_count;
    bool logarithmic;            /* the y axis; values below its least decade are drawn there */
    const char *const *x_labels; /* in place of numbers: one for each x; or null */
};

/* Writes one <svg> element; `title` and names must need no escaping. */
void plot_write(const struct plot *plot, FILE *file);
