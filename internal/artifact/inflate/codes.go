package inflate

// fixed makes the codes of a block that states none.
func (r *Reader) fixed() {
	lengths := r.lengths[:maxLiterals]
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	build(r.literals[:], literalBits, literalSymbols[:], lengths)
	lengths = lengths[:maxDistances]
	for i := range lengths {
		lengths[i] = 5
	}
	build(r.distances[:], distanceBits, distanceSymbols[:], lengths)
}

// sizesOrder is the one in which the lengths of the codes of lengths are stated.
var sizesOrder = [...]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamic reads the codes that a block states.
func (r *Reader) dynamic() error {
	counts, err := r.in.take(5 + 5 + 4)
	if err != nil {
		return err
	}
	literals, distances := counts&31+257, counts>>5&31+1
	if literals > 286 || distances > 30 {
		return ErrCorrupt
	}
	var sizes [len(sizeSymbols)]uint8
	for _, i := range sizesOrder[:counts>>10+4] {
		size, err := r.in.take(3)
		if err != nil {
			return err
		}
		sizes[i] = uint8(size)
	}
	codes := r.literals[:] // which are read with these
	if !build(codes, sizeBits, sizeSymbols[:], sizes[:]) {
		return ErrCorrupt
	}
	lengths := r.lengths[:literals+distances]
	for i := 0; i < len(lengths); {
		bits, err := r.in.peek()
		if err != nil {
			return err
		}
		e := codes[bits&(1<<sizeBits-1)]
		if e&special != 0 {
			return ErrCorrupt
		}
		length, times, extra := uint8(e>>16), 1, uint(0)
		switch length {
		case 16:
			if i == 0 {
				return ErrCorrupt
			}
			length, times, extra = lengths[i-1], 3, 2
		case 17:
			length, times, extra = 0, 3, 3
		case 18:
			length, times, extra = 0, 11, 7
		}
		times += int(bits >> (e & 63) & (1<<extra - 1))
		if err := r.in.skip(uint(e&63) + extra); err != nil {
			return err
		}
		if i+times > len(lengths) {
			return ErrCorrupt
		}
		for range times {
			lengths[i] = length
			i++
		}
	}
	if !build(r.literals[:], literalBits, literalSymbols[:], lengths[:literals]) ||
		!build(r.distances[:], distanceBits, distanceSymbols[:], lengths[literals:]) {
		return ErrCorrupt
	}
	return nil
}
