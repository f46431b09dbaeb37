package recipetest

import "fmt"

// Supervisord is the configuration, without its programs, of a supervisor that runs in the foreground and has socket, log and pid file in
// a folder. Its programs one and two are the group workers.
func Supervisord(dir string) string {
	return fmt.Sprintf(`[unix_http_server]
file=%[1]s/sock
[supervisord]
logfile=%[1]s/log
pidfile=%[1]s/pid
nodaemon=true
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://%[1]s/sock
[group:workers]
programs=one,two
`, dir)
}
