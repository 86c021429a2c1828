/*
 * Setting up sockets, for the ring and epoll: addresses, listening, the start of a connection.
 *
 * Listeners are shared by port among the cores (SO_REUSEPORT), which would let another process of
 * the same user share it too, unseen. So the first core binds once without that option, which
 * fails when anybody listens there, and only then binds the shared one.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "io/io_internal.h"

#define LISTEN_BACKLOG 1024
#define PEER_NAME_BYTES 64

static int address_resolve(const char *host, uint16_t port, int family, struct addrinfo **list)
{
    char service[8];
    struct addrinfo hints = {
        .ai_flags = AI_NUMERICSERV | (host == NULL ? AI_PASSIVE : 0),
        .ai_family = family,
        .ai_socktype = SOCK_STREAM,
    };
    snprintf(service, sizeof service, "%u", port);
    return getaddrinfo(host, service, &hints, list) == 0 ? 0 : ERR_NOT_FOUND;
}

static int socket_option(int socket, int level, int option, int value)
{
    return setsockopt(socket, level, option, &value, sizeof value);
}

void sockets_no_delay(int socket)
{
    /* A peer that is gone already shows at the first receive. */
    (void)socket_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
}

/* A bound socket; ERR_UNSUPPORTED when this machine does not have such addresses. */
static int socket_bind(const struct addrinfo *address, bool shared)
{
    int listener = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0)
        return errno == EAFNOSUPPORT ? ERR_UNSUPPORTED : result_from_errno(errno);
    int failed = socket_option(listener, SOL_SOCKET, SO_REUSEADDR, 1);
    if (shared)
        failed |= socket_option(listener, SOL_SOCKET, SO_REUSEPORT, 1);
    if (address->ai_family == AF_INET6)
        failed |= socket_option(listener, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    if (!failed && bind(listener, address->ai_addr, address->ai_addrlen) == 0)
        return listener;
    int result = errno == EADDRNOTAVAIL ? ERR_UNSUPPORTED : result_from_errno(errno);
    close(listener);
    return result;
}

static int listen_shared(const struct addrinfo *address)
{
    int listener = socket_bind(address, true);
    if (listener < 0 || listen(listener, LISTEN_BACKLOG) == 0)
        return listener;
    int result = result_from_errno(errno);
    close(listener);
    return result;
}

static int listen_checked(const struct io_listen_options *options, const struct addrinfo *address)
{
    if (options->first && options->port != 0) {
        int probe = socket_bind(address, false);
        if (probe < 0)
            return probe;
        close(probe);
    }
    return listen_shared(address);
}

/* The first of the name's addresses that this machine has. */
static int listen_any(const struct io_listen_options *options, const char *host, int family)
{
    struct addrinfo *list;
    int result = address_resolve(host, options->port, family, &list);
    if (result != 0)
        return result;
    result = ERR_UNSUPPORTED;
    for (struct addrinfo *a = list; a != NULL && result == ERR_UNSUPPORTED; a = a->ai_next)
        result = listen_checked(options, a);
    freeaddrinfo(list);
    return result;
}

_Static_assert(offsetof(struct sockaddr_in, sin_port) == offsetof(struct sockaddr_in6, sin6_port),
               "the port stands in the same place");

static uint16_t address_port(const struct sockaddr_storage *address)
{
    uint16_t port;
    memcpy(&port, (const uint8_t *)address + offsetof(struct sockaddr_in, sin_port), sizeof port);
    return ntohs(port);
}

int sockets_listen(struct io *io, const struct io_listen_options *options, int *listener,
                   uint16_t *port)
{
    (void)io;
    const char *host = options->host != NULL && *options->host != '\0' ? options->host : NULL;
    int result = listen_any(options, host, host == NULL ? AF_INET6 : AF_UNSPEC);
    if (host == NULL && (result == ERR_UNSUPPORTED || result == ERR_NOT_FOUND))
        result = listen_any(options, host, AF_INET);
    if (result < 0)
        return result;
    struct sockaddr_storage bound = {0};
    socklen_t len = sizeof bound;
    int failed = getsockname(result, (struct sockaddr *)&bound, &len);
    ASSERT(failed == 0);
    *listener = result;
    *port = address_port(&bound);
    return 0;
}

int sockets_connect(struct io *io, struct io_op *op, const char *host, uint16_t port, int *peer)
{
    struct addrinfo *list;
    int result = address_resolve(host, port, AF_UNSPEC, &list);
    if (result != 0)
        return result;
    *peer = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*peer < 0) {
        result = result_from_errno(errno);
    } else if (connect(*peer, list->ai_addr, list->ai_addrlen) != 0 && errno != EINPROGRESS) {
        io_ready(io, op, result_from_errno(errno));
        close(*peer);
        *peer = -1;
    }
    freeaddrinfo(list);
    return result;
}

int sockets_connect_result(int peer)
{
    int error = 0;
    socklen_t len = sizeof error;
    if (getsockopt(peer, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
        error = errno;
    return result_from_errno(error);
}

void sockets_peer_name(struct io *io, int peer, char *text)
{
    (void)io;
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    char host[INET6_ADDRSTRLEN] = "?";
    if (getpeername(peer, (struct sockaddr *)&address, &len) != 0) {
        snprintf(text, PEER_NAME_BYTES, "?");
        return;
    }
    if (address.ss_family == AF_INET6)
        inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&address)->sin6_addr, host, sizeof host);
    else
        inet_ntop(AF_INET, &((struct sockaddr_in *)&address)->sin_addr, host, sizeof host);
    snprintf(text, PEER_NAME_BYTES, "%s:%u", host, address_port(&address));
}
