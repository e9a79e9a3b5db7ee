//! Signatures of tokens by ring, the house's one provider of cryptography. Only public keys are
//! known here: what a shared secret would verify is verified by nothing, so a public key can never
//! be passed off as one.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::signature::{self, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, EncodingKey};
use ring::signature as of;
use ring::signature::{RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: no_signer,
    verifier_factory: verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes ring the provider of the process; once is enough.
pub(super) fn install() {
    // It fails only if it was done before, and nobody else does it.
    let _ = PROVIDER.install_default();
}

fn no_signer(_: &Algorithm, _: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    Err(ErrorKind::InvalidAlgorithm.into())
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    if algorithm.family() != key.family() {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    let by = method(*algorithm).ok_or(ErrorKind::InvalidAlgorithm)?;
    Ok(Box::new(RingVerifier { algorithm: *algorithm, by, key: key.kind().clone() }))
}

/// How a signature is verified.
#[derive(Clone, Copy)]
enum Method {
    Rsa(&'static RsaParameters),
    Other(&'static dyn of::VerificationAlgorithm),
}

/// How an algorithm's signatures are verified; none for what we do not take.
fn method(algorithm: Algorithm) -> Option<Method> {
    Some(match algorithm {
        Algorithm::RS256 => Method::Rsa(&of::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RS384 => Method::Rsa(&of::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RS512 => Method::Rsa(&of::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::PS256 => Method::Rsa(&of::RSA_PSS_2048_8192_SHA256),
        Algorithm::PS384 => Method::Rsa(&of::RSA_PSS_2048_8192_SHA384),
        Algorithm::PS512 => Method::Rsa(&of::RSA_PSS_2048_8192_SHA512),
        Algorithm::ES256 => Method::Other(&of::ECDSA_P256_SHA256_FIXED),
        Algorithm::ES384 => Method::Other(&of::ECDSA_P384_SHA384_FIXED),
        Algorithm::EdDSA => Method::Other(&of::ED25519),
        _ => return None,
    })
}

struct RingVerifier {
    algorithm: Algorithm,
    by: Method,
    key: DecodingKeyKind,
}

impl Verifier<Vec<u8>> for RingVerifier {
    fn verify(
        &self,
        message: &[u8],
        signed: &Vec<u8>,
    ) -> std::result::Result<(), signature::Error> {
        let verified = match (self.by, &self.key) {
            (Method::Rsa(by), DecodingKeyKind::RsaModulusExponent { n, e }) => {
                let key = RsaPublicKeyComponents { n: bare(n), e: bare(e) };
                key.verify(by, message, signed)
            }
            (Method::Other(by), DecodingKeyKind::SecretOrDer(key)) => {
                UnparsedPublicKey::new(by, key).verify(message, signed)
            }
            _ => return Err(signature::Error::new()),
        };
        verified.map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for RingVerifier {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

/// A number without the zeros that some write before it.
fn bare(number: &[u8]) -> &[u8] {
    let first = number.iter().position(|byte| *byte != 0);
    &number[first.unwrap_or(number.len())..]
}
