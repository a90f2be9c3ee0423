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

/* The same people, and a few more, at a desk where the rules about persons matter. */
static const principal elsewhere[] = {
    PERSON("handler_elsewhere", 11, 21, HANDLER),
    PERSON("handler_as_head", 11, 20, HEAD),
    PERSON("second_head", 13, 20, HEAD),
    PERSON("chief_of_20", 14, 20, OFFICE_HEAD),
    PERSON("handler_as_verifier", 11, 10, VERIFIER),
    PERSON("drafter_as_chief", 1, 10, OFFICE_HEAD),
    PERSON("chief_as_verifier", 3, 10, VERIFIER),
    PERSON("verifier_as_chief", 2, 10, OFFICE_HEAD),
    PERSON("handler_of_10", 15, 10, HANDLER),
    { .login = "leader2_in_10", .user_id = 51, .unit_id = 10, .post = POST_LEADER, .leader_id = 51 },
};

static const principal *find_person(const principal *people, size_t n, const char *login) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(people[i].login, login) == 0)
            return &people[i];
    return NULL;
}

const principal *person_named(const char *login) {
    const principal *found = find_person(persons, PERSON_COUNT, login);
    found = found ? found : find_person(elsewhere, countof(elsewhere), login);
    if (!found)
        fail_msg("nobody is called %s", login);
    return found;
}

/* Who is named must be in the directory: the units, and the leaders with their posts. */
static void put_directory(desk *d) {
    desk_sql(d, "insert into directory.unit (site_id, unit_id, name, kind, office_unit_id, version, leaf_hash) "
                "select 1, u, 'unit ' || u, 1, 0, 1, sha256('') from unnest(array[5, 10, 20, 21, 22, 90, 91]) u "
                "on conflict do nothing;"
                "insert into directory.person (site_id, user_id, login, name, password, version, leaf_hash) "
                "select 1, u, 'leader' || u, 'leader ' || u, '$argon2id$', 1, sha256('') from unnest(array[50, 51]) u "
                "on conflict do nothing;"
                "insert into directory.post_grant (site_id, user_id, version, unit_id, post, leader_id, first_day) "
                "select 1, u, 1, 5, 6, u, '2020-01-01' from unnest(array[50, 51]) u on conflict do nothing");
}

int task_setup(void **state) {
    *state = desk_open(&task_service);
    put_directory(*state);
    desk_set_clock(*state, ((int64_t) day_of(2025, 6, 2) * 24 + 1) * 3600 * 1000);
    return 0;
}

void put_evidence(desk *d, const char *digest, int unit_id) {
    desk_sql(d,
             "insert into progress.evidence (site_id, digest, unit_id, size, name, media_type, user_id, login, "
             "uploaded, leaf_hash) values (1, decode('%s', 'hex'), %d, 1, 'n', 't', 1, 'l', now(), sha256(''))",
             digest, unit_id);
}
