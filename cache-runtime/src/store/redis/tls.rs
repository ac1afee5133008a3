//! TLS: a crypto provider for redis' rustls, and a private certificate authority.

use super::address::Address;
use crate::error::{Error, Result};
use redis::{Client, TlsCertificates};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Makes a client; `authority` is a PEM file's content that replaces the system's root certificates.
pub(super) fn client(address: &Address, authority: Option<Vec<u8>>) -> Result<Client> {
    if !address.is_tls() {
        return super::open(address);
    }
    provide_crypto();
    let Some(pem) = authority else {
        return super::open(address);
    };
    check(&pem)?;
    let certificates = TlsCertificates { client_tls: None, root_cert: Some(pem) };
    Client::build_with_tls(address.info.clone(), certificates).map_err(|_| not_pem())
}

/// The client takes text without any certificate for an authority that vouches for nobody.
fn check(pem: &[u8]) -> Result<()> {
    let mut certificates = CertificateDer::pem_slice_iter(pem).peekable();
    if certificates.peek().is_none() || certificates.any(|certificate| certificate.is_err()) {
        return Err(not_pem());
    }
    Ok(())
}

fn not_pem() -> Error {
    Error::config("the certificate authority is not a PEM certificate")
}

/// Without a process-wide provider rustls panics at the first connection; the application's own choice stands.
fn provide_crypto() {
    if CryptoProvider::get_default().is_none() {
        // It fails only when another thread has installed one meanwhile, which serves as well.
        let _ = ring::default_provider().install_default();
    }
}
