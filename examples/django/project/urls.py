from django.conf import settings
from django.urls import path
from django.views.static import serve

from puzzles.health import healthz
from puzzles.views import index

urlpatterns = [
    path("", index),
    path("healthz", healthz),
    # Asked for what WhiteNoise has not: files of other releases.
    path("static/<path:path>", serve, {"document_root": settings.ASSETS}),
]
