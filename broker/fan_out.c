/* Counting what is out; see the header. */
#include "broker/fan_out.h"

#include "base/assert.h"

void fan_out_init(struct fan_out *fan, struct core *core, void (*over)(struct fan_out *fan))
{
    *fan = (struct fan_out){.core = core, .over = over};
    list_init(&fan->ready);
}

void fan_out_add(struct fan_out *fan, struct fan_call *call, unsigned owner)
{
    ASSERT(call->call.run != NULL && call->call.done != NULL);
    call->fan = fan;
    call->owner = owner;
    list_push_back(&fan->ready, &call->call.node);
}

static void one_over(struct fan_out *fan)
{
    ASSERT(fan->waiting > 0);
    fan->waiting--;
    if (fan->waiting == 0)
        fan->over(fan);
}

void fan_out_send(struct fan_out *fan)
{
    struct list *node;
    ASSERT(fan->waiting == 0);
    fan->waiting = 1;
    while ((node = list_pop_front(&fan->ready)) != NULL) {
        struct fan_call *call = LIST_ENTRY(node, struct fan_call, call.node);
        fan->waiting++;
        core_send(fan->core, call->owner, &call->call);
    }
    one_over(fan);
}

void fan_out_back(struct fan_call *call)
{
    one_over(call->fan);
}
