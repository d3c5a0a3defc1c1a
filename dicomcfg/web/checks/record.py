"""What a check's page shows of its observation: contexts, trials, rungs, certificates, PDUs.

Values for templates, no markup.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from typing import Final

from dicomcfg.core.diagnosis import refusing, tls, words
from dicomcfg.core.diagnosis.dissection import REQUEST, carried_by, pdu_name
from dicomcfg.core.diagnosis.observation import (
    Certificate,
    ContextResult,
    Observation,
    PduRecord,
    StageName,
    Trial,
    TrialName,
)
from dicomcfg.core.diagnosis.refusing import Manner
from dicomcfg.core.standard import codes
from dicomcfg.probes.target import Target
from dicomcfg.web.checks.cards import ending_words

# A hostile peer fits thousands of data values into one PDU.
_CARRIED_SHOWN: Final = 4


@dataclass(frozen=True, slots=True)
class Answer:
    """One proposed context with its result in the standard's words."""

    context: ContextResult
    tone: str
    words: str


@dataclass(frozen=True, slots=True)
class Answered:
    """One A-ASSOCIATE-RQ with its answers in proposed order."""

    number: int
    answers: list[Answer]

    @property
    def results(self) -> list[tuple[str, str]]:
        """How often each result was given, as tone and words, the most frequent first."""
        counts = Counter((answer.tone, answer.words) for answer in self.answers)
        return [(tone, f"{count:,} {words}") for (tone, words), count in counts.most_common()]


def requests_of(contexts: Sequence[ContextResult]) -> list[Answered]:
    """The answers by request, in proposed order."""
    return [
        Answered(number, [_answer(context) for context in group])
        for number, group in groupby(contexts, key=lambda context: context.request)
    ]


def _answer(context: ContextResult) -> Answer:
    tone = {None: "idle", 0: "ok"}.get(context.result, "bad")
    return Answer(context, tone, codes.describe_context_result(context.result))


@dataclass(frozen=True, slots=True)
class ShownPdu:
    """A PDU in the list, from which its tree is opened; `number` and `association` count from 1.

    `carries` names the messages in a P-DATA-TF, or the parts of them.
    """

    number: int
    association: int
    record: PduRecord
    name: str
    carries: str

    @property
    def is_request(self) -> bool:
        """Whether its size is what weak acceptors stumble over."""
        return self.name == REQUEST


def pdus_of(observation: Observation) -> list[ShownPdu]:
    """The PDUs on record; none but P-DATA, which is small, is taken apart before it is opened."""
    names = [pdu_name(bytes.fromhex(pdu.hex[:2])) for pdu in observation.pdus]
    associations = accumulate(name == REQUEST for name in names)
    return [
        ShownPdu(number, max(1, association), pdu, name, _carried(pdu))
        for number, (association, pdu, name) in enumerate(
            zip(associations, observation.pdus, names, strict=True), 1
        )
    ]


