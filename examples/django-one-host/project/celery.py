import os
import sys

sys.path[:] = [os.path.realpath(path) for path in sys.path]  # not through `current`, which moves on

from celery import Celery  # noqa: E402

from .env import load  # noqa: E402

load()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

app = Celery("project", broker=os.environ.get("BROKER_URL", "redis://127.0.0.1:6379/0"))
app.conf.update(
    task_acks_late=True,  # a task that runs when the machine dies runs again
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    broker_transport_options={"visibility_timeout": 6 * 60 * 60},  # seconds: above the longest task, or it runs twice
)
app.autodiscover_tasks()
