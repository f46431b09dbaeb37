//go:build cookbook

package passenger_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/sshtest/loopback"
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

// TestPassenger has a real Passenger, in Apache, load a new release of a Rack application.
func TestPassenger(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "apache2", "passenger-config", "curl", "dash", "busybox")
	const modules = "/usr/lib/apache2/modules"
	d := recipetest.NewDeployPath(t, "")
	for _, release := range []string{"release-a", "release-b"} {
		shelltest.Write(t, filepath.Join(d.Dir, "releases", release), map[string]string{
			"config.ru": fmt.Sprintf("run lambda { |env| [200, {'X-Release' => %[1]q}, [%[1]q]] }\n", release), "public/robots.txt": "",
		})
	}
	if err := exec.CommandContext(t.Context(), "chmod", "-R", "a+rX", filepath.Dir(d.Dir)).Run(); err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(loopback.Free(t).Port)
	who := ""
	if os.Getuid() == 0 {
		who = "User www-data\nGroup www-data\nPassengerUser www-data"
	}
	shelltest.Write(t, d.Dir, map[string]string{"httpd.conf": fmt.Sprintf(`ServerRoot %[1]s
ServerName localhost
PidFile %[1]s/pid
ErrorLog %[1]s/log
Listen 127.0.0.1:%[2]s
LoadModule mpm_event_module %[4]s/mod_mpm_event.so
LoadModule authz_core_module %[4]s/mod_authz_core.so
LoadModule passenger_module %[4]s/mod_passenger.so
Mutex file:%[1]s default
PassengerRoot /usr/lib/ruby/vendor_ruby/phusion_passenger/locations.ini
PassengerRuby /usr/bin/ruby
PassengerInstanceRegistryDir %[1]s
PassengerDisableSecurityUpdateCheck on
PassengerDisableAnonymousTelemetry on
PassengerMinInstances 1
%[3]s
DocumentRoot %[1]s/current/public
PassengerAppRoot %[1]s/current
<Directory %[1]s>
Require all granted
</Directory>
`, d.Dir, port, who, modules)})
	recipetest.Start(t, d.Dir, "apache2", "-d", d.Dir, "-f", "httpd.conf", "-DFOREGROUND")
	url := "http://127.0.0.1:" + port + "/"
	ask := func() string {
		answer, err := http.Get(url)
		if err != nil {
			return err.Error()
		}
		defer answer.Body.Close()
		return answer.Header.Get("X-Release")
	}
	t.Cleanup(func() {
		if text, _ := os.ReadFile(filepath.Join(d.Dir, "log")); t.Failed() {
			t.Logf("its log:\n%s", text)
		}
	})
	recipetest.Eventually(t, "Passenger answers", func() bool { return ask() == "release-a" })

	touch := func(shell []string, with map[string]string) shelltest.Outcome {
		with["url"] = url
		return d.Step(t, shell, recipetest.Rendered(t, "passenger/touch", with))
	}
	for i, release := range []string{"release-b", "release-a", "release-b"} {
		d.SwitchTo(t, release)
		touch(shelltest.Shells[i%2], map[string]string{}).Expect(t, "touch "+release, false, "")
		if got := ask(); got != release {
			t.Errorf("after the touch: %s", got)
		}
	}
	d.Now = "release-a" // and current still names the other one
	touch(shelltest.Shells[1], map[string]string{"wait": "1"}).Expect(t, "another release answers", true, "names the release release-a after 1s")
	d.Step(t, shelltest.Shells[0], recipetest.Logging(t, "passenger/touch", map[string]string{"log": filepath.Join(d.Dir, "log")})).Expect(t, "log", false, "--- ")
	d.Step(t, shelltest.Shells[1], recipetest.Logging(t, "passenger/touch", map[string]string{"log": filepath.Join(d.Dir, "none")})).Expect(t, "no log", true, "cannot read the log")
	d.Step(t, shelltest.Shells[0], recipetest.Stopping(t, "passenger/touch", nil)).Expect(t, "stop", false, "slipway-note: the web server goes on")
}
