"""What chains of transformations make of many values: each step once for a value, and for all values together where that is the same.

Chains begin alike, so they are a tree of steps. Where a step makes the same of values that are joined (Step.joins) it is given all of
them at once, and most of them it leaves as they are. Branches at which the values are the same texts have them in common, and what
comes behind is worked out once for all of them. Long values are worked out one by one, once for a whole exchange (Memory).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from policy.engine.gates import Gate
from policy.engine.limits import TRANSFORMED_BYTES_MAX
from policy.engine.steps import Step, Steps
from policy.transformations.code_points import is_utf8
from policy.transformations.table import SEPARATOR

_NUL: Final = 0
_SEPARATOR: Final = SEPARATOR[0]
ALONE_BYTES: Final = 4_096  # of a value, from which on nothing is saved by joining it with others
KNOWN_BYTES: Final = (
    16_384  # of values together, from which on it is faster to remember what becomes of each than to work it out
)

Forms = dict[int, bytes]
"""Place of a value ▸ what becomes of it, where that is something else."""


class Branch:
    """A step in the tree. `through`: the variables whose values go through it."""

    __slots__ = ("parent", "step", "through")

    def __init__(self, parent: int, step: int) -> None:
        self.parent = parent
        self.step = step
        self.through = 0


class Tree:
    """The steps of some chains. Branch 0 is the value as it was sent; a branch comes behind the one that it grows from."""

    def __init__(self, chains: Mapping[int, Steps], through: Mapping[int, int]) -> None:
        """`through`: chain ▸ the variables whose values go through it."""
        self.steps: list[Step] = []
        self.branches = [Branch(-1, -1)]
        self.end: dict[int, int] = {}  # chain ▸ its last branch
        numbers: dict[str, int] = {}
        known: dict[tuple[int, int], int] = {}
        for chain, steps in chains.items():
            at = 0
            for step in steps:
                number = numbers.setdefault(step.name, len(self.steps))
                if number == len(self.steps):
                    self.steps.append(step)
                below = known.setdefault((at, number), len(self.branches))
                if below == len(self.branches):
                    self.branches.append(Branch(at, number))
                at = below
                self.branches[at].through |= through[chain]
            self.end[chain] = at


class Memory:
    """What steps have made of values that are worked out one by one, for all groups and phases of an exchange."""

    __slots__ = ("_left", "_results")

    def __init__(self) -> None:
        self._results: dict[str, dict[bytes, bytes]] = {}
        self._left = TRANSFORMED_BYTES_MAX

    def after(self, step: Step, text: bytes) -> bytes:
        name = step.alike if step.alike and _NUL not in text and text.isascii() else step.name
        results = self._results.get(name)
        if results is None:
            results = self._results[name] = {}
        result = results.get(text)
        if result is None:
            result = step.function(text)
            size = len(text) + len(result)
            if size <= self._left:
                self._left -= size
                results[text] = result
        return result

    def after_all(self, steps: Steps, text: bytes) -> bytes:
        for step in steps:
            text = self.after(step, text)
        return text


class Known:
    """What is known of texts, where they are many: `odd`: whether one is worked out by itself; `after`: what a step makes of it."""

    __slots__ = ("_after", "_odd")

    def __init__(self) -> None:
        self._odd: dict[bytes, bool] = {}
        self._after: dict[str, dict[bytes, bytes]] = {}

    def odd(self, texts: Sequence[bytes]) -> list[int]:
        known = self._odd
        new = [text for text in texts if text not in known]
        odd = set(_odd(new, SEPARATOR.join(new) + SEPARATOR))
        for at in range(len(new)):
            known[new[at]] = at in odd
        return [at for at in range(len(texts)) if known[texts[at]]]

    def after(self, step: Step, texts: list[bytes]) -> list[bytes]:
        """Of texts that are not odd."""
        known = self._after.setdefault(step.name, {})
        new = [text for text in texts if text not in known]
        if new:
            results, _ = _together(step, new, SEPARATOR.join(new) + SEPARATOR)
            for at in range(len(new)):
                known[new[at]] = results[at]
        return [known[text] for text in texts]


class Texts:
    """Some of the values, as they are somewhere in the tree. `places`: which; `texts`: what has become of them.

    `odd`: those of the texts that are worked out one by one; `joined`: all, with nothing in their places.
    """

    __slots__ = ("_forms", "_joined", "_known", "_origins", "_some", "below", "odd", "places", "plain", "texts")

    def __init__(
        self, places: list[int], texts: list[bytes], known: Known | None = None, joined: bytes | None = None
    ) -> None:
        """`known`: for many of them; `joined`: the texts, where somebody has joined them before."""
        self.places = places
        self.texts = texts
        self.below: dict[int, Texts] = {}  # step ▸ the texts behind it
        self._known = known
        self._some: list[Texts] = []  # of fewer values
        self._forms: Forms | None = None
        self._origins: dict[bytes, list[int]] | None = None  # form ▸ places of the values that have become it
        self._joined = joined
        if known is not None:
            self.odd = known.odd(texts)
        else:
            if joined is None:
                joined = self._joined = SEPARATOR.join(texts) + SEPARATOR
            self.odd = _odd(texts, joined)
        self.plain = texts  # empty where a text is odd
        if self.odd:
            self._joined = None
            self.plain = list(texts)
            for at in self.odd:
                self.plain[at] = b""

    @property
    def joined(self) -> bytes:
        if self._joined is None:
            self._joined = SEPARATOR.join(self.plain) + SEPARATOR
        return self._joined

    def stays(self, step: Step) -> bool:
        """Whether it is certain, at a glance, that the step leaves all as they are."""
        return not self.odd and self._known is None and step.signs is not None and not _has_any(self.joined, step.signs)

    def after(self, step: Step, memory: Memory) -> Texts:
        """What the step makes of the texts: these themselves where it changes none."""
        joined = None
        if self._known is not None:
            results = self._known.after(step, self.plain)
        else:
            results, joined = _together(step, self.plain, self.joined)
        if self.odd:
            joined = None
            results = list(results)
            for at in self.odd:
                results[at] = memory.after(step, self.texts[at])
        return self if results == self.texts else Texts(self.places, results, self._known, joined)

    def of(self, places: list[int]) -> Texts:
        """Of the values at these places only."""
        if self.places is places:
            return self
        for texts in self._some:
            if texts.places is places:
                return texts
        wanted, own = set(places), self.places
        some = Texts(places, [self.texts[at] for at in range(len(own)) if own[at] in wanted], self._known)
        self._some.append(some)
        return some

    def forms(self, values: Sequence[bytes]) -> Forms:
        """`values`: all, as they were sent."""
        forms = self._forms
        if forms is None:
            texts, places = self.texts, self.places
            changed = [at for at in range(len(texts)) if texts[at] != values[places[at]]]
            forms = self._forms = {places[at]: texts[at] for at in changed}
        return forms

    def origins(self, text: bytes, values: Values) -> list[int]:
        """The places of the values that have become this text, or were it and are so still."""
        forms = self.forms(values.values)
        found: list[int] = []
        if forms:
            if self._origins is None:
                self._origins = {}
                for at, form in forms.items():
                    self._origins.setdefault(form, []).append(at)
            found.extend(self._origins.get(text, ()))
        place = values.places.get(text)
        if place is not None and place not in forms:
            found.append(place)
        return found

    def passing(self, gate: Gate) -> list[tuple[int, bytes]]:
        """The places of the values that the gate lets pass as they are here, with what they are."""
        places, texts = self.places, self.texts
        passing = [(places[at], texts[at]) for at in gate.passing(self.joined)]
        passing += [(places[at], texts[at]) for at in self.odd if gate.passes(texts[at])]
        return passing


class Values:
    """Distinct values, each with the variables that have it."""

    def __init__(self, distinct: dict[bytes, int]) -> None:
        self.values = values = list(distinct)
        self.variables = list(distinct.values())
        self.places = {values[place]: place for place in range(len(values))}
        many = sum(map(len, values)) > KNOWN_BYTES
        self.sent = Texts(list(range(len(values))), values, Known() if many else None)


def _together(step: Step, texts: list[bytes], joined: bytes) -> tuple[list[bytes], bytes | None]:
    """What becomes of texts that are not odd; joined, where they were."""
    function = step.function
    if step.signs is not None and not _has_any(joined, step.signs):
        return texts, joined
    if step.joins and not (step.minds_nul and _NUL in joined):
        result = function(joined)
        parts = result.split(SEPARATOR)
        if len(parts) == len(texts) + 1:  # otherwise it made separators that were not there
            return parts[:-1], result
    if step.alphabet is None or (step.minds_nul and _NUL in joined):
        return [function(text) if text else text for text in texts], None
    others = joined.translate(None, step.alphabet).split(SEPARATOR)
    return [texts[at] if others[at] or not texts[at] else function(texts[at]) for at in range(len(texts))], None


def _odd(texts: Sequence[bytes], joined: bytes) -> list[int]:
    """Those that are no text, have a separator in them or are long. `joined`: all of them."""
    count = len(texts)
    is_text = joined.count(SEPARATOR) == max(count, 1) and is_utf8(joined)
    if is_text and (len(joined) <= ALONE_BYTES or max(map(len, texts)) < ALONE_BYTES):
        return []
    return [at for at in range(count) if _is_odd(texts[at])]


def _is_odd(text: bytes) -> bool:
    return len(text) >= ALONE_BYTES or _SEPARATOR in text or not is_utf8(text)


def _has_any(text: bytes, signs: Sequence[bytes]) -> bool:
    found = -1
    for sign in signs:
        found = text.find(sign)  # `in` first tries whether it is a number, which takes longer than to look
        if found >= 0:
            break
    return found >= 0


class Made:
    """What the values have become at the end of each branch. `present`: all variables of the values together."""

    def __init__(self, tree: Tree, values: Values, present: int, memory: Memory) -> None:
        self.values = values
        self._tree = tree
        self._memory = memory
        self._places: dict[int, list[int]] = {present: values.sent.places}  # variables ▸ where their values are
        self._different: dict[tuple[bytes, ...], Texts] = {}
        self._texts = made = [values.sent]
        for branch in tree.branches[1:]:
            through = branch.through & present
            made.append(self._behind(made[branch.parent], branch.step, through) if through else values.sent)

    def _behind(self, texts: Texts, number: int, through: int) -> Texts:
        below = texts.below.get(number)
        if below is None:
            step = self._tree.steps[number]
            if texts.stays(step):
                below = texts.below[number] = texts
            else:
                some = texts.of(self._among(through))
                below = some.below.get(number)
                if below is None:
                    below = some.below[number] = self._shared(some.after(step, self._memory))
        return below

    def _among(self, variables: int) -> list[int]:
        """The places of the values that these variables have; the same list for the same places."""
        places = self._places.get(variables)
        if places is None:
            of = self.values.variables
            places = [at for at in range(len(of)) if of[at] & variables]
            for known in self._places.values():
                if known == places:
                    places = known
                    break
            self._places[variables] = places
        return places

    def _shared(self, texts: Texts) -> Texts:
        """Other texts of the same values that are the same, if there were any before."""
        known = self._different.setdefault(tuple(texts.texts), texts)
        return known if known.places is texts.places else texts

    def behind(self, chain: int) -> Forms:
        return self._texts[self._tree.end[chain]].forms(self.values.values)

    def distinct(self, chains: Sequence[int]) -> list[Texts]:
        """The texts at the ends of these chains, each once."""
        found: list[Texts] = []
        for chain in chains:
            texts = self._texts[self._tree.end[chain]]
            if texts not in found:
                found.append(texts)
        return found

    def origins(self, chain: int, text: bytes) -> list[int]:
        """The places of the values that the chain turns into this text, or leaves so."""
        return self._texts[self._tree.end[chain]].origins(text, self.values)
