/* What a model must say at the end of a test. */
#pragma once

#include <criterion/criterion.h>
#include <string.h>

#include "tools/sim/model.h"

/* No promise was broken. */
static inline void verdict_keeps(const struct model *model)
{
    cr_assert_null(model_violation(model), "%s", model_violation(model));
}

/* One was, and the sentence about it has this in it. */
static inline void verdict_breaks(const struct model *model, const char *part)
{
    const char *violation = model_violation(model);
    cr_assert_not_null(violation, "nothing is reported, it should be '%s'", part);
    cr_assert_not_null(strstr(violation, part), "%s", violation);
}
