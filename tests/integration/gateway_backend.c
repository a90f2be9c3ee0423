/* Three services behind a gateway under test: `gateway_backend DIR` makes keys and lists in DIR and serves until
 * killed. Answers depend on the request only, so that a test can ask for every kind of answer. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "bihuan/v1/audit_service.pb-c.h"
#include "bihuan/v1/directory_service.pb-c.h"
#include "bihuan/v1/evidence_service.pb-c.h"
#include "bihuan/v1/health_service.pb-c.h"
#include "bihuan/v1/progress_service.pb-c.h"
#include "bihuan_methods.h"
#include "rpc/keys.h"
#include "rpc/server.h"

enum { EVIDENCE_MAX = 64, DIGITS = 2 * SHA256_SIZE + 1 };

/* Nobody has a session while DIR/revoked exists. ListUnits answers as page_size asks. ASK_HOLD waits while DIR/hold
 * exists and somebody waits for the answer, ASK_KEEP also when nobody does; both show by DIR/held that they wait. */
enum { ASK_STALE = 401, ASK_HOLD = 402, ASK_KEEP = 403 };

static const char good_token[] = "token-of-handler01";
static const char auditor_token[] = "token-of-auditor01";
static const char nobody_token[] = "token-of-nobody"; /* known, and nobody's */
static const char empty_digest[] =
    "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"; /* known, and nothing */

static struct {
    char digest[DIGITS];
    char name[256];
    int64_t size;
} files[EVIDENCE_MAX];
static int file_count; /* one worker: no lock */

