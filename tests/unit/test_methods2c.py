"""Which methods may be sent twice, the reads and a command that says so, and which are streams: as C, what proto/ says."""
import pathlib
import re
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]
PROTOS = sorted((TOP / "proto" / "bihuan" / "v1").glob("*_service.proto"))
RPC = re.compile(r"  rpc (\w+)\(\w+\) returns \((stream |)\w+\)(?:;| \{\n    option idempotency_level = (\w+);\n  \})")
READ = re.compile(r"(Get|Find|List|Read|Resolve|Explain|Watch)[A-Z]|CheckHealth")
COMMANDS = {"CheckSession", "FetchEvidence"}  # that change nothing the second time


def methods():
    for proto in PROTOS:
        text = proto.read_text(encoding="utf-8")
        service = re.search(r"^service (\w+)", text, re.M)[1]
        found = RPC.findall(text)
        assert len(found) == text.count("  rpc ")
        yield from ((f"/bihuan.v1.{service}/{name}", name, stream, level) for name, stream, level in found)


def test_reads_are_marked():
    for path, name, _, level in methods():
        assert level == ("NO_SIDE_EFFECTS" if READ.match(name) else "IDEMPOTENT" if name in COMMANDS else ""), path


def test_table_is_what_proto_says(tmp_path):
    subprocess.run([TOP / "tools" / "methods2c.py", "x", tmp_path, TOP / "proto", *PROTOS], check=True)
    written = (tmp_path / "x_methods.c").read_text(encoding="utf-8")
    tables = {name: re.findall(r'"(/.*)"', rows) for name, rows in re.findall(r"const x_(\w+)\[\] = \{(.*?)\}", written, re.S)}
    assert tables == {
        "repeatable": sorted(path for path, _, _, level in methods() if level),
        "streams": sorted(path for path, _, stream, _ in methods() if stream),
    }
    for name in tables:
        assert f"extern const char *const x_{name}[];" in (tmp_path / "x_methods.h").read_text(encoding="utf-8")
