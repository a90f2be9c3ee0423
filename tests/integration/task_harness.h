/* A task service without sockets: its handlers over a real pool, persons of a small city, tasks put into any state. */
#pragma once

#include "base/call.h"
#include "base/uuid.h"
#include "pg/pg.h"

typedef struct person {
    const char *name;
    int32_t user_id, unit_id, post, leader_id;
} person;

/* Units: 10 the office, 20 leads, 21 is co-unit, 90 and 91 strangers (91 an office). NULL-terminated by name. */
extern const person persons[];
const person *person_named(const char *name);

/* A pool over BIHUAN_TEST_DATABASE with the rights of the task service; ends the test on failure. */
pg_pool *harness_open(void);
void harness_close(pg_pool *pool);

/* Runs SQL as the owner of the database; ends the test on failure. */
void harness_sql(const char *sql);

/* As if the unit had uploaded a file. */
void harness_evidence(const char *digest, int unit_id);

/* What came of a command. */
typedef struct told {
    char reason[64]; /* "OK" or the reason of the refusal */
    char zh[512];
    int version;
    int state;
} told;

/* Gives a command as `who` at 2025-06-02 (Monday) 09:00 in China; the request is JSON without the outer braces. A NULL
 * request id makes a new one. */
told harness_do(pg_pool *pool, const person *who, const char *method, const uuid *request_id, const char *json);

/* The same for what only reads, without a request id. */
told harness_ask(pg_pool *pool, const person *who, const char *method, const char *json);
