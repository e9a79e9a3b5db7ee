//! Generates the client from the contract: `cargo run -p omnichannel-sdk --example generate`. It
//! replaces the files in `src/generated`, which are committed; the test `generated` fails while
//! they differ from what this would write.

mod generator;

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = generator::committed();
    generator::write_to(&folder)?;
    println!("wrote {}", generator::FILES.join(" and "));
    Ok(())
}
