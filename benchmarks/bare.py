"""The yardstick: a bare Django ListView of the same AE rows, 50 a page, in a plain table.

It has what any such page needs (the count, the page's rows, a template) and nothing else. As a
URL configuration it adds this page to dicomcfg's own, so that both run behind the same middleware.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path
from django.views.generic import ListView

from dicomcfg.inventory.models import AE

_PAGE = engines["django"].from_string(
    """<!doctype html><title>AEs</title><table>
{% for ae in page_obj %}<tr><td>{{ ae.ae_title }}<td>{{ ae.description }}<td>{{ ae.state }}
<td>{{ ae.latest_headline }}<td>{{ ae.latest_at }}<td>{{ ae.latest_elapsed_ms }}</tr>
{% endfor %}</table><p>{{ page_obj.number }} of {{ paginator.num_pages }}</p>"""
)


class BareList(ListView[AE]):
    """Django's own list view over the AE table in its default order."""

    model = AE
    paginate_by = 50

    def render_to_response(self, context: dict[str, object], **_: object) -> HttpResponse:
        """The table, without any of dicomcfg's templates."""
        return HttpResponse(_PAGE.render(context, self.request))


def bare_list(request: HttpRequest) -> HttpResponse:
    """The view called by itself, for the time without middleware."""
    response = BareList.as_view()(request)
    assert isinstance(response, HttpResponse)
    return response


urlpatterns = [path("bare/", bare_list), path("", include("dicomcfg.urls"))]
