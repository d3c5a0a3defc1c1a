"""The addresses of all pages, put together of those of each room."""

from dicomcfg.web import (
    accepts,
    accounts,
    board,
    demo,
    history,
    polling,
    savedfilters,
    search,
    sites,
    uids,
    users,
)
from dicomcfg.web.aes import urls as aes
from dicomcfg.web.associations import urls as associations
from dicomcfg.web.capabilities import urls as capabilities
from dicomcfg.web.checks import urls as checks
from dicomcfg.web.contexts import urls as contexts
from dicomcfg.web.devices import urls as devices
from dicomcfg.web.discoveries import urls as discoveries
from dicomcfg.web.drift import urls as drift
from dicomcfg.web.exports import urls as exports
from dicomcfg.web.forecasts import urls as forecasts
from dicomcfg.web.imports import urls as imports
from dicomcfg.web.map import urls as map_
from dicomcfg.web.orthanc import urls as orthanc
from dicomcfg.web.profiles import urls as profiles
from dicomcfg.web.standard import urls as standard
from dicomcfg.web.sweeps import urls as sweeps

urlpatterns = [
    *board.urlpatterns,
    *accounts.urlpatterns,
    *aes.urlpatterns,
    *savedfilters.urlpatterns,
    *devices.urlpatterns,
    *associations.urlpatterns,
    *contexts.urlpatterns,
    *profiles.urlpatterns,
    *capabilities.urlpatterns,
    *forecasts.urlpatterns,
    *map_.urlpatterns,
    *imports.urlpatterns,
    *exports.urlpatterns,
    *orthanc.urlpatterns,
    *sweeps.urlpatterns,
    *checks.urlpatterns,
    *discoveries.urlpatterns,
    *drift.urlpatterns,
    *polling.urlpatterns,
    *history.urlpatterns,
    *uids.urlpatterns,
    *search.urlpatterns,
    *accepts.urlpatterns,
    *standard.urlpatterns,
    *sites.urlpatterns,
    *users.urlpatterns,
    *demo.urlpatterns,
]
