# Every step of the project's work is a line that a person can run; `make test` is the whole proof.
.PHONY: run test long bench fmt lint tools help

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

run: ## build and serve on this machine, everything embedded
	cargo run --release -- serve --demo

test: ## everything that must hold before a change lands
	bash .ci/test.sh

long: ## the proofs that take minutes: the same properties over many more cases
	PROPTEST_CASES=20000 bash .ci/postgres.sh run cargo test --release --workspace

bench: ## the figures, against a PostgreSQL that keeps its promises (fsync on)
	bash .ci/postgres.sh run --durable cargo bench --workspace

fmt: ## format the sources
	cargo fmt --all

lint: ## warnings are errors
	cargo clippy --workspace --all-targets -- -D warnings

tools: ## install what the tests need and the machine lacks
	bash .ci/tools.sh
