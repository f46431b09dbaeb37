# Notes that the migration ran here, for this release. Runs in the release, once for all hosts.
set -eu
basename "$PWD" >>../../shared/migrated
