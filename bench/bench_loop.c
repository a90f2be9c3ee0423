/* bench_loop KEY PEERS LOAD FIRST LOOPS [PER_S]: the loop create-acknowledge-report-close as four real commands through
 * lib/rpc with CURVE, as the gateway sends them, on the tasks of bench/loop.sql from FIRST on, which it uses up. LOAD
 * is closed  64 callers, one loop after the other; open    PER_S loops a second, whatever becomes of those before;
 *   alone   one caller; it also reads: GetTask, ListTasks, ListTodo.
 * One JSON line: loops per second, and the latencies of each method. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "bench/command.h"
#include "bench/measure.h"
#include "bihuan/v1/task_service.pb-c.h"
#include "domain/task.h"

enum { CALLERS = 64, OFFICE = 10, LEAD = 20, LEADER = 50, OTHER_LEAD = 1001 };
enum { ISSUED = 1, ACTIVE = 2, SIGN_OFF = 3 }; /* kinds of task in bench/loop.sql */
enum { COMMANDS = 4, METHODS = 7 };

/* How the loops are shared out. */
typedef struct sharing {
    int first;   /* the first loop */
    int loops;   /* of each caller */
    int methods; /* of each loop */
} sharing;

static const principal drafter = {
    .user_id = 1, .unit_id = OFFICE, .post = POST_DRAFTER, .login = "drafter01", .service = ""
};
static const principal handler = {
    .user_id = 11, .unit_id = LEAD, .post = POST_HANDLER, .login = "handler01", .service = ""
};
static const principal leader = {
    .user_id = 50, .unit_id = 5, .post = POST_LEADER, .leader_id = LEADER, .login = "leader01", .service = ""
};

/* Of a unit whose tasks bench/growth.sql makes. */
static const principal reader = {
    .user_id = 12, .unit_id = OTHER_LEAD, .post = POST_HANDLER, .login = "handler02", .service = ""
};

static void task_id(int kind, int loop, char ret_text[UUID_TEXT_SIZE]) {
    snprintf(ret_text, UUID_TEXT_SIZE, "00000000-0000-8000-800%d-%012d", kind, loop);
}

static void pack_create(int loop, load_request *r) {
    char key[UUID_TEXT_SIZE], no[16];
    command_id(key);
    snprintf(no, sizeof(no), "%d", loop);
    Bh__Draft draft = BH__DRAFT__INIT;
    draft.no = no;
    draft.text = (char *) "Rebuild 120 km of rural roads and 30 bridges.";
    draft.result = (char *) "120 km rebuilt";
    draft.deadline = (char *) "2035-12-31"; /* a workday that is not over when this runs */
    draft.lead_unit_id = LEAD;
    draft.co_unit_ids = (int32_t[]){ 21, 22 };
    draft.n_co_unit_ids = 2;
    draft.leader_ids = (int32_t[]){ LEADER };
    draft.n_leader_ids = 1;
    Bh__CreateTaskRequest request = BH__CREATE_TASK_REQUEST__INIT;
    request.request_id = key;
    request.draft = &draft;
    r->size = bh__create_task_request__pack(&request, r->bytes);
}

static void pack_acknowledge(int loop, load_request *r) {
    char key[UUID_TEXT_SIZE], task[UUID_TEXT_SIZE];
    command_id(key);
    task_id(ISSUED, loop, task);
    Bh__AcknowledgeLegRequest request = BH__ACKNOWLEDGE_LEG_REQUEST__INIT;
    request.request_id = key;
    request.task_id = task;
    request.version = 1;
    r->size = bh__acknowledge_leg_request__pack(&request, r->bytes);
}

static void pack_report(int loop, load_request *r) {
    char task[UUID_TEXT_SIZE];
    task_id(ACTIVE, loop, task);
    command_report(task, 0, r);
}

static void pack_sign_off(int loop, load_request *r) {
    char key[UUID_TEXT_SIZE], task[UUID_TEXT_SIZE];
    command_id(key);
    task_id(SIGN_OFF, loop, task);
    Bh__SignOffTaskRequest request = BH__SIGN_OFF_TASK_REQUEST__INIT;
    request.request_id = key;
    request.task_id = task;
    request.version = 1;
    r->size = bh__sign_off_task_request__pack(&request, r->bytes);
}

static void pack_get(int loop, load_request *r) {
    char task[UUID_TEXT_SIZE];
    task_id(ISSUED, loop, task);
    Bh__GetTaskRequest request = BH__GET_TASK_REQUEST__INIT;
    request.task_id = task;
    r->size = bh__get_task_request__pack(&request, r->bytes);
}

