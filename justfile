# The recipes, with what they do.
default:
    @just --list

# Start the server on SQLite in ./data.
run:
    cargo run

# Rebuild and restart the server whenever a file changes (needs bacon).
watch:
    bacon run-long

# Run jobs only, beside a server with APP__JOBS__IN_SERVER=false.
worker:
    cargo run -- worker

# All tests; PostgreSQL and Redis are skipped, and said to be, where they are not named.
test:
    cargo test --workspace

# All tests on every engine; PostgreSQL and Redis must be there.
test-all:
    TEST_REQUIRE_SERVICES=1 TEST_POSTGRES_URL="${TEST_POSTGRES_URL:-postgres://postgres@127.0.0.1:5432/postgres}" TEST_REDIS_URL="${TEST_REDIS_URL:-redis://127.0.0.1:6379}" cargo test --workspace

# Does everything compile?
check:
    cargo check --workspace --all-targets

# Put every file in form.
fmt:
    cargo fmt --all

# Lints; a warning is an error.
lint:
    cargo clippy --workspace --all-targets -- -D warnings

# The pages of the crates.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# The release server with what it runs lying together, a third smaller in memory (needs valgrind; plain without).
release *options:
    bash deploy/release {{options}}

# Measure the release server beside a bare endpoint (needs wrk or falls back to its own client).
bench:
    bash benches/run

# Measure whether a refused login tells by its time that an address has an account.
bench-timing:
    bash benches/run timing

# A thousand uploads at once: nothing acknowledged is lost, and how much memory that takes.
bench-uploads:
    bash benches/run uploads

# Measure pictures beside sharp and Pillow: time, memory, bytes, and how far each result is from the ideal.
bench-media:
    bash benches/media/run

# Measure lists of a million rows, memory over a million requests, and ten thousand idle streams.
bench-growth:
    bash benches/run growth

# Measure the gateway to language models beside LiteLLM: the same mock, one core each.
bench-llm:
    bash benches/llm

# Measure clients that hang up on streams: how soon the provider learns of it, what is kept, whether memory grows.
bench-leaving:
    bash benches/run leaving

# Search the sources of our own dependencies beside ripgrep: the same lines, and how long each takes.
bench-search *folder:
    bash benches/search {{folder}}

# Kill the server two hundred times on each engine under sixteen clients, and see that nothing acknowledged is lost.
crash-loop:
    cargo test -p brickwork-api-server --test it -- --ignored two_hundred_kills

# Draw the figures and charts of fitness into the system's folder for temporary files, to be looked at.
pictures:
    cargo test -p brickwork-fitness --lib -- --ignored sheets_of_all_motions charts_to_look_at

# Measure how fast sources are read and mapped again after an edit, beside Universal Ctags on the same files.
bench-code folder="${CARGO_HOME:-$HOME/.cargo}/registry/src":
    cargo bench -p brickwork-code --bench figures -- {{folder}}

# Apply pending migrations.
migrate:
    cargo run -- migrate up

# Write the OpenAPI document to openapi.json.
openapi:
    cargo run -q -- openapi > openapi.json

# Throw the local database away.
db-reset:
    rm -rf data/brickwork.sqlite*

# Check what this machine and configuration need.
doctor:
    cargo run -q -- doctor

# Exactly what CI runs.
ci:
    bash .ci/run

# The real client libraries of OpenAI (Python, JavaScript) and tus against the built server.
clients:
    bash .ci/clients

# Everything that the API document allows and forbids, sent to the built server by schemathesis; then two people ask for each other's rows.
fuzz-api *examples:
    bash .ci/fuzz-api {{examples}}
