"""What Slipway asks after each restart: does this very release answer, and does its database fit its code?"""

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse


def healthz(request):
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if pending:
        answer = HttpResponse(f"pending: {', '.join(str(migration) for migration, _ in pending)}\n", status=503)
    else:
        answer = HttpResponse("ok\n")
    answer["Content-Type"] = "text/plain"
    answer["X-Release"] = settings.RELEASE
    return answer
