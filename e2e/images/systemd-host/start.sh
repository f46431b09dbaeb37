#!/bin/sh
# Boots the host: a host key (made the first time), the deploy user's key from AUTHORIZED_KEY, and systemd, which wants to
# write where Docker mounts control groups for reading.
set -eu
[ -e /etc/ssh/ssh_host_ed25519_key ] || ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
install -d -m 700 -o deploy -g deploy /home/deploy/.ssh
printf '%s\n' "$AUTHORIZED_KEY" >/home/deploy/.ssh/authorized_keys
chown deploy:deploy /home/deploy/.ssh/authorized_keys /srv/data
mount -o remount,rw /sys/fs/cgroup
exec /sbin/init
