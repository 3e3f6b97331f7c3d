//! The box's certificates: a certificate authority of its own, made at the first start, and a server certificate made
//! from it at each start, so that the box can move to another address without a new authority in any app.
//!
//! Apps trust this authority alone, so its validity is no boundary of safety; it is long, because a simulated clock
//! may show any year.

use std::sync::Arc;

use axum_server::tls_rustls::RustlsConfig;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::BoxError;

/// Certificate and key of the authority, PEM.
pub struct Authority {
    /// Certificate: what apps trust.
    pub certificate: String,
    /// Private key.
    pub key: String,
}

impl Authority {
    /// Makes a new authority (ECDSA P-256).
    pub fn found() -> Result<Self, BoxError> {
        let key = KeyPair::generate()?;
        Ok(Self { certificate: authority_params()?.self_signed(&key)?.pem(), key: key.serialize_pem() })
    }

    /// TLS for these names and addresses, with a server certificate made now.
    pub fn server_tls(&self, hosts: &[String]) -> Result<RustlsConfig, BoxError> {
        let issuer = Issuer::new(authority_params()?, KeyPair::from_pem(&self.key)?);
        let key = KeyPair::generate()?;
        let certificate = server_params(hosts)?.signed_by(&key, &issuer)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(RustlsConfig::from_config(Arc::new(config)))
    }
}

/// The same at each start: the issuer of a server certificate must be the authority's subject to the letter.
fn authority_params() -> Result<CertificateParams, BoxError> {
    let mut params = lasting(Vec::new(), "Streife box development authority")?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn server_params(hosts: &[String]) -> Result<CertificateParams, BoxError> {
    let mut params = lasting(hosts.to_vec(), "Streife box")?;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(params)
}

fn lasting(hosts: Vec<String>, name: &str) -> Result<CertificateParams, BoxError> {
    let mut params = CertificateParams::new(hosts)?;
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2070, 1, 1);
    Ok(params)
}
