//! What the build made of the contract in `proto/`: the messages and server traits of the package
//! `omnichannel.v1`, and the encoded descriptor that reflection serves. Everything here is
//! generated; meaning, limits and errors are documented in the definitions themselves.

/// All definitions with their imports and options, as an encoded `FileDescriptorSet`.
pub const DESCRIPTOR: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptor.bin"));

/// The package `omnichannel.v1`.
#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    rustdoc::all,
    reason = "generated from definitions that are documented and linted themselves"
)]
pub mod v1 {
    include!(concat!(env!("OUT_DIR"), "/omnichannel.v1.rs"));
}
