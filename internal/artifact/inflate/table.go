package inflate

import "math/bits"

// entry says what the next bits are. Its lowest byte says how many they are, with the extra bits that follow a code, its second one
// how many of them are the code, and its upper half has the literal, or the least length or distance.
type entry uint32

const (
	literal entry = 1 << 31
	special entry = 1 << 15 // neither literal nor length nor distance
	ends    entry = 1 << 14 // the block; special, too
	longer  entry = 1 << 13 // the code goes on in a table that begins at the entry that the upper half says, by so many bits as the second byte does
)

// value is a length or a distance, of the bits that begin with its code.
func (e entry) value(bits uint64) int {
	return int(e>>16) + int(bits&(1<<(e&63)-1)>>(e>>8&15))
}

// within is where the code goes on, by the bits behind its beginning.
func (e entry) within(bits uint64) uint64 { return uint64(e>>16) + bits&(1<<(e>>8&15)-1) }

const (
	maxLiterals         = 288
	maxDistances        = 32
	longestCode         = 15
	mostExtraOfLength   = 5
	mostExtraOfDistance = 13

	// How many bits are looked up at once. Behind what these find lie the tables of longer codes: at most 144 for literals, since two codes or
	// more lie in each, of 16 entries; and 16 for distances, of 128.
	literalBits  = 11
	distanceBits = 8
	sizeBits     = 7 // of the codes of the codes' lengths, none of which is longer
)

// What each symbol is (RFC 1951, 3.2.5), without its code.
var (
	literalSymbols  = makeLiterals()
	distanceSymbols = makeDistances()
	sizeSymbols     = makeSizes()
)

func makeLiterals() (symbols [maxLiterals]entry) {
	for i := range 256 {
		symbols[i] = literal | entry(i)<<16
	}
	symbols[256] = special | ends
	least := 3
	for i := 257; i < 285; i++ {
		extra := max(0, (i-257)/4-1)
		symbols[i] = entry(least)<<16 | entry(extra)
		least += 1 << extra
	}
	symbols[285] = 258 << 16
	symbols[286], symbols[287] = special, special
	return symbols
}

func makeDistances() (symbols [maxDistances]entry) {
	least := 1
	for i := range 30 {
		extra := max(0, i/2-1)
		symbols[i] = entry(least)<<16 | entry(extra)
		least += 1 << extra
	}
	symbols[30], symbols[31] = special, special
	return symbols
}

func makeSizes() (symbols [19]entry) {
	for i := range symbols {
		symbols[i] = entry(i) << 16
	}
	return symbols
}

// build makes the table of canonical codes of these lengths, the first so many bits of which are looked up at once. It is false where there
// are no such codes. One code alone is good, and so is none, for as long as nothing else is read.
func build(table []entry, first int, symbols []entry, lengths []uint8) bool {
	var counts, next [longestCode + 1]int
	longest := 0
	for _, length := range lengths {
		counts[length]++
		longest = max(longest, int(length))
	}
	code := 0
	for length := 1; length <= longest; length++ {
		code <<= 1
		next[length] = code
		code += counts[length]
	}
	if code != 1<<longest && longest > 1 || code > 1<<longest {
		return false
	}
	free := 1 << first
	for i := range table[:free] {
		table[i] = special
	}
	for symbol, size := range lengths {
		if size == 0 {
			continue
		}
		e, length := symbols[symbol], int(size)
		code := int(bits.Reverse16(uint16(next[length])) >> (16 - length)) // the first bit is the lowest
		next[length]++
		from, to := 0, 1<<first
		if length > first {
			above := &table[code&(1<<first-1)]
			if *above&longer == 0 {
				*above = longer | entry(free)<<16 | entry(longest-first)<<8
				free += 1 << (longest - first)
			}
			from, to = int(*above>>16), 1<<(longest-first)
			code >>= first
			length -= first
		}
		e += entry(length)<<8 + entry(length)
		for i := code; i < to; i += 1 << length {
			table[from+i] = e
		}
	}
	return true
}
