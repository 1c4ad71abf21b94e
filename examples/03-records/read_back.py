"""Each denial of a recorded build is written down as a record, and read back into the decision that it was."""

from pathlib import Path

from nslsm.api.policies import load_policy
from nslsm.api.recordings import replay
from nslsm.engine.decision import Verdict
from nslsm.simulation.replay import Judged
from nslsm.wire.base import canonical
from nslsm.wire.record import to_record
from nslsm.wire.restore import from_record, read_record

BUILD = Path(__file__).resolve().parent.parent / "01-a-build-under-watch"


def main() -> None:
    """Write, read, compare."""
    tree = load_policy(BUILD / "build.nslsm").tree()
    same = 0
    for item in replay(BUILD / "build.strace", tree):
        if not isinstance(item, Judged) or item.decision.verdict is not Verdict.DENY:
            continue
        line = canonical(to_record(item.decision, item.occasion, tree.namespaces))
        decision = from_record(read_record(line), tree.namespaces)
        assert decision == item.decision
        same += 1
        if same == 1:
            print(f"a record: {line[:120]}… ({len(line)} characters)")
            print(f"read back: {decision.verdict}, blamed on {decision.blame}")
    print(f"{same} denials were read back as the decisions that they were")


if __name__ == "__main__":
    main()
