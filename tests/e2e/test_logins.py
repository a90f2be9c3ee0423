"""A flood of logins: bounded in memory, refused in a sentence beyond, and not felt by whoever is logged in."""
import json
import re
import ssl
import threading
import urllib.error
import urllib.request

LOGINS = 60
# The last one: by the time the last password took there was time for one more, and it took longer.
ANSWERS = {(401, "LOGIN_FAILED"), (429, "PASSWORDS_BUSY"), (504, "DEADLINE_EXPIRED")}
MEMORY_MAX_KB = 512 << 10  # two passwords at once take 128 MiB; all of them would take 3.8 GiB


class Client:
    def __init__(self, installation):
        self.url = installation.url
        self.context = ssl.create_default_context(cafile=str(installation.state / "tls/ca.pem"))

    def call(self, method, fields, token=None):
        """HTTP status, and the answer or the error."""
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
        request = urllib.request.Request(f"{self.url}/bihuan.v1.DirectoryService/{method}", json.dumps(fields).encode(), headers)
        try:
            with urllib.request.urlopen(request, context=self.context, timeout=60) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())


def memory_kb(installation, program):
    """The most it ever held."""
    with open(f"/proc/{installation.pid(program)}/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1])


def test_a_flood_of_logins(bihuan):
    client, told = Client(bihuan), []
    status, session = client.call("Login", {"login": "drafter01", "password": bihuan.passwords["drafter01"]})
    assert status == 200

    def flood(number):
        told.append(client.call("Login", {"login": f"nobody{number}", "password": "not a password"}))

    threads = [threading.Thread(target=flood, args=[number]) for number in range(LOGINS)]
    for thread in threads:
        thread.start()
    reads = [client.call("GetMe", {}, session["token"])[0]]
    while any(thread.is_alive() for thread in threads):
        reads.append(client.call("GetMe", {}, session["token"])[0])
    assert set(reads) == {200}
    reasons = [(status, error["details"][0]["debug"]["reason"]) for status, error in told]
    assert len(reasons) == LOGINS and set(reasons) <= ANSWERS, set(reasons)
    assert (401, "LOGIN_FAILED") in reasons
    print(f"{len(reads)} reads, {reasons.count((401, 'LOGIN_FAILED'))} passwords looked at, {memory_kb(bihuan, 'directory')} kB")
    assert memory_kb(bihuan, "directory") < MEMORY_MAX_KB
