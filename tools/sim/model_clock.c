/* A list of the jumps: there are few. */
#include "tools/sim/model_clock.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "tools/sim/model_internal.h"

void model_use_clock(struct model *model, int64_t (*now_ms)(void *context), void *context)
{
    model->clock.now_ms = now_ms;
    model->clock.context = context;
}

int64_t model_now_ms(const struct model *model)
{
    const struct model_clock *clock = &model->clock;
    return clock->now_ms == NULL ? 0 : clock->now_ms(clock->context);
}

static int64_t ahead_ms(const struct model_clock *clock)
{
    return clock->jump_count == 0 ? 0 : clock->jumps[clock->jump_count - 1].ahead_ms;
}

int64_t model_broker_ms(const struct model *model)
{
    return model_now_ms(model) + ahead_ms(&model->clock);
}

void model_clock_jumped(struct model *model, int64_t at_ms, int64_t ahead)
{
    struct model_clock *clock = &model->clock;
    if (ahead == ahead_ms(clock))
        return;
    clock->jumps =
        mem_grow(clock->jumps, clock->jump_count, &clock->jump_capacity, sizeof *clock->jumps);
    clock->jumps[clock->jump_count++] = (struct model_jump){at_ms, ahead};
}

int64_t model_broker_most_since(const struct model *model, int64_t since_ms)
{
    const struct model_clock *clock = &model->clock;
    int64_t end_ms = model_now_ms(model);
    int64_t most = end_ms + ahead_ms(clock);
    /* Before each jump since then it stood at the end of the stretch before. */
    for (uint32_t i = clock->jump_count; i > 0 && clock->jumps[i - 1].at_ms >= since_ms; i--) {
        int64_t before = i == 1 ? 0 : clock->jumps[i - 2].ahead_ms;
        most = MAX(most, clock->jumps[i - 1].at_ms + before);
    }
    return most;
}

int64_t model_broker_span_since(const struct model *model, int64_t since_ms)
{
    const struct model_clock *clock = &model->clock;
    uint32_t at = clock->jump_count;
    while (at > 0 && clock->jumps[at - 1].at_ms >= since_ms)
        at--;
    int64_t ahead = at == 0 ? 0 : clock->jumps[at - 1].ahead_ms;
    int64_t least = since_ms + ahead;
    int64_t span = 0;
    for (; at < clock->jump_count; at++) {
        span = MAX(span, clock->jumps[at].at_ms + ahead - least);
        ahead = clock->jumps[at].ahead_ms;
        least = MIN(least, clock->jumps[at].at_ms + ahead);
    }
    return MAX(span, model_now_ms(model) + ahead - least);
}

void model_calm(struct model *model)
{
    model->clock.calm = true;
    model->clock.calm_ms = model_now_ms(model);
}

int64_t model_calm_ms(const struct model *model)
{
    return model->clock.calm ? model_now_ms(model) - model->clock.calm_ms : -1;
}
