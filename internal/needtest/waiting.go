package needtest

import (
	"flag"
	"os"
	"runtime"
	"strconv"
)

// atOnce is how many tests run at once that mostly wait.
const atOnce = 8

// RunWaiting runs the tests of a package that mostly wait, for programs or for time to pass: more of them at once than there are
// processors, unless the command says how many. TestMain ends with it; m is a *testing.M.
func RunWaiting(m interface{ Run() int }) {
	flag.Parse()
	if flag.Lookup("test.parallel").Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		if err := flag.Set("test.parallel", strconv.Itoa(atOnce)); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
