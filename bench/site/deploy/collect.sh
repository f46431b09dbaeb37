# Collects the style sheets in one folder, as `manage.py collectstatic` does. Runs in the release.
set -eu
mkdir static
cp -R assets/. static/
