"""The Celery application; its one task lives in dicomcfg.checks.tasks.

Settings with the prefix CELERY_ come from dicomcfg.settings; what no installation has reason to
change stands here.
"""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dicomcfg.settings")

app = Celery("dicomcfg")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    # A page that wakes a worker asks the broker once and waits a second for it at most; worker
    # processes, which wait for messages, take the settings' longer times again.
    broker_transport_options={
        **settings.CELERY_BROKER_TRANSPORT_OPTIONS,
        "max_retries": 0,
        "socket_connect_timeout": 0.5,
        "socket_timeout": 0.5,
    },
    broker_connection_retry_on_startup=True,
    broker_connection_timeout=2,
    broker_connection_max_retries=None,
    broker_channel_error_retry=True,
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    worker_enable_remote_control=False,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
)
if not settings.REDIS_URL:
    app.conf.broker_transport = "dicomcfg.checks.filebroker:Transport"
app.autodiscover_tasks(["dicomcfg.checks", "dicomcfg.exchange"])
