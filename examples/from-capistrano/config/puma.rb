# Puma is started once and stays: its workers are replaced one after the other, and load what `current` names then.
directory "/srv/www/shop/current"
workers 2
threads 1, 4
bind "tcp://0.0.0.0:8001"
pidfile "/srv/www/shop/shared/tmp/pids/puma.pid"
