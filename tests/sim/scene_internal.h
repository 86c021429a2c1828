/* What the two halves of a scene share. */
#pragma once

#include "base/arena.h"
#include "protocol/message.h"
#include "tests/sim/scene.h"
#include "tools/sim/life.h"

#define SCENE_TOLD_BYTES 65536
#define SCENE_READ_BYTES 65536
#define SCENE_ASKS_MAX 64

/* A request whose answer is still to be taken. */
struct scene_ask {
    int16_t api_key;
    int32_t correlation_id;
};

/* One connection. */
struct scene_client {
    struct sim_peer *peer;                 /* null: not connected */
    struct scene_ask asks[SCENE_ASKS_MAX]; /* oldest first */
    uint32_t ask_count;
    uint8_t *received;
    size_t received_len;
};

struct scene {
    struct sim *sim;
    bool beside; /* the world belongs to another scene */
    unsigned neighbours;
    struct sim_host *host;
    struct sim_host *clients;
    struct file_system *fs;
    struct sim_life life;
    int64_t wall_ms; /* the client's, when the world began */
    bool tell;
    uint64_t planned; /* the number of the planned failure */
    size_t told_len;
    char told[SCENE_TOLD_BYTES];
    struct scene_client connections[SCENE_CLIENTS];
    struct scene_client *client; /* the one that is used */
    struct region *memory;
    struct arena arena; /* the last answer */
    int32_t next_id;
    char read[SCENE_READ_BYTES];
};

void scene_client_init(struct scene *s);
void scene_client_fini(struct scene *s);
/* Connects and asks for the versions; false when the broker ends before it answers. */
bool scene_client_greet(struct scene *s);
void scene_client_leave(struct scene *s);
