//! A checkpoint: where a log stood and the hash of its last row, signed with a key that only the
//! master key gives. It is one line of text, made to be kept where the database's owner cannot
//! change it.

use super::hex;
use anyhow::{Context as _, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::id::TenantId;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use store::MasterKey;
use uuid::Uuid;

/// How a line begins; another format would begin otherwise.
const MARK: &str = "omnichannel-checkpoint-1";

/// What the signing key is derived for.
const PURPOSE: &str = "audit checkpoints";

/// Where a log stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Checkpoint {
    pub(super) tenant: TenantId,
    pub(super) seq: i64,
    pub(super) hash: [u8; 32],
}

/// Signs checkpoints and knows its own signatures.
pub(super) struct Signer(Ed25519KeyPair);

impl Signer {
    pub(super) fn new(master: &MasterKey) -> Self {
        let seed = master.derive(PURPOSE);
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice());
        Self(pair.expect("a seed has 32 bytes"))
    }

    /// A line that says where a log stands, and when it was said.
    pub(super) fn sign(&self, checkpoint: &Checkpoint) -> String {
        let Checkpoint { tenant, seq, hash } = checkpoint;
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let now = now.map_or(0, |since| since.as_secs());
        let said = format!("{MARK} {tenant} {seq} {} {now}", hex(hash));
        let signature = STANDARD.encode(self.0.sign(said.as_bytes()));
        format!("{said} {signature}")
    }

    /// What a line says, if it was signed with this key.
    pub(super) fn read(&self, line: &str) -> Result<Checkpoint> {
        let (said, signature) = line.rsplit_once(' ').context("it is no checkpoint")?;
        let signature = STANDARD.decode(signature).context("it is no checkpoint")?;
        let key = UnparsedPublicKey::new(&ED25519, self.0.public_key());
        let signed = key.verify(said.as_bytes(), &signature).is_ok();
        ensure!(signed, "it was not signed with this installation's key, or was changed since");
        let fields: Vec<&str> = said.split(' ').collect();
        let [MARK, tenant, seq, hash, _] = fields[..] else {
            anyhow::bail!("it is a checkpoint of another kind");
        };
        Ok(Checkpoint {
            tenant: TenantId(Uuid::parse_str(tenant)?),
            seq: seq.parse()?,
            hash: unhex(hash).context("its hash is none")?,
        })
    }
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_only_as_it_was_signed() {
        let signer = Signer::new(&MasterKey::from_bytes([7; 32]));
        let checkpoint = Checkpoint { tenant: TenantId(Uuid::now_v7()), seq: 42, hash: [9; 32] };
        let line = signer.sign(&checkpoint);
        assert_eq!(signer.read(&line).expect("our own"), checkpoint);
        for other in [line.replace(" 42 ", " 41 "), line.replace("0909", "0908"), String::new()] {
            assert!(signer.read(&other).is_err(), "{other}");
        }
        let stranger = Signer::new(&MasterKey::from_bytes([8; 32]));
        assert!(stranger.read(&line).is_err(), "another installation's key");
    }
}