def _carried(pdu: PduRecord) -> str:
    said = carried_by(bytes.fromhex(pdu.hex))
    more = len(said) - _CARRIED_SHOWN
    shown = said[:_CARRIED_SHOWN] + ((f"{more:,} more",) if more > 0 else ())
    return "; ".join(shown)


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of the ladder; `state` is done, broken or unreached."""

    name: str
    state: str
    elapsed_ms: float | None

    @property
    def tone(self) -> str:
        """Its colour and shape."""
        return {"done": "ok", "broken": "bad"}.get(self.state, "idle")

    @property
    def words(self) -> str:
        """What became of it."""
        return {"done": "Done", "broken": "Broken"}.get(self.state, "Not reached")


def rungs_of(target: Target, observation: Observation) -> list[Rung]:
    """Every step that this ladder has, as far as it was climbed."""
    wanted = [StageName.RESOLVE, StageName.CONNECT]
    wanted += [StageName.TLS] if target.tls else []
    wanted += [StageName.ASSOCIATE, StageName.ECHO]
    wanted += [StageName.NEGOTIATE] if target.ladder and target.ladder.negotiations else []
    return [_rung(name, observation) for name in wanted]


def _rung(name: StageName, observation: Observation) -> Rung:
    stages = [stage for stage in observation.stages if stage.name is name]
    if not stages:
        return Rung(words.stage_words(name), "unreached", None)
    broken = any(stage.outcome != "success" for stage in stages)
    elapsed_ms = sum(stage.elapsed_ms for stage in stages)
    return Rung(words.stage_words(name), "broken" if broken else "done", elapsed_ms)


@dataclass(frozen=True, slots=True)
class ShownTrial:
    """One association among several: what was tried, how it was taken, what is right."""

    trial: Trial
    did: str
    headline: str
    tone: str
    answered: str
    wanted: str
    requests: list[Answered]


# By the name of the trial: what was wrong with the request, and what the standard asks for.
_REJECTION = "A permanent rejection"
_CONTEXT = "The association, and for the context result"
_TRIALS: Final[dict[str, tuple[str, str]]] = {
    TrialName.BASELINE: (
        "A correct request, to compare with",
        "The association, and the context accepted",
    ),
    TrialName.UNKNOWN_APPLICATION_CONTEXT: (
        "Proposed an application context that does not exist",
        f"{_REJECTION}: application context name not supported (PS3.8 9.3.4)",
    ),
    TrialName.UNKNOWN_CALLED_TITLE: (
        "Called it by a title that nobody has",
        f"{_REJECTION}: called AE title not recognized (PS3.8 9.3.4), where titles are checked",
    ),
    TrialName.UNKNOWN_CALLING_TITLE: (
        "Called it under a title that nobody has",
        f"{_REJECTION}: calling AE title not recognized (PS3.8 9.3.4), where callers are checked",
    ),
    TrialName.MEANINGLESS_ABSTRACT_SYNTAX: (
        "Proposed an abstract syntax that does not exist",
        f"{_CONTEXT} 3, abstract syntax not supported (PS3.8 9.3.3.2)",
    ),
    TrialName.UNSUPPORTED_TRANSFER_SYNTAX: (
        "Proposed a transfer syntax that does not exist",
        f"{_CONTEXT} 4, transfer syntaxes not supported (PS3.8 9.3.3.2)",
    ),
}


def trials_of(target: Target, observation: Observation) -> dict[str, list[ShownTrial]]:
    """The trials by what they are: `negotiations`, other `titles`, or deliberate `refusals`."""
    names = {n.name for n in target.ladder.negotiations} if target.ladder else set()
    found: dict[str, list[ShownTrial]] = {"negotiations": [], "titles": [], "refusals": []}
    for trial in observation.trials:
        shown = _trial(trial)
        if trial.name in names:
            found["negotiations"].append(shown)
        elif target.ladder is not None:
            found["titles"].append(shown)
        else:
            found["refusals"].append(_refused(shown, observation.trials[0]))
    return found


def _trial(trial: Trial) -> ShownTrial:
    seen = Observation(
        "negotiate" if trial.contexts else "echo",
        trial.outcome,
        detail=trial.detail,
        contexts=trial.contexts,
        rejection=trial.rejection,
        abort=trial.abort,
    )
    plain = trial.name.replace("-", " ")
    did, wanted = _TRIALS.get(trial.name, (plain[:1].upper() + plain[1:], ""))
    return ShownTrial(
        trial,
        did,
        words.headline(seen),
        words.tone(seen),
        _answered(trial),
        wanted,
        requests_of(trial.contexts),
    )


def _refused(shown: ShownTrial, baseline: Trial) -> ShownTrial:
    """A refusal in good order is what was wanted; one without an answer helps no caller."""
    if shown.trial is baseline:
        return shown
    manner = refusing.manner_of(shown.trial, baseline)
    return replace(shown, tone={Manner.PROPER: "ok", Manner.ABRUPT: "warn"}.get(manner, "idle"))


def _answered(trial: Trial) -> str:
    """What the peer itself said, decoded."""
    results = dict.fromkeys(codes.describe_context_result(c.result) for c in trial.contexts)
    if results and trial.answer is not None and not (trial.rejection or trial.abort):
        return f"A-ASSOCIATE-AC: {', '.join(results)}"
    return ending_words(trial)


@dataclass(frozen=True, slots=True)
class ShownCertificate:
    """A certificate of the chain with the time it has left."""

    certificate: Certificate
    tone: str
    left: str


def certificates_of(observation: Observation) -> list[ShownCertificate]:
    """The chain as the peer sent it."""
    chain = observation.tls.chain if observation.tls else ()
    return [ShownCertificate(each, *_left(each.days_left)) for each in chain]


def _left(days: int) -> tuple[str, str]:
    if days < 0:
        # What ended an hour ago has -1 days left.
        since = -days - 1
        return (
            "bad",
            f"expired {since:,} day{'' if since == 1 else 's'} ago" if since else "expired",
        )
    plural = "" if days == 1 else "s"
    return "warn" if days <= tls.ENDS_SOON_DAYS else "ok", f"{days:,} day{plural} left"
