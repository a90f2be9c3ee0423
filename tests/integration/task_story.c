#include "integration/task_story.h"

const char *give(const story *s, const char *who, const char *method, const char *id, const char *fields) {
    return desk_call_as(s->d, method, person_named(who), id, "\"task_id\":\"%s\",\"version\":%s%s%s", s->task,
                        s->version, *fields ? "," : "", fields);
}

void refused(const story *s, const char *who, const char *method, const char *fields, const char *reason) {
    assert_starts(give(s, who, method, desk_request_id(s->d), fields), desk_text(s->d, "!%s ", reason));
}

void done(story *s, const char *who, const char *method, const char *fields) {
    s->answer = give(s, who, method, desk_request_id(s->d), fields);
    assert_starts(s->answer, "{");
    s->version = desk_value(s->d, s->answer, "version");
}

story begin_draft(desk *d, const char *fields) {
    story s = { .d = d, .task = desk_request_id(d), .version = "1" };
    assert_starts(desk_call_as(d, "CreateTask", person_named("drafter"), s.task, "\"draft\":{%s}", fields), "{");
    return s;
}

story begin(desk *d, const char *leaders, bool is_key) {
    story s = begin_draft(d, desk_text(d,
                                       "\"no\":\"1.1\",\"text\":\"t\",\"lead_unit_id\":20,\"co_unit_ids\":[21],"
                                       "\"leader_ids\":%s,\"deadline\":\"2025-12-31\",\"result\":\"r\",\"is_key\":%s",
                                       leaders, is_key ? "true" : "false"));
    done(&s, "drafter", "SubmitTask", "");
    done(&s, is_key ? "leader" : "office_head", "IssueTask", "");
    return s;
}

void acknowledge(story *s) {
    done(s, "lead_handler", "AcknowledgeLeg", "");
    done(s, "co_handler", "AcknowledgeLeg", "");
}

const char *get(const story *s, const char *who) {
    return desk_call(s->d, "GetTask", person_named(who), "\"task_id\":\"%s\"", s->task);
}
