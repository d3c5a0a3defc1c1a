"""The Celery application; its one task lives in dicomcfg.checks.tasks.

Settings with the prefix CELERY_ come from dicomcfg.settings; what no installation needs to
change stands here.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dicomcfg.settings")

app = Celery("dicomcfg")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["dicomcfg.checks"])
