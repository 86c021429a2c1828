/*
 * Listeners: which are opened, and what is advertised for each.
 *
 * Kafka's rules for names, ports and the security protocol map are kept. Of the listeners only
 * plain ones are opened; a controller's listener is passed over, because the controller is part of
 * this process. A broker that would open none does not start: TLS and SASL are not to be had by
 * leaving them out.
 */
#include "broker/config/config_load.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "broker/config/config_value.h"

/* "NAME://host:port", borrowed. */
struct endpoint {
    struct bytes name;
    struct bytes host; /* without brackets; empty: every address */
    uint16_t port;
};

static bool same_name(struct bytes a, struct bytes b)
{
    return a.len == b.len && strncasecmp((const char *)a.data, (const char *)b.data, a.len) == 0;
}

static bool list_has_name(const char *list, struct bytes name)
{
    struct bytes item;
    while (list != NULL && config_list_next(&list, &item))
        if (same_name(item, name))
            return true;
    return false;
}

/* "9092"; false when it is no port. */
static bool parse_port(struct bytes digits, uint16_t *port)
{
    uint32_t value = 0;
    if (digits.len == 0 || digits.len > 5)
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        if (!isdigit(digits.data[i]))
            return false;
        value = value * 10 + (uint32_t)(digits.data[i] - '0');
    }
    *port = (uint16_t)value;
    return value <= UINT16_MAX;
}

/* Letters, digits and "-%._", and ':' between brackets. */
static bool is_host(struct bytes host, bool bracketed)
{
    for (size_t i = 0; i < host.len; i++) {
        uint8_t c = host.data[i];
        if (!isalnum(c) && strchr("-%._", c) == NULL && !(bracketed && c == ':'))
            return false;
    }
    return !bracketed || host.len > 0;
}

static bool endpoint_parse(struct bytes text, struct endpoint *endpoint)
{
    const uint8_t *scheme = memmem(text.data, text.len, "://", 3);
    const uint8_t *colon = memrchr(text.data, ':', text.len);
    if (scheme == NULL || scheme == text.data || colon == scheme)
        return false;
    const uint8_t *end = text.data + text.len;
    endpoint->name = (struct bytes){text.data, (size_t)(scheme - text.data)};
    endpoint->host = (struct bytes){scheme + 3, (size_t)(colon - (scheme + 3))};
    struct bytes *host = &endpoint->host;
    bool bracketed = host->len >= 2 && host->data[0] == '[' && host->data[host->len - 1] == ']';
    if (bracketed)
        *host = (struct bytes){host->data + 1, host->len - 2};
    return is_host(*host, bracketed) &&
           parse_port((struct bytes){colon + 1, (size_t)(end - colon - 1)}, &endpoint->port);
}

/* Finds `name` in a list of endpoints. Items that cannot be read are passed over. */
static bool endpoints_find(const char *list, struct bytes name, struct endpoint *endpoint)
{
    struct bytes item;
    while (list != NULL && config_list_next(&list, &item))
        if (endpoint_parse(item, endpoint) && same_name(endpoint->name, name))
            return true;
    return false;
}

static bool is_wildcard(struct bytes host)
{
    return host.len == 0 || bytes_equal(host, BYTES_LITERAL("0.0.0.0")) ||
           bytes_equal(host, BYTES_LITERAL("::"));
}

/* The security protocol of a listener, empty when none is defined. */
static struct bytes listener_protocol(const struct config_loading *loading, struct bytes name)
{
    const char *key = "listener.security.protocol.map";
    const char *map = config_text(loading->config, key);
    struct bytes item;
    while (config_list_next(&map, &item)) {
        const uint8_t *colon = memchr(item.data, ':', item.len);
        size_t left = colon == NULL ? item.len : (size_t)(colon - item.data);
        if (colon != NULL && same_name(config_trim((struct bytes){item.data, left}), name))
            return config_trim((struct bytes){colon + 1, item.len - left - 1});
    }
    return (struct bytes){0};
}

