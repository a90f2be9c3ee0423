/* What is told while the server's disk is full, and that nothing acknowledged is lost by it. Mounts, so for root only.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "integration/pgtemp.h"
#include "integration/pgtest.h"

enum { PATIENCE_MS = 60000, CHUNK = 8192, ITEMS_MAX = 20000 };

static char disk[] = "/tmp/bihuan-disk.XXXXXX";
static char filler[64];
static pgtemp server;
static pg_pool *pool;
static bool acknowledged[ITEMS_MAX]; /* item i has the note i */
static size_t items;

/* NULL or why there is no small disk. */
static const char *make_disk(void) {
    if (geteuid() != 0)
        return "only root can mount one";
    assert_non_null(mkdtemp(disk));
    return mount("none", disk, "tmpfs", 0, "size=160m,mode=755") == 0 ? NULL : strerror(errno);
}

static void open_pool(void) {
    pg_options options = pgtest_options(server.conninfo);
    options.statement_timeout_ms = 10000;
    pool = pgtest_pool(options);
}

static void fill_disk(void) {
    static const char chunk[CHUNK];
    int fd = open(filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    while (write(fd, chunk, sizeof(chunk)) > 0)
        continue;
    close(fd);
}

/* Never an error that blames the program. */
static bh_code code_of(const bh_err *err) {
    if (err && err->code != BH_RESOURCE_EXHAUSTED && err->code != BH_UNAVAILABLE)
        fail_msg("%s: %s", err->reason, err->en);
    return err ? err->code : BH_OK;
}

static bh_code read_number(const char *sql, int64_t *ret_number) {
    bh_call *c = pgtest_call(pool, PATIENCE_MS);
    pg_rows rows;
    bh_code code = code_of(pg_call(c, &pgtest_sql[PGTEST_SQL_EVALUATE_READ], &rows, pg_text(sql)));
    if (code == BH_OK)
        *ret_number = strtoll(pg_get_text(&rows, 0, "answer"), NULL, 10);
    call_free(c);
    return code;
}

/* A command: in a set, as those of the services. */
static bh_code add_item(void) {
    assert_true(items < ITEMS_MAX);
    bh_call *c = pgtest_call(pool, PATIENCE_MS);
    pg_rows rows;
    uuid id = uuid_v7(clock_now_ms());
    const char *sql =
        arena_printf(c->mem, "insert into item (site_id, item_id, note) values (1, '%s', '%zu') returning 1",
                     uuid_text(c->mem, id), items);
    bh_code code = code_of(pg_call(c, &pgtest_sql[PGTEST_SQL_EVALUATE_SET], &rows, pg_uuid(&id), pg_text(sql)));
    acknowledged[items++] = code == BH_OK;
    call_free(c);
    return code;
}

static void a_full_table_is_told(void) {
    bh_code code;
    int64_t rows = 0;
    while ((code = add_item()) == BH_OK)
        continue;
    assert_int_equal(code, BH_RESOURCE_EXHAUSTED);
    assert_int_equal(read_number("select count(*) from item", &rows), BH_OK);
    assert_int_equal(rows, items - 1);
}

/* Without room for its log the server stops and stays down. */
static void a_full_log_is_told(void) {
    static const char write_log[] = "select count(pg_logical_emit_message(false, 'x', repeat('x', 1000000)))"
                                    " from generate_series(1, 40)";
    int64_t none;
    assert_int_not_equal(read_number(write_log, &none), BH_OK);
    for (int i = 0; i < 20; i++) {
        assert_int_not_equal(add_item(), BH_OK);
        nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
    }
}

static void room_again_is_work_again(void) {
    assert_int_equal(unlink(filler), 0);
    pgtemp_kill(&server);
    pgtemp_restart(&server);
    int64_t until_ms = clock_mono_ms() + PATIENCE_MS;
    while (add_item() != BH_OK)
        assert_true(clock_mono_ms() < until_ms);
}

static void all_acknowledged_are_there(void) {
    size_t n = 0;
    for (size_t i = 0; i < items; i++) {
        char sql[96];
        int64_t found = 0;
        snprintf(sql, sizeof(sql), "select count(*) from item where note = '%zu'", i);
        assert_int_equal(read_number(sql, &found), BH_OK);
        assert_true(found == 1 || (found == 0 && !acknowledged[i]));
        n += acknowledged[i];
    }
    print_message("%zu acknowledged, none lost\n", n);
}

static void a_full_disk_is_told_and_loses_nothing(UNUSED void **state) {
    const char *obstacle = make_disk();
    if (obstacle) {
        print_message("skipped, there is no small disk: %s\n", obstacle);
        skip();
    }
    setenv("TMPDIR", disk, 1);
    pgtemp_start(&server);
    snprintf(filler, sizeof(filler), "%s/filler", disk);
    pgtemp_sql(server.conninfo, pgtest_schema);
    open_pool();
    for (int i = 0; i < 50; i++)
        assert_int_equal(add_item(), BH_OK);
    fill_disk();
    a_full_table_is_told();
    a_full_log_is_told();
    room_again_is_work_again();
    all_acknowledged_are_there();
}

static int stop(UNUSED void **state) {
    pg_pool_close(pool);
    if (*server.dir)
        pgtemp_stop(&server);
    umount2(disk, MNT_DETACH);
    rmdir(disk);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_full_disk_is_told_and_loses_nothing) };
    return cmocka_run_group_tests(tests, NULL, stop);
}
