/* The intrusive list. */
#include "base/list.h"

#include <criterion/criterion.h>

struct entry {
    int id;
    struct list node;
};

static struct list head;
static struct entry entries[8];

static void open_list(void)
{
    list_init(&head);
    for (int i = 0; i < 8; i++) {
        entries[i].id = i;
        list_init(&entries[i].node);
    }
}

TestSuite(list, .init = open_list);

/* Checks the ids in order, a digit each, and every link backwards. */
static void assert_ids(struct list *list, const char *ids)
{
    struct list *node = list->next;
    for (; *ids != '\0'; ids++, node = node->next) {
        cr_assert_neq(node, list);
        cr_assert_eq(LIST_ENTRY(node, struct entry, node)->id, *ids - '0');
        cr_assert_eq(node->next->prev, node);
        cr_assert_eq(node->prev->next, node);
    }
    cr_assert_eq(node, list);
}

Test(list, an_empty_list_has_no_first)
{
    cr_assert(list_empty(&head));
    cr_assert_null(list_pop_front(&head));
    cr_assert_null(LIST_FIRST(&head, struct entry, node));
    assert_ids(&head, "");
}

Test(list, pushes_at_both_ends)
{
    list_push_back(&head, &entries[1].node);
    list_push_back(&head, &entries[2].node);
    list_push_front(&head, &entries[0].node);
    assert_ids(&head, "012");
    cr_assert_eq(LIST_FIRST(&head, struct entry, node), &entries[0]);
    cr_assert_eq(LIST_ENTRY(head.prev, struct entry, node), &entries[2]);
}

Test(list, pops_in_order)
{
    for (int i = 0; i < 3; i++)
        list_push_back(&head, &entries[i].node);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(list_pop_front(&head), &entries[i].node);
    cr_assert(list_empty(&head));
}

Test(list, a_removed_node_may_be_removed_again)
{
    for (int i = 0; i < 3; i++)
        list_push_back(&head, &entries[i].node);
    list_remove(&entries[1].node);
    list_remove(&entries[1].node);
    assert_ids(&head, "02");
    cr_assert(list_empty(&entries[1].node));
}

Test(list, appends_a_whole_list_and_leaves_it_empty)
{
    struct list from;
    list_init(&from);
    list_push_back(&head, &entries[0].node);
    list_append(&head, &from);
    assert_ids(&head, "0");
    list_push_back(&from, &entries[1].node);
    list_push_back(&from, &entries[2].node);
    list_append(&head, &from);
    assert_ids(&head, "012");
    assert_ids(&from, "");
    list_append(&from, &head);
    assert_ids(&from, "012");
}

Test(list, the_body_of_a_loop_may_remove_its_node)
{
    for (int i = 0; i < 8; i++)
        list_push_back(&head, &entries[i].node);
    int seen = 0;
    LIST_EACH(node, &head) {
        cr_assert_eq(LIST_ENTRY(node, struct entry, node)->id, seen++);
        if (seen % 2 == 1)
            list_remove(node);
    }
    cr_assert_eq(seen, 8);
    assert_ids(&head, "1357");
}
