"""Starting a sweep: whom, what that would do, and then the run's own page."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path

from dicomcfg.accounts.models import Role
from dicomcfg.checks.limits import CAPS
from dicomcfg.checks.models import CheckRun
from dicomcfg.checks.outlook import Outlook, outlook_of, outlook_of_targets
from dicomcfg.checks.services import start_sweep, start_sweep_unsaved
from dicomcfg.inventory.models import SavedFilter
from dicomcfg.web.partials import is_partial
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.sweeps.files import FileTargets, read_targets
from dicomcfg.web.sweeps.forms import EVERYTHING, FILE, SITE, TABLE, WHAT, SweepForm

FINDINGS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Prospect:
    """What stands in the preview: what the sweep would do, or why there is none."""

    outlook: Outlook | None = None
    file: FileTargets | None = None
    problem: str = ""

    @property
    def can_start(self) -> bool:
        """Whether there is anybody to probe."""
        return self.outlook is not None and self.outlook.probed > 0


@requires(Role.OPERATOR)
def sweep(request: HttpRequest) -> HttpResponse:
    """Choose, see what would happen, start; the address may name the choice."""
    posted = request.method == "POST"
    form = SweepForm(request.POST if posted else request.GET, request.FILES if posted else None)
    prospect = prospect_of(form)
    if "start" in request.POST and prospect.can_start:
        return redirect(_start(request, form, prospect))
    context = page_of(form, prospect, asked=posted or "what" in request.GET)
    template = "sweeps/preview.html" if is_partial(request) else "sweeps/form.html"
    return render(request, template, context, status=422 if "start" in request.POST else 200)


def prospect_of(form: SweepForm) -> Prospect:
    """What starting would do with what the form holds now."""
    if not form.is_valid():
        return Prospect()
    timeout_s, pace = form.cleaned_data["timeout_s"], form.pace()
    if form.cleaned_data["what"] == FILE:
        file = read_targets(*form.content(), form.cleaned_data["site"])
        hostnames = [target.hostname for target in file.targets]
        site = form.cleaned_data["site"]
        outlook = outlook_of_targets(site, hostnames, file.skipped, timeout_s, pace)
        return Prospect(outlook, file, file.problem)
    outlook = outlook_of(form.aes(), timeout_s, pace)
    return Prospect(outlook, problem="" if outlook.probed else _nobody(form, outlook))


def _nobody(form: SweepForm, outlook: Outlook) -> str:
    """Why a choice leaves nobody to probe."""
    if outlook.skipped_count:
        return "All would be skipped."
    if form.cleaned_data["what"] == EVERYTHING:
        return "The AE table is empty. Fill it first, or sweep a file."
    return "No AE fits this choice."


def page_of(form: SweepForm, prospect: Prospect, *, asked: bool) -> dict[str, object]:
    """The context of the page and of its preview."""
    findings = prospect.file.findings if prospect.file else ()
    what = form["what"].value()
    return {
        "form": form,
        "prospect": prospect,
        "asked": asked,
        "what": what,
        "choices": [name for name in WHAT if name not in _out_of_sight(form) or name == what],
        "has_filters": SavedFilter.objects.exists(),
        "findings": findings[:FINDINGS_SHOWN],
        "finding_count": len(findings),
        "caps": CAPS,
    }


def _out_of_sight(form: SweepForm) -> set[str]:
    """Choices that the page does not offer by itself: a lone site is every AE."""
    return {TABLE} if len(form.sites) > 1 else {TABLE, SITE}


def chosen_in_table(posted: QueryDict) -> SweepForm:
    """The form as the AE table's bulk bar hands a selection over."""
    data = QueryDict(mutable=True)
    data["what"] = TABLE
    data["scope"], data["query"] = posted.get("scope", ""), posted.get("query", "")
    data.setlist("ae", posted.getlist("ae"))
    return SweepForm(data)


def _start(request: HttpRequest, form: SweepForm, prospect: Prospect) -> CheckRun:
    chosen, pace = form.cleaned_data, form.pace()
    user, timeout_s = person(request), chosen["timeout_s"]
    if prospect.file is not None:
        name = chosen["source"].name if chosen["source"] else "a pasted list"
        targets = prospect.file.targets
        label = f"Sweep {len(targets):,} of {name}, not saved"
        return start_sweep_unsaved(
            user, chosen["site"], targets, label=label, timeout_s=timeout_s, pace=pace
        )
    site = chosen["site"] if chosen["what"] == SITE else None
    return start_sweep(user, site=site, aes=form.aes(), timeout_s=timeout_s, pace=pace)


urlpatterns = [path("sweep/", sweep, name="sweep")]
