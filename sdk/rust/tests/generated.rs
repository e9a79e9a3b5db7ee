//! Compares the committed client with one generated from the contract now, byte for byte. Needs no
//! server; says which command brings the files up to date.

#[path = "../examples/generate/generator.rs"]
mod generator;

use std::fs;

#[test]
fn the_committed_client_is_the_one_the_contract_gives() {
    let fresh = tempfile::tempdir().unwrap();
    generator::write_to(fresh.path()).unwrap();
    for name in generator::FILES {
        let made = fs::read(fresh.path().join(name)).unwrap();
        let kept = fs::read(generator::committed().join(name)).unwrap_or_default();
        assert!(
            made == kept,
            "src/generated/{name} is not what the contract gives; \
             run `cargo run -p omnichannel-sdk --example generate`"
        );
    }
    let mut made: Vec<_> = fs::read_dir(fresh.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    made.sort();
    let mut expected = generator::FILES.to_vec();
    expected.sort_unstable();
    assert_eq!(made, expected, "the generator wrote other files than it names");
}
