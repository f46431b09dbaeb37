from django.urls import include, path

from .urls import urlpatterns

urlpatterns = [*urlpatterns, path("", include("django_prometheus.urls"))]
