from django.urls import path

from puzzles.health import healthz
from puzzles.views import index

urlpatterns = [path("", index), path("healthz", healthz)]
