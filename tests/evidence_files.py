"""Evidence files of a gateway under test, on their way and on its disk."""
import os
import time

from behind_gateway import TOKEN

DAY = 86400


def put(gateway, data, query="?name=photo.png&type=image/png", token=TOKEN, *options):
    return gateway.curl(f"/evidence{query}", "-X", "PUT", *options, data=data, headers={"authorization": f"Bearer {token}"})


def get(gateway, digest, token=TOKEN):
    return gateway.curl(f"/evidence/{digest}", headers={"authorization": f"Bearer {token}"})


def stored(gateway, digest):
    return gateway.dir / "evidence" / digest[:2] / digest[2:]


def leftovers(gateway):
    return list((gateway.dir / "evidence" / "tmp").iterdir())


def damage_byte(path):
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def age(path, days):
    os.utime(path, (time.time() - days * DAY, time.time() - days * DAY))


def sweep(gateway):
    """A start of the gateway, until its sweep is over; what it says of it."""
    gateway.restart()
    gateway.wait_for(lambda: "evidence.swept" in gateway.log.read_text(encoding="utf-8"), "no sweep")
    line = next(line for line in gateway.log.read_text(encoding="utf-8").splitlines() if "evidence.swept" in line)
    return dict(word.split("=") for word in line.split("evidence.swept ")[1].split())


def swept(complete=1, unfinished=0, set_aside=0, put_back=0, deleted=0):
    return {name: str(value) for name, value in locals().items()}
