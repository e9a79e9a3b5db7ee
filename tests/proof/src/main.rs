//! The proofs of the whole system; being written.
fn main() {}
