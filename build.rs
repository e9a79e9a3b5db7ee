//! Builds everything that follows from the contract in `proto/`: the descriptor that reflection
//! serves, the server's types, the checks of every request and what each names, and the table of
//! method policies. It
//! needs no protobuf compiler. A rule it does not know, or an RPC without a policy, ends the build:
//! what is written in the contract is enforced or it does not compile.

use prost_reflect::DescriptorPool;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "build/demands.rs"]
mod demands;
#[path = "build/names.rs"]
mod names;
#[path = "build/pages.rs"]
mod pages;
#[path = "build/policy.rs"]
mod policy;
#[path = "build/rules.rs"]
mod rules;
#[path = "build/validate.rs"]
mod validate;

/// Where our own definitions are, and those of others that they import.
const ROOTS: [&str; 2] = ["proto", "third_party"];

/// The folder of the package that is served.
const PACKAGE_FOLDER: &str = "omnichannel/v1";

fn main() -> Result<(), Box<dyn Error>> {
    for root in ROOTS {
        println!("cargo:rerun-if-changed={root}");
    }
    println!("cargo:rerun-if-changed={}", pages::FOLDER);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    fs::write(out.join("pages.rs"), pages::generate(&root)?)?;
    let files = files()?;

    // Comments become documentation of the Rust types; the served descriptor does without them.
    let commented = compile(&files, true)?;
    tonic_prost_build::configure()
        .build_client(false)
        .build_server(true)
        .codec_path("crate::grpc::codec::Frugal")
        // Written once for all readers of a feed, and so kept in written form.
        .extern_path(".omnichannel.v1.WatchFeedResponse", "crate::grpc::stream::packed::Packed")
        // In key order, so that the same message always encodes to the same bytes.
        .btree_map(".")
        .compile_fds(commented.file_descriptor_set())?;

    let descriptor = compile(&files, false)?.encode_file_descriptor_set();
    fs::write(out.join("descriptor.bin"), &descriptor)?;
    let pool = DescriptorPool::decode(descriptor.as_slice())?;
    fs::write(out.join("validate.rs"), validate::generate(&pool)?)?;
    fs::write(out.join("demands.rs"), demands::generate(&pool))?;
    fs::write(out.join("names.rs"), names::generate(&pool)?)?;
    fs::write(out.join("policy.rs"), policy::generate(&pool)?)?;
    Ok(())
}

/// Every file of the package, in name order.
fn files() -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(Path::new(ROOTS[0]).join(PACKAGE_FOLDER))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn compile(files: &[PathBuf], comments: bool) -> Result<protox::Compiler, Box<dyn Error>> {
    let mut compiler = protox::Compiler::new(ROOTS)?;
    compiler.include_imports(true).include_source_info(comments);
    compiler.open_files(files)?;
    Ok(compiler)
}
