"""What Slipway asks after each restart: does this very release answer, and does its database fit its code?"""

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse

from .models import Puzzle


def healthz(request):
    trouble = database_trouble()
    answer = HttpResponse(f"{trouble or 'ok'}\n", content_type="text/plain", status=503 if trouble else 200)
    answer["X-Release"] = settings.RELEASE
    return answer


def database_trouble():
    """What is wrong, in one line; nothing when all is well."""
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
        Puzzle.objects.first()
    except DatabaseError as error:
        return str(error)
    if pending:
        return "pending: " + ", ".join(str(migration) for migration, _ in pending)
    return ""
