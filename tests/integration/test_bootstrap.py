"""bihuan-directory --bootstrap: the first operator, audited, harmless to repeat."""
import os
import subprocess

from behind_gateway import BUILD, TOP

PROGRAM = BUILD / "services" / "bihuan-directory"


def in_database(script):
    """Runs bash with a fresh database, `first LOGIN PASSWORD` and `ask SQL`; its output."""
    tools = f"""
        export BIHUAN_DATABASE="$BIHUAN_TEST_DATABASE options='-c role=bihuan_directory'"
        first() {{ printf '%s\\n' "$2" | {PROGRAM} --bootstrap "$1" 2>&1 && echo made || echo "refused $?"; }}
        ask() {{ psql -XAt "$BIHUAN_TEST_DATABASE" -c "$1"; }}
    """
    run = subprocess.run([TOP / "tests/with-database", "bash", "-euc", tools + script], capture_output=True, text=True,
                         env=dict(os.environ), timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_first_operator():
    out = in_database("""
        first operator01 'a good password'
        first operator01 'another password'
        ask "select login, version, disabled from directory.person"
        ask "select unit_id, post, last_day from directory.post_grant"
        ask "select count(*) from audit.pending"
        ask "select count(*) from audit.pending where position('password' in encode(leaf, 'escape')) > 0"
    """)
    assert out.splitlines() == ["made", "made", "operator01|2|f", "0|8|", "2", "0"]


def test_broken_off_between_account_and_post():
    out = in_database("""
        first operator01 'a good password'
        ask "delete from directory.post_grant"
        first operator01 ''
        ask "select p.version, post from directory.person p join directory.post_grant using (site_id, user_id)"
    """)
    assert out.splitlines()[-2:] == ["made", "3|8"]


def test_what_is_refused():
    out = in_database("""
        first operator01 short
        printf '' | { """ + str(PROGRAM) + """ --bootstrap operator01 2>&1 || echo "refused $?"; }
        first 'Not A Login' 'a good password'
        ask "select count(*) from directory.person"
        BIHUAN_DATABASE="host=/nowhere" first operator01 'a good password'
    """)
    assert "at least 10 characters" in out
    assert out.count("refused 6") == 3
    assert "\n0\n" in out
    assert out.rstrip().endswith("refused 9")
