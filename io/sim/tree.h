/*
 * The names of a simulated disk: files and directories, each directory as the cache and as the
 * disk has it, and the history of changes in between.
 *
 * A change of an entry becomes durable when its directory is synced, together with the earlier
 * changes it stands on. At a power loss a first part of each directory's history survives; a rename
 * is one change, whichever two directories it touches.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/prng.h"
#include "base/result.h"
#include "io/file.h"
#include "io/sim/image.h"

struct tree_node {
    struct list node; /* in tree.nodes, by age */
    uint64_t id;
    enum file_kind kind;
    uint32_t refs;    /* entries, changes, handles, operations */
    uint32_t links;   /* cached entries */
    uint32_t handles; /* open ones: they keep an unlinked file's space */
    bool locked;
    int64_t modified_ms;
    struct image image; /* of a file */
    struct list cached; /* entries of a directory */
    struct list durable;
    bool marked; /* scratch: while changes are chosen */
};

struct tree_entry {
    struct list node;
    struct tree_node *target;
    char *name;
};

struct tree {
    struct list nodes;
    struct list changes; /* not durable yet, by age */
    struct tree_node *root;
    uint64_t next_id;
};

void tree_init(struct tree *tree);
/* No handle may be open. */
void tree_fini(struct tree *tree);

/* ERR_NOT_FOUND, ERR_IO when a file stands where a directory must. */
int tree_find(const struct tree *tree, const char *path, struct tree_node **found) MUST_CHECK;
/* ERR_EXISTS, ERR_NOT_FOUND: its directory. */
int tree_create(struct tree *tree, const char *path, enum file_kind kind,
                struct tree_node **created) MUST_CHECK;
int tree_rename(struct tree *tree, const char *from, const char *to) MUST_CHECK;
int tree_remove(struct tree *tree, const char *path) MUST_CHECK;
int tree_remove_directory(struct tree *tree, const char *path) MUST_CHECK;
/* Makes the entries of the directory durable. */
void tree_sync(struct tree *tree, struct tree_node *directory);
/* All directories, and all files whole. */
void tree_sync_all(struct tree *tree);
/* Power loss. All handles must be closed. */
void tree_crash(struct tree *tree, struct prng *prng);

void tree_hold(struct tree_node *node);
void tree_drop(struct tree *tree, struct tree_node *node);
/* Bytes of all files that are linked or open. */
uint64_t tree_used(const struct tree *tree);
