/* SVG of line plots. More points than columns are drawn as the largest of each column, so that no
 * peak is hidden. */
#include "bench/load/plot.h"

#include <math.h>

#include "base/util.h"

#define WIDTH 860.0
#define HEIGHT 300.0
#define LEFT 70.0
#define RIGHT 20.0
#define TOP 34.0
#define BOTTOM 44.0
#define TICKS 6
#define COLUMNS 700

static const char *const colours[PLOT_SERIES_MAX] = {"#1667b7", "#d9480f", "#2b8a3e", "#862e9c"};

struct axes {
    double x_least;
    double x_most;
    double y_least;
    double y_most;
    bool logarithmic;
};

/* A step of 1, 2 or 5 times a power of ten. */
static double round_step(double span)
{
    double power = pow(10, floor(log10(span / TICKS)));
    double rest = span / TICKS / power;
    return power * (rest <= 1 ? 1 : rest <= 2 ? 2 : rest <= 5 ? 5 : 10);
}

static double axes_x(const struct axes *axes, double x)
{
    return LEFT + (x - axes->x_least) / (axes->x_most - axes->x_least) * (WIDTH - LEFT - RIGHT);
}

static double axes_y(const struct axes *axes, double y)
{
    double part;
    if (axes->logarithmic)
        part = (log10(MAX(y, axes->y_least)) - log10(axes->y_least)) /
               (log10(axes->y_most) - log10(axes->y_least));
    else
        part = (y - axes->y_least) / (axes->y_most - axes->y_least);
    return HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM);
}

static struct axes plot_axes(const struct plot *plot)
{
    double least = INFINITY;
    double most = 0;
    for (uint32_t s = 0; s < plot->series_count; s++) {
        for (uint32_t i = 0; i < plot->count; i++) {
            double value = plot->series[s].values[i];
            most = MAX(most, value);
            if (value > 0)
                least = MIN(least, value);
        }
    }
    struct axes axes = {plot->x[0], plot->x[plot->count - 1], 0, most > 0 ? most * 1.05 : 1,
                        plot->logarithmic && most > 0};
    if (axes.logarithmic) {
        axes.y_least = pow(10, floor(log10(least)));
        axes.y_most = pow(10, ceil(log10(most * 1.01)));
    }
    if (axes.x_most <= axes.x_least)
        axes.x_most = axes.x_least + 1;
    return axes;
}

static void write_text(FILE *file, double x, double y, const char *anchor, const char *text)
{
    fprintf(file, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, text);
}

static void write_rule(FILE *file, const struct axes *axes, double value)
{
    char text[32];
    double y = axes_y(axes, value);
    fprintf(file, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>\n", LEFT,
            WIDTH - RIGHT, y, y);
    snprintf(text, sizeof text, "%.6g", value);
    write_text(file, LEFT - 6, y + 4, "end", text);
}

static void write_y_axis(const struct plot *plot, const struct axes *axes, FILE *file)
{
    if (axes->logarithmic) {
        for (double value = axes->y_least; value <= axes->y_most * 1.001; value *= 10)
            write_rule(file, axes, value);
    } else {
        double step = round_step(axes->y_most);
        for (int i = 0; i * step <= axes->y_most; i++)
            write_rule(file, axes, i * step);
    }
    write_text(file, LEFT - 6, TOP - 10, "end", plot->y_unit);
}

static void write_x_axis(const struct plot *plot, const struct axes *axes, FILE *file)
{
    double base = HEIGHT - BOTTOM + 16;
    if (plot->x_labels != NULL) {
        for (uint32_t i = 0; i < plot->count; i++)
            write_text(file, axes_x(axes, plot->x[i]), base, "middle", plot->x_labels[i]);
    } else {
        double step = round_step(axes->x_most - axes->x_least);
        for (double x = ceil(axes->x_least / step) * step; x <= axes->x_most; x += step) {
            char text[32];
            snprintf(text, sizeof text, "%.6g", fabs(x) < step / 1000 ? 0 : x);
            write_text(file, axes_x(axes, x), base, "middle", text);
        }
    }
    write_text(file, WIDTH - RIGHT, base + 18, "end", plot->x_unit);
}

static void write_line(const struct plot *plot, const struct axes *axes, uint32_t series,
                       FILE *file)
{
    const double *values = plot->series[series].values;
    uint32_t width = (plot->count + COLUMNS - 1) / COLUMNS;
    fprintf(file, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\" points=\"",
            colours[series]);
    for (uint32_t i = 0; i < plot->count; i += width) {
        double most = -1;
        for (uint32_t k = i; k < MIN(i + width, plot->count); k++)
            most = MAX(most, values[k]);
        if (most >= 0)
            fprintf(file, "%.1f,%.1f ", axes_x(axes, plot->x[i]), axes_y(axes, most));
    }
    fputs("\"/>\n", file);
}

void plot_write(const struct plot *plot, FILE *file)
{
    if (plot->count == 0)
        return;
    struct axes axes = plot_axes(plot);
    fprintf(file, "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"%s\">\n", WIDTH, HEIGHT,
            plot->title);
    fprintf(file, "<text x=\"%.0f\" y=\"16\" class=\"title\">%s</text>\n", LEFT, plot->title);
    write_y_axis(plot, &axes, file);
    write_x_axis(plot, &axes, file);
    double x = WIDTH - RIGHT;
    for (uint32_t i = plot->series_count; i-- > 0; x -= 110) {
        write_line(plot, &axes, i, file);
        fprintf(file, "<text x=\"%.1f\" y=\"16\" text-anchor=\"end\" fill=\"%s\">%s</text>\n", x,
                colours[i], plot->series[i].name);
    }
    fputs("</svg>\n", file);
}
