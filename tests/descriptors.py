"""The contract as a descriptor set, for foreign peers."""
import pathlib
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[1]


def write_descriptors(path):
    """Everything in proto/bihuan/v1 and the messages of the JSON test."""
    protos = sorted((TOP / "proto" / "bihuan" / "v1").glob("*.proto")) + [TOP / "tests" / "proto" / "json_test.proto"]
    include = ["-I", TOP / "proto", "-I", TOP / "tests" / "proto", "-I", "/usr/include"]
    subprocess.run(["protoc", *include, "--include_imports", f"--descriptor_set_out={path}", *protos], check=True)
    return path
