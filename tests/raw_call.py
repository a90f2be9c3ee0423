"""One call byte by byte: curl would not show trailers."""
import base64
import json
import subprocess
from dataclasses import dataclass

from behind_gateway import TOKEN, TOP


def frame(message, flags=0, size=None):
    return bytes([flags]) + (len(message) if size is None else size).to_bytes(4, "big") + message


@dataclass
class Reply:
    headers: dict
    trailers: dict
    body: bytes
    seconds: float


def ask(gateway, method, body, token=TOKEN, path=None, **headers):
    """One call of a method as it is, gRPC unless the headers say otherwise."""
    sent = {":method": "POST", ":path": path or f"/bihuan.v1.{method}", "content-type": "application/grpc", "te": "trailers"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    if token:
        sent["authorization"] = f"Bearer {token}"
    command = ["node", TOP / "tests/npm/raw_call.mjs", f"http://127.0.0.1:{gateway.port}", json.dumps(sent)]
    run = subprocess.run(command, input=body, capture_output=True, timeout=60, check=True)
    seen = json.loads(run.stdout)
    assert "error" not in seen, seen
    return Reply(seen["headers"], seen["trailers"], base64.b64decode(seen["body"]), seen["ms"] / 1000)
