"""Traces of programs that ran, whichever tool wrote them: text to events and findings, streaming.

Each line becomes an event or a finding; nothing is dropped. Readers, one package or module for each tool, are tried in
the order of :data:`nslsm.importers.traces.recognise.Format`.
"""

from nslsm.importers.traces.bounded import Progress
from nslsm.importers.traces.findings import TraceError
from nslsm.importers.traces.reader import Item, Reader
from nslsm.importers.traces.recognise import Format, sniff
from nslsm.importers.traces.tally import Tally
from nslsm.importers.traces.trace import Trace, open_trace

__all__ = ["Format", "Item", "Progress", "Reader", "Tally", "Trace", "TraceError", "open_trace", "sniff"]
