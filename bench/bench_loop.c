/* bench_loop KEY PEERS LOOPS: the loop create-acknowledge-report-close as four real commands through lib/rpc with
 * CURVE, as the gateway sends them, 64 callers, on the tasks of bench/loop.sql. Each round needs LOOPS tasks of each
 * kind. One JSON line: loops per second (the middle round) and the latencies of each command. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "bench/command.h"
#include "bench/measure.h"
#include "bihuan/v1/task_service.pb-c.h"
#include "domain/task.h"

enum { ROUNDS = 3, CALLERS = 64, OFFICE = 10, LEAD = 20, LEADER = 50 };
enum { ISSUED = 1, ACTIVE = 2, SIGN_OFF = 3 }; /* kinds of task in bench/loop.sql */

typedef struct round {
    int first; /* the first loop of the round */
    int loops; /* of each caller */
} round;

static const principal drafter = {
    .user_id = 1, .unit_id = OFFICE, .post = POST_DRAFTER, .login = "drafter01", .service = ""
};
static const principal handler = {
    .user_id = 11, .unit_id = LEAD, .post = POST_HANDLER, .login = "handler01", .service = ""
};
static const principal leader = {
    .user_id = 50, .unit_id = 5, .post = POST_LEADER, .leader_id = LEADER, .login = "leader01", .service = ""
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

/* In the order of a loop. */
typedef struct step {
    const char *name, *method;
    const principal *who;
    void (*pack)(int loop, load_request *r);
    int version; /* after it */
} step;

static const step steps[] = {
    { "CreateTask", "/bihuan.v1.TaskService/CreateTask", &drafter, pack_create, 1 },
    { "AcknowledgeLeg", "/bihuan.v1.TaskService/AcknowledgeLeg", &handler, pack_acknowledge, 2 },
    { "SubmitReport", "/bihuan.v1.ProgressService/SubmitReport", &handler, pack_report, 1 },
    { "SignOffTask", "/bihuan.v1.TaskService/SignOffTask", &leader, pack_sign_off, 2 },
};

static void pack(const void *data, int caller, int turn, load_request *ret_request) {
    const round *r = data;
    const int kind = turn % (int) countof(steps);
    ret_request->kind = kind;
    ret_request->method = steps[kind].method;
    ret_request->who = steps[kind].who;
    steps[kind].pack(r->first + caller * r->loops + turn / (int) countof(steps), ret_request);
}

static bool is_right(const void *data, int caller, int turn, const uint8_t *bytes, size_t size) {
    (void) data, (void) caller;
    return command_made(steps[turn % (int) countof(steps)].version, bytes, size);
}

static void print(const load_result *results) {
    double per_s[ROUNDS], p50[ROUNDS], p99[ROUNDS];
    for (int i = 0; i < ROUNDS; i++)
        per_s[i] = (double) results[i].kinds[0].calls / results[i].seconds;
    printf("{\"bench\":\"loop\",\"callers\":%d,\"loops_per_s\":%.0f,\"commands\":{", CALLERS, median(per_s, ROUNDS));
    for (size_t k = 0; k < countof(steps); k++) {
        for (int i = 0; i < ROUNDS; i++) {
            p50[i] = results[i].kinds[k].p50_us;
            p99[i] = results[i].kinds[k].p99_us;
        }
        printf("%s\"%s\":{\"p50_us\":%.0f,\"p99_us\":%.0f}", k ? "," : "", steps[k].name, median(p50, ROUNDS),
               median(p99, ROUNDS));
    }
    puts("}}");
}

int main(int argc, char **argv) {
    static const char *const services[] = { "bihuan.v1.TaskService", "bihuan.v1.ProgressService" };
    must(argc == 4, "usage: bench_loop KEY PEERS LOOPS");
    int loops = (int) strtol(argv[3], NULL, 10);
    must(loops > 0 && loops % CALLERS == 0, "LOOPS must be a multiple of 64");
    load_result results[ROUNDS];
    log_open("bench", LOG_ERROR);
    bh_call *call = call_new("bench", 60000);
    rpc_client *client = load_client(call, argv[1], argv[2], services, countof(services));
    for (int i = 0; i < ROUNDS; i++) {
        const round r = { .first = 1 + i * loops, .loops = loops / CALLERS };
        load_plan plan = { .callers = CALLERS,
                           .ms = 60000,
                           .turns = r.loops * (int) countof(steps),
                           .data = &r,
                           .pack = pack,
                           .is_right = is_right };
        results[i] = load_run(client, &plan);
        must(results[i].calls == (size_t) loops * countof(steps), "the time was over before the loops were");
    }
    print(results);
    rpc_client_close(client);
    call_free(call);
    return 0;
}
