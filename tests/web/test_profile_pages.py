"""Profiles: the list, one Profile's pages, and a change that is shown before it is saved."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dicomcfg.core.records import PresentationContext, RoleSelection, TransferCapability
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import Association, ChangeSet, Profile
from dicomcfg.inventory.profile_selectors import profile_data
from dicomcfg.inventory.services.capabilities import set_capabilities
from dicomcfg.inventory.services.following import follow
from dicomcfg.inventory.services.profile_rows import ProfileData
from dicomcfg.inventory.services.profiles import create_profile
from dicomcfg.inventory.services.proposed_sets import ProposedSet
from tests.parts.discovered import discover
from tests.parts.people import Person
from tests.parts.rows import (
    CT,
    EXPLICIT,
    IMPLICIT,
    SHELL,
    VERIFICATION,
    make_ae,
    make_association,
)

pytestmark = pytest.mark.django_db
ECHO = PresentationContext(VERIFICATION, (IMPLICIT,))
STORE = PresentationContext(CT, (EXPLICIT, IMPLICIT))


def make_profile(name: str = "Basic", *contexts: PresentationContext) -> Profile:
    held = ProposedSet(contexts or (ECHO, STORE))
    return create_profile(SHELL, ProfileData(name=name, description="For all", proposed=held))


def fields_of(html: str) -> dict[str, str]:
    """The hidden fields of the form that saves a preview."""
    form = html[html.index("/save/") :]
    return {
        name: unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)
    }


def test_the_list_is_searched_sorted_and_narrowed(viewer: Person) -> None:
    make_profile("Unused")
    used = make_profile("Archive <b>", ECHO)
    follow(SHELL, make_association(), used, 1)

    def names(query: str) -> list[str]:
        html = viewer.get(f"/profiles/{query}").content.decode()
        return re.findall(r'data-label="Name"><a href="/profiles/\d+/">([^<]+)<', html)

    assert names("") == ["Archive &lt;b&gt;", "Unused"]
    assert names("?sort=-contexts") == names("?q=for")[::-1] == ["Unused", "Archive &lt;b&gt;"]
    assert names("?sort=-associations&page=9") == names("")
    assert names("?only=unused") == names("?q=unused") == ["Unused"]
    assert "No Profile matches" in viewer.get("/profiles/?q=zzz").content.decode()


def test_a_profile_is_added_renamed_copied_and_deleted(editor: Person) -> None:
    answer = editor.post("/profiles/add/", {"name": "Basic", "description": "x"})
    profile = Profile.objects.get()
    assert answer["Location"] == profile.get_absolute_url()
    form = {"name": "Storage", "description": "", "revision": 1}
    assert editor.post(f"/profiles/{profile.pk}/edit/", form).status_code == 302
    stale = editor.post(f"/profiles/{profile.pk}/edit/", form)
    assert stale.status_code == 422
    assert "in the meantime" in stale.content.decode()
    taken = editor.post("/profiles/add/", {"name": "Storage"})
    assert "There is a Profile named Storage already." in taken.content.decode()
    copied = editor.post(f"/profiles/{profile.pk}/duplicate/", follow=True).content.decode()
    assert "Duplicated Profile Storage as Storage 2. Nothing follows it yet." in copied
    ids = {"profile": [row.pk for row in Profile.objects.all()]}
    assert "these 2 Profiles" in editor.get("/profiles/delete/", ids).content.decode()
    assert (
        "Deleted 2 Profiles" in editor.post("/profiles/delete/", ids, follow=True).content.decode()
    )
    assert "no such Profile" in editor.post("/profiles/delete/", ids, follow=True).content.decode()


def test_deleting_says_who_stops_following(editor: Person) -> None:
    profile = make_profile()
    for n in range(25):
        follow(SHELL, make_association(f"CT{n}", f"PACS{n}"), profile, 1)
    html = editor.get(f"/profiles/delete/?profile={profile.pk}").content.decode()
    assert "<b>25 associations</b> will stop following" in html
    assert html.count("→") == 20
    assert "25 associations in all; the first 20 are shown" in html
    editor.post("/profiles/delete/", {"profile": profile.pk})
    assert Association.objects.filter(profile=None).count() == 25
    editor.post(reverse("change-set-undo", args=[ChangeSet.objects.latest("pk").pk]))
    assert Association.objects.filter(profile__name="Basic").count() == 25


def test_a_change_nobody_follows_is_saved_at_once(editor: Person) -> None:
    profile = make_profile()
    answer = editor.post(
        f"/profiles/{profile.pk}/contexts/arrange/", {"up": 2, "revision": 1}, follow=True
    )
    assert "Changed Profile Basic: presentation contexts" in answer.content.decode()
    assert profile_data(profile).proposed.contexts == (STORE, ECHO)


def test_a_change_that_others_follow_is_shown_first(editor: Person) -> None:
    profile = make_profile()
    pair, ae = make_association(), make_ae("ARCHIVE")
    follow(SHELL, pair, profile, 1)
    follow(SHELL, ae, profile, 1, "SCP")
    act = {"delete": 2, "revision": 1}
    html = editor.post(f"/profiles/{profile.pk}/contexts/arrange/", act).content.decode()
    assert "Save this for 1 association and 1 AE too?" in html
    assert "1 gone" in html
    assert html.count("1 removed") == 2
    assert selectors.contexts_of(pair) == [ECHO, STORE]
    address = f"/profiles/{profile.pk}/save/"
    answer = editor.post(address, fields_of(html), follow=True).content.decode()
    assert "Changed Profile Basic: presentation contexts, for 1 association and 1 AE" in answer
    assert selectors.contexts_of(pair) == [ECHO]
    assert len(selectors.capabilities_of(ae)) == 1
    again = editor.post(address, fields_of(html), follow=True).content.decode()
    assert "in the meantime" in again
    history = editor.page("profile-history", profile.pk)
    assert "CT Image Storage" in history
    assert history.count("/undo/") == 2
    editor.post(reverse("change-set-undo", args=[ChangeSet.objects.latest("pk").pk]))
    assert selectors.contexts_of(pair) == [ECHO, STORE]


def test_a_preview_that_others_made_stale_is_refused(editor: Person) -> None:
    profile = make_profile()
    follow(SHELL, make_association(), profile, 1)
    act = {"delete": 2, "revision": 1}
    address = f"/profiles/{profile.pk}/contexts/arrange/"
    html = editor.post(address, act).content.decode()
    follow(SHELL, make_ae("ARCHIVE"), profile, 1, "SCP")
    answer = editor.post(f"/profiles/{profile.pk}/save/", fields_of(html), follow=True)
    assert "no longer what it was" in answer.content.decode()
    refused = editor.post(address, {"delete": 2, "revision": 7}, follow=True).content.decode()
    assert "in the meantime" in refused
    assert profile_data(profile).proposed.contexts == (ECHO, STORE)


def test_a_profile_is_filled_from_others_and_not_from_itself(editor: Person) -> None:
    own, other = make_profile("Own"), make_profile("Other")
    page = editor.get(reverse("profile-context-many", args=[own.pk])).content.decode()
    assert f'value="profile:{other.pk}"' in page
    assert f'value="profile:{own.pk}"' not in page


def test_roles_are_part_of_a_profile_and_of_what_follows(editor: Person) -> None:
    profile, pair = make_profile("Basic", ECHO), make_association()
    follow(SHELL, pair, profile, 1)
    form = {
        "revision": 1,
        "class-TOTAL_FORMS": 1,
        "class-INITIAL_FORMS": 1,
        "class-0-sop_class": VERIFICATION,
        "class-0-role": "11",
        "class-0-information": "01",
    }
    html = editor.post(f"/profiles/{profile.pk}/roles/", form).content.decode()
    assert "Role selections or extended negotiations change too" in html
    editor.post(f"/profiles/{profile.pk}/save/", fields_of(html))
    assert pair.role_selections.get().record() == RoleSelection(VERIFICATION, True, True)
    assert "SCU and SCP (1/1)" in editor.page("profile-detail", profile.pk)


@pytest.mark.parametrize(
    "proposed",
    [
        "",
        "no json",
        "[" * 100_000,
        "[]",
        "{}",
        '{"presentation_contexts": 7}',
        json.dumps({"presentation_contexts": [{"abstract_syntax": 1, "transfer_syntaxes": []}]}),
        "1" * 5_000,
    ],
)
def test_a_preview_that_was_tampered_with_changes_nothing(editor: Person, proposed: str) -> None:
    profile = make_profile()
    form = {"proposed": proposed, "revision": 1, "seen": "x"}
    answer = editor.post(f"/profiles/{profile.pk}/save/", form, follow=True)
    assert answer.status_code == 200
    assert "Start the change again" in answer.content.decode()
    assert profile_data(profile).proposed.contexts == (ECHO, STORE)


def test_what_a_tampered_preview_holds_is_judged_by_the_service(editor: Person) -> None:
    profile = make_profile()
    bad = ProposedSet((PresentationContext("1.2.\x00", (IMPLICIT,)),)).snapshot()
    form = {"proposed": json.dumps(bad), "revision": 1, "seen": "x" * 64}
    html = editor.post(f"/profiles/{profile.pk}/save/", form, follow=True).content.decode()
    assert "Correct the UID" in html
    for revision in ("9" * 5_000, "-1", "x"):
        form = {"proposed": json.dumps(ProposedSet().snapshot()), "revision": revision, "seen": "x"}
        assert editor.post(f"/profiles/{profile.pk}/save/", form, follow=True).status_code == 200
    assert profile_data(profile).proposed.contexts == (ECHO, STORE)


def test_a_profile_is_made_of_an_association_that_follows_it(editor: Person) -> None:
    pair = make_association("CT1", "PACS", [CT, IMPLICIT])
    address = f"/profiles/add/?association={pair.pk}"
    html = editor.get(address).content.decode()
    assert "1 presentation context of CT1 → PACS" in html
    editor.post(address, {"name": "Made", "revision": 1, "follow": "on"})
    pair.refresh_from_db()
    assert pair.profile is not None
    assert profile_data(pair.profile).proposed.contexts == tuple(selectors.contexts_of(pair))
    again = editor.post(address, {"name": "Other", "revision": 1, "follow": "on"})
    assert again.status_code == 422
    editor.post(address, {"name": "Alone"})
    assert not Profile.objects.get(name="Alone").associations.exists()


def test_a_profile_is_made_of_an_ae_and_of_a_discovery(editor: Person) -> None:
    able = [TransferCapability(CT, "SCU", (IMPLICIT,)), TransferCapability(CT, "SCP", (EXPLICIT,))]
    ae = set_capabilities(SHELL, make_ae("PACS"), able, 1)
    editor.post(
        f"/profiles/add/?ae={ae.pk}&role=SCP", {"name": "Of AE", "revision": 2, "follow": "on"}
    )
    made = Profile.objects.get(name="Of AE")
    assert profile_data(made).proposed.contexts == (PresentationContext(CT, (EXPLICIT,)),)
    assert made.aes.get().profile_role == "SCP"
    check = discover(make_ae("FOUND"), ["04", "33"])
    address = f"/profiles/add/?check={check.pk}"
    assert "that FOUND accepted in the discovery" in editor.get(address).content.decode()
    editor.post(address, {"name": "Found"})
    found = Profile.objects.get(name="Found")
    assert profile_data(found).proposed.contexts == (ECHO,)


@pytest.mark.parametrize(
    "query", ["association=99", "ae=1&role=x", "check=" + "9" * 30, "association=%F0", "ae=1"]
)
def test_an_origin_that_is_none_gives_an_empty_profile(editor: Person, query: str) -> None:
    assert "It begins empty" in editor.get(f"/profiles/add/?{query}").content.decode()


def test_100_followers_cost_as_many_queries_as_2(viewer: Person) -> None:
    few, many = make_profile("Few"), make_profile("Many")
    for profile, count in ((few, 2), (many, 100)):
        for n in range(count):
            title = f"{profile.name}{n}"
            follow(SHELL, make_association(title, f"P{title}"), profile, 1)
            follow(SHELL, make_ae(f"A{title}"), profile, 1, "SCP")

    def cost(address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert viewer.get(address).status_code == 200
        return len(queries)

    cost(few.get_absolute_url())
    for name in ("profile-detail", "profile-followers", "profile-history"):
        first, second = (cost(reverse(name, args=[row.pk])) for row in (few, many))
        # Pages of a longer list are counted in one query more at most.
        assert second <= first + (name == "profile-followers"), name
    html = viewer.get(f"/profiles/{many.pk}/followers/?page=2").content.decode()
    assert html.count('data-label="AE title"') == html.count('data-label="Calling AE"') == 50
