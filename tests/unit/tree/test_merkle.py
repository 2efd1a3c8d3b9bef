"""Merkle hashes and proofs against the reference answers and a naive tree."""

from __future__ import annotations

from hashlib import sha256

import pytest

from relay.base.errors import IntegrityBroken
from relay.tree import merkle
from tests.log_samples import naive_consistency, naive_inclusion, naive_root

# The inputs and roots of the reference implementation of RFC 6962 (certificate-transparency, merkle_tree_test).
INPUTS = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")] + [
    bytes(range(0x60, 0x70))
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SIZES = 20


def nodes_of(entries: list[bytes]) -> merkle.NodeSource:
    return lambda height, index: naive_root(entries[index << height : (index + 1) << height])


def test_reference_roots() -> None:
    assert len(ROOTS) == len(INPUTS) + 1
    for size, root in enumerate(ROOTS):
        assert naive_root(INPUTS[:size]).hex() == root
        assert merkle.range_root(0, size, nodes_of(INPUTS)).hex() == root
        leaves = b"".join(map(merkle.leaf_hash, INPUTS[:size]))
        assert (merkle.fold(leaves, None) or merkle.EMPTY_ROOT).hex() == root


def test_every_inclusion_proof_of_small_trees() -> None:
    proofs = 0
    for size in range(1, SIZES):
        entries = [bytes([number]) for number in range(size)]
        root = naive_root(entries)
        for index in range(size):
            proof = merkle.inclusion_proof(index, size, nodes_of(entries))
            assert proof == naive_inclusion(index, entries)
            merkle.verify_inclusion(index, size, merkle.leaf_hash(entries[index]), proof, root)
            proofs += 1
    assert proofs == SIZES * (SIZES - 1) // 2


def test_every_consistency_proof_of_small_trees() -> None:
    proofs = 0
    for new in range(SIZES):
        entries = [bytes([number]) for number in range(new)]
        for old in range(new + 1):
            proof = merkle.consistency_proof(old, new, nodes_of(entries))
            assert proof == (naive_consistency(old, entries) if 0 < old < new else [])
            merkle.verify_consistency(old, new, proof, naive_root(entries[:old]), naive_root(entries))
            proofs += 1
    assert proofs == SIZES * (SIZES + 1) // 2


def test_no_changed_inclusion_proof_verifies() -> None:
    entries = [bytes([number]) for number in range(11)]
    root, leaf = naive_root(entries), merkle.leaf_hash(entries[6])
    proof = naive_inclusion(6, entries)
    merkle.verify_inclusion(6, 11, leaf, proof, root)
    other = sha256(b"other").digest()
    changed = [
        (5, 11, leaf, proof, root),
        (6, 7, leaf, proof, root),
        (11, 11, leaf, proof, root),
        (-1, 11, leaf, proof, root),
        (6, 11, other, proof, root),
        (6, 11, leaf, proof[:-1], root),
        (6, 11, leaf, [*proof, other], root),
        (6, 11, leaf, [*proof[1:], proof[0]], root),
        (6, 11, leaf, proof, other),
        (6, 11, leaf, [], root),
        (0, 1, leaf, [other], leaf),
    ]
    for case in changed:
        with pytest.raises(IntegrityBroken):
            merkle.verify_inclusion(*case)
    assert len(changed) == 11


def test_no_changed_consistency_proof_verifies() -> None:
    entries = [bytes([number]) for number in range(11)]
    old_root, new_root = naive_root(entries[:6]), naive_root(entries)
    proof = naive_consistency(6, entries)
    merkle.verify_consistency(6, 11, proof, old_root, new_root)
    other = sha256(b"other").digest()
    changed = [
        (5, 11, proof, old_root, new_root),
        (6, 12, proof, old_root, other),
        (11, 6, proof, new_root, old_root),
        (-1, 6, proof, old_root, new_root),
        (6, 11, proof[:-1], old_root, new_root),
        (6, 11, [*proof, other], old_root, new_root),
        (6, 11, [], old_root, new_root),
        (6, 11, proof, other, new_root),
        (6, 11, proof, old_root, other),
        (0, 11, [], other, new_root),
        (0, 11, [other], merkle.EMPTY_ROOT, new_root),
        (11, 11, [], other, new_root),
        (11, 11, [other], new_root, new_root),
    ]
    for case in changed:
        with pytest.raises(IntegrityBroken):
            merkle.verify_consistency(*case)
    assert len(changed) == 13


def test_arguments_outside_the_tree() -> None:
    for index, size in ((0, 0), (3, 3), (-1, 3)):
        with pytest.raises(ValueError, match="no leaf"):
            merkle.inclusion_proof(index, size, nodes_of([]))
    with pytest.raises(ValueError, match="comes before"):
        merkle.consistency_proof(4, 3, nodes_of([]))
    for count in (0, 3, 5):
        with pytest.raises(ValueError, match="power of two"):
            merkle.perfect_root(bytes(32 * count))
