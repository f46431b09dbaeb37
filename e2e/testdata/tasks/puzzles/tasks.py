"""A task that takes a while and writes down when it begins and ends."""

import os
import time

from celery import shared_task


@shared_task
def work(n):
    note("begin", n)
    time.sleep(0.05)
    note("end", n)


def note(what, n):
    log = os.open("/srv/data/tasks", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.write(log, f"{what} {n}\n".encode())
    os.close(log)
