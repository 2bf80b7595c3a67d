//! Making the authority and the server's certificate, and telling whether they still serve.

use chrono::{DateTime, Datelike, Duration, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::ServerCertVerifier;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};

use super::{Cause, provider};

/// What the server may be called.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
/// How long certificates last: within what the strictest clients take (398 days).
const LIFETIME_DAYS: i64 = 365;
/// Certificates with less left than this are made anew, so that none runs out in the middle of work.
const SPARE_DAYS: i64 = 7;

/// Certificates and key as text.
pub(super) struct Pems {
    pub(super) authority: String,
    pub(super) certificate: String,
    pub(super) key: String,
}

/// What the server shows, and proves to own.
pub(super) struct Pair {
    pub(super) certificate: CertificateDer<'static>,
    pub(super) key: PrivateKeyDer<'static>,
}

impl Pems {
    /// Certificate and key in the server's form.
    pub(super) fn pair(&self) -> Result<Pair, Cause> {
        Ok(Pair {
            certificate: CertificateDer::from_pem_slice(self.certificate.as_bytes())?,
            key: PrivateKeyDer::from_pem_slice(self.key.as_bytes())?,
        })
    }

    /// Whether a client that trusts the authority accepts the certificate for every name, now and
    /// for some days to come, and the key belongs to it.
    pub(super) fn serve_at(&self, now: DateTime<Utc>) -> bool {
        let later = now.checked_add_signed(Duration::days(SPARE_DAYS)).unwrap_or(now);
        [now, later].iter().all(|instant| self.are_accepted(*instant).is_ok()) && self.key_fits()
    }

    fn are_accepted(&self, instant: DateTime<Utc>) -> Result<(), Cause> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.authority.as_bytes())?)?;
        let verifier =
            WebPkiServerVerifier::builder_with_provider(roots.into(), provider()).build()?;
        let certificate = CertificateDer::from_pem_slice(self.certificate.as_bytes())?;
        let seconds = u64::try_from(instant.timestamp())?;
        let instant = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        for name in NAMES {
            let name = ServerName::try_from(name)?;
            verifier.verify_server_cert(&certificate, &[], &name, &[], instant)?;
        }
        Ok(())
    }

    fn key_fits(&self) -> bool {
        let fits = || -> Result<(), Cause> {
            let Pair { certificate, key } = self.pair()?;
            tokio_rustls::rustls::sign::CertifiedKey::from_der(
                vec![certificate],
                key,
                &provider(),
            )?;
            Ok(())
        };
        fits().is_ok()
    }
}

/// An authority of today and one certificate signed by it.
pub(super) fn make(now: DateTime<Utc>) -> Result<Pems, Cause> {
    let authority_key = KeyPair::generate()?;
    let mut authority = parameters("Sandbox test authority", &[], now)?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority_certificate = authority.self_signed(&authority_key)?;
    let issuer = Issuer::new(authority, authority_key);

    let key = KeyPair::generate()?;
    let mut server = parameters("Sandbox", &NAMES, now)?;
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Strict clients (Python 3.13 among them) want to see by which key a certificate was signed.
    server.use_authority_key_identifier_extension = true;
    let certificate = server.signed_by(&key, &issuer)?;
    Ok(Pems {
        authority: authority_certificate.pem(),
        certificate: certificate.pem(),
        key: key.serialize_pem(),
    })
}

fn parameters(
    common_name: &str,
    names: &[&str],
    now: DateTime<Utc>,
) -> Result<CertificateParams, Cause> {
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut parameters = CertificateParams::new(names)?;
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, common_name);
    let day = |offset| {
        let day = now.checked_add_signed(Duration::days(offset)).unwrap_or(now).date_naive();
        // Months and days always fit.
        let (month, day_of_month) = (day.month() as u8, day.day() as u8);
        date_time_ymd(day.year(), month, day_of_month)
    };
    // From yesterday on: the clocks of client and server may differ.
    (parameters.not_before, parameters.not_after) = (day(-1), day(LIFETIME_DAYS));
    Ok(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_serve_for_a_year_and_not_to_the_last_day() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let made = make(now).unwrap();
        let serve = |days| made.serve_at(now + Duration::days(days));
        assert!(serve(0));
        assert!(serve(LIFETIME_DAYS - SPARE_DAYS - 1));
        assert!(!serve(LIFETIME_DAYS - SPARE_DAYS + 1));
        assert!(!serve(-2));
    }

    #[test]
    fn parts_of_two_makings_do_not_serve_together() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let (one, other) = (make(now).unwrap(), make(now).unwrap());
        let mixed = |authority: &Pems, certificate: &Pems, key: &Pems| Pems {
            authority: authority.authority.clone(),
            certificate: certificate.certificate.clone(),
            key: key.key.clone(),
        };
        assert!(mixed(&one, &one, &one).serve_at(now));
        assert!(!mixed(&other, &one, &one).serve_at(now));
        assert!(!mixed(&one, &one, &other).serve_at(now));
    }
}
