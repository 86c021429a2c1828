/* No heap of our own: base/mem.c serves the simulator, as it does the broker. See the header. */
#include "tools/sim/heap.h"

bool heap_returns(void)
{
    return false;
}

void heap_mark(void)
{
}

void heap_reset(void)
{
}
