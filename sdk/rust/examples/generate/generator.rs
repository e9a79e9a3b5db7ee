//! Turns the contract into the two files of `src/generated`: messages and clients by the ordinary
//! generators, and one `Call` for each unary RPC, so that requests know where they go and whether
//! they may be repeated. Needs no `protoc`; the same sources always give the same bytes.

use prost_reflect::{Cardinality, DescriptorPool, Kind, MessageDescriptor, MethodDescriptor};
use protox::Compiler;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Names of the files that are generated.
pub(crate) const FILES: &[&str] = &["omnichannel.v1.rs", "omnichannel.v1.calls.rs"];

const PACKAGE: &str = "omnichannel.v1";
const POLICY: &str = "omnichannel.v1.policy";

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Where the committed files are.
pub(crate) fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/generated")
}

/// Writes both files into a folder.
pub(crate) fn write_to(folder: &Path) -> Outcome<()> {
    let compiler = compile()?;
    let mut descriptors = compiler.file_descriptor_set();
    // The rules of validation guide the server; the client needs no types for them.
    descriptors.file.retain(|file| [PACKAGE, "google.protobuf"].contains(&file.package()));
    tonic_prost_build::configure()
        .build_server(false)
        .build_transport(false)
        .emit_rerun_if_changed(false)
        .out_dir(folder)
        .compile_fds(descriptors)?;
    fs::write(folder.join(FILES[1]), calls(&compiler.descriptor_pool())?)?;
    Ok(())
}

fn compile() -> Outcome<Compiler> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let proto = root.join("proto");
    let mut files = Vec::new();
    for entry in fs::read_dir(proto.join("omnichannel/v1"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    files.sort();
    let mut compiler = Compiler::new([proto, root.join("third_party")])?;
    compiler.include_imports(true).include_source_info(true).open_files(files)?;
    Ok(compiler)
}

fn calls(pool: &DescriptorPool) -> Outcome<String> {
    let mut text = String::from("// This file is @generated from the contract.\n");
    let mut streams = Vec::new();
    let mut services: Vec<_> =
        pool.services().filter(|service| service.package_name() == PACKAGE).collect();
    services.sort_by_key(|service| service.full_name().to_owned());
    for method in services.iter().flat_map(|service| service.methods()) {
        let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
        if method.is_client_streaming() || method.is_server_streaming() {
            streams.push(path);
        } else {
            call(&mut text, &method, &path)?;
        }
    }
    writeln!(text, "\n/// Paths of the RPCs that are streams.")?;
    writeln!(text, "pub(crate) const STREAMS: &[&str] = &[")?;
    for path in streams {
        writeln!(text, "    {path:?},")?;
    }
    writeln!(text, "];")?;
    Ok(text)
}

fn call(text: &mut String, method: &MethodDescriptor, path: &str) -> Outcome<()> {
    let (input, output) = (method.input(), method.output());
    let (request, response) = (input.name(), output.name());
    let repeat = repeat(method)?;
    writeln!(text, "\nimpl Call for v1::{request} {{")?;
    writeln!(text, "    type Response = v1::{response};")?;
    writeln!(text, "    const PATH: &'static str = {path:?};")?;
    writeln!(text, "    const REPEAT: Repeat = Repeat::{repeat};")?;
    if input.get_field_by_name("request_id").is_some() {
        writeln!(text, "    fn request_id(&mut self) -> Option<&mut String> {{")?;
        writeln!(text, "        Some(&mut self.request_id)\n    }}")?;
    }
    writeln!(text, "}}")?;
    match input.get_field_by_name("page_token") {
        Some(_) => list_call(text, request, &output),
        None => Ok(()),
    }
}

/// Why a repeat is safe, in the words of the method's policy.
fn repeat(method: &MethodDescriptor) -> Outcome<&'static str> {
    let pool = method.parent_pool();
    let extension = pool.get_extension_by_name(POLICY).ok_or("the policy option is missing")?;
    let options = method.options();
    let policy = options.get_extension(&extension);
    let policy = policy.as_message().ok_or("the policy is not a message")?;
    let value = policy.get_field_by_name("idempotency").ok_or("a policy says no idempotency")?;
    let number = value.as_enum_number().ok_or("idempotency is not an enum")?;
    let names = pool.get_enum_by_name("omnichannel.v1.Idempotency").ok_or("no Idempotency")?;
    let value = names.get_value(number).ok_or("an idempotency without a name")?;
    match value.name() {
        "IDEMPOTENCY_READ" => Ok("Read"),
        "IDEMPOTENCY_REQUEST_ID" => Ok("RequestId"),
        "IDEMPOTENCY_NATURAL" => Ok("Natural"),
        other => Err(format!("{}: {other} is not for a unary call", method.full_name()).into()),
    }
}

fn list_call(text: &mut String, request: &str, output: &MessageDescriptor) -> Outcome<()> {
    let mut lists = output.fields().filter(|field| field.cardinality() == Cardinality::Repeated);
    let (Some(items), None) = (lists.next(), lists.next()) else {
        return Err(format!("{} needs exactly one list", output.name()).into());
    };
    let Kind::Message(item) = items.kind() else {
        return Err(format!("{} lists no messages", output.name()).into());
    };
    writeln!(text, "\nimpl ListCall for v1::{request} {{")?;
    writeln!(text, "    type Item = v1::{};", item.name())?;
    writeln!(text, "    fn set_page_token(&mut self, token: String) {{")?;
    writeln!(text, "        self.page_token = token;\n    }}")?;
    writeln!(text, "    fn page(response: Self::Response) -> Page<Self::Item> {{")?;
    writeln!(text, "        Page {{")?;
    writeln!(text, "            items: response.{},", items.name())?;
    writeln!(text, "            next_page_token: response.next_page_token,")?;
    writeln!(text, "        }}\n    }}\n}}")?;
    Ok(())
}
