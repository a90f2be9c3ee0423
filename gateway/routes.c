#include "routes.h"

#include <string.h>

#include "base/macros.h"
#include "bihuan/v1/audit_service.pb-c.h"
#include "bihuan/v1/directory_service.pb-c.h"
#include "bihuan/v1/progress_service.pb-c.h"
#include "bihuan/v1/target_service.pb-c.h"
#include "bihuan/v1/task_service.pb-c.h"
#include "bihuan_methods.h"

static const char prefix[] = "/bihuan.v1.";

static const ProtobufCServiceDescriptor *const services[] = {
    &bh__directory_service__descriptor, &bh__target_service__descriptor, &bh__task_service__descriptor,
    &bh__progress_service__descriptor,  &bh__audit_service__descriptor,
};

static const struct {
    const char *path;
    route_kind kind;
} exceptions[] = {
#define ROUTE(path, kind) { path, kind },
#include "routes.def"
#undef ROUTE
};

static route_kind kind_of(const char *path) {
    for (size_t i = 0; i < countof(exceptions); i++)
        if (strcmp(exceptions[i].path, path) == 0)
            return exceptions[i].kind;
    return ROUTE_PERSON;
}

static bool is_stream(const char *path) {
    for (const char *const *stream = bihuan_streams; *stream; stream++)
        if (strcmp(*stream, path) == 0)
            return true;
    return false;
}

static const ProtobufCMethodDescriptor *method_of(const char *path) {
    for (size_t i = 0; i < countof(services); i++) {
        size_t n = strlen(services[i]->name);
        if (strncmp(path + 1, services[i]->name, n) == 0 && path[1 + n] == '/')
            return protobuf_c_service_descriptor_get_method_by_name(services[i], path + n + 2);
    }
    return NULL;
}

bool route_is_rpc(const char *path) {
    return strncmp(path, prefix, sizeof(prefix) - 1) == 0;
}

bool route_find(const char *path, route *ret_route) {
    if (!route_is_rpc(path))
        return false;
    *ret_route =
        (route){ .path = path, .method = method_of(path), .kind = kind_of(path), .is_stream = is_stream(path) };
    return ret_route->method && ret_route->kind != ROUTE_HIDDEN;
}
