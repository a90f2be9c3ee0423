/* Many commands on few items from two pools at once, as two processes would: repeated, reused, stale, poisoned, and the
 * server killed meanwhile. What was acknowledged must be there, once. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "integration/pgtemp.h"
#include "integration/pgtest.h"

enum { POOLS = 2, THREADS = 16, ITEMS = 64, RECENT = 16, COMMANDS = 600, TRIES_MAX = 1000, ADDS_MAX = 100000 };

enum outcome { DONE = 0, NOT_FOUND = 1, STALE = 2, REPEATED = 4, KEY_REUSED = 5, REFUSED = 8 };

typedef struct command {
    uuid key;
    uuid item;
    int64_t expected;
    char hash;
    bool is_poisoned;
} command;

/* What the threads share. */
typedef struct storm {
    pg_pool *pools[POOLS];
    uuid items[ITEMS];
    _Atomic int64_t versions[ITEMS]; /* as last seen */
    pthread_mutex_t mutex;           /* guards what follows */
    command recent[RECENT];
    uint32_t sent;
    FILE *acknowledged; /* key, item, version of every command reported done, or done before */
    int counts[REFUSED + 1];
    atomic_int repeats; /* of commands that got no certain answer */
    atomic_int doubts;  /* answers OUTCOME_UNKNOWN among them */
    atomic_int answered;
    atomic_bool goes_on; /* beyond COMMANDS for each sender */
} storm;

typedef struct sender {
    pthread_t thread;
    storm *storm;
    pg_pool *pool;
    uint64_t dice;
} sender;

/* xorshift64*: every run the same. */
static uint32_t roll(sender *s, uint32_t n) {
    s->dice ^= s->dice >> 12;
    s->dice ^= s->dice << 25;
    s->dice ^= s->dice >> 27;
    return (uint32_t) ((s->dice * 0x2545F4914F6CDD1DULL) >> 33) % n;
}

/* The command, or one sent just now: a fifth are repeated, often while the first is still on its way. */
static command fresh_or_recent(sender *s, command fresh) {
    storm *t = s->storm;
    pthread_mutex_lock(&t->mutex);
    uint32_t back = roll(s, RECENT);
    if (back >= t->sent || roll(s, 100) >= 20)
        t->recent[t->sent++ % RECENT] = fresh;
    else
        fresh = t->recent[(t->sent - 1 - back) % RECENT];
    pthread_mutex_unlock(&t->mutex);
    return fresh;
}

/* Some have a stale version, no item, a note that a constraint refuses, another payload or item under a used key. */
static command next_command(sender *s, size_t *ret_item) {
    storm *t = s->storm;
    size_t i = roll(s, ITEMS);
    command k = { .key = uuid_v7(clock_now_ms()), .item = t->items[i], .expected = t->versions[i] };
    if (roll(s, 100) < 15)
        k.expected = roll(s, 20);
    if (roll(s, 100) < 1)
        k.item.b[0] ^= 0xff; /* no such item */
    k.is_poisoned = roll(s, 200) == 0;
    k = fresh_or_recent(s, k);
    if (roll(s, 100) < 1)
        k.hash = 'x';
    if (roll(s, 100) < 4) {
        i = roll(s, ITEMS);
        k.item = t->items[i];
        k.expected = t->versions[i];
        k.hash = (char) (1 + i); /* the payload names the item */
    }
    *ret_item = i;
    return k;
}

/* Sends until the answer is certain. */
static int send(sender *s, const command *k, int64_t *ret_version) {
    for (int i = 0; i < TRIES_MAX; i++) {
        bh_call *c = pgtest_call(s->pool, 30000);
        pg_rows rows;
        bh_err *err =
            pg_call(c, &pgtest_sql[PGTEST_SQL_BUMP], &rows, pg_int(1), pg_uuid(&k->key), pg_bytes(&k->hash, 1),
                    pg_uuid(&k->item), pg_int(k->expected), pg_text(k->is_poisoned ? "poison" : "fine"));
        int outcome = err ? REFUSED : (int) pg_get_int(&rows, 0, "outcome");
        *ret_version = err ? 0 : pg_get_int(&rows, 0, "version");
        bool is_final = !err || strcmp(err->reason, "CONSTRAINT_VIOLATED") == 0;
        s->storm->doubts += err && strcmp(err->reason, "OUTCOME_UNKNOWN") == 0;
        call_free(c);
        if (is_final)
            return outcome;
        s->storm->repeats++;
        nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
    }
    return -1;
}

