"""YAML as plain values that know where they stand; nothing in it makes an object, refers to another part, or nests without end.

The text is read event by event: what is made is made here, of mappings, lists and scalars. Anchors, aliases, several documents
and tags of one's own are refused, duplicate keys as well.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeAlias

from nslsm.diagnostics import Code, DiagnosticError, Sources, Span

if TYPE_CHECKING:
    import yaml

MAX_BYTES: Final = 1024 * 1024
"""How large a file may be."""
MAX_DEPTH: Final = 32
"""How deep mappings and lists may nest."""

NOT_YAML: Final = Code("yaml-malformed")
NOT_READ: Final = Code("yaml-not-read")
TOO_LARGE: Final = Code("yaml-too-large")

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"
Path: TypeAlias = tuple[str | int, ...]
"""Keys and positions that lead to a value."""


class Place(NamedTuple):
    """Where a value stands. ``exact``: a text, character for character (quotation marks apart)."""

    span: Span
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Marked:
    """A document: its values, the places of all, and the places of keys."""

    value: Plain
    places: Mapping[Path, Place] = field(repr=False)
    keys: Mapping[Path, Span] = field(repr=False)
    sources: Sources = field(repr=False)

    def place(self, path: Path) -> Place:
        """The place of the value there, or of the nearest that it is a part of."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places[path]

    def error(
        self, code: Code, path: Path, message: str, *, way_out: str | None = None, key: bool = False
    ) -> DiagnosticError:
        """An error at a value, or at its key."""
        span = self.keys.get(path) if key else None
        return DiagnosticError([code.at(span or self.place(path).span, message, help=way_out)], self.sources)


def read_yaml(text: str, source: str) -> Marked:
    """The one document in a text; :class:`~nslsm.diagnostics.DiagnosticError` where it is none that is read here.

    >>> read_yaml("a: [1, no, 'no']", "x.yaml").value
    {'a': [1, False, 'no']}
    """
    import yaml  # noqa: PLC0415 - most programs read no YAML

    sources = Sources({source: text})
    if len(text.encode(errors="surrogatepass")) > MAX_BYTES:
        raise DiagnosticError([TOO_LARGE.at(None, f"`{source}` is larger than {MAX_BYTES // 1024} KiB")])
    try:
        return _Reader(yaml.SafeLoader(text), text, source).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        span = None if mark is None else _span(source, mark, mark)
        problem = error.problem or error.context or "it is malformed"
        way_out = "inside YAML's own brackets, a text with `${…}` stands in quotes" if "${" in text else None
        raise DiagnosticError([NOT_YAML.at(span, f"this is no YAML: {problem}", help=way_out)], sources) from None
    except yaml.YAMLError as error:
        raise DiagnosticError([NOT_YAML.at(None, f"`{source}` is no YAML: {error}")], sources) from None
    except _Refused as error:
        raise DiagnosticError([error.code.at(error.span, error.message, help=error.way_out)], sources) from None


class _Refused(Exception):
    """Something that YAML has and this reader has not."""

    def __init__(self, code: Code, span: Span, message: str, way_out: str | None = None) -> None:
        super().__init__(message)
        self.code, self.span, self.message, self.way_out = code, span, message, way_out


@dataclass(slots=True)
class _Open:
    """A mapping or a list whose end has not come yet."""

    value: dict[str, Plain] | list[Plain]
    path: Path
    start: "_Mark | None"
    key: str | None = None


class _Mark(Protocol):
    """A place as the library has it: all of it counts from 0."""

    line: int
    column: int
    index: int


def _span(source: str, start: _Mark | None, end: _Mark | None) -> Span:
    assert start is not None
    assert end is not None
    return Span(source, start.line + 1, start.column + 1, end.line + 1, end.column + 1, start.index, end.index)


