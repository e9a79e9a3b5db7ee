//! The process. Everything else is in the library, so that tests can drive it.

use std::process::ExitCode;

/// Many small allocations from many threads are what a server does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    omnichannel::cli::main()
}