#define NOT_HERE(Service, slot, Method)                        \
    BH_RPC(Service, slot, Method##Request, Method##Response) { \
        return bh_fail(c, UNKNOWN_METHOD, #Method);            \
    }

/* ---- directory ---- */

BH_RPC(DirectoryService, login, LoginRequest, LoginResponse) {
    if (strcmp(req->login, "handler01") != 0 || strcmp(req->password, "right") != 0)
        return bh_fail(c, LOGIN_FAILED);
    resp->token = (char *) (uintptr_t) good_token;
    resp->expires_ms = 9007199254740993;
    return NULL;
}

static bool is_hash_of(const ProtobufCBinaryData *hash, const char *token) {
    uint8_t digest[SHA256_SIZE];
    sha256(token, strlen(token), digest);
    return hash->len == sizeof(digest) && memcmp(hash->data, digest, sizeof(digest)) == 0;
}

BH_RPC(DirectoryService, check_session, CheckSessionRequest, CheckSessionResponse) {
    bool is_auditor = is_hash_of(&req->token_hash, auditor_token);
    if (is_hash_of(&req->token_hash, nobody_token))
        return NULL;
    if (access(arena_printf(c->mem, "%s/revoked", (const char *) c->backend), F_OK) == 0)
        return bh_fail(c, LOGIN_NEEDED);
    if (!is_auditor && !is_hash_of(&req->token_hash, good_token))
        return bh_fail(c, LOGIN_NEEDED);
    resp->user_id = is_auditor ? 8 : 7;
    resp->unit_id = 3;
    resp->post = is_auditor ? BH__POST__POST_AUDITOR : BH__POST__POST_HANDLER;
    resp->login = (char *) (uintptr_t) (is_auditor ? "auditor01" : "handler01");
    return NULL;
}

BH_RPC(DirectoryService, logout, LogoutRequest, LogoutResponse) {
    return is_hash_of(&req->token_hash, good_token) ? NULL : bh_fail(c, LOGIN_NEEDED);
}

BH_RPC(DirectoryService, get_me, GetMeRequest, GetMeResponse) {
    resp->user = arena_alloc(c->mem, sizeof(*resp->user));
    bh__user__init(resp->user);
    resp->user->user_id = c->who.user_id;
    resp->user->login = (char *) c->who.login;
    resp->user->name = (char *) c->trace_id;
    return NULL;
}

BH_RPC(DirectoryService, resolve_units, ResolveUnitsRequest, ResolveUnitsResponse) {
    resp->n_units = req->n_names;
    resp->units = arena_array(c->mem, req->n_names, sizeof(*resp->units));
    for (size_t i = 0; i < req->n_names; i++) {
        resp->units[i] = arena_alloc(c->mem, sizeof(*resp->units[i]));
        bh__unit__init(resp->units[i]);
        resp->units[i]->name = req->names[i];
        resp->units[i]->kind = BH__UNIT_KIND__UNIT_KIND_COUNTY;
    }
    return NULL;
}

static void hold(const bh_call *c, bool is_deaf) {
    const char *wanted = arena_printf(c->mem, "%s/hold", (const char *) c->backend);
    const char *shown = arena_printf(c->mem, "%s/held", (const char *) c->backend);
    while (access(wanted, F_OK) == 0 && (is_deaf || !call_is_over(c))) {
        if (symlink("hold", shown) != 0 && errno != EEXIST)
            return;
        nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
    }
    unlink(shown);
}

BH_RPC(DirectoryService, list_units, ListUnitsRequest, ListUnitsResponse) {
    if (req->page_size == ASK_STALE)
        return bh_err_raw(c, (bh_err){ .code = BH_ABORTED,
                                       .reason = "STALE_VERSION",
                                       .zh = "已被他人更新",
                                       .en = "It has moved.",
                                       .unblock_zh = "督查室",
                                       .unblock_en = "supervision office",
                                       .file = __FILE__,
                                       .line = __LINE__ });
    if (req->page_size == ASK_HOLD || req->page_size == ASK_KEEP)
        hold(c, req->page_size == ASK_KEEP);
    return NULL;
}

NOT_HERE(DirectoryService, change_password, ChangePassword)
NOT_HERE(DirectoryService, create_unit, CreateUnit)
NOT_HERE(DirectoryService, add_unit_alias, AddUnitAlias)
NOT_HERE(DirectoryService, remove_unit_alias, RemoveUnitAlias)
NOT_HERE(DirectoryService, set_unit_members, SetUnitMembers)
NOT_HERE(DirectoryService, create_user, CreateUser)
NOT_HERE(DirectoryService, grant_post, GrantPost)
NOT_HERE(DirectoryService, revoke_post, RevokePost)
NOT_HERE(DirectoryService, disable_user, DisableUser)
NOT_HERE(DirectoryService, list_users, ListUsers)
NOT_HERE(DirectoryService, resolve_leaders, ResolveLeaders)

/* ---- progress ---- */

BH_RPC(ProgressService, register_evidence, RegisterEvidenceRequest, RegisterEvidenceResponse) {
    if (c->who.post == BH__POST__POST_AUDITOR || file_count == EVIDENCE_MAX)
        return bh_fail(c, POST_REFUSED, "POST_HANDLER");
    snprintf(files[file_count].digest, DIGITS, "%s", req->evidence->digest);
    snprintf(files[file_count].name, sizeof(files[0].name), "%s", req->evidence->name);
    files[file_count++].size = req->evidence->size;
    resp->digest = req->evidence->digest;
    return NULL;
}

BH_RPC(ProgressService, get_evidence, GetEvidenceRequest, GetEvidenceResponse) {
    if (strcmp(req->digest, empty_digest) == 0)
        return NULL;
    for (int i = 0; i < file_count; i++) {
        if (strcmp(files[i].digest, req->digest) != 0)
            continue;
        resp->evidence = arena_alloc(c->mem, sizeof(*resp->evidence));
        bh__evidence__init(resp->evidence);
        resp->evidence->digest = files[i].digest;
        resp->evidence->name = files[i].name;
        resp->evidence->size = files[i].size;
        return c->who.post == BH__POST__POST_AUDITOR ? bh_fail(c, READ_REFUSED, req->digest) : NULL;
    }
    return bh_fail(c, NOT_FOUND_OBJECT, req->digest);
}

static bool is_ill(const bh_call *c) {
    return access(arena_printf(c->mem, "%s/ill", (const char *) c->backend), F_OK) == 0;
}

BH_RPC(ProgressService, find_evidence, FindEvidenceRequest, FindEvidenceResponse) {
    if (is_ill(c))
        return bh_fail(c, DATABASE_UNAVAILABLE);
    resp->digests = arena_array(c->mem, req->n_digests, sizeof(*resp->digests));
    for (size_t i = 0; i < req->n_digests; i++)
        for (int k = 0; k < file_count; k++)
            if (strcmp(files[k].digest, req->digests[i]) == 0)
                resp->digests[resp->n_digests++] = files[k].digest;
    return NULL;
}

NOT_HERE(ProgressService, submit_report, SubmitReport)
NOT_HERE(ProgressService, approve_report, ApproveReport)
NOT_HERE(ProgressService, send_back_report, SendBackReport)
NOT_HERE(ProgressService, get_report, GetReport)
NOT_HERE(ProgressService, list_reports, ListReports)
NOT_HERE(ProgressService, list_report_todo, ListReportTodo)
NOT_HERE(ProgressService, apply_task_change, ApplyTaskChange)

/* ---- audit ---- */

enum { LIVE_END = 10, LIVE_FAIL = 25, LIVE_SILENT = 33, LIVE_ENDLESS = 1000, LIVE_TEXT = 30000 };

/* One change after the other from first_index on; it ends well before LIVE_END and badly before LIVE_FAIL, and goes
 * silent before LIVE_SILENT. From LIVE_ENDLESS on there is always more, and it is long. From -1 on there is one message
 * and then nothing. */
BH_RPC_STREAM(AuditService, watch_changes, WatchChangesRequest, WatchChangesResponse) {
    if (req->first_index == LIVE_FAIL)
        return bh_fail(c, STALE_VERSION, "x", "2");
    bool is_silent = req->first_index == LIVE_SILENT || req->first_index < -1;
    *ret_step = req->first_index == LIVE_END ? RPC_STEP_END : is_silent ? RPC_STEP_WAIT : RPC_STEP_SEND;
    if (*ret_step != RPC_STEP_SEND)
        return NULL;
    Bh__Change *change = arena_alloc(c->mem, sizeof(*change));
    bh__change__init(change);
    change->entry_index = req->first_index;
    change->object_type = arena_strdup(c->mem, "task");
    size_t size = req->first_index < LIVE_ENDLESS ? 3 : LIVE_TEXT;
    change->object_id = arena_alloc(c->mem, size + 1);
    memset(change->object_id, 'x', size);
    resp->changes = arena_alloc(c->mem, sizeof(*resp->changes));
    resp->changes[0] = change;
    resp->n_changes = req->first_index < 0 ? 0 : 1;
    req->first_index += req->first_index < 0 ? -1 : 1;
    resp->next_index = req->first_index;
    return NULL;
}

NOT_HERE(AuditService, get_tree_head, GetTreeHead)
NOT_HERE(AuditService, list_entries, ListEntries)
NOT_HERE(AuditService, list_object_entries, ListObjectEntries)
NOT_HERE(AuditService, get_inclusion_proof, GetInclusionProof)
NOT_HERE(AuditService, list_block_hashes, ListBlockHashes)

/* ---- health ---- */

/* Ill while DIR holds a file of that name. */
BH_RPC(HealthService, check_health, CheckHealthRequest, CheckHealthResponse) {
    return is_ill(c) ? bh_fail(c, DATABASE_UNAVAILABLE) : NULL;
}

/* ---- another gateway ---- */

/* It has every file, and sends byte by byte for ever. */
BH_RPC(EvidenceService, read_evidence, ReadEvidenceRequest, ReadEvidenceResponse) {
    resp->part = (ProtobufCBinaryData){ .len = 1, .data = (uint8_t *) arena_strdup(c->mem, req->digest) };
    return NULL;
}

NOT_HERE(EvidenceService, fetch_evidence, FetchEvidence)

/* ---- the process ---- */

static const rpc_rule directory_rules[] = {
    { "Login", RPC_PUBLIC, 0 },        { "CheckSession", RPC_PUBLIC, 0 },  { "Logout", RPC_PUBLIC, 0 },
    { "GetMe", RPC_USER, 0 },          { "ResolveUnits", RPC_USER, 0 },    { "ListUnits", RPC_USER, 0 },
    { "ChangePassword", RPC_USER, 0 }, { "CreateUnit", RPC_USER, 0 },      { "AddUnitAlias", RPC_USER, 0 },
    { "SetUnitMembers", RPC_USER, 0 }, { "CreateUser", RPC_USER, 0 },      { "GrantPost", RPC_USER, 0 },
    { "RevokePost", RPC_USER, 0 },     { "DisableUser", RPC_USER, 0 },     { "ListUsers", RPC_USER, 0 },
    { "ResolveLeaders", RPC_USER, 0 }, { "RemoveUnitAlias", RPC_USER, 0 },
};
static const rpc_rule progress_rules[] = {
    { "RegisterEvidence", RPC_USER, 0 },    { "GetEvidence", RPC_USER, 0 },    { "SubmitReport", RPC_USER, 0 },
    { "ApproveReport", RPC_USER, 0 },       { "SendBackReport", RPC_USER, 0 }, { "GetReport", RPC_USER, 0 },
    { "FindEvidence", RPC_PUBLIC, 0 },      { "ListReports", RPC_USER, 0 },    { "ListReportTodo", RPC_USER, 0 },
    { "ApplyTaskChange", RPC_INTERNAL, 0 },
};
static const rpc_rule audit_rules[] = {
    { "GetTreeHead", RPC_USER, 0 },       { "ListEntries", RPC_USER, 0 },     { "ListObjectEntries", RPC_USER, 0 },
    { "GetInclusionProof", RPC_USER, 0 }, { "ListBlockHashes", RPC_USER, 0 }, { "WatchChanges", RPC_USER, 0 },
};
static const rpc_rule health_rules[] = { { "CheckHealth", RPC_PUBLIC, 0 } };
static const rpc_rule evidence_rules[] = { { "ReadEvidence", RPC_PUBLIC, 0 }, { "FetchEvidence", RPC_PUBLIC, 0 } };
static Bh__DirectoryService_Service directory = BH__DIRECTORY_SERVICE__INIT(rpc_);
static Bh__ProgressService_Service progress = BH__PROGRESS_SERVICE__INIT(rpc_);
static Bh__AuditService_Service audit = BH__AUDIT_SERVICE__INIT(rpc_);
static Bh__HealthService_Service health = BH__HEALTH_SERVICE__INIT(rpc_);
static Bh__EvidenceService_Service evidence = BH__EVIDENCE_SERVICE__INIT(rpc_);

static const rpc_service services[] = {
    { .vtable = &directory.base, .rules = directory_rules, .rule_count = countof(directory_rules) },
    { .vtable = &progress.base, .rules = progress_rules, .rule_count = countof(progress_rules) },
    { .vtable = &audit.base, .rules = audit_rules, .rule_count = countof(audit_rules) },
    { .vtable = &health.base, .rules = health_rules, .rule_count = countof(health_rules) },
    { .vtable = &evidence.base, .rules = evidence_rules, .rule_count = countof(evidence_rules) },
};

static bh_err *write_file(bh_call *call, const char *path, const char *text) {
    FILE *file = fopen(path, "we");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0)
        return bh_fail(call, INTERNAL_ERROR, path);
    return NULL;
}

