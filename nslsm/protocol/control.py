"""A control: a named unit of judgement, compiled from the language or written in Python (Model M1)."""

from typing import Protocol

from nslsm.protocol.opinion import Answer, Assignment, Observation
from nslsm.protocol.request import Request
from nslsm.protocol.view import View


class Control(Protocol):
    """What the engine asks of every control. A control keeps nothing: all state is read through the view.

    An exception out of any method is a fault, never a grant (Model M2.8).
    """

    @property
    def name(self) -> str:
        """Its qualified name, ``healthcare.hipaa.phi_access``."""

    @property
    def digest(self) -> str:
        """The hexadecimal digest of all that its answers depend on, its arguments included (Model M6.1)."""

    @property
    def origin(self) -> str:
        """The digest of the control before its arguments were filled in: what a lock names (Model M5.3)."""

    def handles(self, hook: str) -> bool:
        """Whether any of its rules is about this hook; it is not asked about others."""

    def judge(self, request: Request, view: View) -> Answer:
        """Where it stands on a request by a subject of its own namespace or below."""

    def judge_inbound(self, request: Request, view: View) -> Answer:
        """Where its ``inbound`` rules stand on a request from outside (Model M4.2)."""

    def effects(self, request: Request, view: View, *, denied: bool) -> tuple[Assignment, ...]:
        """What attributes are to become: of ``on`` rules, or of ``on denied`` rules where ``denied`` (Model M3.2)."""

    def observe(self, request: Request, view: View) -> tuple[Observation, ...]:
        """The ``audit`` rules that match, whatever the verdict (Model M2.7)."""

    def observe_inbound(self, request: Request, view: View) -> tuple[Observation, ...]:
        """The ``inbound audit`` rules that match (Model M4.2)."""
