#include <string.h>

#include "bihuan/v1/progress_service.pb-c.h"
#include "cmd.h"
#include "command.h"
#include "fill.h"
#include "out.h"
#include "ref.h"

enum { VALUE_PARTS = 5, VALUE_PARTS_MIN = 4 };

/* "metric,number,unit,source[,target]" */
static bh_err *parse_value(app *a, const char *text, Bh__Value **ret_value) {
    Bh__Value *value = arena_alloc(a->call->mem, sizeof(*value));
    bh__value__init(value);
    char **parts[VALUE_PARTS] = { &value->metric, &value->number, &value->unit, &value->source, &value->target_id };
    size_t n = 0;
    for (const char *p = text; n < VALUE_PARTS; n++) {
        size_t length = n + 1 < VALUE_PARTS ? strcspn(p, ",") : strlen(p);
        *parts[n] = arena_strndup(a->call->mem, p, length);
        p += length;
        if (!*p++)
            break;
    }
    if (n + 1 < VALUE_PARTS_MIN)
        return bh_fail(a->call, OPTION_BAD, "value", text, option_find("value")->meta);
    *ret_value = value;
    return NULL;
}

static bh_err *add_values(app *a, Bh__SubmitReportRequest *request) {
    const char *text;
    request->values = arena_array(a->call->mem, ARGS_MAX, sizeof(Bh__Value *));
    for (size_t i = 0; (text = args_nth(&a->args, "value", i)); i++)
        TRY(parse_value(a, text, &request->values[request->n_values++]));
    return NULL;
}

/* The report's version, not the task's; 0 when none is there yet. */
static bh_err *version_of_report(app *a, const ProtobufCMessage *message, int32_t *ret_version) {
    const Bh__SubmitReportRequest *request = (const Bh__SubmitReportRequest *) message;
    Bh__Report *report;
    TRY(ref_own_report(a, request->task_id, request->period, &report));
    *ret_version = report ? report->version : 0;
    return NULL;
}

bh_err *cmd_report_submit(app *a, const verb *v) {
    Bh__SubmitReportRequest *request = (Bh__SubmitReportRequest *) remote_request(a, v->method);
    ProtobufCMessage *response;
    TRY(fill_request(a, &request->base));
    TRY(add_values(a, request));
    TRY(command_send(a, v->method, &request->base, version_of_report, &response));
    out_record(a, response);
    return NULL;
}
