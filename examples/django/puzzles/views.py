from django.conf import settings
from django.db.migrations.recorder import MigrationRecorder
from django.shortcuts import render

from .models import Puzzle


def index(request):
    applied = MigrationRecorder.Migration.objects.filter(app="puzzles").order_by("id")
    return render(
        request,
        "puzzles/index.html",
        {
            "version": settings.VERSION,
            "release": settings.RELEASE,
            "migrations": applied.values_list("name", flat=True),
            "puzzles": Puzzle.objects.order_by("id"),
        },
    )
