/*
 * The simulator's own memory, in place of base/mem.c: what a seed has taken is given back all at
 * once, whatever it was. A process that was killed leaves its memory behind in the world, so
 * nothing else could, and taking memory from the system anew for each seed costs an eighth of it.
 *
 * The next seed finds it as it was left, but for what mem.h promises to be zero: who reads what he
 * has not written makes a seed depend on those before it.
 */
#pragma once

#include <stdbool.h>

/* False in a build with sanitizers, which want to see each allocation: base/mem.c serves it, and
 * nothing can be given back. */
bool heap_returns(void);
/* All that is taken from now on is given back by each heap_reset. What was taken before must not be
 * grown meanwhile. */
void heap_mark(void);
void heap_reset(void);
