"""Which methods may be sent twice: the reads, and a command that says so; as C, what the text of proto/ says."""
import pathlib
import re
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]
PROTOS = sorted((TOP / "proto" / "bihuan" / "v1").glob("*_service.proto"))
RPC = re.compile(r"  rpc (\w+)\(\w+\) returns \(\w+\)(?:;| \{\n    option idempotency_level = (\w+);\n  \})")
READ = re.compile(r"(Get|Find|List|Resolve|Explain|Check)[A-Z]")


def methods():
    for proto in PROTOS:
        text = proto.read_text(encoding="utf-8")
        service = re.search(r"^service (\w+)", text, re.M)[1]
        found = RPC.findall(text)
        assert len(found) == text.count("  rpc ")
        yield from ((f"/bihuan.v1.{service}/{name}", name, level) for name, level in found)


def test_reads_are_marked():
    for path, name, level in methods():
        assert (level != "") == bool(READ.match(name)), path


def test_table_is_what_proto_says(tmp_path):
    subprocess.run([TOP / "tools" / "repeatable2c.py", "x", tmp_path, TOP / "proto", *PROTOS], check=True)
    table = re.findall(r'"(/.*)"', (tmp_path / "x_repeatable.c").read_text(encoding="utf-8"))
    assert table == sorted(path for path, _, level in methods() if level)
    assert 'extern const char *const x_repeatable[];' in (tmp_path / "x_repeatable.h").read_text(encoding="utf-8")
