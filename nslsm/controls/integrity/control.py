"""Integrity as a control: IMA and EVM. It is in Python because the language has no hashes; what is measured, it is told in it.

It follows Linux 6.12. It does not cover: signatures (``security.ima`` and ``security.evm`` with one are refused, for no key is
known), digests other than SHA-256 of contents (refused as well), the templates beside ``ima-ng``, ``immutable`` and portable
attributes of EVM, modes of fixing and logging, the integrity of the rules themselves, TPMs.
"""

from collections.abc import Iterable
from typing import Final

from nslsm.controls.integrity.attributes import EVM, IMA, TYPES, Form, Sealing, appraised, evm_attribute, octets_of
from nslsm.controls.integrity.template import (
    BANKS,
    BOOT_AGGREGATE,
    Measurement,
    violated,
)
from nslsm.controls.module import Module, length
from nslsm.controls.policy import PolicyControl
from nslsm.hooks.linux import Errno
from nslsm.hooks.types import Unknown
from nslsm.language.check import ir
from nslsm.protocol.opinion import ABSTAIN, Answer, Assignment, Observation, Stance
from nslsm.protocol.request import Request
from nslsm.protocol.things import File, Value
from nslsm.protocol.view import View

ACTIONS: Final = ("measure", "appraise", "audit")
"""What a rule asks for: the first word of its name, up to an underscore."""

LIST: Final = "namespace.list."
"""Followed by a number: an entry of the measurement list, as it is stored; several where one event made several."""
NOBODY_KNOWS: Final = "?"
"""The name in an entry of which nobody knows whether it was made."""
MEASURED: Final = "namespace.measured."
"""Followed by a template's hash: that entry is in the list."""


