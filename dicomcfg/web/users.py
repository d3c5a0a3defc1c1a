"""Users, for administrators: add, change the role, shut out, give a new password."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.forms import SetPasswordForm, UserCreationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from dicomcfg.accounts import services
from dicomcfg.accounts.models import Role, User
from dicomcfg.web.permissions import requires


class NewUserForm(UserCreationForm[User]):
    """Name, role, and a first password that the administrator hands over."""

    class Meta:
        model = User
        fields = ("username", "role")


class UserForm(forms.ModelForm[User]):
    """What changes about a user; the name stays, since the history carries it."""

    class Meta:
        model = User
        fields = ("role", "is_active")
        labels = {"is_active": "May sign in"}  # noqa: RUF012
        help_texts = {  # noqa: RUF012
            "is_active": "Take this away instead of deleting someone: the history keeps the name."
        }


@require_safe
@requires(Role.ADMIN)
def user_list(request: HttpRequest) -> HttpResponse:
    """Everyone, those who may sign in first."""
    users = User.objects.order_by("-is_active", "username")
    return render(request, "users/list.html", {"users": users})


@sensitive_post_parameters()
@requires(Role.ADMIN)
def user_create(request: HttpRequest) -> HttpResponse:
    """Add a user with a role and a first password."""
    form = NewUserForm(request.POST or None)
    if form.is_valid():
        data = form.cleaned_data
        user = services.create_user(data["username"], data["password1"], data["role"])
        messages.success(request, f"{user.username} can sign in now.")
        return redirect("user-list")
    return render(request, "users/add.html", {"form": form})


@requires(Role.ADMIN)
def user_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the role, or whether someone may sign in; never of the last administrator."""
    user = get_object_or_404(User, pk=pk)
    form = UserForm(request.POST or None, instance=get_object_or_404(User, pk=pk))
    if form.is_valid():
        try:
            services.update_user(user, **form.cleaned_data)
        except services.LastAdministrator:
            form.add_error(
                None,
                f"{user.username} is the last administrator. Make somebody else one first.",
            )
        else:
            messages.success(request, f"{user.username} is saved.")
            return redirect("user-list")
    context = {"form": form, "person": user, "password_form": SetPasswordForm(user)}
    return render(request, "users/edit.html", context)


@require_POST
@sensitive_post_parameters()
@requires(Role.ADMIN)
def user_password(request: HttpRequest, pk: int) -> HttpResponse:
    """Give someone a new password; their sessions end."""
    user = get_object_or_404(User, pk=pk)
    form = SetPasswordForm(user, request.POST)
    if not form.is_valid():
        context = {"form": UserForm(instance=user), "person": user, "password_form": form}
        return render(request, "users/edit.html", context)
    services.set_password(user, form.cleaned_data["new_password1"])
    messages.success(request, f"{user.username} has a new password.")
    return redirect("user-list")


urlpatterns = [
    path("users/", user_list, name="user-list"),
    path("users/add/", user_create, name="user-create"),
    path("users/<int:pk>/", user_edit, name="user-edit"),
    path("users/<int:pk>/password/", user_password, name="user-password"),
]
