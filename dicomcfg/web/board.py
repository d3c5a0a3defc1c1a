"""The board: what needs attention, or what to do next."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path


def board(request: HttpRequest) -> HttpResponse:
    """The first page after signing in."""
    return render(request, "board.html")


urlpatterns = [path("", board, name="board")]
