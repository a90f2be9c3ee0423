/* The three small files: allow-list, peers, key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "echo.h"
#include "rpc/allow.h"
#include "rpc/peers.h"

#define KEY "Z:Q/nFYl2O1+da>aa$*so1bb)<Y9N>G.6&ly=Kr$"

static echo_site site;
static bh_call *c;

static int set_up(UNUSED void **state) {
    echo_site_init(&site);
    c = site.call;
    return 0;
}

static int tear_down(UNUSED void **state) {
    echo_site_done(&site);
    return 0;
}

static void allow_rows(UNUSED void **state) {
    allow_list *list;
    echo_write(site.allow_file, "# comment\n\n  front\tgateway " KEY " 2025-12-31\r\n");
    assert_null(allow_open(c, site.allow_file, &list));
    int64_t last_ms = INT64_C(1767225600000); /* 2026-01-01T00:00Z */
    const allow_row *row = allow_find(list, KEY, last_ms - 1);
    assert_non_null(row);
    assert_string_equal(row->name, "front");
    assert_int_equal(row->role, ALLOW_GATEWAY);
    assert_null(allow_find(list, KEY, last_ms));
    assert_null(allow_find(list, site.keys[ECHO_GATEWAY].public_text, 0));
    assert_null(allow_find(list, "", 0));
    allow_close(list);
}

static const char *const bad_lists[] = {
    "front gateway\n",
    "front gateway " KEY " 2025-12-31 more\n",
    "front king " KEY "\n",
    "front gateway Z:Q\n",
    "front gateway Z:Q/nFYl2O1+da>aa$*so1bb)<Y9N>G.6&ly=Kr~\n",
    "front gateway " KEY " 2025-13-01\n",
    "front gateway " KEY " 2025-1-1\n",
    "front gateway " KEY " 2025-12-31x\n",
    "a-name-that-is-longer-than-the-sixty-three-bytes-that-a-log-line-has gateway " KEY "\n",
};

static void malformed_allow_lists(UNUSED void **state) {
    for (size_t i = 0; i < countof(bad_lists); i++) {
        allow_list *list;
        echo_write(site.allow_file, arena_printf(c->mem, "ok tool " KEY "\n%s", bad_lists[i]));
        bh_err *err = allow_open(c, site.allow_file, &list);
        assert_non_null(err);
        assert_string_equal(err->reason, "TABLE_UNUSABLE");
        assert_non_null(strstr(err->en, "line 2: "));
    }
}

static void missing_file(UNUSED void **state) {
    allow_list *list;
    bh_err *err = allow_open(c, "/nonexistent/allow", &list);
    assert_non_null(err);
    assert_non_null(strstr(err->en, "/nonexistent/allow"));
}

static void changed_lists_count(UNUSED void **state) {
    allow_list *list;
    echo_write(site.allow_file, "front gateway " KEY "\n");
    assert_null(allow_open(c, site.allow_file, &list));
    echo_write(site.allow_file, "front service " KEY "\n");
    allow_refresh(list);
    assert_int_equal(allow_find(list, KEY, 0)->role, ALLOW_SERVICE);
    echo_write(site.allow_file, "front nonsense\n"); /* the last good list stays */
    allow_refresh(list);
    assert_int_equal(allow_find(list, KEY, 0)->role, ALLOW_SERVICE);
    echo_write(site.allow_file, "# nobody\n");
    allow_refresh(list);
    assert_null(allow_find(list, KEY, 0));
    allow_close(list);
}

static void peers(UNUSED void **state) {
    rpc_peer *rows;
    size_t n;
    echo_write(site.peers_file, "# where\nbihuan.v1.TaskService tcp://127.0.0.1:7001 " KEY "\n");
    assert_null(rpc_peers_load(c, site.peers_file, &rows, &n));
    assert_int_equal(n, 1);
    assert_string_equal(rows[0].service, "bihuan.v1.TaskService");
    assert_string_equal(rows[0].endpoint, "tcp://127.0.0.1:7001");
    assert_string_equal(rows[0].public_key, KEY);
}

static void malformed_peers(UNUSED void **state) {
    static const char *const rows[] = {
        "bihuan.v1.TaskService tcp://127.0.0.1:7001\n",
        "bihuan.v1.TaskService ipc:///tmp/x " KEY "\n",
        "bihuan.v1.TaskService tcp://127.0.0.1:7001 short\n",
        "bihuan.v1.TaskService tcp://127.0.0.1:7001 " KEY " more\n",
    };
    for (size_t i = 0; i < countof(rows); i++) {
        rpc_peer *peers;
        size_t n;
        echo_write(site.peers_file, rows[i]);
        bh_err *err = rpc_peers_load(c, site.peers_file, &peers, &n);
        assert_non_null(err);
        assert_non_null(strstr(err->en, "line 1: "));
    }
}

/* The row that is one too many is named. */
static void too_many_peers(UNUSED void **state) {
    static const struct {
        int services;
        const char *error;
    } rows[] = {
        { 1, "line 17: too many servers of one service" },
        { RPC_PEERS_MAX, "line 65: too many rows" },
    };
    for (size_t i = 0; i < countof(rows); i++) {
        rpc_peer *peers;
        size_t n;
        buf text;
        buf_init(&text, c->mem);
        for (int j = 0; j <= (i ? RPC_PEERS_MAX : RPC_INSTANCES_MAX); j++)
            buf_addf(&text, "bihuan.v1.Service%d tcp://127.0.0.1:7001 " KEY "\n", j % rows[i].services);
        echo_write(site.peers_file, text.s);
        bh_err *err = rpc_peers_load(c, site.peers_file, &peers, &n);
        assert_non_null(err);
        assert_non_null(strstr(err->en, rows[i].error));
    }
}

static void assert_key_unusable(const char *path) {
    rpc_key key;
    bh_err *err = rpc_key_load(c, path, &key);
    assert_non_null(err);
    assert_int_equal(err->code, BH_FAILED_PRECONDITION);
}

static void keys(UNUSED void **state) {
    rpc_key key;
    struct stat status;
    assert_null(rpc_key_load(c, site.key_file[ECHO_SERVER], &key));
    assert_memory_equal(&key, &site.keys[ECHO_SERVER], sizeof(key));
    stat(site.key_file[ECHO_SERVER], &status);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_non_null(rpc_key_create(c, site.key_file[ECHO_SERVER], &key)); /* never overwritten */
    assert_null(rpc_key_load(c, site.key_file[ECHO_SERVER], &key));
}

static void unusable_keys(UNUSED void **state) {
    const char *path = site.key_file[ECHO_TOOL];
    assert_key_unusable("/nonexistent/key");
    chmod(path, 0640);
    assert_key_unusable(path);
    chmod(path, 0604);
    assert_key_unusable(path);
    static const char *const texts[] = { "", KEY "\n", "public " KEY "\n", "secret short\n",
                                         "secret " KEY "\nsecret " KEY "\n" };
    for (size_t i = 0; i < countof(texts); i++) {
        echo_write(path, texts[i]);
        chmod(path, 0600);
        assert_key_unusable(path);
    }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(allow_rows),      TEST(malformed_allow_lists), TEST(missing_file), TEST(changed_lists_count), TEST(peers),
        TEST(malformed_peers), TEST(too_many_peers),        TEST(keys),         TEST(unusable_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
