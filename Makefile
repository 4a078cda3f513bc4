# Two commands do everything on a fresh Debian or Ubuntu machine that has Rust and a C compiler: `make run`, `make test`.

.PHONY: run test lint e2e audit bench

# Evaluated when used, after `scripts/need` has installed what it may.
FEATURES = $$(scripts/cargo-features)

# The gateway and a demo app, with a development identity provider. Stop with Ctrl-C.
run:
	scripts/need build
	scripts/run

# The whole suite, on SQLite and on PostgreSQL.
test:
	scripts/need build postgres
	scripts/with-postgres cargo test --locked $(FEATURES)

# Format, lints, licences, and the documentation's own links.
lint:
	scripts/need build cargo-deny
	cargo fmt --check
	cargo clippy --locked --all-targets $(FEATURES) -- -D warnings
	cargo fetch --locked --quiet
	cargo deny --offline check licenses bans sources
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items $(FEATURES)

# A real identity provider, a real browser and independent OpenID Connect clients.
e2e:
	scripts/need build e2e
	tests/e2e/run

# Known vulnerabilities in dependencies; needs the advisory database.
audit:
	scripts/need cargo-deny
	cargo deny check advisories

# The numbers of docs/OPERATIONS.md.
bench:
	cargo bench --locked $(FEATURES)
