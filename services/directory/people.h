/* People with their posts, as several methods answer them. */
#pragma once

#include "store.h"

/* Fills in the posts of these people; only those in one unit unless unit_id is EVERY_UNIT. */
MUST bh_err *people_add_posts(bh_call *c, Bh__User **users, size_t n, int32_t unit_id);
/* One person with every post; *ret_posts are the same posts with what only the store knows. */
MUST bh_err *people_get(bh_call *c, int32_t user_id, Bh__User **ret_user, held_post **ret_posts);
