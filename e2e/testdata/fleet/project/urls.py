"""The example's pages, one that takes a while, and a health check that fails where a file says so."""

import time
from pathlib import Path

from django.conf import settings
from django.http import HttpResponse
from django.urls import path
from django.views.static import serve

from puzzles import health
from puzzles.models import Puzzle
from puzzles.views import index


def slow(request):
    began = version()
    time.sleep(1.5)
    return HttpResponse(f"{began}\n{Puzzle.objects.count()} puzzles\n{version()}\n", content_type="text/plain")


def version():
    """As it is on the disk now, and as it was when the process started."""
    return f"Version {(settings.BASE_DIR / 'public' / 'version.txt').read_text().strip()}, release {settings.RELEASE}"


def healthz(request):
    answer = health.healthz(request)
    if Path(f"/srv/data/unfit-{settings.VERSION}").exists():
        answer.status_code = 503
    return answer


urlpatterns = [
    path("", index),
    path("slow", slow),
    path("healthz", healthz),
    path("static/<path:path>", serve, {"document_root": settings.ASSETS}),
]
