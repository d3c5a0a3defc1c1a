"""Following a Profile: chosen, previewed, followed, and left again."""

from __future__ import annotations

import pytest

from dicomcfg.core.records import PresentationContext, TransferCapability
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import AE, Association, Profile
from dicomcfg.inventory.services.profile_rows import ProfileData
from dicomcfg.inventory.services.profiles import create_profile, update_profile
from dicomcfg.inventory.services.proposed_sets import ProposedSet
from tests.parts.people import Person
from tests.parts.rows import CT, IMPLICIT, SHELL, VERIFICATION, make_ae, make_association

pytestmark = pytest.mark.django_db
ECHO = PresentationContext(VERIFICATION, (IMPLICIT,))


@pytest.fixture
def profile(db: None) -> Profile:
    held = ProposedSet((ECHO,))
    return create_profile(SHELL, ProfileData(name="Basic", proposed=held))


def test_an_association_follows_after_a_preview_and_stops(editor: Person, profile: Profile) -> None:
    pair = make_association("CT1", "PACS", [CT, IMPLICIT])
    address = f"/associations/{pair.pk}/follow/"
    assert "follows none" in editor.get(address).content.decode()
    html = editor.get(address, {"profile": profile.pk}).content.decode()
    assert "1 new" in html
    assert "1 gone" in html
    form = {"profile": profile.pk, "revision": 1}
    answer = editor.post(address, form, follow=True).content.decode()
    assert "Let CT1 → PACS follow Profile Basic" in answer
    assert selectors.contexts_of(pair) == [ECHO]
    assert "in the meantime" in editor.post(address, form, follow=True).content.decode()
    same = editor.get(address, {"profile": profile.pk}).content.decode()
    assert "It follows this Profile already" in same
    contexts = editor.get(f"/associations/{pair.pk}/contexts/").content.decode()
    assert "Edit the Profile" in contexts
    left = editor.post(f"/associations/{pair.pk}/unfollow/", {"revision": 2}, follow=True)
    assert "no longer follow Profile Basic" in left.content.decode()
    assert Association.objects.get().profile is None
    again = editor.post(f"/associations/{pair.pk}/unfollow/", {"revision": 3}, follow=True)
    assert "Nothing differs" in again.content.decode()


def test_an_ae_follows_in_the_role_that_is_asked_for(editor: Person, profile: Profile) -> None:
    ae = make_ae("PACS")
    address = f"/aes/{ae.pk}/follow/"
    assert "1 new" in editor.get(address, {"profile": profile.pk, "role": "SCP"}).content.decode()
    form = {"profile": profile.pk, "role": "SCP", "revision": 1}
    editor.post(address, form)
    ae.refresh_from_db()
    assert (ae.profile, ae.profile_role) == (profile, "SCP")
    assert selectors.capabilities_of(ae) == [TransferCapability(VERIFICATION, "SCP", (IMPLICIT,))]
    editor.post(f"/aes/{ae.pk}/unfollow/", {"revision": 2})
    assert AE.objects.get().profile is None


@pytest.mark.parametrize(
    "form",
    [
        {"profile": "x"},
        {"profile": "9" * 30, "role": "SCP"},
        {"profile": "1\x00", "role": "SCP"},
        {"profile": "", "role": "both", "revision": "9" * 99},
        {},
    ],
)
def test_odd_choices_are_shown_again(
    editor: Person, profile: Profile, form: dict[str, str]
) -> None:
    ae = make_ae("PACS")
    answer = editor.post(f"/aes/{ae.pk}/follow/", form)
    assert answer.status_code == 200
    odd = {"profile": str(profile.pk), "role": "SCP", "revision": "9" * 99}
    assert (
        "in the meantime" in editor.post(f"/aes/{ae.pk}/follow/", odd, follow=True).content.decode()
    )
    assert AE.objects.get().profile is None


def test_a_profile_that_changed_since_it_was_shown_is_not_followed(
    editor: Person, profile: Profile
) -> None:
    pair = make_association()
    address = f"/associations/{pair.pk}/follow/"
    assert 'name="shown" value="1"' in editor.get(address, {"profile": profile.pk}).text
    update_profile(SHELL, profile, ProfileData(name="Basic"), 1)
    form = {"profile": profile.pk, "revision": 1, "shown": 1}
    answer = editor.post(address, form, follow=True)
    assert "Profile Basic was changed" in answer.text
    pair.refresh_from_db()
    assert pair.profile is None
