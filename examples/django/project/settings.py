import os
from urllib.parse import unquote, urlsplit

import django

from .env import BASE_DIR, load

load()

SECRET_KEY = os.environ["DJANGO_SECRET_KEY"]
# There are no forms, and TLS is the business of the proxy in front.
SILENCED_SYSTEM_CHECKS = ["security.W003", "security.W004", "security.W008"]
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1").split(",")

VERSION = (BASE_DIR / "public" / "version.txt").read_text().strip()
RELEASE = BASE_DIR.name  # a release lies in a folder of its own name

ROOT_URLCONF = "project.urls"
INSTALLED_APPS = ["django.contrib.staticfiles", "puzzles"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Each release serves its own static files, under names that carry their digests. A page of another release, loaded
# before the switch or from another host, still finds its files: django/keep-static keeps those of all releases.
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static"
ASSETS = BASE_DIR / "assets"  # linked from shared/
STATIC_STORAGE = "whitenoise.storage.CompressedManifestStaticFilesStorage"
if django.VERSION < (4, 2):
    STATICFILES_STORAGE = STATIC_STORAGE
else:
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": STATIC_STORAGE},
    }

# Errors go where supervisor keeps what gunicorn prints.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}

MEDIA_ROOT = BASE_DIR / "media"  # linked from shared/: outlives releases


def database(url):
    """sqlite:////absolute/path, postgres://user:password@host:port/name or mysql://..."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": parts.path[1:]}
    return {
        "ENGINE": "django.db.backends." + ("mysql" if parts.scheme == "mysql" else "postgresql"),
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": parts.port or "",
        "CONN_MAX_AGE": 60,  # seconds; a new connection for each request costs more than most requests
    }


DATABASES = {"default": database(os.environ["DATABASE_URL"])}
