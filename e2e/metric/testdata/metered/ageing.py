import time

from puzzles.views import index

from .env import BASE_DIR

BORN = time.monotonic()
FAILS_AFTER = BASE_DIR / "public" / "fails-after.txt"  # seconds; a good release has no such file
AFTER = float(FAILS_AFTER.read_text()) if FAILS_AFTER.exists() else float("inf")


class Ageing:
    """Has most pages fail once the process is old enough; its health and its metrics stay well."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.pages = 0

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if view is index and time.monotonic() - BORN > AFTER:
            self.pages += 1
            if self.pages % 4:
                raise RuntimeError("it has run for too long")
