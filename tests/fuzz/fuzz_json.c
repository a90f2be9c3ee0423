/* JSON from anybody: refused with a reason, or the same message again after writing and reading it. */
#include <assert.h>
#include <string.h>

#include "bihuan/v1/task_service.pb-c.h"
#include "json_test.pb-c.h"
#include "json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static size_t pack(bh_call *c, const ProtobufCMessage *message, uint8_t **ret_bytes) {
    *ret_bytes = arena_alloc(c->mem, protobuf_c_message_get_packed_size(message));
    return protobuf_c_message_pack(message, *ret_bytes);
}

static void check_again(bh_call *c, const ProtobufCMessage *message, unsigned options) {
    buf text;
    ProtobufCMessage *again = NULL;
    uint8_t *first, *second;
    buf_init(&text, c->mem);
    json_write(&text, message, options);
    bh_err *error = json_parse(c, text.s, text.n, message->descriptor, &again);
    assert(!error);
    size_t size = pack(c, message, &first);
    assert(size == pack(c, again, &second) && memcmp(first, second, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    static const ProtobufCMessageDescriptor *const types[] = { &bh__test__every__descriptor,
                                                               &bh__import_tasks_request__descriptor,
                                                               &bh__get_task_response__descriptor };
    for (size_t i = 0; i < countof(types); i++) {
        bh_call *c = call_new("fuzz", 1000);
        ProtobufCMessage *message = NULL;
        bh_err *error = json_parse(c, (const char *) bytes, n, types[i], &message);
        if (error)
            assert(error->reason[0] && error->zh[0] && error->en[0]);
        else if (n < 100000)
            for (unsigned options = 0; options <= JSON_SQL; options++)
                check_again(c, message, options);
        call_free(c);
    }
    return 0;
}
