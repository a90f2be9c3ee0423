"""The log a second time, from RFC 6962 and the layout in lib/domain/leaf.h: what the C code must agree with."""
import hashlib
import struct


def leaf_hash(leaf):
    return hashlib.sha256(b"\0" + leaf).digest()


def text(value):
    return struct.pack(">H", len(value.encode())) + value.encode()


def leaf(object_id, version, note, previous, site=1, kind="drill"):
    """An entry of a made-up object, as a service would write it."""
    return (b"bihuan-audit/1\0" + struct.pack(">i", site) + text(kind) + text(object_id) + struct.pack(">i", version)
            + text("Drill") + struct.pack(">iiiiq", 1, 2, 3, 0, 1735689600000) + bytes(16) + bytes(32) + text(note) + previous)


def root(hashes):
    """RFC 6962 section 2.1, word for word."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(hashes[:k]) + root(hashes[k:])).digest()


def edge(hashes):
    """The complete subtrees along the right edge, largest first, as audit.tree keeps them."""
    found, at = b"", 0
    for height in reversed(range(len(hashes).bit_length())):
        if len(hashes) >> height & 1:
            found += root(hashes[at:at + (1 << height)])
            at += 1 << height
    return found
