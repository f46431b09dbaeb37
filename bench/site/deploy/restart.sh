# Notes which release was started. Runs in the release, after the switch.
set -eu
basename "$PWD" >../../shared/running
