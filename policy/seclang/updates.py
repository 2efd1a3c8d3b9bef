"""SecRuleRemove* and SecRuleUpdate*, worked into the drafts once everything is read.

Rules, as ModSecurity 3 has them: the order of files does not matter, tags and messages are compared as a whole, and an update by
id means the first rule of a chain, one by tag or message every link that carries it. Beyond ModSecurity 3, which misreads
them in silence, these are understood as the manual of v2 has them: ranges of ids in updates, `ID:OFFSET` for a link of a
chain, and a third argument that names the targets to be replaced.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from policy.seclang.action_list import parse_actions
from policy.seclang.action_words import NOT_UPDATED
from policy.seclang.ast import ActionCall, Note, Position, Target
from policy.seclang.drafts import EXPLICIT, Draft, Link
from policy.seclang.exclusions import holds
from policy.seclang.faults import WordError
from policy.seclang.rule_ids import IdRange, parse_ids
from policy.seclang.selectors import parse_targets

_OFFSET = re.compile(r"(.*?):([0-9]{1,4})\Z")

_ORDER = ("tag", "msg", "id")
"""In which added targets stand before the rule's own."""


@dataclass(frozen=True, slots=True)
class Which:
    """The rules that a directive means: by `id` (ranges and a link), `tag` or `msg` (text)."""

    by: str
    text: str
    ids: tuple[IdRange, ...] = ()
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """What is said of the rules. Without targets and actions they are removed."""

    which: Which
    targets: tuple[Target, ...] = ()
    replaced: tuple[Target, ...] = ()
    actions: tuple[ActionCall, ...] = ()

    @property
    def removes(self) -> bool:
        return not self.targets and not self.actions


@dataclass(frozen=True, slots=True)
class Update:
    position: Position
    directive: str
    change: Change


Reader = Callable[[Sequence[str]], Change]


def _which(by: str, texts: Sequence[str], *, one: bool) -> Which:
    if by != "id":
        if len(texts) != 1 or not texts[0]:
            raise WordError(f"one {by} is expected, not {len(texts)}", "put quotation marks around a text with blanks")
        return Which(by, texts[0])
    text = " ".join(texts)
    found = _OFFSET.match(text) if one else None
    return Which(by, text, parse_ids([found.group(1) if found else text]), int(found.group(2)) if found else 0)


def _removes(by: str) -> Reader:
    return lambda arguments: Change(_which(by, arguments, one=False))


def _retargets(by: str) -> Reader:
    def read(arguments: Sequence[str]) -> Change:
        if len(arguments) not in (2, 3):
            raise WordError("rules and targets are expected", 'write SecRuleUpdateTargetById 942100 "!ARGS:name"')
        replaced = parse_targets(arguments[2]) if len(arguments) == 3 else ()
        return Change(_which(by, arguments[:1], one=True), parse_targets(arguments[1]), replaced)

    return read


def _changes_actions(arguments: Sequence[str]) -> Change:
    if len(arguments) != 2:
        raise WordError("a rule and actions are expected", 'write SecRuleUpdateActionById 942100 "pass"')
    actions = parse_actions(arguments[1])
    if not actions:
        raise WordError("no action is given", "write the actions that change")
    for action in actions:
        if action.name in NOT_UPDATED:
            raise WordError(
                f"{action.name} of a rule cannot be changed", "write a rule of your own and remove the other"
            )
    return Change(_which("id", arguments[:1], one=True), actions=actions)


_READERS = {
    "secruleremovebyid": _removes("id"),
    "secruleremovebymsg": _removes("msg"),
    "secruleremovebytag": _removes("tag"),
    "secruleupdateactionbyid": _changes_actions,
    "secruleupdatetargetbyid": _retargets("id"),
    "secruleupdatetargetbymsg": _retargets("msg"),
    "secruleupdatetargetbytag": _retargets("tag"),
}

KEYS = frozenset(_READERS)
"""The directives, lower case, that `read_update` knows."""


def read_update(position: Position, directive: str, arguments: Sequence[str]) -> Update:
    """Raises WordError."""
    return Update(position, directive, _READERS[directive.lower()](arguments))


def apply(said: Iterable[Update], drafts: Sequence[Draft]) -> tuple[list[Draft], list[Note]]:
    """The drafts that are left, their links changed in place, and a note for each directive that met no rule or took nothing out."""
    notes = []
    removed: set[int] = set()
    added: dict[int, dict[str, list[Target]]] = {}
    for update in said:
        change = update.change
        met = [(draft, link) for draft in drafts for link in _met(change.which, draft, removing=change.removes)]
        if not met:
            notes.append(Note(update.position, f"{update.directive} {change.which.text} meets no rule"))
        else:
            notes += _idle(update, [link for _, link in met])
        for draft, link in met:
            if change.removes:
                removed.add(id(draft))
            elif change.actions:
                link.actions = (*_without_outcome(link, change), *change.actions)
            else:
                _retarget(link, change, added.setdefault(id(link), {by: [] for by in _ORDER}))
    for draft in drafts:
        for link in draft.links:
            lists = added.get(id(link), {})
            link.targets = (*(target for by in lists for target in lists[by]), *link.targets)
    return [draft for draft in drafts if id(draft) not in removed], notes


def _idle(update: Update, links: Sequence[Link]) -> list[Note]:
    """A note for each exclusion that no target of the rules is or holds: `!XML` means no `XML:/*` (docs/spec/rules.md section 6.5)."""
    said = f"{update.directive} {update.change.which.text}"
    return [
        Note(update.position, f"{said} with {target} takes nothing out: none of the rules looks at it as it is written")
        for target in update.change.targets
        if target.exclude and not any(holds(own, target) for link in links for own in link.targets)
    ]


def _met(which: Which, draft: Draft, *, removing: bool) -> list[Link]:
    if which.by == "id":
        named = any(draft.id in ids for ids in which.ids) and which.offset < len(draft.links)
        return [draft.links[which.offset]] if named else []
    links = draft.links[:1] if removing else draft.links
    return [link for link in links if which.text in _texts(link, which.by)]


def _texts(link: Link, by: str) -> tuple[str, ...]:
    texts = link.arguments(by)
    return texts if by == "tag" else texts[-1:]


def _retarget(link: Link, change: Change, added: dict[str, list[Target]]) -> None:
    if change.replaced:
        left = tuple(target for target in link.targets if target not in change.replaced)
        if left == link.targets:
            return
        link.targets = left
    added[change.which.by].extend(target for target in change.targets if not target.exclude)
    link.targets = (*link.targets, *(target for target in change.targets if target.exclude))


def _without_outcome(link: Link, change: Change) -> tuple[ActionCall, ...]:
    """The link's actions; where `block` is what it shall do now, without what it did before."""
    if any(action.name == "block" for action in change.actions):
        return tuple(action for action in link.actions if action.name not in EXPLICIT)
    return link.actions
