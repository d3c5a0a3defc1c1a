"""Users with one role each, and the one-time link that makes the first of them.

Roles are nested: each may do what the one before may. No user exists until set-up, and no
password is ever made for anyone.
"""

from __future__ import annotations

import hashlib
import secrets

from django.contrib.auth.models import AbstractUser
from django.db import models


class Role(models.TextChoices):
    """What a person may do, from least to most."""

    VIEWER = "viewer", "Viewer: sees everything"
    OPERATOR = "operator", "Operator: also runs checks"
    EDITOR = "editor", "Editor: also edits and imports"
    ADMIN = "admin", "Administrator: also manages users and sites"

    @property
    def rank(self) -> int:
        """Position from 0 (viewer) to 3 (admin)."""
        return list(Role).index(self)


class User(AbstractUser):
    """A person; `role` alone decides, Django's groups and permissions are not used."""

    role = models.CharField(max_length=10, choices=Role.choices, default=Role.VIEWER)

    def may(self, role: str) -> bool:
        """Whether this person has at least `role`."""
        return self.is_active and Role(self.role).rank >= Role(role).rank


class SetupLink(models.Model):
    """A one-time secret for making the first administrator; only its hash is stored."""

    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"set-up link of {self.created_at:%Y-%m-%d %H:%M}"

    @classmethod
    def issue(cls) -> str:
        """Make a fresh link, forgetting unused ones; returns the token, which is kept nowhere."""
        token = secrets.token_urlsafe(32)
        cls.objects.filter(used_at=None).delete()
        cls.objects.create(token_hash=cls.hash(token))
        return token

    @staticmethod
    def hash(token: str) -> str:
        """SHA-256 as hex: the token has 256 random bits, so a slow hash adds nothing."""
        return hashlib.sha256(token.encode()).hexdigest()
