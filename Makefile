# Thin on purpose: each target is one script, which says itself what it does.
.PHONY: demo test bench lint soak package

# As in `make demo KEEP=1`.
export KEEP AUTHX
demo:
	@scripts/demo

test:
	@scripts/test

bench:
	@scripts/bench

lint:
	@scripts/test web format house clippy doc

soak:
	@scripts/soak

package:
	@scripts/package
