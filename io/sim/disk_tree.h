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
#include "io/sim/disk_image.h"

struct disk_node {
    struct list node; /* in tree.nodes, by age */
    uint64_t id;
    enum file_kind kind;
    uint32_t refs;    /* entries, changes, handles, operations */
    uint32_t links;   /* cached entries */
    uint32_t handles; /* open ones: they keep an unlinked file's space */
    bool locked;
    int64_t modified_ms;
    struct disk_image image; /* of a file */
    struct list cached;      /* entries of a directory */
    struct list durable;
    uint64_t mark; /* scratch, while changes are chosen: that of the tree */
};

struct disk_entry {
    struct list node;
    struct disk_node *target;
    char *name;
    uint32_t hash; /* of the name */
};

struct disk_tree {
    struct list nodes;
    struct list changes; /* not durable yet, by age */
    struct disk_node *root;
    uint64_t next_id;
    uint64_t mark;
    uint64_t pages; /* allocated, also of files that are neither linked nor open */
};

void disk_tree_init(struct disk_tree *tree);
/* No handle may be open. */
void disk_tree_fini(struct disk_tree *tree);

/* ERR_NOT_FOUND, ERR_IO when a file stands where a directory must. */
int disk_tree_find(const struct disk_tree *tree, const char *path,
                   struct disk_node **found) MUST_CHECK;
/* Whether the path of a node, as the cache has it, holds this text. */
bool disk_tree_path_holds(const struct disk_tree *tree, const struct disk_node *node,
                          const char *text);
/* ERR_EXISTS, ERR_NOT_FOUND: its directory. */
int disk_tree_create(struct disk_tree *tree, const char *path, enum file_kind kind,
                     struct disk_node **created) MUST_CHECK;
int disk_tree_rename(struct disk_tree *tree, const char *from, const char *to) MUST_CHECK;
int disk_tree_remove(struct disk_tree *tree, const char *path) MUST_CHECK;
int disk_tree_remove_directory(struct disk_tree *tree, const char *path) MUST_CHECK;
/* Makes the entries of the directory durable. */
void disk_tree_sync(struct disk_tree *tree, struct disk_node *directory);
/* All directories, and all files whole. */
void disk_tree_sync_all(struct disk_tree *tree);
/* Power loss. All handles must be closed. */
void disk_tree_crash(struct disk_tree *tree, struct prng *prng);

void disk_tree_hold(struct disk_node *node);
void disk_tree_drop(struct disk_tree *tree, struct disk_node *node);
/* Bytes of all files that are linked or open. */
uint64_t disk_tree_used(const struct disk_tree *tree);
