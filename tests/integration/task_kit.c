#include "integration/task_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "domain/calendar.h"
#include "domain/task.h"
#include "handlers.h"

#define PERSON(name, user, unit, held) \
    { .login = name, .user_id = user, .unit_id = unit, .post = POST_##held }
#define LEADER(name, user) \
    { .login = name, .user_id = user, .unit_id = 5, .post = POST_LEADER, .leader_id = user }

const principal persons[PERSON_COUNT] = {
    PERSON("drafter", 1, 10, DRAFTER),
    PERSON("verifier", 2, 10, VERIFIER),
    PERSON("office_head", 3, 10, OFFICE_HEAD),
    PERSON("verifier2", 4, 10, VERIFIER),
    PERSON("lead_handler", 11, 20, HANDLER),
    PERSON("lead_head", 12, 20, HEAD),
    PERSON("co_handler", 21, 21, HANDLER),
    PERSON("co_head", 22, 21, HEAD),
    LEADER("leader", 50),
    LEADER("leader2", 51),
    PERSON("auditor", 60, 0, AUDITOR),
    PERSON("operator", 61, 0, OPERATOR),
    PERSON("third_handler", 31, 22, HANDLER),
    PERSON("other_handler", 71, 90, HANDLER),
    PERSON("other_head", 72, 90, HEAD),
    PERSON("other_office", 73, 91, OFFICE_HEAD),
};

const principal *person_named(const char *login) {
    for (size_t i = 0; i < PERSON_COUNT; i++)
        if (strcmp(persons[i].login, login) == 0)
            return &persons[i];
    fail_msg("nobody is called %s", login);
    return NULL;
}

int task_setup(void **state) {
    *state = desk_open(&task_service);
    desk_set_clock(*state, ((int64_t) day_of(2025, 6, 2) * 24 + 1) * 3600 * 1000);
    return 0;
}

void put_evidence(desk *d, const char *digest, int unit_id) {
    desk_sql(d,
             "insert into progress.evidence (site_id, digest, unit_id, size, name, media_type, user_id, login, "
             "uploaded, leaf_hash) values (1, decode('%s', 'hex'), %d, 1, 'n', 't', 1, 'l', now(), sha256(''))",
             digest, unit_id);
}
