# Keeps room in the deploy path that is the working directory for the lock and the journal of a deployment that finds the disk
# full: take.sh gives it up then. It stands before other scripts.
lock_reserve() {
	if [ -d .slipway ] && [ ! -e .slipway/reserve ]; then
		{ dd if=/dev/urandom of=.slipway/reserve.new bs=65536 count=4 2>/dev/null && mv -f .slipway/reserve.new .slipway/reserve; } ||
			rm -f .slipway/reserve.new
	fi
}
