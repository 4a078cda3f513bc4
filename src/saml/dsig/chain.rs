//! Certificates that came together: one key's with those of the authorities above it, or several keys'. In SAML the key is the
//! trust, so an authority that is taken for a signer signs for everybody, and so does everybody whom it certifies as one.

use openssl::{
    error::ErrorStack,
    x509::{X509, X509VerifyResult},
};

use super::key::VerificationKey;

/// The keys without those whose certificates issued another one of them, and the certificates that were left out.
#[must_use]
pub fn without_issuers(keys: Vec<VerificationKey>) -> (Vec<VerificationKey>, Vec<VerificationKey>) {
    let certificates: Vec<_> = keys.iter().map(VerificationKey::certificate_der).collect();
    let mut is_issuer = issuers(&certificates).into_iter();
    keys.into_iter().partition(|_| !is_issuer.next().unwrap_or_default())
}

/// Of the certificates in one X509Data the one whose key signs: all of them are of one chain (XML Signature 1.1, section 4.5.4),
/// in any order. The first where that cannot be told. DER, of which what cannot be read is passed over.
pub(in crate::saml) fn leaf(certificates: &[&[u8]]) -> usize {
    let is_issuer = issuers(certificates);
    let is_readable = |at: &usize| X509::from_der(certificates[*at]).is_ok();
    let mut leaves = (0..certificates.len()).filter(|at| !is_issuer[*at]).filter(is_readable);
    match (leaves.next(), leaves.next()) {
        (Some(only), None) => only,
        _ => 0,
    }
}

/// Of each certificate, whether it issued another one of them. One that issued itself is in nobody's chain, so that the old and
/// the new certificate of one key are two; and where all have issued one another, none is above the others.
fn issuers(certificates: &[&[u8]]) -> Vec<bool> {
    let read: Vec<Option<X509>> = certificates.iter().map(|der| X509::from_der(der).ok()).collect();
    let issued_another = |issuer: &X509| read.iter().flatten().any(|one| issued(issuer, one));
    let found: Vec<bool> = read.iter().map(|one| one.as_ref().is_some_and(issued_another)).collect();
    // What did not verify is no error of whoever asks OpenSSL next.
    drop(ErrorStack::get());
    if found.contains(&false) { found } else { vec![false; found.len()] }
}

/// Whether one certificate was issued by another one's key, and not by its own.
fn issued(issuer: &X509, one: &X509) -> bool {
    issuer.issued(one) == X509VerifyResult::OK && signed(issuer, one) && !signed(one, one)
}

fn signed(by: &X509, one: &X509) -> bool {
    by.public_key().is_ok_and(|key| one.verify(&key).unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use openssl::{
        asn1::Asn1Time,
        bn::BigNum,
        ec::{EcGroup, EcKey},
        hash::MessageDigest,
        nid::Nid,
        pkey::{PKey, Private},
        x509::{X509Name, X509NameBuilder},
    };

    use super::*;

    fn key() -> PKey<Private> {
        let curve = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        PKey::from_ec_key(EcKey::generate(&curve).unwrap()).unwrap()
    }

    fn name(text: &str) -> X509Name {
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_nid(Nid::COMMONNAME, text).unwrap();
        name.build()
    }

    /// A test certificate for a key, in the name of its issuer and with its signature.
    fn certificate(
        serial: u32,
        subject: &str,
        of: &PKey<Private>,
        issuer: &str,
        by: &PKey<Private>,
    ) -> Vec<u8> {
        let mut one = X509::builder().unwrap();
        one.set_serial_number(&BigNum::from_u32(serial).unwrap().to_asn1_integer().unwrap()).unwrap();
        one.set_subject_name(&name(subject)).unwrap();
        one.set_issuer_name(&name(issuer)).unwrap();
        one.set_pubkey(of).unwrap();
        one.set_not_before(&Asn1Time::from_unix(0).unwrap()).unwrap();
        one.set_not_after(&Asn1Time::from_unix(2_000_000_000).unwrap()).unwrap();
        one.sign(by, MessageDigest::sha256()).unwrap();
        one.build().to_der().unwrap()
    }

    fn told(certificates: &[&Vec<u8>]) -> (Vec<bool>, usize) {
        let certificates: Vec<&[u8]> = certificates.iter().map(|one| one.as_slice()).collect();
        (issuers(&certificates), leaf(&certificates))
    }

    #[test]
    fn a_chain_has_one_leaf_wherever_it_stands() {
        let (root, middle, leaf) = (key(), key(), key());
        let end = certificate(1, "idp", &leaf, "middle", &middle);
        let between = certificate(2, "middle", &middle, "root", &root);
        let top = certificate(3, "root", &root, "root", &root);
        assert_eq!(told(&[&end, &between, &top]), (vec![false, true, true], 0));
        assert_eq!(told(&[&top, &between, &end]), (vec![true, true, false], 2));
        // Without the one between, nothing says that they belong together.
        assert_eq!(told(&[&top, &end]), (vec![false, false], 0));
        assert_eq!(told(&[&end]), (vec![false], 0));
        assert_eq!(told(&[&b"rubbish".to_vec(), &between, &end]), (vec![false, true, false], 2));
        assert_eq!(told(&[]), (Vec::new(), 0));
    }

    #[test]
    fn two_keys_and_two_certificates_of_one_key_are_no_chain() {
        let (old, new, root) = (key(), key(), key());
        let selves = [certificate(1, "a", &old, "a", &old), certificate(2, "b", &new, "b", &new)];
        assert_eq!(told(&[&selves[0], &selves[1]]), (vec![false, false], 0));
        let renewed = certificate(2, "a", &old, "a", &old);
        assert_eq!(told(&[&selves[0], &renewed]), (vec![false, false], 0));
        let siblings = [certificate(1, "a", &old, "root", &root), certificate(2, "b", &new, "root", &root)];
        assert_eq!(told(&[&siblings[0], &siblings[1]]), (vec![false, false], 0));
        // A name alone issues nothing.
        let claimed = certificate(3, "c", &new, "a", &root);
        assert_eq!(told(&[&claimed, &selves[0]]), (vec![false, false], 0));
        let ring = [certificate(1, "a", &old, "b", &new), certificate(2, "b", &new, "a", &old)];
        assert_eq!(told(&[&ring[0], &ring[1]]), (vec![false, false], 0));
    }
}
