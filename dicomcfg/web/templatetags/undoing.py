"""Undo for templates."""

from __future__ import annotations

from django import template

from dicomcfg.accounts.models import User
from dicomcfg.inventory.models import ChangeSet
from dicomcfg.web.undo_roles import role_to_undo

register = template.Library()


@register.filter
def may_undo(user: User, act: ChangeSet) -> bool:
    """Whether a person's role suffices to undo an act."""
    return user.may(role_to_undo(act))
