//! A certificate for one embedded proxy, of an authority that exists for a moment.
//!
//! The authority's key signs one certificate, for 127.0.0.1, and is forgotten. So whoever trusts the authority trusts
//! this process alone, and a process that listens at the same port later has nothing to show.

use std::io;
use std::sync::Arc;

use arc_swap::ArcSwap;
use proxy::ServerTls;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;

/// A certificate with its key, and the authority that vouches for it.
#[derive(Debug)]
pub(super) struct OneTimeCertificate {
    /// The certificate of the authority, as PEM.
    pub(super) authority: String,
    server: Arc<ServerConfig>,
}

impl OneTimeCertificate {
    /// Makes both.
    ///
    /// # Errors
    ///
    /// Fails where the machine gives no random numbers.
    pub(super) fn new() -> io::Result<Self> {
        let (authority, chain, key) = sign().map_err(io::Error::other)?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(
                vec![chain.into()],
                key.try_into().map_err(io::Error::other)?,
            )
            .map_err(io::Error::other)?;
        Ok(Self {
            authority,
            server: Arc::new(server),
        })
    }

    /// Returns what the listener needs. A codex that does not take the authority speaks plain HTTP.
    pub(super) fn server(&self) -> ServerTls {
        ServerTls {
            config: Arc::new(ArcSwap::from(Arc::clone(&self.server))),
            is_required: false,
        }
    }
}

/// Returns the authority as PEM, and the certificate and its key as DER.
fn sign() -> Result<(String, Vec<u8>, Vec<u8>), rcgen::Error> {
    let mut authority = named("model-lock, for one start of codex");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority_key = KeyPair::generate()?;
    let pem = authority.self_signed(&authority_key)?.pem();
    let mut own = CertificateParams::new([HOST.to_owned()])?;
    own.distinguished_name = named("model-lock").distinguished_name;
    own.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    own.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    own.is_ca = IsCa::ExplicitNoCa;
    let key = KeyPair::generate()?;
    let certificate = own.signed_by(&key, &Issuer::new(authority, authority_key))?;
    Ok((pem, certificate.der().to_vec(), key.serialize_der()))
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// The address that embedded proxies listen at.
const HOST: &str = "127.0.0.1";
