#include "sim/cast.h"

#include "base/macros.h"

const cast_unit cast_units[] = {
    { 5, 0, false, { 0 } },  { 10, 0, false, { 0 } },  { 20, 0, false, { 0 } },     { 21, 0, false, { 0 } },
    { 22, 0, false, { 0 } }, { 30, 90, false, { 0 } }, { 31, 0, false, { 0 } },     { 33, 90, false, { 0 } },
    { 90, 0, false, { 0 } }, { 40, 0, true, { 0 } },   { 41, 0, true, { 30, 31 } },
};

const size_t cast_unit_count = countof(cast_units);

const cast_unit *cast_unit_of(int32_t unit_id) {
    for (size_t i = 0; i < countof(cast_units); i++)
        if (cast_units[i].unit_id == unit_id)
            return &cast_units[i];
    return NULL;
}

/* Two who act and one in reserve for either post. */
#define UNIT(id)                                                            \
    { "handler" #id "a", (id) *100 + 1, (id), POST_HANDLER, 0, false },     \
        { "handler" #id "b", (id) *100 + 2, (id), POST_HANDLER, 0, false }, \
        { "handler" #id "r", (id) *100 + 3, (id), POST_HANDLER, 0, true },  \
        { "head" #id "a", (id) *100 + 4, (id), POST_HEAD, 0, false },       \
        { "head" #id "b", (id) *100 + 5, (id), POST_HEAD, 0, false },       \
        { "head" #id "r", (id) *100 + 6, (id), POST_HEAD, 0, true }, {      \
        "handler" #id "a-as-head", (id) *100 + 1, (id), POST_HEAD, 0, false \
    }

#define OFFICE(id)                                                                          \
    { "drafter" #id "a", (id) *100 + 11, (id), POST_DRAFTER, 0, false },                    \
        { "drafter" #id "r", (id) *100 + 12, (id), POST_DRAFTER, 0, true },                 \
        { "verifier" #id "a", (id) *100 + 13, (id), POST_VERIFIER, 0, false },              \
        { "verifier" #id "b", (id) *100 + 14, (id), POST_VERIFIER, 0, false },              \
        { "verifier" #id "r", (id) *100 + 15, (id), POST_VERIFIER, 0, true },               \
        { "verifier" #id "s", (id) *100 + 16, (id), POST_VERIFIER, 0, true },               \
        { "chief" #id "a", (id) *100 + 17, (id), POST_OFFICE_HEAD, 0, false },              \
        { "chief" #id "b", (id) *100 + 18, (id), POST_OFFICE_HEAD, 0, false },              \
        { "chief" #id "r", (id) *100 + 19, (id), POST_OFFICE_HEAD, 0, true },               \
        { "drafter" #id "a-as-chief", (id) *100 + 11, (id), POST_OFFICE_HEAD, 0, false },   \
        { "drafter" #id "a-as-verifier", (id) *100 + 11, (id), POST_VERIFIER, 0, false }, { \
        "chief" #id "a-as-verifier", (id) *100 + 17, (id), POST_VERIFIER, 0, false          \
    }

#define LEADER(id)                                                 \
    { "leader" #id, (id), 5, POST_LEADER, (id), false }, {         \
        "delegate" #id "r", 500 + (id), 5, POST_LEADER, (id), true \
    }

const cast_person cast[] = {
    UNIT(20),
    UNIT(21),
    UNIT(22),
    UNIT(30),
    UNIT(31),
    UNIT(33),
    OFFICE(10),
    OFFICE(90),
    LEADER(50),
    LEADER(51),
    /* Changes of hat: whoever worked for a unit verifies, drafts or signs. */
    { "handler20a-as-verifier", 2001, 10, POST_VERIFIER, 0, false },
    { "head21a-as-verifier", 2104, 10, POST_VERIFIER, 0, false },
    { "handler30b-as-verifier", 3002, 10, POST_VERIFIER, 0, false },
    { "head20b-as-verifier", 2005, 10, POST_VERIFIER, 0, false },
    { "verifier10a-as-leader", 1013, 5, POST_LEADER, 50, false },
    { "drafter10a-as-leader", 1011, 5, POST_LEADER, 51, false },
    { "auditor", 7001, 10, POST_AUDITOR, 0, false },
    { "operator", 7002, 10, POST_OPERATOR, 0, false },
};

const size_t cast_count = countof(cast);