static bool is_controller(const struct config_loading *loading, struct bytes name)
{
    return list_has_name(config_text(loading->config, "controller.listener.names"), name);
}

/* Every item of the list is an endpoint, and no name occurs twice. */
static bool endpoints_check(struct config_loading *loading, const char *key)
{
    const char *list = config_text(loading->config, key), *rest = list;
    const struct config_value *where = config_value_of(loading, key);
    struct bytes item;
    struct endpoint endpoint, first;
    while (rest != NULL && config_list_next(&rest, &item)) {
        int shown = (int)MIN(item.len, (size_t)128);
        if (!endpoint_parse(item, &endpoint)) {
            config_refuse_start(loading, where, CONFIG_INVALID,
                                "Invalid value %.*s for configuration %s: not of the form "
                                "NAME://HOST:PORT",
                                shown, (const char *)item.data, key);
            return false;
        }
        if (endpoints_find(list, endpoint.name, &first) && first.name.data != endpoint.name.data) {
            config_refuse_key(loading, key,
                              "%s: each listener must have a different name, %.*s "
                              "occurs twice",
                              key, (int)MIN(endpoint.name.len, (size_t)128),
                              (const char *)endpoint.name.data);
            return false;
        }
    }
    return true;
}

/* --listen names the one address: what the file says about others no longer fits. */
static void listeners_set_aside(struct config_loading *loading)
{
    static const char *const keys[] = {"advertised.listeners", "inter.broker.listener.name"};
    const char *flag = config_value_of(loading, "listeners")->flag;
    if (flag == NULL || strcmp(flag, "--listen") != 0)
        return;
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        struct config_value *value = config_value_of(loading, keys[i]);
        if (value->line == 0)
            continue;
        config_warn_key(loading, keys[i], "%s is set aside, because --listen names the address",
                        keys[i]);
        mem_free(value->text);
        *value = (struct config_value){0};
    }
}

static char *copy_upper(struct bytes text)
{
    char *copy = mem_copy_bytes(text);
    for (char *c = copy; *c != '\0'; c++)
        *c = (char)toupper((unsigned char)*c);
    return copy;
}

static void listener_add(struct config_loading *loading, const struct endpoint *endpoint)
{
    struct config *config = loading->config;
    const char *advertised_list = config_text(config, "advertised.listeners");
    struct endpoint advertised = *endpoint;
    bool found = endpoints_find(advertised_list, endpoint->name, &advertised);
    size_t old = config->listener_count * sizeof *config->listeners;
    config->listeners = mem_realloc(config->listeners, old, old + sizeof *config->listeners);
    config->listeners[config->listener_count++] = (struct config_listener){
        .name = copy_upper(endpoint->name),
        .host = endpoint->host.len == 0 ? NULL : mem_copy_bytes(endpoint->host),
        .port = endpoint->port,
        .advertised_host = is_wildcard(found ? advertised.host : endpoint->host)
                               ? mem_copy_string("localhost")
                               : mem_copy_bytes(found ? advertised.host : endpoint->host),
        .advertised_port = found ? advertised.port : endpoint->port,
    };
}

/* Another listener of the list has this host and port; port 0 is nobody's. */
static bool address_taken(const char *list, const struct endpoint *endpoint)
{
    struct bytes item;
    struct endpoint other;
    while (config_list_next(&list, &item)) {
        if (!endpoint_parse(item, &other) || other.name.data == endpoint->name.data)
            continue;
        if (other.port != 0 && other.port == endpoint->port &&
            (same_name(other.host, endpoint->host) || is_wildcard(other.host) ||
             is_wildcard(endpoint->host)))
            return true;
    }
    return false;
}