class _Reader:
    """The events of a text, and what they make."""

    def __init__(self, loader: "yaml.SafeLoader", text: str, source: str) -> None:
        self.loader, self.text, self.source = loader, text, source
        self.places: dict[Path, Place] = {}
        self.keys: dict[Path, Span] = {}
        self.open: list[_Open] = []
        self.root: Plain = None

    def document(self) -> Marked:
        import yaml  # noqa: PLC0415

        documents = 0
        for event in self._events():
            span = _span(self.source, event.start_mark, event.end_mark)
            if getattr(event, "anchor", None) is not None:
                raise _Refused(NOT_READ, span, "anchors and aliases are not read", "write the value where it is meant")
            match event:
                case yaml.DocumentStartEvent():
                    documents += 1
                    if documents > 1:
                        raise _Refused(NOT_READ, span, "a file holds one document", "put the second in its own file")
                case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                    self._begin(event, span)
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    ended = self.open.pop()
                    whole = _span(self.source, ended.start, event.end_mark)
                    self.places[ended.path] = Place(whole)
                case yaml.ScalarEvent():
                    self._scalar(event, span)
                case _:
                    pass
        self.places.setdefault((), Place(Span(self.source)))
        return Marked(self.root, self.places, self.keys, Sources({self.source: self.text}))

    def _events(self) -> "Iterator[yaml.Event]":
        while self.loader.check_event():
            yield self.loader.get_event()  # type: ignore[no-untyped-call]

    def _begin(self, event: "yaml.MappingStartEvent | yaml.SequenceStartEvent", span: Span) -> None:
        import yaml  # noqa: PLC0415

        if event.tag is not None:
            raise _Refused(NOT_READ, span, f"the tag `{event.tag}` is not read", "leave it out")
        if len(self.open) >= MAX_DEPTH:
            raise _Refused(TOO_LARGE, span, f"this nests more than {MAX_DEPTH} levels deep")
        if self.open and isinstance(self.open[-1].value, dict) and self.open[-1].key is None:
            raise _Refused(NOT_READ, span, "a key is a text")
        value: dict[str, Plain] | list[Plain] = {} if isinstance(event, yaml.MappingStartEvent) else []
        path = self._put(value)
        self.places[path] = Place(span)
        self.open.append(_Open(value, path, event.start_mark))

    def _put(self, value: Plain) -> Path:
        """Put a value where it belongs; the path there."""
        if not self.open:
            self.root = value
            return ()
        inside = self.open[-1]
        if isinstance(inside.value, list):
            inside.value.append(value)
            return (*inside.path, len(inside.value) - 1)
        assert inside.key is not None
        key, inside.key = inside.key, None
        inside.value[key] = value
        return (*inside.path, key)

    def _scalar(self, event: "yaml.ScalarEvent", span: Span) -> None:
        inside = self.open[-1] if self.open else None
        if inside is not None and isinstance(inside.value, dict) and inside.key is None:
            if event.value in inside.value:
                raise _Refused(NOT_READ, span, f"`{event.value}` stands here twice", "leave one of them out")
            inside.key = event.value
            self.keys[(*inside.path, event.value)] = span
            return
        path = self._put(self._plain(event, span))
        written = self.text[span.start : span.end]
        exact = written in (event.value, f'"{event.value}"', f"'{event.value}'")
        self.places[path] = Place(span, exact)

    def _plain(self, event: "yaml.ScalarEvent", span: Span) -> Plain:
        import yaml  # noqa: PLC0415

        tag = event.tag or self.loader.resolve(yaml.ScalarNode, event.value, event.implicit)  # type: ignore[no-untyped-call]
        node = yaml.ScalarNode(tag, event.value)
        kind = str(tag).removeprefix("tag:yaml.org,2002:")
        try:
            match kind:
                case "str" | "timestamp" | "value" | "merge":
                    return event.value
                case "null":
                    return None
                case "bool":
                    return self.loader.construct_yaml_bool(node)
                case "int":
                    return self.loader.construct_yaml_int(node)
                case "float":
                    return self.loader.construct_yaml_float(node)
                case _:
                    raise _Refused(NOT_READ, span, f"the tag `{tag}` is not read", "leave it out")
        except (ValueError, KeyError, OverflowError):
            raise _Refused(NOT_READ, span, f"`{event.value}` is no {kind}") from None