static void note(storm *t, const command *k, int outcome, int64_t version) {
    arena *mem = arena_new(4096);
    pthread_mutex_lock(&t->mutex);
    assert_in_range(outcome, DONE, REFUSED);
    assert_true(outcome != REFUSED || k->is_poisoned);
    t->counts[outcome]++;
    t->answered++;
    /* A lost answer and a repetition are one acknowledgement; without a doubt a command is done once. */
    if (outcome == DONE || outcome == REPEATED)
        fprintf(t->acknowledged, "%s\t%s\t%lld\t%d\n", uuid_text(mem, k->key), uuid_text(mem, k->item),
                (long long) version, outcome == DONE);
    pthread_mutex_unlock(&t->mutex);
    arena_free(mem);
}

static void *run_sender(void *arg) {
    sender *s = arg;
    for (int i = 0; i < COMMANDS || s->storm->goes_on; i++) {
        size_t item;
        int64_t version;
        command k = next_command(s, &item);
        int outcome = send(s, &k, &version);
        if (outcome == DONE || outcome == STALE)
            s->storm->versions[item] = version;
        note(s->storm, &k, outcome, version);
    }
    return NULL;
}

static void add_items(storm *t) {
    for (size_t i = 0; i < ITEMS; i++) {
        bh_call *c = pgtest_call(t->pools[0], 5000);
        pg_rows rows;
        t->items[i] = uuid_v7(clock_now_ms());
        assert_null(pg_call(c, &pgtest_sql[PGTEST_SQL_ITEM_ADD], &rows, pg_uuid(&t->items[i])));
        call_free(c);
    }
}

static void storm_open(storm *t, const char *conninfo) {
    *t = (storm){ .mutex = PTHREAD_MUTEX_INITIALIZER, .acknowledged = tmpfile() };
    assert_non_null(t->acknowledged);
    pgtemp_sql(conninfo, pgtest_schema);
    pg_options options = pgtest_options(conninfo);
    options.connections = 2;
    options.statement_timeout_ms = 5000;
    for (size_t i = 0; i < POOLS; i++)
        t->pools[i] = pgtest_pool(options);
    add_items(t);
}

static void storm_start(storm *t, sender senders[THREADS]) {
    for (size_t i = 0; i < THREADS; i++) {
        senders[i] = (sender){ .storm = t, .pool = t->pools[i % POOLS], .dice = 0x9E3779B97F4A7C15ULL * (i + 1) };
        assert_int_equal(pthread_create(&senders[i].thread, NULL, run_sender, &senders[i]), 0);
    }
}

/* Waits for so many more answers. */
static void storm_wait(storm *t, int n) {
    int before = t->answered;
    while (t->answered < before + n)
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static void storm_end(storm *t, sender senders[THREADS]) {
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(senders[i].thread, NULL), 0);
    for (size_t i = 0; i < POOLS; i++)
        pg_pool_close(t->pools[i]);
    print_message(
        "done %d, not found %d, stale %d, repeated %d, key reused %d, refused %d; sent again %d, in doubt %d\n",
        t->counts[DONE], t->counts[NOT_FOUND], t->counts[STALE], t->counts[REPEATED], t->counts[KEY_REUSED],
        t->counts[REFUSED], t->repeats, t->doubts);
}

/* Each query counts the cases that must not be. */
static const char *const laws[] = {
    "select sum(version) <> (select count(*) from journal) or sum(version) <> (select count(*) from command) from item",
    "select exists (select from item i join journal j using (site_id, item_id) group by i.item_id, i.version"
    "  having max(j.version) <> i.version or count(*) <> i.version)",
    "select exists (select from acknowledged a left join command k using (key, item_id, version)"
    "  where k.key is null)",
    "select exists (select from acknowledged where is_done group by key having count(*) > 1)",
    "select deadlocks > 0 from pg_stat_database where datname = current_database()",
};

