"""Office documents without anything active: a new package of the parts that show something, each written anew.

Rules:
1. From the package inwards, only relationships of the closed list are followed, and only to parts that are in the package. What
   nothing on that way leads to does not cross, whatever it is.
2. XML is written anew (`content.disarm_xml`), pictures are encoded anew (`content.disarm_image`). Of pictures in other formats,
   and of those that are elsewhere, an empty one stands in their place: a document with a hole does not open everywhere.
3. A document that was made for macros becomes one that was not.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote
from xml.sax.saxutils import quoteattr

import PIL
from lxml import etree  # type: ignore[import-untyped]  # its stubs are not among our dependencies

from content.archive_writer import archive
from content.archives import Budget, content, read_archive
from content.disarm_image import disarm_image
from content.disarm_xml import rewritten
from content.disarmed import Disarmed, Removed, disarmed
from content.faults import Fault, Unfit
from content.office import MAIN, SHOWN, XML_TYPE, active_word
from content.office_xml import elements

_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPES: Final = "[Content_Types].xml"
_RELS_TYPE: Final = "application/vnd.openxmlformats-package.relationships+xml"
_TYPES_NAMESPACE: Final = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELS_NAMESPACE: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
# The last word of a relationship's type, in lower case: what shows something
_FOLLOWED: Final = frozenset(
    (
        "officedocument", "styles", "styleswitheffects", "theme", "themeoverride", "settings", "websettings", "fonttable",
        "numbering", "footnotes", "endnotes", "comments", "commentsextended", "commentsids", "commentsextensible", "people",
        "header", "footer", "chart", "chartex", "chartusershapes", "chartstyle", "chartcolorstyle", "diagramdata",
        "diagramlayout", "diagramquickstyle", "diagramcolors", "diagramdrawing", "worksheet", "chartsheet", "sharedstrings",
        "sheetmetadata", "table", "drawing", "vmldrawing", "pivottable", "pivotcachedefinition", "pivotcacherecords",
        "threadedcomment", "person", "slidemaster", "slidelayout", "slide", "notesmaster", "notesslide", "handoutmaster",
        "presprops", "viewprops", "tablestyles", "commentauthors",
    )
)  # fmt: skip
_LEFT: Final[Mapping[str, Removed]] = {
    "core-properties": Removed.METADATA,
    "extended-properties": Removed.METADATA,
    "custom-properties": Removed.METADATA,
    "thumbnail": Removed.METADATA,
    "printersettings": Removed.METADATA,
    "calcchain": Removed.METADATA,
    "hyperlink": Removed.LINKS,
    "customxml": Removed.CUSTOM_XML,
    "customxmlprops": Removed.CUSTOM_XML,
}
_PICTURE_KINDS: Final[Mapping[bytes, str]] = {b"\xff\xd8\xff": "jpeg", b"\x89PNG": "png", b"GIF8": "gif"}
_EMPTY_PICTURE: Final = "media/removed.png"
# One transparent pixel
_PIXEL: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
    "0000000b49444154789c636060000000030001b8ad3a630000000049454e44ae426082"
)
_MACRO_MAIN: Final = {
    "docx": "application/vnd.ms-word.document.macroenabled.main+xml",
    "xlsx": "application/vnd.ms-excel.sheet.macroenabled.main+xml",
    "pptx": "application/vnd.ms-powerpoint.presentation.macroenabled.main+xml",
}


def disarm_office(data: bytes, kind: str) -> Disarmed:
    """Raises Unfit. The caller has examined the file, and examines the result."""
    budget = Budget()
    members = read_archive(data, budget)
    parts = {member.name.lower(): content(data, member, budget) for member in members}
    package = _Package(kind, parts, {member.name.lower(): member.name for member in members}, _content_types(parts))
    package.follow()
    files = {_TYPES: package.types_xml(), **dict(sorted(package.made.items()))}
    libraries = ("lxml", etree.__version__), ("pillow", PIL.__version__), ("zlib", zlib.ZLIB_RUNTIME_VERSION)
    return disarmed(archive(files), package.removed, *libraries)


def _content_types(parts: Mapping[str, bytes]) -> dict[str, str]:
    """Of every part by its name in lower case; as it is written, because readers compare it letter by letter."""
    defaults: dict[str, str] = {}
    overrides: dict[str, str] = {}
    for element in elements([parts[_TYPES.lower()]], frozenset(("Default", "Override"))):
        said = element.attributes.get("ContentType", "")
        if element.name == "Default":
            defaults[element.attributes.get("Extension", "").lower()] = said
        else:
            overrides[element.attributes.get("PartName", "").lower().lstrip("/")] = said
    return {name: overrides.get(name) or defaults.get(name.rpartition(".")[2], "") for name in parts}


@dataclass(slots=True)
class _Package:
    """`parts`, `names`, `types`: of the document that came, by names in lower case. `made`: what crosses, with `said` of each."""

    kind: str
    parts: Mapping[str, bytes]
    names: Mapping[str, str]
    types: Mapping[str, str]
    made: dict[str, bytes] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    removed: set[Fault | Removed] = field(default_factory=set)
    pictures: dict[str, str] = field(default_factory=dict)

    def follow(self) -> None:
        """Rule 1."""
        waiting, seen = [""], {""}
        while waiting:
            source = waiting.pop()
            kept: set[str] = set()
            rows: list[str] = []
            for relationship in self._relationships(source):
                said, key = relationship.get("Type", ""), relationship.get("Id", "")
                target = self._kept_target(source, relationship)
                if target is None:
                    continue
                kept.add(key)
                if said.lower().endswith("/image"):
                    leads_to = "/" + self._picture(target)
                else:
                    leads_to = "/" + self.names[target]
                    if target not in seen:
                        seen.add(target)
                        waiting.append(target)
                rows.append(f"<Relationship Id={quoteattr(key)} Type={quoteattr(said)} Target={quoteattr(leads_to)}/>")
            if source:
                self._write(source, kept)
            elif len(rows) != 1:  # the document itself, and nothing beside it
                raise Unfit(Fault.NOT_DISARMED)
            if rows:
                self._relate(self.names.get(source, ""), rows)

    def types_xml(self) -> bytes:
        rows = [f'<Default Extension="rels" ContentType="{_RELS_TYPE}"/>']
        rows += [f'<Default Extension="{kind}" ContentType="image/{kind}"/>' for kind in ("jpeg", "png")]
        for name, said in sorted(self.said.items()):
            rows.append(f"<Override PartName={quoteattr('/' + name)} ContentType={quoteattr(said)}/>")
        return f'{_DECLARATION}<Types xmlns="{_TYPES_NAMESPACE}">{"".join(rows)}</Types>'.encode()

    def _relationships(self, source: str) -> list[Mapping[str, str]]:
        folder, _, name = source.rpartition("/")
        data = self.parts.get(f"{folder}/_rels/{name}.rels".lstrip("/"))
        if data is None:
            return []
        return [element.attributes for element in elements([data], frozenset(("Relationship",)))]

    def _kept_target(self, source: str, relationship: Mapping[str, str]) -> str | None:
        """The part that it leads to, or None where it does not stay."""
        word = relationship.get("Type", "").lower().rpartition("/")[2]
        inside = relationship.get("TargetMode", "Internal").lower() == "internal"
        target = _resolved(source, relationship.get("Target", "")) if inside else ""
        if word == "image":
            return target
        said = self.types.get(target, "").lower()
        if target and said and word in _FOLLOWED:
            if word == "officedocument" and said == _MACRO_MAIN[self.kind]:
                self.removed.add(Fault.OFFICE_MACRO)
                return target
            if active_word(said) is None and SHOWN.fullmatch(said) and XML_TYPE.fullmatch(said):
                return target
        outside = Fault.OFFICE_PART if inside else Fault.OFFICE_EXTERNAL
        self.removed.add(active_word(word) or _LEFT.get(word) or active_word(said) or outside)
        return None

    def _picture(self, target: str) -> str:
        """The name under which it crosses."""
        if target in self.pictures:
            return self.pictures[target]
        data = self.parts.get(target, b"")
        kind = next((kind for magic, kind in _PICTURE_KINDS.items() if data.startswith(magic)), None)
        if kind is None:
            self.removed.add(Removed.PICTURES)
            self.made[_EMPTY_PICTURE] = _PIXEL
            return _EMPTY_PICTURE
        picture = disarm_image(data, kind)
        self.removed.update(picture.removed)
        name = f"media/{len(self.pictures) + 1}.{'jpeg' if kind == 'jpeg' else 'png'}"
        self.pictures[target] = name
        self._make(name, picture.data)
        return name

    def _make(self, name: str, data: bytes) -> None:
        if name in self.made:  # a part that came under a name which is given here
            raise Unfit(Fault.NOT_DISARMED)
        self.made[name] = data

    def _write(self, source: str, kept: AbstractSet[str]) -> None:
        name, said = self.names[source], self.types[source]
        self._make(name, rewritten(self.parts[source], kept, self.removed))
        self.said[name] = MAIN[self.kind] if said.lower() == _MACRO_MAIN[self.kind] else said

    def _relate(self, name: str, rows: list[str]) -> None:
        folder, _, last = name.rpartition("/")
        body = f'{_DECLARATION}<Relationships xmlns="{_RELS_NAMESPACE}">{"".join(rows)}</Relationships>'
        self._make(f"{folder}/_rels/{last}.rels".lstrip("/"), body.encode())


def _resolved(source: str, target: str) -> str:
    """The name of a part in lower case (ECMA-376 part 2, 6.5.3: relative to the part that names it)."""
    path = unquote(target.partition("#")[0]).lower()
    steps = [] if path.startswith("/") else source.split("/")[:-1]
    for step in path.split("/"):
        if step == "..":
            del steps[-1:]
        elif step not in ("", "."):
            steps.append(step)
    return "/".join(steps)
