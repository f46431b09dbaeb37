# Asks whether what was started is what current names. Runs in the release.
set -eu
read -r running <../../shared/running
[ "$(readlink ../../current)" = "releases/$running" ]
