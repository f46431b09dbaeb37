package deploy_test

import (
	"testing"

	"github.com/slipway/slipway/internal/deploy"
)

func TestSize(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0 B", 240: "240 B", 999: "999 B", 1000: "1.00 kB", 7024: "7.02 kB", 9_994: "9.99 kB", 9_996: "10.0 kB",
		99_949: "99.9 kB", 99_951: "100 kB", 999_499: "999 kB", 999_501: "1.00 MB", 38_200_000: "38.2 MB", 412_345_678: "412 MB",
		1 << 30: "1.07 GB", 2_000_000_000_000: "2.00 TB", 5_000_000_000_000_000: "5000 TB",
	} {
		if got := deploy.Size(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 4981: "4,981", 1_234_567: "1,234,567", -999: "-999", -1000: "-1,000"} {
		if got := deploy.Count(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}
