//! The Brickwork server: settings, wiring, adapters, command line.

mod adapters;
mod cli;
mod ground;
mod privacy;
mod settings;
mod wiring;

/// Requests allocate many small things on several threads at once.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::run()
}
