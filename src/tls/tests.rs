//! What is refused at the start, and that a replaced pair is taken while a broken one is not.

use super::*;
use crate::config::ClientCertificates;
use rcgen::{CertificateParams, KeyPair};
use std::fs;
use std::path::Path;

/// Writes a new pair for localhost into a folder.
fn write(folder: &Path, name: &str) {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    let certificate = params.self_signed(&key).expect("signed");
    fs::write(folder.join(format!("{name}.pem")), certificate.pem()).expect("written");
    secret(&folder.join(format!("{name}.key")), &key.serialize_pem());
}

fn secret(path: &Path, text: &str) {
    fs::write(path, text).expect("written");
    mode(path, 0o600);
}

fn mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("ours");
}

fn settings(folder: &Path) -> config::Tls {
    config::Tls {
        certificate: folder.join("a.pem"),
        key: folder.join("a.key"),
        client_ca: std::path::PathBuf::new(),
        client_certificates: ClientCertificates::Optional,
        reload_seconds: 1,
        terminated_by_proxy: false,
    }
}

fn refusal(settings: &config::Tls) -> String {
    format!("{:#}", Tls::open(settings).expect_err("refused"))
}

#[test]
fn what_cannot_be_served_with_is_refused_and_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    write(folder.path(), "a");
    write(folder.path(), "b");
    let good = settings(folder.path());
    assert!(Tls::open(&good).expect("good").is_some());
    assert!(refusal(&config::Tls { key: at("b.key"), ..good.clone() }).contains("go together"));
    assert!(refusal(&config::Tls { key: at("none"), ..good.clone() }).contains("tls.key"));
    secret(&at("c.key"), "no key");
    assert!(refusal(&config::Tls { key: at("c.key"), ..good.clone() }).contains("no private key"));
    let swapped = config::Tls { certificate: at("a.key"), ..good.clone() };
    assert!(refusal(&swapped).contains("no certificate"));
    assert!(refusal(&config::Tls { client_ca: at("c.key"), ..good.clone() }).contains("client_ca"));
    mode(&at("a.key"), 0o604);
    assert!(refusal(&good).contains("chmod"));
    mode(&at("a.key"), 0o640);
    assert!(Tls::open(&good).is_ok(), "a group may be trusted");
    assert!(Tls::open(&config::Tls { certificate: "".into(), ..good }).expect("off").is_none());
}

#[test]
fn a_certificate_that_has_ended_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "a");
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    params.not_before = rcgen::date_time_ymd(2001, 1, 1);
    params.not_after = rcgen::date_time_ymd(2002, 1, 1);
    let ended = params.self_signed(&key).expect("signed");
    fs::write(folder.path().join("a.pem"), ended.pem()).expect("written");
    secret(&folder.path().join("a.key"), &key.serialize_pem());
    assert!(refusal(&settings(folder.path())).contains("ended at"));
}

#[test]
fn a_new_pair_is_taken_and_a_broken_one_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "a");
    let tls = Tls::open(&settings(folder.path())).expect("good").expect("on");
    let first = tls.front_config();
    assert!(!tls.look().expect("unchanged"));
    fs::write(folder.path().join("a.pem"), "broken").expect("written");
    assert!(tls.look().is_err());
    assert!(!tls.look().expect("told once"), "the same content is not tried again");
    assert!(Arc::ptr_eq(&first, &tls.front_config()), "the old one stays");
    write(folder.path(), "a");
    assert!(tls.look().expect("good again"));
    assert!(!Arc::ptr_eq(&first, &tls.front_config()));
    assert_eq!(tls.front_config().alpn_protocols, [b"h2".to_vec(), b"http/1.1".to_vec()]);
    assert!(tls.server_config().alpn_protocols.is_empty());
}
