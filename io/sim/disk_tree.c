/* Nodes, entries, paths, and what of their changes survives. Paths without a leading slash begin at
 * the root as well. */
#include "io/sim/disk_tree.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/util.h"

#define DISK_PATH_BYTES 4096

/* One change: an entry that goes, an entry that comes, or both at once. */
struct change {
    struct list node;
    struct disk_node *from; /* null: nothing goes */
    char *from_name;
    struct disk_node *to; /* null: nothing comes */
    char *to_name;
    struct disk_node *target; /* what comes */
};

/* Nodes. */

static struct disk_node *node_new(struct disk_tree *tree, enum file_kind kind)
{
    struct disk_node *node = mem_alloc(sizeof *node);
    node->id = tree->next_id++;
    node->kind = kind;
    disk_image_init(&node->image);
    node->image.disk_pages = &tree->pages;
    list_init(&node->cached);
    list_init(&node->durable);
    list_push_back(&tree->nodes, &node->node);
    return node;
}

void disk_tree_hold(struct disk_node *node)
{
    node->refs++;
}

static void entries_clear(struct disk_tree *tree, struct list *entries, bool cached);

void disk_tree_drop(struct disk_tree *tree, struct disk_node *node)
{
    ASSERT(node->refs > 0);
    if (--node->refs > 0)
        return;
    ASSERT(node->links == 0 && node->handles == 0);
    entries_clear(tree, &node->cached, true);
    entries_clear(tree, &node->durable, false);
    list_remove(&node->node);
    disk_image_fini(&node->image);
    mem_free(node);
}

/* Entries. */

/* FNV-1a: names are short, and most of a directory differ in the end only. */
static uint32_t name_hash(const char *name)
{
    uint32_t hash = 2166136261u;
    for (; *name != '\0'; name++)
        hash = (hash ^ (uint8_t)*name) * 16777619u;
    return hash;
}

static struct disk_entry *entry_find(const struct list *entries, const char *name)
{
    uint32_t hash = name_hash(name);
    LIST_EACH(node, entries) {
        struct disk_entry *entry = LIST_ENTRY(node, struct disk_entry, node);
        if (entry->hash == hash && strcmp(entry->name, name) == 0)
            return entry;
    }
    return NULL;
}

static void entry_add(struct list *entries, const char *name, struct disk_node *target, bool cached)
{
    ASSERT(entry_find(entries, name) == NULL);
    struct disk_entry *entry = mem_alloc(sizeof *entry);
    entry->name = mem_copy_string(name);
    entry->hash = name_hash(name);
    entry->target = target;
    disk_tree_hold(target);
    target->links += cached;
    list_push_back(entries, &entry->node);
}

static void entry_free(struct disk_tree *tree, struct disk_entry *entry, bool cached)
{
    struct disk_node *target = entry->target;
    list_remove(&entry->node);
    mem_free(entry->name);
    mem_free(entry);
    target->links -= cached;
    disk_tree_drop(tree, target);
}

static void entries_clear(struct disk_tree *tree, struct list *entries, bool cached)
{
    struct list *node;
    while ((node = list_pop_front(entries)) != NULL)
        entry_free(tree, LIST_ENTRY(node, struct disk_entry, node), cached);
}

static void entry_unbind(struct disk_tree *tree, struct list *entries, const char *name,
                         bool cached)
{
    struct disk_entry *entry = entry_find(entries, name);
    if (entry != NULL)
        entry_free(tree, entry, cached);
}

/* Changes. */

static void change_apply(struct disk_tree *tree, const struct change *change, bool cached)
{
    if (change->from != NULL)
        entry_unbind(tree, cached ? &change->from->cached : &change->from->durable,
                     change->from_name, cached);
    if (change->to == NULL)
        return;
    struct list *entries = cached ? &change->to->cached : &change->to->durable;
    entry_unbind(tree, entries, change->to_name, cached);
    entry_add(entries, change->to_name, change->target, cached);
}

static void change_free(struct disk_tree *tree, struct change *change)
{
    list_remove(&change->node);
    if (change->from != NULL)
        disk_tree_drop(tree, change->from);
    if (change->to != NULL) {
        disk_tree_drop(tree, change->target);
        disk_tree_drop(tree, change->to);
    }
    mem_free(change->from_name);
    mem_free(change->to_name);
    mem_free(change);
}

static void change_make(struct disk_tree *tree, const struct change *from)
{
    struct change *change = mem_alloc(sizeof *change);
    *change = *from;
    if (from->from != NULL) {
        disk_tree_hold(from->from);
        change->from_name = mem_copy_string(from->from_name);
    }
    if (from->to != NULL) {
        disk_tree_hold(from->to);
        disk_tree_hold(from->target);
        change->to_name = mem_copy_string(from->to_name);
    }
    list_init(&change->node);
    list_push_back(&tree->changes, &change->node);
    change_apply(tree, change, true);
}

static bool change_touches_marked(const struct disk_tree *tree, const struct change *change)
{
    return (change->from != NULL && change->from->mark == tree->mark) ||
           (change->to != NULL && change->to->mark == tree->mark);
}