class Integrity(Module):
    """Files measured into a list of the namespace's own, and appraised, as rules in the language say.

    ``rules``: a control of the language whose ``audit`` rules are called ``measure…``, ``appraise…`` or ``audit…``, a word of
    one's own behind an underscore. ``boot_aggregate``: the digest that the list begins with, SHA-256 in hexadecimal.
    ``evm_key``: the key of EVM, in hexadecimal; with it, what is appraised must be sealed by ``security.evm`` too.
    Raises TypeError and ValueError for what is none of these.
    """

    name = "base.integrity"

    boot_aggregate: str
    evm_key: bytes
    _inner: PolicyControl

    def __init__(self, rules: object, *, boot_aggregate: str = "", evm_key: str = "") -> None:
        declared = getattr(rules, "declaration", rules)
        if not isinstance(declared, ir.Control):
            raise TypeError(f"{rules!r:.80} is no control of the language: its `audit` rules say what is measured")
        inner = PolicyControl(declared, dict(getattr(rules, "arguments", None) or {}))
        wrong = [rule.id for rule in declared.rules if not isinstance(rule, ir.Audit) or _action(rule.id) is None]
        if wrong or not declared.rules:
            said = f"`{wrong[0]}`" if wrong else "nothing"
            raise ValueError(
                f"{declared.name} says {said}: rules of integrity are `audit measure…`, `appraise…`, `audit…`"
            )
        if boot_aggregate and len(_octets(boot_aggregate)) != BANKS["sha256"]:
            raise ValueError("the boot aggregate is a SHA-256, 64 hexadecimal digits")
        object.__setattr__(self, "_inner", inner)
        object.__setattr__(self, "boot_aggregate", boot_aggregate or "0" * 64)
        object.__setattr__(self, "evm_key", _octets(evm_key))

    @property
    def arguments(self) -> tuple[tuple[str, object], ...]:
        """What it was made with: the digest of the rules, the aggregate, the key."""
        return (
            ("boot_aggregate", self.boot_aggregate),
            ("evm_key", self.evm_key.hex()),
            ("rules", self._inner.digest),
        )

    def handles(self, hook: str) -> bool:
        """Whether a rule is about this hook."""
        return self._inner.handles(hook)

    # What it answers

    def judge(self, request: Request, view: View) -> Answer:
        """EACCES where a file that is appraised is not what its attributes say, or says nothing."""
        wanted = self._wanted(request, view, "appraise")
        file = request.object
        if wanted is None or not isinstance(file, File):
            return ABSTAIN
        if isinstance(wanted, frozenset):
            return Answer(Stance.UNKNOWN, "appraise", unknown=wanted)
        unknown, fault = self._fault(file)
        if unknown:
            return Answer(Stance.UNKNOWN, "appraise", unknown=frozenset(unknown))
        return Answer(Stance.DENY, "appraise", Errno.EACCES, fault) if fault else ABSTAIN

    def effects(self, request: Request, view: View, *, denied: bool) -> tuple[Assignment, ...]:
        """The entry, where a file is measured. What others refused, IMA never saw; what it refuses itself was measured."""
        if denied and self.judge(request, view).stance is not Stance.DENY:
            return ()
        entry = self._entry(request, view)
        if entry is None or self._has(entry, view):
            return ()
        space = view.namespace.identity
        return (
            Assignment(f"{LIST}{length(view, LIST)}", space, _key(entry), "measure", _both),
            Assignment(MEASURED + _key(entry), space, value=True, rule="measure", join="or"),
        )

    def observe(self, request: Request, view: View) -> tuple[Observation, ...]:
        """A line of the list where one is made; and what an audit rule asked for: the file and its hash."""
        found = []
        entry = self._entry(request, view)
        if entry is not None and not self._has(entry, view):
            found.append(Observation("measure", entry.line(), certain=True))
        file = request.object
        wanted = self._wanted(request, view, "audit")
        if wanted is not None and isinstance(file, File) and _has_contents(file):
            digest = "unknown" if isinstance(file.sha256, Unknown) else f"sha256:{file.sha256}"
            found.append(Observation("audit", f'file="{file.path}" hash="{digest}"', certain=wanted is True))
        return tuple(found)

    # Measuring

    def _wanted(self, request: Request, view: View, action: str) -> "bool | frozenset[str] | None":
        """Whether a rule asks for an action; the facts that it hangs on, where none is sure to."""
        unknown: frozenset[str] | None = None
        for said in self._inner.observe(request, view):
            if _action(said.rule) == action:
                if said.certain:
                    return True
                unknown = (unknown or frozenset()) | said.unknown
        return unknown

    def _entry(self, request: Request, view: View) -> Measurement | None:
        """The entry of the file that a request is about; a violation where its contents, or the rule, are not known."""
        file = request.object
        if not isinstance(file, File) or not _has_contents(file):
            return None
        wanted = self._wanted(request, view, "measure")
        if wanted is None:
            return None
        path = "?" if isinstance(file.path, Unknown) else file.path
        if isinstance(file.sha256, Unknown) or wanted is not True:
            return violated(path)
        return Measurement("sha256", file.sha256, path)

    def _has(self, entry: Measurement, view: View) -> bool:
        return view.cell(MEASURED + _key(entry), view.namespace.identity) is True

    # Appraising

    def _fault(self, file: File) -> tuple[list[str], str]:
        """The facts that an appraisal hangs on, and what is wrong with the file."""
        if isinstance(file.xattrs, Unknown):
            return ["object.xattr"], ""
        if IMA not in file.xattrs:
            return [], f"{file.path} has no {IMA}"
        found = appraised(file.xattrs[IMA])
        if found.form is not Form.DIGEST:
            said = "a signature, and no key is known" if found.form is Form.SIGNATURE else "malformed"
            return [], f"the {IMA} of {file.path} is {said}"
        if found.algorithm != "sha256":
            return [], f"the {IMA} of {file.path} is a {found.algorithm}: only SHA-256 of contents is known"
        if isinstance(file.sha256, Unknown):
            return ["object.sha256"], ""
        if found.digest != file.sha256:
            return [], f"the contents of {file.path} are not those that its {IMA} names"
        return self._seal_fault(file) if self.evm_key else ([], "")

    def _seal_fault(self, file: File) -> tuple[list[str], str]:
        assert not isinstance(file.xattrs, Unknown)
        facts = {"inode": file.inode, "owner": file.owner, "group": file.group, "mode": file.mode, "type": file.type}
        unknown = [f"object.{name}" for name, value in facts.items() if isinstance(value, Unknown)]
        if unknown:
            return unknown, ""
        if EVM not in file.xattrs:
            return [], f"{file.path} has no {EVM}"
        numbers = [int(str(facts[name])) for name in ("inode", "owner", "group", "mode")]
        inode, owner, group, mode = numbers
        sealing = Sealing(inode, owner, group, TYPES.get(str(file.type), 0) | mode)
        attributes = {name: file.xattrs[name] for name in file.xattrs}
        if octets_of(attributes[EVM]) != octets_of(evm_attribute(self.evm_key, attributes, sealing)):
            return [], f"the {EVM} of {file.path} does not seal its attributes as they are"
        return [], ""


def _has_contents(file: File) -> bool:
    """Whether it is a file that can be measured: a regular one, as far as is known."""
    return file.type == "regular" or isinstance(file.type, Unknown)


def _action(rule: str) -> str | None:
    word = rule.rpartition("#")[2].partition("_")[0].partition("-")[0]
    return word if word in ACTIONS else None


def _octets(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ValueError(f"{text!r:.40} is not hexadecimal") from None


def _key(entry: Measurement) -> str:
    """An entry as one word: what it is, so that its hash can be made again."""
    return f"{int(entry.violation)}:{entry.digest}:{entry.path.encode(errors='surrogateescape').hex()}"


def _entry_of(key: str) -> Measurement:
    violation, digest, path = key.split(":")
    return Measurement("sha256", digest, bytes.fromhex(path).decode(errors="surrogateescape"), violation == "1")


def _both(one: Value, other: Value) -> Value:
    """The entries of two requests of one event; the same one is one."""
    return "\n".join(dict.fromkeys(f"{one}\n{other}".split("\n")))


def entries_of(stored: Iterable[Value | Unknown], boot_aggregate: str) -> tuple[Measurement, ...]:
    """The list that is stored, behind the aggregate of the boot.

    Of an event that nobody could decide, nobody knows whether it made an entry: that is a violation too.
    """
    made: list[Measurement] = []
    for each in stored:
        made.extend(map(_entry_of, each.split("\n")) if isinstance(each, str) else (violated(NOBODY_KNOWS),))
    return (Measurement("sha256", boot_aggregate, BOOT_AGGREGATE), *made) if made else ()
