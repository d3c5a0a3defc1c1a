"""The way in: set-up, login, logout, one's own password and profile."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import authenticate, login, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordChangeForm, UserCreationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from dicomcfg.accounts import services
from dicomcfg.accounts.models import User
from dicomcfg.core.standard.endpoint import is_address
from dicomcfg.web.permissions import person

MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


class SetupForm(UserCreationForm[User]):
    """A name and a password typed twice, under Django's validators."""

    class Meta:
        model = User
        fields = ("username",)


@login_not_required
@never_cache
@sensitive_post_parameters()
def setup(request: HttpRequest, token: str) -> HttpResponse:
    """Make the first administrator by the one-time link, and log them in."""
    if not services.setup_is_open(token):
        return render(request, "accounts/setup_closed.html", status=410)
    form = SetupForm(request.POST or None)
    if not form.is_valid():
        return render(request, "accounts/setup.html", {"form": form})
    name, password = form.cleaned_data["username"], form.cleaned_data["password1"]
    try:
        user = services.create_first_administrator(token, name, password)
    except services.SetupClosed:
        return render(request, "accounts/setup_closed.html", status=410)
    login(request, user, backend=MODEL_BACKEND)
    messages.success(request, "You are the administrator. The set-up link no longer works.")
    return redirect("board")


class OwnPasswordForm(PasswordChangeForm):
    """Django's, with the old password checked as at the log-in, where guesses are counted."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(person(request), request.POST or None)
        self.request = request

    def clean_old_password(self) -> str:
        """Refused when wrong, or when there were too many wrong ones."""
        old: str = self.cleaned_data["old_password"]
        name = self.user.get_username()
        if authenticate(self.request, username=name, password=old) != self.user:
            code = "password_incorrect"
            raise ValidationError(self.error_messages[code], code=code)
        return old


@sensitive_post_parameters()
def profile(request: HttpRequest) -> HttpResponse:
    """Who am I here, and a new password for me; my other sessions end with the old one."""
    user = person(request)
    form = OwnPasswordForm(request)
    if form.is_valid():
        services.set_password(user, form.cleaned_data["new_password1"])
        update_session_auth_hash(request, user)
        messages.success(request, "Your password is changed; your other sessions are ended.")
        return redirect("profile")
    return render(request, "accounts/profile.html", {"form": form})


def address_behind_proxy(request: HttpRequest) -> str:
    """Who signs in, as the nearest proxy saw it: what stands before that anybody can write."""
    seen = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return seen if is_address(seen) else str(request.META.get("REMOTE_ADDR", ""))


urlpatterns = [
    path("setup/<str:token>/", setup, name="setup"),
    path(
        "login/",
        LoginView.as_view(
            template_name="accounts/login.html",
            redirect_authenticated_user=True,
            extra_context={"administrator_exists": services.administrator_exists},
        ),
        name="login",
    ),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("profile/", profile, name="profile"),
]
