"""The example's settings, with Prometheus's middleware around it, and one that has a release fail once it has run for a while."""

from .settings import *  # noqa: F403
from .settings import INSTALLED_APPS, MIDDLEWARE

INSTALLED_APPS = [*INSTALLED_APPS, "django_prometheus"]
MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    *MIDDLEWARE,
    "project.ageing.Ageing",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
ROOT_URLCONF = "project.metered_urls"
