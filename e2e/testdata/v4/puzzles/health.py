"""A release that starts and is not well: it wants a table that no migration makes."""

from django.db import connection
from django.http import HttpResponse


def healthz(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM puzzles_score")
    return HttpResponse("ok\n", content_type="text/plain")