static void check_laws(storm *t, const char *conninfo) {
    char path[64];
    char copy[128];
    fflush(t->acknowledged);
    snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), fileno(t->acknowledged));
    snprintf(copy, sizeof(copy), "\\copy acknowledged from '%s'", path);
    pgtemp_sql(conninfo, "create table acknowledged (key uuid, item_id uuid, version int8, is_done bool)");
    pgtemp_psql(conninfo, copy);
    for (size_t i = 0; i < countof(laws); i++) {
        char check[512];
        snprintf(check, sizeof(check), "do $$ begin if (%s) then raise 'law %zu is broken'; end if; end $$", laws[i],
                 i);
        pgtemp_sql(conninfo, check);
    }
    fclose(t->acknowledged);
}

static void every_command_is_done_once(UNUSED void **state) {
    const char *conninfo = pgtest_database();
    storm t;
    sender senders[THREADS];
    storm_open(&t, conninfo);
    storm_start(&t, senders);
    storm_end(&t, senders);
    check_laws(&t, conninfo);
    static const int seen[] = { DONE, NOT_FOUND, STALE, REPEATED, KEY_REUSED, REFUSED };
    for (size_t i = 0; i < countof(seen); i++)
        assert_true(t.counts[seen[i]] > 0);
    assert_int_equal(t.repeats, 0);
}

static void nothing_acknowledged_is_lost(void **state) {
    enum { KILLS = 5 };
    pgtemp *server = *state;
    storm t;
    sender senders[THREADS];
    storm_open(&t, server->conninfo);
    t.goes_on = true;
    storm_start(&t, senders);
    for (int i = 0; i < KILLS; i++) {
        storm_wait(&t, 500);
        pgtemp_kill(server);
        pgtemp_restart(server);
    }
    t.goes_on = false;
    storm_end(&t, senders);
    check_laws(&t, server->conninfo);
    assert_true(t.doubts > 0);
}

/* A commit that stops waiting for its standby reports success with a WARNING; that is not a yes. */
/* Adds items until one is not simply added: the settings of replication change some time after the reload. */
static bh_err *add_until_unknown(bh_call *c, uuid *ret_item) {
    pg_rows rows;
    bh_err *err = NULL;
    for (int i = 0; i < ADDS_MAX && !err; i++) {
        *ret_item = uuid_v7(1 + i);
        err = pg_call(c, &pgtest_sql[PGTEST_SQL_ITEM_ADD], &rows, pg_uuid(ret_item));
    }
    return err;
}

static void an_unreplicated_commit_is_unknown(void **state) {
    const char *conninfo = ((pgtemp *) *state)->conninfo;
    pg_pool *pool = pgtest_pool(pgtest_options(conninfo));
    bh_call *c = pgtest_call(pool, 60000);
    pg_rows rows;
    pgtemp_sql(conninfo, "alter system set synchronous_standby_names = 'nobody'");
    pgtemp_sql(conninfo, "select pg_reload_conf()");
    pid_t canceller = fork();
    if (canceller == 0) {
        pgtemp_sql(conninfo, "set synchronous_commit = local;"
                             "do $$ begin for i in 1..2000 loop perform pg_sleep(0.02), pg_stat_clear_snapshot();"
                             "  perform pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep';"
                             "  exit when found; end loop; end $$");
        _exit(0);
    }
    uuid item;
    bh_err *err = add_until_unknown(c, &item);
    assert_int_equal(waitpid(canceller, NULL, 0), canceller);
    assert_non_null(err);
    assert_string_equal(err->reason, "OUTCOME_UNKNOWN");
    assert_null(pg_call(c, &pgtest_sql[PGTEST_SQL_ITEM_GET], &rows, pg_uuid(&item)));
    assert_int_equal(rows.count, 1);
    pg_pool_close(pool);
    call_free(c);
}

static int start_server(void **state) {
    static pgtemp server;
    pgtemp_start(&server);
    *state = &server;
    return 0;
}

static int stop_server(void **state) {
    pgtemp_stop(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_is_done_once),
        cmocka_unit_test(nothing_acknowledged_is_lost),
        cmocka_unit_test(an_unreplicated_commit_is_unknown),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
