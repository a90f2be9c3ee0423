"""A network of one's own: a namespace with its own loopback, in which nftables harm nobody else."""
import contextlib
import ctypes
import os
import subprocess

CLONE_NEWNET = 0x40000000
TABLE = """table inet fault {
    chain input {
        type filter hook input priority 0;
%s    }
    chain output {
        type filter hook output priority 0;
%s    }
}
"""


def run(*words):
    return subprocess.run(words, capture_output=True, text=True)


def join(descriptor):
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def refusal():
    """Why no namespace can be made here; empty when one can."""
    name = f"bihuan-try-{os.getpid()}"
    made = run("ip", "netns", "add", name)
    rules = run("ip", "netns", "exec", name, "nft", "add", "table", "inet", "fault")
    run("ip", "netns", "del", name)
    return (made.stderr or rules.stderr).strip()


@contextlib.contextmanager
def own_network():
    """This thread, and what it starts, has a loopback of its own until the end."""
    name, home = f"bihuan-{os.getpid()}", os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        with open(f"/run/netns/{name}", "rb") as own:
            join(own.fileno())
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        yield
    finally:
        join(home)
        os.close(home)
        subprocess.run(["ip", "netns", "del", name], check=True)


def chain(lines):
    return "".join(f"        {line}\n" for line in lines)


@contextlib.contextmanager
def rules(*incoming, outgoing=(), enter=()):
    """nftables rules on what comes in and goes out, as long as the block lasts; `enter` leads into another namespace."""
    text = TABLE % (chain(incoming), chain(outgoing))
    subprocess.run([*enter, "nft", "-f", "-"], input=text, text=True, check=True)
    try:
        yield
    finally:
        subprocess.run([*enter, "nft", "delete", "table", "inet", "fault"], check=True)
