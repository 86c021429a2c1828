/*
 * schema_dump: prints every descriptor as lines of words, for schema_check.py to compare with the
 * published definitions. A message's fields follow it depth first, indented by their depth:
 *
 *     message NAME KEY FIRST LAST FLEXIBLE
 *       field NAME FORM KIND SINCE UNTIL NULL-SINCE NULL-UNTIL TAG DEFAULT STRUCTURE
 *     api NAME KEY FIRST LAST REQUEST RESPONSE REQUEST-HEADERS RESPONSE-HEADERS
 *
 * Header versions are one digit for each version of the API.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/assert.h"
#include "protocol/api.h"
#include "protocol/message_internal.h"
#include "protocol/schema/all.h"

static const char *form_name(enum message_form form)
{
    static const char *const names[] = {
        [FORM_FIELD] = "field",       [FORM_ARRAY] = "array", [FORM_NESTED] = "nested",
        [FORM_OPTIONAL] = "optional", [FORM_LIST] = "list",
    };
    return names[form];
}

static const char *kind_name(enum message_kind kind)
{
    if (kind == KIND_STRUCT)
        return "struct";
    return kind == KIND_LEGACY_STRING ? "legacy_string" : message_kind_facts(kind)->name;
}

static void dump_fields(const struct message_struct *structure, int depth)
{
    for (uint16_t i = 0; i < structure->field_count; i++) {
        const struct message_field *field = &structure->fields[i];
        ASSERT((field->nested != NULL) == (field->kind == KIND_STRUCT));
        printf("%*sfield %s %s %s %d %d %d %d %d ", 2 * depth, "", field->name,
               form_name(field->form), kind_name(field->kind), field->versions.since,
               field->versions.until, field->nullable.since, field->nullable.until, field->tag);
        if (field->default_value == DEFAULT_NULL)
            printf("null");
        else
            printf("%" PRId64, field->default_value);
        printf(" %s\n", field->nested != NULL ? field->nested->name : "-");
        if (field->nested != NULL)
            dump_fields(field->nested, depth + 1);
    }
}

static void dump_api(const struct api *api)
{
    printf("api %s %d %d %d %s %s ", api->name, api->key, api->version_min, api->version_max,
           api->request->name, api->response->name);
    for (int16_t version = api->version_min; version <= api->version_max; version++)
        printf("%d", api_request_header_version(api, version));
    printf(" ");
    for (int16_t version = api->version_min; version <= api->version_max; version++)
        printf("%d", api_response_header_version(api, version));
    printf("\n");
}

int main(void)
{
    size_t count;
    const struct message_type *const *types = schema_types(&count);
    for (size_t i = 0; i < count; i++) {
        printf("message %s %d %d %d %d\n", types[i]->name, types[i]->api_key, types[i]->version_min,
               types[i]->version_max, types[i]->flexible_since);
        dump_fields(types[i]->root, 1);
    }
    const struct api *apis = api_all(&count);
    for (size_t i = 0; i < count; i++)
        dump_api(&apis[i]);
    return 0;
}
