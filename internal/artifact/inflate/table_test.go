package inflate

import (
	"math/bits"
	"math/rand/v2"
	"testing"
)

// TestBuild holds tables of any complete codes against codes that are looked for one by one. Of codes at random few are long: a third are
// those that take the most room, pairs of long codes behind as many beginnings as there can be.
func TestBuild(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for trial := range 300 {
		lengths := []int{0} // of a tree that has the root alone
		for symbols := 2 + random.IntN(285); len(lengths) < symbols; {
			at := random.IntN(len(lengths))
			if trial%3 == 0 { // the deepest leaf that can be divided
				at = -1
				for i, length := range lengths {
					if length < literalBits+1 && (at < 0 || length > lengths[at]) {
						at = i
					}
				}
				if len(lengths) == symbols-longestCode {
					break
				}
			}
			if lengths[at] == longestCode {
				continue
			}
			lengths[at]++
			lengths = append(lengths, lengths[at])
		}
		for last := len(lengths) - 1; trial%3 == 0 && lengths[last] < longestCode; last = len(lengths) - 1 {
			lengths[last]++
			lengths = append(lengths, lengths[last])
		}
		stated := make([]uint8, maxLiterals)
		for i, length := range random.Perm(286)[:len(lengths)] {
			stated[length] = uint8(lengths[i])
		}
		var table [1 << 13]entry
		if !build(table[:], literalBits, literalSymbols[:], stated) {
			t.Fatalf("trial %d: refused: %v", trial, stated)
		}
		checkTable(t, &table, stated)
		if t.Failed() {
			t.Fatalf("trial %d: %v", trial, stated)
		}
	}
}

func checkTable(t *testing.T, table *[1 << 13]entry, lengths []uint8) {
	t.Helper()
	code := 0
	for length := 1; length <= longestCode; length++ {
		for symbol, l := range lengths {
			if int(l) != length {
				continue
			}
			next := uint64(bits.Reverse16(uint16(code)) >> (16 - length))
			code++
			for _, behind := range []uint64{0, 1<<20 - 1} {
				next := next | behind<<length
				e, before := table[next&(1<<literalBits-1)], 0
				if e&longer != 0 {
					before = literalBits
					e = table[e.within(next>>literalBits)]
				}
				want := literalSymbols[symbol]
				if e>>16 != want>>16 || e&(special|ends|longer) != want&(special|ends|longer) || int(e>>8&15)+before != length || int(e&63)+before != length+int(want&63) {
					t.Errorf("symbol %d, of %d bits: entry %x behind %d bits", symbol, length, e, before)
				}
			}
		}
		code <<= 1
	}
}

// TestNoCodes: lengths of which there are no codes, or not all, are refused; one code alone and none are good.
func TestNoCodes(t *testing.T) {
	for name, test := range map[string]struct {
		lengths []uint8
		want    bool
	}{
		"none":                 {[]uint8{0, 0, 0}, true},
		"one":                  {[]uint8{0, 1, 0}, true},
		"one of two bits":      {[]uint8{0, 2, 0}, false},
		"three of one bit":     {[]uint8{1, 1, 1}, false},
		"too many":             {[]uint8{1, 2, 2, 2}, false},
		"too few":              {[]uint8{1, 2, 3}, false},
		"as many as there are": {[]uint8{1, 2, 3, 3}, true},
	} {
		t.Run(name, func(t *testing.T) {
			var table [1 << 12]entry
			if got := build(table[:], distanceBits, distanceSymbols[:], test.lengths); got != test.want {
				t.Errorf("good: %v, want %v", got, test.want)
			}
		})
	}
}
