"""The identifier of a query that no record can match, for each SOP Class that is queried."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import uuid4

_STUDY_ROOT: Final = "1.2.840.10008.5.1.4.1.2.2.1"
_PATIENT_ROOT: Final = "1.2.840.10008.5.1.4.1.2.1.1"
_PATIENT_STUDY_ONLY: Final = "1.2.840.10008.5.1.4.1.2.3.1"
_WORKLIST: Final = "1.2.840.10008.5.1.4.31"

FIND_CLASSES: Final = (_STUDY_ROOT, _PATIENT_ROOT, _WORKLIST, _PATIENT_STUDY_ONLY)
"""The SOP Classes that can be queried, the most usual first."""


def fresh_uid() -> str:
    """A UID that nobody has (PS3.5 B.2)."""
    return f"2.25.{uuid4().int}"


def identifier_of(sop_class: str) -> dict[str, Any]:
    """The attributes to match, by keyword; nothing is asked for beside the keys.

    Raises LookupError for a SOP Class that is not in FIND_CLASSES.
    """
    if sop_class not in FIND_CLASSES:
        raise LookupError(f"{sop_class} cannot be queried")
    if sop_class == _WORKLIST:
        step = {
            "ScheduledStationAETitle": f"TEST{uuid4().hex[:12].upper()}",
            "ScheduledProcedureStepStartDate": f"{datetime.now().astimezone():%Y%m%d}",
        }
        return {"ScheduledProcedureStepSequence": [step]}
    study = {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": fresh_uid()}
    if sop_class == _STUDY_ROOT:
        return study
    # A hierarchical query names the patient above the study (PS3.4 C.4.1.3.1.1).
    return {"PatientID": f"TEST-{uuid4().hex}", **study}
