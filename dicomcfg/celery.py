"""The Celery application; tasks live in dicomcfg.checks.tasks."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dicomcfg.settings")

app = Celery("dicomcfg")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["dicomcfg.checks"])
