#!/bin/sh
# Boots the host: a fresh host key, the deploy user's key from AUTHORIZED_KEY, httpd, and dropbear in front.
# /srv/files/site leads through `current`, which httpd resolves anew for every request.
set -eu
dropbearkey -t ed25519 -f /etc/dropbear/dropbear_ed25519_host_key |
	sed -n '/^ssh-/p' >/etc/dropbear/dropbear_ed25519_host_key.pub
printf '%s\n' "$AUTHORIZED_KEY" >/home/deploy/.ssh/authorized_keys
chown deploy:deploy /home/deploy/.ssh/authorized_keys
httpd -p 8080 -h /srv/files -u deploy
exec dropbear -F -E -s -r /etc/dropbear/dropbear_ed25519_host_key
