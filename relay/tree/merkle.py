"""The Merkle tree of RFC 6962 section 2.1 over SHA-256: hashes, roots, inclusion and consistency proofs. No files.

A *node* is the root of a perfect subtree: `node(height, index)` covers the leaves from `index << height` up to
`(index + 1) << height`. Verification raises IntegrityBroken and returns nothing, so that no result can be ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

from relay.base.errors import IntegrityBroken

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

NodeSource = Callable[[int, int], bytes]  # (height, index) -> hash of a perfect subtree


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def perfect_root(hashes: bytes) -> bytes:
    """The root over a power of two of concatenated hashes."""
    width = len(hashes) // HASH_BYTES
    if width == 0 or width & (width - 1) or len(hashes) % HASH_BYTES:
        raise ValueError("a perfect subtree has a power of two of hashes")
    row = hashes
    while len(row) > HASH_BYTES:
        row = b"".join([sha256(b"\x01" + row[at : at + 64]).digest() for at in range(0, len(row), 64)])
    return bytes(row)


def fold(hashes: bytes, right: bytes | None) -> bytes | None:
    """The root over concatenated hashes of one height, with everything to their right already folded into `right`.

    None only when there is nothing at all. Applied from the lowest level of tiles upwards this gives the root of a
    tree of any size, because its perfect subtrees get smaller from left to right.
    """
    width = len(hashes) // HASH_BYTES
    end = width
    while end:
        span = end & -end
        peak = perfect_root(hashes[(end - span) * HASH_BYTES : end * HASH_BYTES])
        right = peak if right is None else node_hash(peak, right)
        end -= span
    return right


def _split(count: int) -> int:
    """The largest power of two below `count` (k in RFC 6962 section 2.1)."""
    return 1 << (count - 1).bit_length() - 1


def range_root(start: int, end: int, node: NodeSource) -> bytes:
    """MTH(D[start:end]) for a range that the recursion of RFC 6962 reaches; EMPTY_ROOT for an empty one."""
    count = end - start
    if count == 0:
        return EMPTY_ROOT
    if count & (count - 1) == 0:
        return node(count.bit_length() - 1, start // count)
    middle = start + _split(count)
    return node_hash(range_root(start, middle, node), range_root(middle, end, node))


def inclusion_proof(index: int, size: int, node: NodeSource) -> list[bytes]:
    """PATH(index, D[0:size]), from the leaf upwards."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(range_root(middle, end, node))
            end = middle
        else:
            proof.append(range_root(start, middle, node))
            start = middle
    proof.reverse()
    return proof


def consistency_proof(old_size: int, new_size: int, node: NodeSource) -> list[bytes]:
    """PROOF(old_size, D[0:new_size]); empty when either tree says nothing about the other (0, or the same size)."""
    if not 0 <= old_size <= new_size:
        raise ValueError(f"no tree of {old_size} comes before one of {new_size}")
    if old_size in (0, new_size):
        return []
    proof: list[bytes] = []
    start, end = 0, new_size
    whole = True  # the old tree's root is still the root of the range in hand, so a verifier knows it
    while old_size != end:
        middle = start + _split(end - start)
        if old_size <= middle:
            proof.append(range_root(middle, end, node))
            end = middle
        else:
            proof.append(range_root(start, middle, node))
            start = middle
            whole = False
    if not whole:
        proof.append(range_root(start, end, node))
    proof.reverse()
    return proof


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """RFC 9162 section 2.1.3.2. Raises IntegrityBroken when `leaf` is not at `index` of the tree with this root."""
    if not 0 <= index < size:
        raise IntegrityBroken(f"inclusion proof: no leaf {index} in a tree of {size}")
    place, last, seen = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise IntegrityBroken("inclusion proof: too long")
        if place & 1 or place == last:
            seen = node_hash(sibling, seen)
            while place and not place & 1:
                place >>= 1
                last >>= 1
        else:
            seen = node_hash(seen, sibling)
        place >>= 1
        last >>= 1
    if last or seen != root:
        raise IntegrityBroken(f"inclusion proof: leaf {index} is not in the tree of {size} with this root")


def verify_consistency(old_size: int, new_size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """RFC 9162 section 2.1.4.2. Raises IntegrityBroken when the old tree is not the beginning of the new one."""
    if not 0 <= old_size <= new_size:
        raise IntegrityBroken(f"consistency proof: a tree of {old_size} does not come before one of {new_size}")
    if old_size in (0, new_size):
        expected = EMPTY_ROOT if old_size == 0 else new_root
        if proof or old_root != expected:
            raise IntegrityBroken("consistency proof: two roots for one size")
        return
    rest = list(proof)
    if old_size & (old_size - 1) == 0:
        rest.insert(0, old_root)
    if not rest:
        raise IntegrityBroken("consistency proof: empty")
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place >>= 1
        last >>= 1
    old_seen = new_seen = rest[0]
    for sibling in rest[1:]:
        if last == 0:
            raise IntegrityBroken("consistency proof: too long")
        if place & 1 or place == last:
            old_seen = node_hash(sibling, old_seen)
            new_seen = node_hash(sibling, new_seen)
            while place and not place & 1:
                place >>= 1
                last >>= 1
        else:
            new_seen = node_hash(new_seen, sibling)
        place >>= 1
        last >>= 1
    if last or old_seen != old_root or new_seen != new_root:
        raise IntegrityBroken(
            f"consistency proof: the tree of {old_size} is not the beginning of the tree of {new_size}"
        )
