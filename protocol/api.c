/* The table of APIs, searched from the front: the busiest keys are the lowest. */
#include "protocol/api.h"

#include "base/util.h"

static const struct api api_table[] = {
#define API_ROW(NAME, n, k, min, max) \
    {.key = (k),                      \
     .version_min = (min),            \
     .version_max = (max),            \
     .name = #n,                      \
     .request = &n##_request_type,    \
     .response = &n##_response_type},
    API_TABLE(API_ROW)
#undef API_ROW
};

const struct api *api_find(int16_t key)
{
    for (size_t i = 0; i < ARRAY_LENGTH(api_table); i++)
        if (api_table[i].key == key)
            return &api_table[i];
    return NULL;
}

const struct api *api_all(size_t *count)
{
    *count = ARRAY_LENGTH(api_table);
    return api_table;
}

int16_t api_request_header_version(const struct api *api, int16_t version)
{
    return version >= api->request->flexible_since ? 2 : 1;
}

int16_t api_response_header_version(const struct api *api, int16_t version)
{
    if (api->key == API_API_VERSIONS)
        return 0;
    return version >= api->response->flexible_since ? 1 : 0;
}
