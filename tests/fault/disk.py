"""Disks that can be lost: ext4 on a loop device, and a PostgreSQL cluster on it."""
import fcntl
import os
import struct
import subprocess

from installation import TOP

EXT4_IOC_SHUTDOWN, NO_LOG_FLUSH = 0x8004587D, 2


def run(*words, **options):
    done = subprocess.run(words, capture_output=True, text=True, **options)
    if done.returncode:
        raise OSError(f"{words[0]}: {done.stderr.strip()}")
    return done


class Disk:
    """A file system of its own. After power_loss() it has what had reached the disk, and nothing of the page cache."""

    def __init__(self, folder, megabytes=400):
        self.image, self.place = folder / "disk", folder / "mounted"
        self.place.mkdir()
        run("truncate", "-s", f"{megabytes}M", self.image)
        run("mkfs.ext4", "-q", "-F", self.image)
        self.mount()

    def mount(self):
        run("mount", "-o", "loop", self.image, self.place)

    def power_loss(self):
        descriptor = os.open(self.place, os.O_RDONLY)
        fcntl.ioctl(descriptor, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        os.close(descriptor)

    def unmount(self):
        run("umount", self.place)

    def remove(self):
        self.unmount()
        self.image.unlink()
        self.place.rmdir()


def refusal(folder):
    """Why no disk can be mounted here; empty when one can."""
    try:
        Disk(folder, megabytes=8).remove()
    except OSError as error:
        return str(error)
    return ""


class Cluster:
    """PostgreSQL as deploy/cluster makes it."""

    def __init__(self, folder):
        self.folder = folder
        self.act("init")

    def act(self, verb, **environment):
        return run(TOP / "deploy/cluster", verb, self.folder, env=dict(os.environ, **environment))

    def start(self, **environment):
        self.act("start", **environment)
        self.server = (self.folder / "data/postmaster.pid").read_text().split()[0]

    def stop(self):
        self.act("stop")

    def is_running(self):
        return (self.folder / "data/postmaster.pid").exists()

    def answers(self):
        try:
            return self.sql("select 1") == ["1"]
        except OSError:
            return False

    def set(self, *lines):
        """Settings that win over those of deploy/cluster from the next start on."""
        (self.folder / "data/conf.d/test.conf").write_text("".join(line + "\n" for line in lines))

    @property
    def connection(self):
        return f"host={self.folder}/run dbname=postgres user=postgres"

    def sql(self, statement):
        return run("psql", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", self.connection, "-c", statement).stdout.splitlines()

    def kill(self):
        """kill -9 of the server; its sessions end when they find it gone."""
        sessions = run("pgrep", "-P", self.server).stdout.split()
        run("kill", "-KILL", self.server)
        for pid in [self.server, *sessions]:
            run("tail", f"--pid={pid}", "-f", "/dev/null", timeout=60)


def acknowledged_rows(cluster, first, count):
    """Inserts one row after the other, each in a transaction of its own; those that were acknowledged."""
    session = subprocess.Popen(["psql", "-X", "-A", "-t", "-q", cluster.connection], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               text=True, bufsize=1)
    rows = []
    for i in range(first, first + count):
        session.stdin.write(f"insert into kept values ({i}) returning i;\n")
        rows.append(session.stdout.readline().strip())
    session.kill()
    session.communicate()
    return rows