static void pack_list(int loop, load_request *r) {
    (void) loop;
    const Bh__ListTasksRequest request = BH__LIST_TASKS_REQUEST__INIT;
    r->size = bh__list_tasks_request__pack(&request, r->bytes);
}

static void pack_todo(int loop, load_request *r) {
    (void) loop;
    const Bh__ListTodoRequest request = BH__LIST_TODO_REQUEST__INIT;
    r->size = bh__list_todo_request__pack(&request, r->bytes);
}

/* In the order of a loop. */
typedef struct step {
    const char *name, *method;
    const principal *who;
    void (*pack)(int loop, load_request *r);
    int version; /* after it; 0: it reads */
} step;

static const step steps[METHODS] = {
    { "CreateTask", "/bihuan.v1.TaskService/CreateTask", &drafter, pack_create, 1 },
    { "AcknowledgeLeg", "/bihuan.v1.TaskService/AcknowledgeLeg", &handler, pack_acknowledge, 2 },
    { "SubmitReport", "/bihuan.v1.ProgressService/SubmitReport", &handler, pack_report, 1 },
    { "SignOffTask", "/bihuan.v1.TaskService/SignOffTask", &leader, pack_sign_off, 2 },
    { "GetTask", "/bihuan.v1.TaskService/GetTask", &handler, pack_get, 0 },
    { "ListTasks", "/bihuan.v1.TaskService/ListTasks", &reader, pack_list, 0 },
    { "ListTodo", "/bihuan.v1.TaskService/ListTodo", &reader, pack_todo, 0 },
};

static void pack(const void *data, int caller, int turn, load_request *ret_request) {
    const sharing *s = data;
    const int kind = turn % s->methods;
    ret_request->kind = kind;
    ret_request->method = steps[kind].method;
    ret_request->who = steps[kind].who;
    steps[kind].pack(s->first + caller * s->loops + turn / s->methods, ret_request);
}

/* Whoever reads gets something; an empty answer ends the run before it comes here. */
static bool is_right(const void *data, int caller, int turn, const uint8_t *bytes, size_t size) {
    (void) caller;
    const sharing *s = data;
    const int version = steps[turn % s->methods].version;
    return version == 0 || command_made(version, bytes, size);
}

static void print(const char *load, int methods, const load_result *result) {
    printf("{\"bench\":\"loop\",\"load\":\"%s\",\"loops_per_s\":%.0f,\"methods\":{", load,
           (double) result->kinds[0].calls / result->seconds);
    for (int k = 0; k < methods; k++)
        printf("%s\"%s\":{\"p50_us\":%.0f,\"p99_us\":%.0f}", k ? "," : "", steps[k].name, result->kinds[k].p50_us,
               result->kinds[k].p99_us);
    puts("}}");
}

typedef struct load_kind {
    const char *name;
    int callers, methods;
} load_kind;

static const load_kind *kind_of(const char *name) {
    static const load_kind kinds[] = { { "closed", CALLERS, COMMANDS },
                                       { "open", 1, COMMANDS },
                                       { "alone", 1, METHODS } };
    for (size_t i = 0; i < countof(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

static load_result run(rpc_client *client, const load_kind *kind, int first, int loops, double per_s) {
    const sharing s = { .first = first, .loops = loops / kind->callers, .methods = kind->methods };
    const load_plan plan = { .callers = kind->callers,
                             .ms = 60000,
                             .turns = s.loops * kind->methods,
                             .per_s = per_s * kind->methods,
                             .data = &s,
                             .pack = pack,
                             .is_right = is_right };
    const load_result result = load_run(client, &plan);
    must(result.calls == (size_t) loops * (size_t) kind->methods, "the time was over before the loops were");
    return result;
}

int main(int argc, char **argv) {
    static const char *const services[] = { "bihuan.v1.TaskService", "bihuan.v1.ProgressService" };
    const load_kind *kind = argc < 6 ? NULL : kind_of(argv[3]);
    must(kind != NULL, "usage: bench_loop KEY PEERS closed|open|alone FIRST LOOPS [PER_S]");
    const int first = (int) strtol(argv[4], NULL, 10), loops = (int) strtol(argv[5], NULL, 10);
    must(loops > 0 && loops % kind->callers == 0, "LOOPS must be a multiple of the callers");
    log_open("bench", LOG_ERROR);
    bh_call *call = call_new("bench", 60000);
    rpc_client *client = load_client(call, argv[1], argv[2], services, countof(services));
    const load_result result = run(client, kind, first, loops, argc > 6 ? strtod(argv[6], NULL) : 0);
    print(kind->name, kind->methods, &result);
    rpc_client_close(client);
    call_free(call);
    return 0;
}
