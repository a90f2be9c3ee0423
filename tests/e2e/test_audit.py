"""Whoever owns the database edits, deletes, swaps, cuts or rebuilds: a kept tree head tells, and names the place."""
import re
import subprocess

import merkle
import pytest

ENTRIES, OBJECTS = 700, 40
TABLES = ["entry", "subtree", "tree"]


def hexed(data):
    return f"'\\x{data.hex()}'::bytea"


class Log:
    """The log of an installation with a head kept beside it, and what a superuser can do to it."""

    def __init__(self, bihuan):
        self.bihuan, self.kept = bihuan, bihuan.home / "kept-head.txt"
        bihuan.log_in("auditor01")
        self.bihuan.wait_logged()
        self.copy("before")
        self.append_drill()
        self.run("head", "--save", self.kept)
        self.copy("kept")
        self.first = self.index_of("0", 1)

    def close(self):
        self.restore("before")
        for table in TABLES:
            self.bihuan.sql(f"drop table public.kept_{table}, public.before_{table}")

    def copy(self, name):
        for table in TABLES:
            self.bihuan.sql(f"create table public.{name}_{table} as table audit.{table}")

    def script(self, statements):
        """As a superuser, in one transaction; too long for an argument."""
        connection = f"host={self.bihuan.state}/pg/run dbname=bihuan user=postgres"
        subprocess.run(["psql", "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", connection, "-f", "-"], input=statements, text=True,
                       check=True, stdout=subprocess.DEVNULL)

    def append_drill(self):
        leaves, last = [], {}
        for i in range(ENTRIES):
            name = str(i % OBJECTS)
            leaves.append(merkle.leaf(name, 1 + i // OBJECTS, "", last.get(name, bytes(32))))
            last[name] = merkle.leaf_hash(leaves[-1])
        self.script(f"select audit.append(array_fill(1, array[{ENTRIES}]), array[{','.join(map(hexed, leaves))}])")
        self.bihuan.wait_logged()

    def restore(self, name="kept"):
        self.script("truncate audit.entry, audit.subtree, audit.tree;"
                    + ";".join(f"insert into audit.{t} table public.{name}_{t}" for t in TABLES))

    def run(self, *arguments, code=0, login="auditor01"):
        return self.bihuan.cli("audit", *arguments, "--lang", "en", login=login, code=code)

    def verify(self, code):
        return self.run("verify", "--head", self.kept, code=code).stderr

    def rows(self):
        found = self.bihuan.sql("select idx, encode(leaf, 'hex') from audit.entry order by idx")
        return [bytes.fromhex(row.split("|")[1]) for row in found]

    def index_of(self, name, version):
        return int(self.bihuan.sql(f"select idx from audit.entry where object_type = 'drill' and object_id = '{name}'"
                                   f" and version = {version}")[0])

    def rebuild(self, leaves):
        """Everything that is derived from the leaves, made anew: what a careful forger does."""
        hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
        rows = ",".join(f"(1,{i},{hexed(leaf)},{hexed(hashes[i])},'','',0)" for i, leaf in enumerate(leaves))
        blocks = [merkle.root(hashes[at:at + 256]) for at in range(0, len(hashes) - 255, 256)]
        self.script("truncate audit.entry, audit.subtree;"
                    f"insert into audit.entry values {rows};"
                    + "".join(f"insert into audit.subtree values (1,8,{i},{hexed(b)});" for i, b in enumerate(blocks))
                    + f"update audit.tree set size = {len(leaves)}, root = {hexed(merkle.root(hashes))},"
                    f" edge = {hexed(merkle.edge(hashes))}")

    def forge(self, name, version):
        """One entry edited and the chain behind it made to fit."""
        leaves, last = self.rows(), None
        top = int(self.bihuan.sql(f"select max(version) from audit.entry where object_type='drill' and object_id='{name}'")[0])
        for v in range(version, top + 1):
            at = self.index_of(name, v)
            previous = last or leaves[at][-32:]
            leaves[at] = merkle.leaf(name, v, "forged" if v == version else "", previous)
            last = merkle.leaf_hash(leaves[at])
        self.rebuild(leaves)


@pytest.fixture(scope="module")
def log_kept(bihuan):
    log = Log(bihuan)
    yield log
    log.close()


@pytest.fixture
def log(log_kept):
    yield log_kept
    log_kept.restore()


def test_intact(log):
    assert re.search(r"All \d+ entries are intact", log.verify(0))
    assert "without --head nobody can see" in log.run("verify").stderr


def test_root_is_the_one_of_the_definition(log):
    hashes = [merkle.leaf_hash(leaf) for leaf in log.rows()]
    assert f"root {merkle.root(hashes).hex()}\n" in log.kept.read_text()


def test_entries_of_business_are_real(log):
    """What the services wrote while the sample was loaded: one entry for each version of each object."""
    for table, kind, name in [("directory.unit", "unit", "unit_id"), ("directory.person", "user", "user_id")]:
        assert log.bihuan.sql(f"select sum(version) from {table}") == log.bihuan.sql(
            f"select count(*) from audit.entry where object_type = '{kind}'")
        assert log.bihuan.sql(f"""select count(*) from {table} o where not exists (
            select from audit.entry e where e.leaf_hash = o.leaf_hash and e.object_id = o.{name}::text)""") == ["0"]


def test_edited(log):
    log.bihuan.sql(f"update audit.entry set leaf = set_byte(leaf, 60, 7) where idx = {log.first + 300}")
    assert f"Entry {log.first + 300} " in log.verify(7)


def test_edited_with_its_hash(log):
    at = log.index_of("7", 3)
    log.bihuan.sql(f"update audit.entry set leaf = set_byte(leaf, 60, 7) where idx = {at}")
    log.bihuan.sql(f"update audit.entry set leaf_hash = sha256('\\x00'::bytea || leaf) where idx = {at}")
    found = log.verify(7)
    assert f"Entry {at} " in found or f"entry {at}," in found


def test_deleted(log):
    log.bihuan.sql(f"delete from audit.entry where idx = {log.first + 123}")
    assert f"entries {log.first + 123} to {log.first + 123} " in log.verify(7)


def test_deleted_and_moved_up(log):
    leaves = log.rows()
    at, following = log.index_of("9", 5), log.index_of("9", 6)
    del leaves[at]
    log.rebuild(leaves)
    assert f"Entry {following - 1} of the log (drill 9) does not follow" in log.verify(7)


def test_swapped(log):
    leaves = log.rows()
    leaves[520], leaves[521] = leaves[521], leaves[520]
    log.rebuild(leaves)
    assert "entries 512 to 767 " in log.verify(7)
    assert log.run("verify").returncode == 0  # without a kept head nobody can know


def test_cut(log):
    leaves = log.rows()
    log.rebuild(leaves[:-50])
    assert f"covers {len(leaves) - 50} to {len(leaves) - 1}" in log.verify(7)
    assert log.run("verify").returncode == 0


def test_rebuilt_after_an_edit(log):
    at = log.index_of("3", 17)
    log.forge("3", 17)
    first = at // 256 * 256
    assert f"entries {first} to " in log.verify(7)
    assert log.run("verify").returncode == 0


def test_tree_row(log):
    log.bihuan.sql("update audit.tree set root = sha256('x')")
    assert "The tree head in the database is not the one its entries give" in log.verify(7)
    log.run("head", code=7)


def test_log_of_another_installation(log):
    log.bihuan.sql("update audit.tree set origin = 'another'")
    assert "another" in log.verify(7)


def test_damaged_head_file(log):
    damaged = log.bihuan.home / "damaged-head.txt"
    damaged.write_text(log.kept.read_text().replace("size ", "size 1"))
    assert "not an intact file" in log.run("verify", "--head", damaged, code=6).stderr
    log.run("verify", "--head", log.bihuan.home / "nothing.txt", code=3)


def test_who_may_read(log):
    for login in ("drafter01", "finance-handler01"):
        log.bihuan.log_in(login)
        log.run("head", login=login)
        log.run("verify", "--head", log.kept, code=5, login=login)
    log.bihuan.wait_logged()
    log.run("list", code=5, login="finance-handler01")
    created = log.bihuan.sql("select count(*) from audit.entry where object_type = 'task'")[0]
    seen = log.run("list", "--limit", "2000", login="drafter01").stdout
    assert str(seen.count("task/")) == created and "user/" not in seen and "drill/" not in seen
    assert seen.count("(not shown)") == len(log.rows()) - int(created) and "?" not in seen
    drafters = "select p.name || '|' || u.name from directory.person p join directory.post_grant using (site_id, user_id)" \
        " join directory.unit u using (site_id, unit_id) where login = 'drafter01'"
    assert all(name in seen for name in log.bihuan.sql(drafters)[0].split("|"))


def test_proof(log):
    proof = log.bihuan.json("audit", "proof", "5", login="auditor01")
    assert proof["head"]["size"] == str(len(log.rows()))
    log.bihuan.sql("update audit.entry set leaf_hash = sha256('x') where idx = 4")
    log.run("proof", "5", code=7)


def test_new_entries_do_not_disturb(log):
    """The log grows after the head was kept: what the head covers is still what it was."""
    log.bihuan.sql(f"select audit.append(array[1], array[{hexed(merkle.leaf('new', 1, '', bytes(32)))}])")
    log.bihuan.wait_logged()
    log.verify(0)