/* Opens one listener, or says why not. */
static void listener_judge(struct config_loading *loading, const struct endpoint *endpoint)
{
    const char *list = config_text(loading->config, "listeners");
    const struct config_value *where = config_value_of(loading, "listeners");
    struct bytes protocol = listener_protocol(loading, endpoint->name);
    int shown = (int)MIN(endpoint->name.len, (size_t)128);
    const char *name = (const char *)endpoint->name.data;
    if (address_taken(list, endpoint))
        config_refuse_key(loading, "listeners",
                          "listeners: each listener must have a different "
                          "port, %u occurs twice",
                          endpoint->port);
    else if (is_controller(loading, endpoint->name))
        config_note(loading, where, CONFIG_ACCEPTED,
                    "listener %.*s: accepted without effect, the controller is in this process",
                    shown, name);
    else if (protocol.len == 0)
        config_refuse_key(loading, "listeners",
                          "listeners: no security protocol is defined for listener %.*s in "
                          "listener.security.protocol.map",
                          shown, name);
    else if (!same_name(protocol, BYTES_LITERAL("PLAINTEXT")))
        config_note(loading, where, CONFIG_CONTRADICTORY,
                    "listener %.*s is not opened: %.*s is not served yet", shown, name,
                    (int)MIN(protocol.len, (size_t)64), (const char *)protocol.data);
    else
        listener_add(loading, endpoint);
}

/* What is advertised must be a listener, and an address to connect to. */
static void advertised_check(struct config_loading *loading)
{
    const char *key = "advertised.listeners";
    const char *list = config_text(loading->config, key);
    const char *listeners = config_text(loading->config, "listeners");
    struct bytes item;
    struct endpoint endpoint, listener;
    while (list != NULL && config_list_next(&list, &item)) {
        if (!endpoint_parse(item, &endpoint))
            continue;
        int shown = (int)MIN(endpoint.name.len, (size_t)128);
        const char *name = (const char *)endpoint.name.data;
        if (endpoint.host.len > 0 && is_wildcard(endpoint.host))
            config_refuse_key(loading, key,
                              "advertised.listeners cannot use the nonroutable meta-address %.*s; "
                              "use an address that clients can reach",
                              (int)endpoint.host.len, (const char *)endpoint.host.data);
        else if (!endpoints_find(listeners, endpoint.name, &listener) &&
                 !is_controller(loading, endpoint.name))
            config_refuse_key(loading, key, "advertised.listeners: %.*s is not among the listeners",
                              shown, name);
    }
}

static void inter_broker_check(struct config_loading *loading)
{
    const char *key = "inter.broker.listener.name";
    const char *name = config_text(loading->config, key);
    const char *listeners = config_text(loading->config, "listeners");
    struct endpoint endpoint;
    if (name == NULL)
        return;
    if (config_is_set(loading, "security.inter.broker.protocol"))
        config_refuse_key(loading, key,
                          "only one of inter.broker.listener.name and "
                          "security.inter.broker.protocol should be set");
    else if (!endpoints_find(listeners, bytes_of_string(name), &endpoint))
        config_refuse_key(loading, key,
                          "inter.broker.listener.name=%.128s is not among the "
                          "listeners",
                          name);
    else if (is_controller(loading, bytes_of_string(name)))
        config_refuse_key(loading, key,
                          "inter.broker.listener.name=%.128s is a controller's listener", name);
}

void config_load_listeners(struct config_loading *loading)
{
    struct bytes item;
    struct endpoint endpoint;
    listeners_set_aside(loading);
    if (!endpoints_check(loading, "listeners") || !endpoints_check(loading, "advertised.listeners"))
        return;
    uint32_t refusals = loading->notes->refusals;
    const char *list = config_text(loading->config, "listeners");
    ASSERT(list != NULL);
    while (config_list_next(&list, &item))
        if (endpoint_parse(item, &endpoint))
            listener_judge(loading, &endpoint);
    if (loading->config->listener_count == 0 && loading->notes->refusals == refusals)
        config_refuse_key(loading, "listeners",
                          "listeners: none of them is PLAINTEXT; TLS and SASL are not served yet");
    advertised_check(loading);
    inter_broker_check(loading);
}