static bh_err *serve(bh_call *c, const char *dir) {
    rpc_key own, front;
    rpc_server *server;
    const char *key_file = arena_printf(c->mem, "%s/services.key", dir);
    const char *allow_file = arena_printf(c->mem, "%s/allow", dir);
    TRY(rpc_key_create(c, key_file, &own));
    TRY(rpc_key_create(c, arena_printf(c->mem, "%s/gateway.key", dir), &front));
    TRY(write_file(c, allow_file, arena_printf(c->mem, "gateway gateway %s\n", front.public_text)));
    rpc_server_options options = {
        .name = "backend",
        .endpoint = "tcp://127.0.0.1:*",
        .key_file = key_file,
        .allow_file = allow_file,
        .workers = 1,
        .queue_max = 100,
        .streams = bihuan_streams,
        .site_id = 1,
        .backend = (void *) (uintptr_t) dir,
    };
    TRY(rpc_server_open(c, &options, services, countof(services), &server));
    const char *at = rpc_server_endpoint(server);
    static const char *const names[] = { "DirectoryService", "ProgressService", "AuditService" };
    const char *peers = "";
    for (size_t i = 0; i < countof(names); i++)
        peers = arena_printf(c->mem, "%sbihuan.v1.%s %s %s\n", peers, names[i], at, own.public_text);
    TRY(write_file(c, arena_printf(c->mem, "%s/peers", dir), peers));
    puts("ready");
    fflush(stdout);
    rpc_server_run(server);
    return NULL;
}

int main(int argc, char **argv) {
    bh_call *c = call_new("start", 60000);
    bh_err *error = argc == 2 ? serve(c, argv[1]) : bh_fail(c, BAD_FIELD, "DIR", "missing");
    if (error)
        fprintf(stderr, "%s\n", error->en);
    return error ? 1 : 0;
}
