#!/bin/sh
# Boots the host: a host key (made the first time), the deploy user's key from AUTHORIZED_KEY, its supervisord where it
# has a configuration, and sshd in front.
set -eu
[ -e /etc/ssh/ssh_host_ed25519_key ] || ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
install -d -m 700 -o deploy -g deploy /home/deploy/.ssh
printf '%s\n' "$AUTHORIZED_KEY" >/home/deploy/.ssh/authorized_keys
chown deploy:deploy /home/deploy/.ssh/authorized_keys /srv/data
if [ -e /home/deploy/supervisord.conf ]; then
	env -i HOME=/home/deploy USER=deploy LOGNAME=deploy PATH="$PATH" LANG=C.UTF-8 \
		setpriv --reuid=deploy --regid=deploy --init-groups \
		supervisord -c /home/deploy/supervisord.conf
fi
exec /usr/sbin/sshd -D -e -o HostKey=/etc/ssh/ssh_host_ed25519_key -o PasswordAuthentication=no