static void change_mark(const struct disk_tree *tree, const struct change *change)
{
    if (change->from != NULL)
        change->from->mark = tree->mark;
    if (change->to != NULL)
        change->to->mark = tree->mark;
}

static void marks_clear(struct disk_tree *tree)
{
    tree->mark++;
}

static void change_commit(struct disk_tree *tree, struct change *change)
{
    change_apply(tree, change, false);
    change_free(tree, change);
}

/* Goes back in time to find what the directory's changes stand on in others; then applies them. */
void disk_tree_sync(struct disk_tree *tree, struct disk_node *directory)
{
    struct list chosen;
    if (list_empty(&tree->changes))
        return;
    list_init(&chosen);
    marks_clear(tree);
    directory->mark = tree->mark;
    for (struct list *at = tree->changes.prev; at != &tree->changes;) {
        struct change *change = LIST_ENTRY(at, struct change, node);
        at = at->prev;
        if (!change_touches_marked(tree, change))
            continue;
        change_mark(tree, change);
        list_remove(&change->node);
        list_push_front(&chosen, &change->node);
    }
    struct list *node;
    while ((node = list_pop_front(&chosen)) != NULL)
        change_commit(tree, LIST_ENTRY(node, struct change, node));
}

void disk_tree_sync_all(struct disk_tree *tree)
{
    for (struct list *node = tree->changes.next; node != &tree->changes;) {
        struct change *change = LIST_ENTRY(node, struct change, node);
        node = node->next;
        change_commit(tree, change);
    }
    LIST_EACH(node, &tree->nodes)
        disk_image_sync(&LIST_ENTRY(node, struct disk_node, node)->image);
}

/* Power loss. A directory is marked once one of its changes is lost: those behind it are, too. */

static void changes_settle(struct disk_tree *tree, struct prng *prng)
{
    /* Often none, often all, often the first few. */
    uint64_t choice = prng_below(prng, 4);
    uint64_t keep_percent = choice < 2 ? choice * 100 : 50 + prng_below(prng, 50);
    marks_clear(tree);
    struct list *node;
    while ((node = list_pop_front(&tree->changes)) != NULL) {
        struct change *change = LIST_ENTRY(node, struct change, node);
        bool kept = prng_below(prng, 100) < keep_percent && !change_touches_marked(tree, change);
        if (kept) {
            change_commit(tree, change);
        } else {
            change_mark(tree, change);
            change_free(tree, change);
        }
    }
}

static void directory_reload(struct disk_tree *tree, struct disk_node *directory)
{
    entries_clear(tree, &directory->cached, true);
    LIST_EACH(node, &directory->durable) {
        const struct disk_entry *entry = LIST_ENTRY(node, struct disk_entry, node);
        entry_add(&directory->cached, entry->name, entry->target, true);
    }
}

void disk_tree_crash(struct disk_tree *tree, struct prng *prng)
{
    struct list nodes;
    changes_settle(tree, prng);
    LIST_EACH(node, &tree->nodes)
        disk_tree_hold(LIST_ENTRY(node, struct disk_node, node));
    LIST_EACH(node, &tree->nodes) {
        struct disk_node *file = LIST_ENTRY(node, struct disk_node, node);
        ASSERT(file->handles == 0);
        if (file->kind == FILE_KIND_DIRECTORY)
            directory_reload(tree, file);
        else
            disk_image_crash(&file->image, prng);
        file->locked = false;
    }
    /* Each is held here, so that none goes while the list is walked. */
    list_init(&nodes);
    list_append(&nodes, &tree->nodes);
    while (!list_empty(&nodes)) {
        struct list *node = list_pop_front(&nodes);
        list_push_back(&tree->nodes, node);
        disk_tree_drop(tree, LIST_ENTRY(node, struct disk_node, node));
    }
}

/* Paths. */

/* The directory that holds the last name of the path, and that name. */
static int path_resolve(const struct disk_tree *tree, const char *path,
                        struct disk_node **directory, char *name)
{
    struct disk_node *at = tree->root;
    name[0] = '\0';
    for (;;) {
        while (*path == '/')
            path++;
        size_t len = (size_t)(strchrnul(path, '/') - path);
        if (len == 0)
            break;
        if (len > 255)
            return ERR_TOO_LARGE;
        if (name[0] != '\0') {
            const struct disk_entry *entry = entry_find(&at->cached, name);
            if (entry == NULL)
                return ERR_NOT_FOUND;
            at = entry->target;
        }
        if (at->kind != FILE_KIND_DIRECTORY)
            return ERR_IO;
        memcpy(name, path, len);
        name[len] = '\0';
        path += len;
    }
    *directory = at;
    return 0;
}

int disk_tree_find(const struct disk_tree *tree, const char *path, struct disk_node **found)
{
    char name[256];
    struct disk_node *directory;
    int result = path_resolve(tree, path, &directory, name);
    if (result != 0)
        return result;
    const struct disk_entry *entry = name[0] == '\0' ? NULL : entry_find(&directory->cached, name);
    if (name[0] != '\0' && entry == NULL)
        return ERR_NOT_FOUND;
    *found = entry == NULL ? directory : entry->target;
    return 0;
}

