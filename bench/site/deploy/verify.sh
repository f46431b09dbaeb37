# Asks whether what was started is what current names. Runs in the release.
set -eu
read -r running <../../shared/running
case $(readlink ../../current) in
*releases/"$running") ;;
*) exit 1 ;;
esac
