//! TLS: a crypto provider for redis' rustls, and a private certificate authority.

use super::address::Address;
use crate::error::{Error, Result};
use redis::{Client, TlsCertificates};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Makes a client. `authority` is the content of a PEM file that replaces the system's root
/// certificates.
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

/// Refuses a text without certificates. The client would take such a text for an authority that
/// vouches for no server.
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

/// Installs a process-wide crypto provider, unless the application has chosen one. Without a
/// provider, rustls panics at the first connection.
fn provide_crypto() {
    if CryptoProvider::get_default().is_none() {
        // The call fails only if another thread has installed a provider meanwhile, which serves as
        // well.
        let _ = ring::default_provider().install_default();
    }
}
