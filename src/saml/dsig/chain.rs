//! Certificates that came together: one key's with those of the authorities above it, or several keys'. In SAML the key is the
//! trust, so an authority that is taken for a signer signs for everybody, and so does everybody whom it certifies as one.

use openssl::{
    error::ErrorStack,
    x509::{X509, X509VerifyResult},
};

use super::key::{VerificationKey, is_cheap};

/// The keys without those whose certificates issued another one of them, and the certificates that were left out.
#[must_use]
pub fn without_issuers(keys: Vec<VerificationKey>) -> (Vec<VerificationKey>, Vec<VerificationKey>) {
    // A key was made from its certificate, so all of them can be read.
    let certificates = read(keys.iter().map(VerificationKey::certificate_der)).unwrap_or_default();
    let mut is_issuer = issuers(&certificates).into_iter();
    keys.into_iter().partition(|_| !is_issuer.next().unwrap_or_default())
}

/// Of the certificates in one X509Data the one whose key signs: all of them are of one chain (XML Signature 1.1, section 4.5.4),
/// in any order. The first, where one of them cannot be read: it may have been the one. DER.
pub(in crate::saml) fn leaf(certificates: &[&[u8]]) -> usize {
    let Some(certificates) = read(certificates.iter().copied()) else { return 0 };
    issuers(&certificates).iter().position(|is_issuer| !is_issuer).unwrap_or_default()
}

/// All of them, or none where one cannot be read.
fn read<'a>(certificates: impl Iterator<Item = &'a [u8]>) -> Option<Vec<X509>> {
    certificates.map(|der| X509::from_der(der).ok()).collect()
}

/// So many signatures are looked at: more than a chain has. Whoever wrote the certificates chose how dear each one is.
const MOST_SIGNATURES: usize = 8;

/// Of each certificate, whether it issued another one of them. One that issued itself is in nobody's chain, so that the old and
/// the new certificate of one key are two; and where all have issued one another, none is above the others.
fn issuers(certificates: &[X509]) -> Vec<bool> {
    let (mut left, mut found) = (MOST_SIGNATURES, vec![false; certificates.len()]);
    for (at, one) in certificates.iter().enumerate() {
        let others = (0..certificates.len()).filter(|other| *other != at);
        let mut named = others.filter(|other| names(&certificates[*other], one)).peekable();
        if named.peek().is_none() || (names(one, one) && signed(one, one, &mut left)) {
            continue;
        }
        for other in named {
            found[other] |= signed(&certificates[other], one, &mut left);
        }
    }
    // What did not verify is no error of whoever asks OpenSSL next.
    drop(ErrorStack::get());
    if found.contains(&false) { found } else { vec![false; found.len()] }
}

/// Whether a certificate names another one as the one that issued it.
fn names(issuer: &X509, one: &X509) -> bool {
    issuer.issued(one) == X509VerifyResult::OK
}

/// Whether one's signature is by the other one's key. Of a key that would cost too much nothing is known.
fn signed(by: &X509, one: &X509, left: &mut usize) -> bool {
    let Ok(key) = by.public_key() else { return false };
    if *left == 0 || !is_cheap(&key) {
        return false;
    }
    *left -= 1;
    one.verify(&key).unwrap_or(false)
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
        let found = read(certificates.iter().copied()).map(|read| issuers(&read));
        (found.unwrap_or_default(), leaf(&certificates))
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
        // Two of one authority: the first of them, and not who is above both.
        let other = certificate(4, "other", &key(), "root", &root);
        assert_eq!(told(&[&top, &between, &other]), (vec![true, false, false], 1));
        // What cannot be read may have been the leaf.
        for unreadable in [[&b"rubbish".to_vec(), &between, &top], [&end, &b"rubbish".to_vec(), &between]] {
            assert_eq!(told(&unreadable).1, 0);
        }
        assert_eq!(told(&[]), (Vec::new(), 0));
    }

    #[test]
    fn of_many_that_name_one_another_few_are_looked_at() {
        let keys: Vec<_> = (0..8).map(|_| key()).collect();
        let all: Vec<_> =
            (1..).zip(&keys).map(|(serial, key)| certificate(serial, "a", key, "a", &keys[0])).collect();
        let all = read(all.iter().map(Vec::as_slice)).unwrap();
        let mut left = MOST_SIGNATURES;
        assert!((0..MOST_SIGNATURES).all(|_| signed(&all[0], &all[1], &mut left)));
        assert!(!signed(&all[0], &all[1], &mut left), "nothing is known any more");
        assert_eq!(issuers(&all)[1..], [false; 7]);
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
