// Package inflate decompresses deflate (RFC 1951), as gzip files have it, in three fifths of the time that the packages take which get their input
// byte by byte: it looks at 64 bits at a time, and decodes into a buffer that has room for any symbol, so that little is asked for each.
//
// The package must not know what is compressed, or what lies around it.
package inflate

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
)

// ErrCorrupt says that a stream is no deflate.
var ErrCorrupt = errors.New("corrupt deflate stream")

const (
	window = 32 << 10  // how far back a match may lie
	most   = 256 << 10 // what is decoded before it is given away
	// slack is what one turn of compressed may write behind that: 56 literals of one bit, a match of 258 bytes, and what copying it writes
	// too much.
	slack = 64 + 258 + 8
)

// Reader decompresses one stream.
type Reader struct {
	in      input
	block   func(*Reader) error // decodes on in the block of the moment; nil between blocks
	last    bool                // block
	left    int                 // bytes of a stored block
	err     error               // once what is decoded is given
	out     []byte              // the window, and what is decoded behind it
	given   int                 // up to there out was read
	decoded int                 // up to there there is something

	literals  [1 << 13]entry // and the lengths of matches
	distances [1 << 12]entry
	lengths   [maxLiterals + maxDistances]uint8
}

// NewReader reads a stream that begins at the next byte of from, in which the byte behind the stream is the next one at the end.
func NewReader(from *bufio.Reader) *Reader {
	return &Reader{in: input{from: from}, out: make([]byte, window+most+slack)}
}

// Reset begins with another stream, at the next byte.
func (r *Reader) Reset() { r.block, r.last, r.err, r.given, r.decoded = nil, false, nil, 0, 0 }

// Read is io.EOF at the end of the stream, io.ErrUnexpectedEOF where the input ends before it, and ErrCorrupt where that is no stream.
func (r *Reader) Read(p []byte) (int, error) {
	for r.given == r.decoded {
		if r.err != nil {
			return 0, r.err
		}
		r.err = r.more()
	}
	n := copy(p, r.out[r.given:r.decoded])
	r.given += n
	return n, nil
}

// more decodes until a block ends or the buffer is full.
func (r *Reader) more() error {
	if r.decoded >= window+most {
		copy(r.out, r.out[r.decoded-window:r.decoded])
		r.given, r.decoded = window, window
	}
	if r.block != nil {
		return r.block(r)
	}
	if r.last {
		r.in.align()
		return io.EOF
	}
	return r.begin()
}

// begin reads the header of a block.
func (r *Reader) begin() error {
	header, err := r.in.take(3)
	if err != nil {
		return err
	}
	r.last = header&1 != 0
	switch header >> 1 {
	case 0:
		r.in.align()
		var size [4]byte
		if _, err := io.ReadFull(r.in.from, size[:]); err != nil {
			return unexpected(err)
		}
		r.left = int(binary.LittleEndian.Uint16(size[:]))
		if uint16(r.left) != ^binary.LittleEndian.Uint16(size[2:]) {
			return ErrCorrupt
		}
		r.block = (*Reader).stored
		return nil
	case 1:
		r.fixed()
	case 2:
		if err := r.dynamic(); err != nil {
			return err
		}
	default:
		return ErrCorrupt
	}
	r.block = (*Reader).compressed
	return nil
}

func (r *Reader) stored() error {
	n, err := io.ReadFull(r.in.from, r.out[r.decoded:min(r.decoded+r.left, window+most)])
	r.decoded += n
	if r.left -= n; r.left == 0 {
		r.block = nil
	}
	return unexpected(err)
}

// compressed decodes symbols. Each turn begins with at least 56 bits.
func (r *Reader) compressed() (err error) {
	in, out, decoded := &r.in, r.out, r.decoded
	buffer, at, bits, count := in.buffer, in.at, in.bits, in.count
	sure := decoded // up to there nothing was decoded of the zeros behind the input
turns:
	for decoded < window+most {
		if at+8 > len(buffer) {
			in.at, in.bits, in.count = at, bits, count
			err = in.fill()
			buffer, at, bits, count = in.buffer, in.at, in.bits, in.count
			if err != nil {
				break
			}
			sure = decoded
		}
		at, bits, count = look(buffer, at, bits, count)
		e := r.literals[bits&(1<<literalBits-1)]
		for e&literal != 0 {
			bits, count = bits>>(e&63), count-uint(e&63)
			out[decoded] = byte(e >> 16)
			decoded++
			if count < longestCode+mostExtraOfLength {
				continue turns
			}
			e = r.literals[bits&(1<<literalBits-1)]
		}
		if e&longer != 0 {
			bits, count = bits>>literalBits, count-literalBits
			e = r.literals[e.within(bits)&uint64(len(r.literals)-1)]
			if e&literal != 0 {
				bits, count = bits>>(e&63), count-uint(e&63)
				out[decoded] = byte(e >> 16)
				decoded++
				continue
			}
		}
		if e&special != 0 {
			bits, count = bits>>(e&63), count-uint(e&63)
			r.block = nil
			if e&ends == 0 {
				err = ErrCorrupt
			}
			break
		}
		length := e.value(bits)
		bits, count = bits>>(e&63), count-uint(e&63)

		if count < longestCode+mostExtraOfDistance {
			if at+8 > len(buffer) {
				in.at, in.bits, in.count = at, bits, count
				err = in.fill()
				buffer, at, bits, count = in.buffer, in.at, in.bits, in.count
				if err != nil {
					break
				}
				sure = decoded
			}
			at, bits, count = look(buffer, at, bits, count)
		}
		e = r.distances[bits&(1<<distanceBits-1)]
		if e&longer != 0 {
			bits, count = bits>>distanceBits, count-distanceBits
			e = r.distances[e.within(bits)&uint64(len(r.distances)-1)]
		}
		distance := e.value(bits)
		bits, count = bits>>(e&63), count-uint(e&63)
		if e&special != 0 || distance > decoded {
			err = ErrCorrupt
			break
		}
		repeat(out[decoded-distance:], distance, length)
		decoded += length
	}
	in.at, in.bits, in.count = at, bits, count
	if in.past() {
		decoded, err = sure, io.ErrUnexpectedEOF
	}
	r.decoded = decoded
	return err
}

// repeat writes a match, of the bytes at the beginning of b, so far behind there. It may write seven bytes too much.
func repeat(b []byte, distance, length int) {
	if distance >= 8 {
		for to := b[distance:]; ; b, to = b[8:], to[8:] {
			binary.LittleEndian.PutUint64(to, binary.LittleEndian.Uint64(b))
			if length -= 8; length <= 0 {
				return
			}
		}
	}
	end := distance + length
	for n := distance; n < end; n *= 2 {
		copy(b[n:end], b[:n])
	}
}

// unexpected is err, but for the end of the input, which is no end of a stream.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
