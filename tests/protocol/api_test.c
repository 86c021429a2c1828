/* The table of APIs and the versions of headers. */
#include "protocol/api.h"

#include <criterion/criterion.h>

Test(api, finds_by_key)
{
    const struct api *api = api_find(API_FETCH);
    cr_assert_not_null(api);
    cr_assert_eq(api->key, 1);
    cr_assert_eq(api->version_min, 4);
    cr_assert_eq(api->version_max, 18);
    cr_assert_eq(api->request, &fetch_request_type);
    cr_assert_eq(api->response, &fetch_response_type);
}

Test(api, does_not_find_what_a_broker_does_not_serve)
{
    cr_assert_null(api_find(-1));
    cr_assert_null(api_find(4));  /* LeaderAndIsr, removed */
    cr_assert_null(api_find(52)); /* Vote, the controllers' */
    cr_assert_null(api_find(999));
    cr_assert_null(api_find(INT16_MIN));
    cr_assert_null(api_find(INT16_MAX));
}

Test(api, agrees_with_its_messages)
{
    size_t count;
    const struct api *apis = api_all(&count);
    cr_assert_eq(count, 77); /* 75 that a fresh Kafka advertises, and telemetry */
    for (size_t i = 0; i < count; i++) {
        const struct api *api = &apis[i];
        cr_assert_eq(api_find(api->key), api);
        cr_assert_eq(api->request->api_key, api->key);
        cr_assert_eq(api->response->api_key, api->key);
        cr_assert_geq(api->version_min, api->request->version_min);
        cr_assert_leq(api->version_max, api->request->version_max);
        cr_assert_leq(api->version_max, api->response->version_max);
        cr_assert(i == 0 || apis[i - 1].key < api->key);
    }
}

Test(api, leaves_out_unstable_versions)
{
    cr_assert_eq(api_find(API_INIT_PRODUCER_ID)->version_max, 5);
    cr_assert_eq(init_producer_id_request_type.version_max, 6);
}

Test(api, gives_flexible_requests_header_version_two)
{
    const struct api *produce = api_find(API_PRODUCE);
    cr_assert_eq(api_request_header_version(produce, 8), 1);
    cr_assert_eq(api_request_header_version(produce, 9), 2);
    cr_assert_eq(api_response_header_version(produce, 8), 0);
    cr_assert_eq(api_response_header_version(produce, 9), 1);
}

Test(api, never_gives_sasl_handshakes_a_flexible_header)
{
    const struct api *handshake = api_find(API_SASL_HANDSHAKE);
    cr_assert_eq(api_request_header_version(handshake, 1), 1);
    cr_assert_eq(api_response_header_version(handshake, 1), 0);
}

Test(api, answers_api_versions_with_header_version_zero)
{
    const struct api *versions = api_find(API_API_VERSIONS);
    cr_assert_eq(api_request_header_version(versions, 2), 1);
    cr_assert_eq(api_request_header_version(versions, 4), 2);
    for (int16_t version = 0; version <= 4; version++)
        cr_assert_eq(api_response_header_version(versions, version), 0);
}
