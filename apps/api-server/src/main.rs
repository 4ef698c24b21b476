//! The Brickwork server: settings, wiring, adapters, command line.

mod adapters;
mod audit;
mod blobs;
mod caller;
mod cli;
#[cfg(feature = "full")]
mod demo;
mod gauges;
mod ground;
mod heartbeat;
mod privacy;
mod settings;
mod telemetry;
mod wiring;

/// Requests allocate many small things on several threads at once.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::run()
}
