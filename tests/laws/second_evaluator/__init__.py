"""The model read a second time: what comes of one event, by the plainest possible means.

Written from the model's rules alone, without a look at the engine or at the interpreter of programs, so that a rule that was
misread there is not misread here in the same way. Nothing is lazy, compiled or remembered: every condition of every binding
is evaluated whenever it is asked about, sets are walked through, globs become regular expressions.

What is shared with the engine are the values that go in: requests and things, the namespaces' tree, the cells, the checked
program (IR), and the generator by which a kernel raises the requests of an event. All that comes out are values of
:mod:`.result`.

``doubt``        values that are unknown, with the facts' names; Kleene's connectives        M2.9
``glob``         globs as regular expressions                                               language, Globs
``scene``        the facts and attributes of things, as one binding sees them               M3.1, M3.3, M4.1
``expressions``  what an expression comes to
``program``      a control's answer, effects and observations                               language, What a control means
``asking``       who is asked, in which order; the verdict on one request                   M2.2, M2.3, M2.5, M2.8, M4.2
``effects``      what the event sets, two values for one cell, limits                       M3.2, M3.4
``placement``    ``enter on``                                                               M5.5
``event``        the whole of it                                                            M2.4, M3.2, M6.3
"""

from tests.laws.second_evaluator.event import second_opinion
from tests.laws.second_evaluator.result import Result

__all__ = ["Result", "second_opinion"]
