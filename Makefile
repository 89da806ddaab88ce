# Every command a person or CI runs. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help run demo test soak fuzz check gen pictures bench bench-sync app clean-data

RUN := scripts/with-node.sh

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: ## Set up, build, start the service with the demo site on 127.0.0.1, open the app (or play the demo without a display)
	@scripts/setup.sh run
	@scripts/run.sh

demo: ## One real inspection without a screen: ledger → plan → labels → visits → seal → sync → receipts → openssl
	@scripts/setup.sh run
	@cargo build --quiet -p xunjian-central -p xunjian-field -p xunjian-report -p xunjian-verify -p xunjian-tests
	@target/debug/xunjian-demo --folder var/demo

test: ## Set up, then all tests
	@scripts/setup.sh test
	@scripts/test.sh

soak: ## The long sweeps, faults put into the product, libFuzzer; writes docs/soak/{last,mutants,fuzz}.log
	@scripts/setup.sh test
	@scripts/soak.sh
	@scripts/mutants.sh
	@scripts/fuzz.sh 60

fuzz: ## libFuzzer at every entrance of what comes from outside, a minute each (SECONDS=…)
	@scripts/fuzz.sh $(or $(SECONDS),60)

check: ## Formatting, lints and docs without warnings
	@cargo fmt --check
	@$(RUN) npm --prefix ui run check
	@cargo clippy --workspace --all-targets -- -D warnings
	@RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --quiet

gen: ## Make the generated files again: demo data, OpenAPI snapshot, the pages' types, icons
	@cargo run --quiet -p xunjian-testkit --bin make-demo-data
	@cargo run --quiet -p xunjian-central --bin xunjian -- openapi > docs/openapi.json
	@cargo run --quiet -p xunjian-tests --bin make-page-types
	@scripts/icons.sh

pictures: ## Every screen, both themes, both languages, into docs/images (takes the real window and a real browser)
	@scripts/setup.sh test
	@$(RUN) npm --prefix ui run --silent build
	@cargo build --quiet --workspace
	@target/debug/make-pictures

bench: ## Figures as ratios to a floor in the same run
	@scripts/setup.sh bench
	@$(RUN) npm --prefix ui run --silent build
	@cargo bench --quiet -p xunjian-domain -p xunjian-proof -p xunjian-verify -p xunjian-ledger -p xunjian-field
	@cargo build --quiet --release -p xunjian-app --bins --examples
	@cargo build --quiet --release -p xunjian-report
	@cargo build --quiet -p xunjian-central -p xunjian-field -p xunjian-report -p xunjian-verify -p xunjian-tests
	@target/debug/window-bench
	@target/debug/report-bench
	@cargo run --quiet --release --locked --target-dir target --manifest-path benches/scan-peers/Cargo.toml

bench-sync: ## Synchronisation over a bad line, beside Anki and rclone (about an hour; `scripts/bench-sync.sh --help` for less)
	@scripts/bench-sync.sh

app: ## Build the window
	@$(RUN) npm --prefix ui run --silent build
	@cargo build -p xunjian-app

clean-data: ## Remove what `run` and `demo` made (never anything else)
	@rm -rf var/demo var/run
