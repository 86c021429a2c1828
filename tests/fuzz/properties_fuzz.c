/*
 * Arbitrary bytes as a properties file, through the reader and the whole load: nothing is read
 * outside the input, every refusal has its sentence, and what is taken is complete.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "broker/config/config.h"
#include "broker/config/config_describe.h"
#include "broker/config/properties.h"
#include "broker/config/topic_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_properties(struct bytes text)
{
    struct properties properties;
    struct properties_error error;
    int result = properties_parse(text, &properties, &error);
    ASSERT(result == 0 || (error.reason != NULL && error.line > 0 && properties.count == 0));
    uint32_t line = 0;
    for (uint32_t i = 0; i < properties.count; i++) {
        ASSERT(properties.items[i].line > line);
        line = properties.items[i].line;
    }
    properties_fini(&properties);
}

static void use_config(const struct config *config)
{
    struct topic_config topic;
    struct config_description description;
    struct config_layers layers = {.config = config};
    ASSERT(config->listener_count > 0 && config->log_directory != NULL);
    topic_config_override(&topic, config->topic, NULL, 0);
    ASSERT(topic.segment_bytes >= 1048576);
    config_describe_broker(&layers, NULL, &description);
    config_description_fini(&description);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text = {data, size};
    struct options options = {.properties_path = (char[]){"fuzz"}};
    struct config_input input = {.options = &options, .properties = text};
    struct config_notes notes;
    struct config *config;
    read_properties(text);
    int result = config_load(&input, &notes, &config);
    ASSERT((result == 0) == (config != NULL) && (result == 0) == (notes.refusals == 0));
    if (config != NULL)
        use_config(config);
    config_free(config);
    config_notes_fini(&notes);
    return 0;
}
