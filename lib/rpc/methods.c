#include "rpc/methods.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const rpc_rule *rule_of(const rpc_service *service, const char *name) {
    for (size_t i = 0; i < service->rule_count; i++)
        if (strcmp(service->rules[i].method, name) == 0)
            return &service->rules[i];
    return NULL;
}

/* The generated struct continues with one pointer per method; protobuf-c would call a NULL one. */
static bool has_handler(const ProtobufCService *service, unsigned index) {
    void (*const *slots)(void) = (void (*const *)(void))(service + 1);
    return slots[index] != NULL;
}

static void invoke(const method *m, const ProtobufCMessage *request, rpc_exchange *x) {
    m->service->vtable->invoke(m->service->vtable, m->index, request, NULL, x);
}

static bool has_stream_handler(const method *m) {
    rpc_exchange x = { .call = NULL };
    invoke(m, NULL, &x);
    return x.is_stream;
}

static bool is_named(const char *const *paths, const char *path) {
    for (; paths && *paths; paths++)
        if (strcmp(*paths, path) == 0)
            return true;
    return false;
}

static bh_err *add(bh_call *call, arena *mem, const rpc_service *service, unsigned index, const char *const *streams,
                   method *ret_row) {
    const ProtobufCServiceDescriptor *type = service->vtable->descriptor;
    const char *name = type->methods[index].name;
    *ret_row = (method){
        .path = arena_printf(mem, "/%s/%s", type->name, name),
        .rule = rule_of(service, name),
        .service = service,
        .index = index,
        .type = &type->methods[index],
        .calls = arena_alloc(mem, sizeof(tally)),
    };
    if (!ret_row->rule)
        return bh_fail(call, METHOD_INCOMPLETE, ret_row->path, "no rule");
    if (!has_handler(service->vtable, index))
        return bh_fail(call, METHOD_INCOMPLETE, ret_row->path, "no handler");
    ret_row->is_stream = is_named(streams, ret_row->path);
    if (has_stream_handler(ret_row) != ret_row->is_stream)
        return bh_fail(call, METHOD_INCOMPLETE, ret_row->path, "a handler of the wrong kind");
    return NULL;
}

static bh_err *check_rules(bh_call *call, const rpc_service *service) {
    for (size_t i = 0; i < service->rule_count; i++)
        if (!protobuf_c_service_descriptor_get_method_by_name(service->vtable->descriptor, service->rules[i].method))
            return bh_fail(call, METHOD_INCOMPLETE, service->rules[i].method, "a rule, but no such method");
    return NULL;
}

static int compare_paths(const void *a, const void *b) {
    return strcmp(((const method *) a)->path, ((const method *) b)->path);
}

bh_err *methods_build(bh_call *call, arena *mem, const rpc_service *services, size_t n, const char *const *streams,
                      method_table *ret_table) {
    size_t total = 0;
    for (size_t i = 0; i < n; i++)
        total += services[i].vtable->descriptor->n_methods;
    method *rows = arena_array(mem, total, sizeof(*rows));
    method *row = rows;
    for (size_t i = 0; i < n; i++) {
        TRY(check_rules(call, &services[i]));
        for (unsigned m = 0; m < services[i].vtable->descriptor->n_methods; m++)
            TRY(add(call, mem, &services[i], m, streams, row++));
    }
    qsort(rows, total, sizeof(*rows), compare_paths);
    *ret_table = (method_table){ .rows = rows, .n = total };
    return NULL;
}

const method *methods_find(const method_table *table, const char *path) {
    method key = { .path = path };
    return bsearch(&key, table->rows, table->n, sizeof(key), compare_paths);
}

static bh_err *refuse(bh_call *call, const method *m) {
    const char *who = call->who.login[0] ? call->who.login : call->who.service;
    return bh_fail(call, METHOD_NOT_ALLOWED, who, m->path);
}

static bh_err *check_user(bh_call *call, const method *m) {
    if (call->who.user_id <= 0)
        return bh_fail(call, LOGIN_NEEDED);
    bool known = call->who.post >= 0 && call->who.post < 32;
    bool allowed = known && (m->rule->posts & UINT32_C(1) << call->who.post);
    return m->rule->posts && !allowed ? m->service->refuse_post(call, m->rule->posts) : NULL;
}

bh_err *method_check(bh_call *call, const method *m, allow_role role) {
    allow_role expected = m->rule->audience == RPC_INTERNAL ? ALLOW_SERVICE : ALLOW_GATEWAY;
    if (role != expected)
        return refuse(call, m);
    return m->rule->audience == RPC_USER ? check_user(call, m) : NULL;
}

bh_err *method_invoke(bh_call *call, const method *m, ProtobufCMessage *request, ProtobufCMessage **ret_response,
                      rpc_step *ret_step) {
    ProtobufCMessage *response = arena_alloc(call->mem, m->type->output->sizeof_message);
    protobuf_c_message_init(m->type->output, response);
    rpc_exchange x = { .call = call, .response = response, .step = RPC_STEP_END };
    invoke(m, request, &x);
    *ret_response = response;
    *ret_step = x.step;
    return x.error;
}
