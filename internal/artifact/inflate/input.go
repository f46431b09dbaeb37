package inflate

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
)

// input is compressed bytes, and the bits that were looked at and not taken.
type input struct {
	from   *bufio.Reader
	buffer []byte // what it has, and none of which is taken from there; close to its end a copy in tail
	at     int    // the next byte of buffer to look at
	end    int    // of what is the input's in buffer
	bits   uint64 // the lowest ones are the next; above the first count of them there may be some of the byte at
	count  uint
	tail   [24]byte // with zeros behind up to seven bytes
}

// look looks at the next eight bytes of a buffer, as far as they fit behind the bits that there are: then there are at least 56.
func look(buffer []byte, at int, bits uint64, count uint) (int, uint64, uint) {
	return at + int((63-count)>>3), bits | binary.LittleEndian.Uint64(buffer[at:])<<(count&63), count | 56
}

// fill makes sure that there are eight bytes to look at, zeros where the input has no more.
func (i *input) fill() error {
	if i.past() {
		return io.ErrUnexpectedEOF
	}
	i.release()
	head, err := i.from.Peek(8)
	if len(head) == 8 {
		i.buffer, _ = i.from.Peek(i.from.Buffered())
		i.end = len(i.buffer)
		return nil
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	i.tail = [len(i.tail)]byte{}
	i.buffer, i.end = i.tail[:], copy(i.tail[:], head)
	return nil
}

// past tells whether bits were taken that the input has not.
func (i *input) past() bool { return i.at-int(i.count>>3) > i.end }

// release takes from the input what was taken from the buffer, to the last byte that was begun.
func (i *input) release() {
	i.at -= int(i.count >> 3)
	i.count &= 7
	i.bits &= 1<<i.count - 1
	_, _ = i.from.Discard(i.at) // it is buffered
	i.buffer, i.at, i.end = nil, 0, 0
}

// align drops the bits of a byte that was begun, and lets the input be read.
func (i *input) align() {
	i.release()
	i.bits, i.count = 0, 0
}

// peek gives at least 14 bits, zeros where the input has no more.
func (i *input) peek() (uint64, error) {
	if i.count < 14 {
		if i.at+8 > len(i.buffer) {
			if err := i.fill(); err != nil {
				return 0, err
			}
		}
		i.at, i.bits, i.count = look(i.buffer, i.at, i.bits, i.count)
	}
	return i.bits, nil
}

// skip takes n bits that were peeked at.
func (i *input) skip(n uint) error {
	i.bits, i.count = i.bits>>n, i.count-n
	if i.past() {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// take gives the next n bits, up to 14.
func (i *input) take(n uint) (int, error) {
	bits, err := i.peek()
	if err != nil {
		return 0, err
	}
	return int(bits & (1<<n - 1)), i.skip(n)
}
