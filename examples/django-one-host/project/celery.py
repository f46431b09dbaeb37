import os

from celery import Celery

from .env import load

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