/* Whether `node` is below the directory, whose own path ends at `len`; then `path` is its path. */
static bool path_holds_below(const struct disk_node *directory, const struct disk_node *node,
                             char path[DISK_PATH_BYTES], size_t len)
{
    LIST_EACH(at, &directory->cached) {
        const struct disk_entry *entry = LIST_ENTRY(at, struct disk_entry, node);
        int more = snprintf(path + len, DISK_PATH_BYTES - len, "/%s", entry->name);
        size_t end = MIN(len + (size_t)more, (size_t)DISK_PATH_BYTES - 1);
        if (entry->target == node || path_holds_below(entry->target, node, path, end))
            return true;
    }
    return false;
}

bool disk_tree_path_holds(const struct disk_tree *tree, const struct disk_node *node,
                          const char *text)
{
    char path[DISK_PATH_BYTES];
    return path_holds_below(tree->root, node, path, 0) && strstr(path, text) != NULL;
}

int disk_tree_create(struct disk_tree *tree, const char *path, enum file_kind kind,
                     struct disk_node **created)
{
    char name[256];
    struct disk_node *directory;
    int result = path_resolve(tree, path, &directory, name);
    if (result != 0)
        return result;
    if (name[0] == '\0' || entry_find(&directory->cached, name) != NULL)
        return ERR_EXISTS;
    *created = node_new(tree, kind);
    change_make(tree, &(struct change){.to = directory, .to_name = name, .target = *created});
    return 0;
}

static bool is_inside(const struct disk_node *directory, const struct disk_node *node)
{
    if (directory == node)
        return true;
    LIST_EACH(at, &directory->cached)
        if (is_inside(LIST_ENTRY(at, struct disk_entry, node)->target, node))
            return true;
    return false;
}

/* Whether `target` may take the place of `old`. */
static int may_replace(const struct disk_node *target, const struct disk_node *old)
{
    bool over_directory = old->kind == FILE_KIND_DIRECTORY;
    if (over_directory != (target->kind == FILE_KIND_DIRECTORY))
        return ERR_IO;
    return over_directory && !list_empty(&old->cached) ? ERR_EXISTS : 0;
}

int disk_tree_rename(struct disk_tree *tree, const char *from, const char *to)
{
    char from_name[256];
    char to_name[256];
    struct change change = {.from_name = from_name, .to_name = to_name};
    int result = path_resolve(tree, from, &change.from, from_name);
    if (result == 0)
        result = path_resolve(tree, to, &change.to, to_name);
    if (result != 0)
        return result;
    const struct disk_entry *entry = entry_find(&change.from->cached, from_name);
    if (entry == NULL)
        return ERR_NOT_FOUND;
    change.target = entry->target;
    const struct disk_entry *old = entry_find(&change.to->cached, to_name);
    if (old == entry)
        return 0;
    if (to_name[0] == '\0' || is_inside(change.target, change.to))
        return ERR_INVALID;
    result = old == NULL ? 0 : may_replace(change.target, old->target);
    if (result == 0)
        change_make(tree, &change);
    return result;
}

static int entry_remove(struct disk_tree *tree, const char *path, bool directory)
{
    char name[256];
    struct change change = {.from_name = name};
    int result = path_resolve(tree, path, &change.from, name);
    if (result != 0)
        return result;
    const struct disk_entry *entry = entry_find(&change.from->cached, name);
    if (entry == NULL)
        return name[0] == '\0' ? ERR_BUSY : ERR_NOT_FOUND;
    if (directory != (entry->target->kind == FILE_KIND_DIRECTORY))
        return ERR_IO;
    if (directory && !list_empty(&entry->target->cached))
        return ERR_EXISTS;
    change_make(tree, &change);
    return 0;
}

int disk_tree_remove(struct disk_tree *tree, const char *path)
{
    return entry_remove(tree, path, false);
}

int disk_tree_remove_directory(struct disk_tree *tree, const char *path)
{
    return entry_remove(tree, path, true);
}

/* Life. */

void disk_tree_init(struct disk_tree *tree)
{
    *tree = (struct disk_tree){0};
    list_init(&tree->nodes);
    list_init(&tree->changes);
    tree->root = node_new(tree, FILE_KIND_DIRECTORY);
    disk_tree_hold(tree->root);
}

void disk_tree_fini(struct disk_tree *tree)
{
    /* Then cache and disk agree, and no two directories can hold each other. */
    disk_tree_sync_all(tree);
    disk_tree_drop(tree, tree->root);
    ASSERT(list_empty(&tree->nodes));
}

uint64_t disk_tree_used(const struct disk_tree *tree)
{
    uint64_t pages = 0;
    LIST_EACH(at, &tree->nodes) {
        const struct disk_node *node = LIST_ENTRY(at, struct disk_node, node);
        if (node->links > 0 || node->handles > 0)
            pages += node->image.allocated_pages;
    }
    return pages * DISK_PAGE;
}
