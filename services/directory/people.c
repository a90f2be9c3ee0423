#include "people.h"

/* Posts come in the order of people: those of one person lie together. */
static void add_posts(bh_call *c, Bh__User *user, const held_post *posts, size_t n) {
    user->posts = arena_array(c->mem, n, sizeof(*user->posts));
    for (size_t i = 0; i < n; i++)
        user->posts[i] = posts[i].post;
    user->n_posts = n;
}

static void hand_out(bh_call *c, Bh__User **users, size_t n, const held_post *posts, size_t post_count) {
    size_t first = 0;
    for (size_t i = 0; i < n; i++) {
        size_t end = first;
        while (end < post_count && posts[end].user_id == users[i]->user_id)
            end++;
        add_posts(c, users[i], posts + first, end - first);
        first = end;
    }
}

static bh_err *read_posts(bh_call *c, Bh__User **users, size_t n, int32_t unit_id, held_post **ret_posts) {
    int32_t *user_ids = arena_array(c->mem, n, sizeof(*user_ids));
    for (size_t i = 0; i < n; i++)
        user_ids[i] = users[i]->user_id;
    size_t post_count;
    TRY(store_list_posts(c, user_ids, n, unit_id, ret_posts, &post_count));
    hand_out(c, users, n, *ret_posts, post_count);
    return NULL;
}

bh_err *people_add_posts(bh_call *c, Bh__User **users, size_t n, int32_t unit_id) {
    held_post *posts;
    return read_posts(c, users, n, unit_id, &posts);
}

bh_err *people_get(bh_call *c, int32_t user_id, Bh__User **ret_user, held_post **ret_posts) {
    page one = { .only = user_id, .size = 1 };
    Bh__User **users;
    size_t n;
    TRY(store_list_users(c, &one, 0, &users, &n));
    if (n == 0)
        return bh_fail(c, NOT_FOUND_OBJECT, arena_printf(c->mem, "user %d", (int) user_id));
    *ret_user = users[0];
    return read_posts(c, users, 1, EVERY_UNIT, ret_posts);
}
