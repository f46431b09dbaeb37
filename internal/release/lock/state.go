package lock

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
)

// Functions is shell that defines lock_state, for a script that asks for more than the lock: it prints what Parse reads.
func Functions() string { return functions }

// Reserve is shell that defines lock_reserve, for scripts that leave a host with room for the lock of the next deployment.
func Reserve() string { return reserveFunction }

// Parse reads what lock_state prints; nothing is a lock that was never taken. An owner that cannot be read is the zero
// owner: whoever did not live to write it down grows stale like any other.
func Parse(text string) (deploy.LockState, error) {
	if text == "" {
		return deploy.LockState{}, nil
	}
	line, owner, _ := strings.Cut(text, "\n")
	words := strings.Split(line, " ")
	if len(words) < 3 || (words[1] != "held" && words[1] != "released") {
		return deploy.LockState{}, fmt.Errorf("the lock reads %.60q", line)
	}
	generation, err := strconv.Atoi(words[0])
	if err != nil || generation < 1 {
		return deploy.LockState{}, fmt.Errorf("the lock's generation reads %.60q", words[0])
	}
	state := deploy.LockState{Generation: generation, Released: words[1] == "released", Beat: strings.Join(words[2:], " ")}
	if json.Unmarshal([]byte(owner), &state.Owner) != nil {
		state.Owner = deploy.LockOwner{}
	}
	return state, nil
}
