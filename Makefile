# Every step of the project's work is a line that a person can run; `make test` is the whole proof.
.PHONY: run pages test long bench fmt lint tools help

PROOF := target/release/proof
BUILD := cargo build --release -p omnichannel -p proof

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

run: pages ## build and serve on this machine, everything embedded
	cargo run --release -- serve --demo

pages: ## the desk and the dashboard, where Node is there to build them
	@if command -v npm >/dev/null; then \
	    cd web && { [ -d node_modules ] || npm ci --loglevel=error; } && node scripts/build.mjs || \
	    echo "the pages were not built; the server does without them"; \
	else echo "no Node: the server is built without its pages"; fi

test: ## everything that must hold before a change lands
	bash .ci/test.sh

long: ## the proofs that take minutes: many more cases, two nodes, kills, cut feeds
	OMNICHANNEL_TEST_ROUNDS=2 PROPTEST_CASES=20000 bash .ci/postgres.sh run bash .ci/postfix.sh run cargo test --release --workspace
	OMNICHANNEL_TEST_ROUNDS=167 cargo test --release -p engine --test it fold:: -- --nocapture
	OMNICHANNEL_SIM_ARRIVALS=1000000 cargo test --release -p engine --test it sim::known:: -- --nocapture --test-threads=1
	OMNICHANNEL_TEST_ROUNDS=50 cargo test --release -p engine --test it explain:: -- --nocapture
	$(BUILD)
	cargo build -p omnichannel --features faults
	cp target/debug/omnichannel target/debug/omnichannel-faults
	$(PROOF) two-nodes --faulty-server target/debug/omnichannel-faults \
	    --report docs/proofs/two-nodes.md
	$(PROOF) kill --seed 1 --seeds 5 --report docs/proofs/kill.md
	$(PROOF) kill --blow freeze --seed 1 --seeds 2 --report docs/proofs/freeze.md
	$(PROOF) kill --blow database --seed 1 --seeds 2 --report docs/proofs/database.md
	$(PROOF) feed-cuts --report docs/proofs/feed-cuts.md
	$(PROOF) timers --report docs/proofs/timers.md
	$(PROOF) drain --report docs/proofs/drain.md
	OMNICHANNEL_BINARY=target/release/omnichannel bash sdk/conformance/check.sh restarts
	$(PROOF) noisy-neighbour --report docs/proofs/noisy-neighbour.md
	OMNICHANNEL_FUZZ_SECONDS=300 OMNICHANNEL_FUZZ_SEED=2 bash .ci/postgres.sh run \
	    cargo test --release --test it fuzz:: -- --nocapture

bench: ## the figures, side by side with pgbench on a PostgreSQL with fsync on
	$(BUILD)
	$(PROOF) bench
	$(PROOF) edge
	$(PROOF) cold
	cargo run --release -p engine --example route_speed

fmt: ## format the sources
	cargo fmt --all

lint: ## warnings are errors
	cargo clippy --workspace --all-targets -- -D warnings

tools: ## install what the tests need and the machine lacks
	bash .ci/tools.sh
