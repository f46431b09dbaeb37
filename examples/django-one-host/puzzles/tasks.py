from celery import shared_task

from .models import Puzzle


@shared_task
def add(text):
    Puzzle.objects.get_or_create(text=text)
