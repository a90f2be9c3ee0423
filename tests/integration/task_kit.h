/* What the tests of the task service share: its desk on a Monday morning, and the persons of a small city. */
#pragma once

#include "integration/desk.h"

/* Units: 10 the office, 20 leads, 21 is co-unit, 22, 90 and 91 strangers (91 an office). */
extern const principal persons[];
enum { PERSON_COUNT = 16 };
const principal *person_named(const char *login);

/* For cmocka: a desk of the service in *state, where it is 2 June 2025, 09:00 in China. */
int task_setup(void **state);
/* As if the unit had uploaded a file. */
void put_evidence(desk *d, const char *digest, int unit_id);
