#include "domain/application.h"

static const application_row applications[] = {
#define APPLICATION(kind, field, zh, en) \
    [ABOUT_##kind] = { ABOUT_##kind, MOVE_APPLY_##kind, MOVE_GRANT_##kind, ASKS_##field, zh, en },
#include "domain/applications.def"
#undef APPLICATION
};

static const struct {
    const char *name;
    bh_detail missing;
} fields[ASKS_FIELDS] = {
    [ASKS_UNIT] = { "other_unit_id", BH_DETAIL_RIGHT_UNIT_MISSING },
    [ASKS_DAY] = { "day", BH_DETAIL_NOT_DAY },
    [ASKS_RESULT] = { "result", BH_DETAIL_RESULT_MISSING },
};

const application_row *application_of(move_about kind) {
    return kind > ABOUT_NOTHING && (size_t) kind < countof(applications) ? &applications[kind] : NULL;
}

bh_err *application_check(bh_call *call, const application_row *row, const bool *given) {
    for (int f = ASKS_NOTHING + 1; f < ASKS_FIELDS; f++) {
        bool is_asked = row->field == (application_field) f;
        if (given[f] != is_asked)
            return bh_err_why(call, BH_REASON_BAD_FIELD, fields[f].name,
                              is_asked ? fields[f].missing : BH_DETAIL_NOT_OF_KIND, __FILE__, __LINE__,
                              (const char *const[4]){ NULL });
    }
    return NULL;
}
