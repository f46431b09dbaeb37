#!/bin/sh
# Prints the applications that changed since a commit: all of them, where what they have in common did, or nobody knows the commit.
set -eu
before=$1
if ! git cat-file -e "$before^{commit}" 2>/dev/null || ! git diff --quiet "$before" HEAD -- app apps/common.yml deploy; then
	for file in apps/*/slipway.yml; do
		app=${file%/slipway.yml}
		echo "${app#apps/}"
	done
else
	git diff --name-only "$before" HEAD -- apps | cut -d / -f 2 | sort -u | while read -r app; do
		if [ -e "apps/$app/slipway.yml" ]; then echo "$app"; fi
	done
fi
