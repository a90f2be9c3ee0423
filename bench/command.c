#include "bench/command.h"

#include <stdio.h>

#include "base/clock.h"
#include "bihuan/v1/progress_service.pb-c.h"

void command_id(char ret_text[UUID_TEXT_SIZE]) {
    const uuid id = uuid_v7(clock_now_ms());
    size_t n = 0;
    for (int i = 0; i < UUID_SIZE; i++) {
        const char *dash = i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "";
        n += (size_t) snprintf(ret_text + n, UUID_TEXT_SIZE - n, "%s%02x", dash, id.b[i]);
    }
}

#define FORTY "a report of forty characters, and a stop"

void command_report(const char *task_id, int version, load_request *ret_request) {
    static char text[] = FORTY FORTY FORTY;
    char key[UUID_TEXT_SIZE];
    command_id(key);
    Bh__Value value = BH__VALUE__INIT, *values[] = { &value };
    value.metric = (char *) "length";
    value.number = (char *) "2.50";
    value.unit = (char *) "km";
    value.source = (char *) "survey";
    Bh__SubmitReportRequest request = BH__SUBMIT_REPORT_REQUEST__INIT;
    request.request_id = key;
    request.task_id = (char *) task_id;
    request.period = (char *) "2025-06";
    request.version = version;
    request.text = text;
    request.next_step = (char *) "next";
    request.n_values = countof(values);
    request.values = values;
    ret_request->method = "/bihuan.v1.ProgressService/SubmitReport";
    ret_request->size = bh__submit_report_request__pack(&request, ret_request->bytes);
}

bool command_made(int version, const uint8_t *bytes, size_t size) {
    Bh__SubmitReportResponse *response = bh__submit_report_response__unpack(NULL, size, bytes);
    bool is_made = response && response->version == version;
    bh__submit_report_response__free_unpacked(response, NULL);
    return is_made;
}
