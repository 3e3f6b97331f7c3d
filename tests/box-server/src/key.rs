//! The key that the box signs receipts and times with.
//!
//! A receipt is signed within the transaction that completes its case, and there is one writer for the whole box, so the
//! signature's cost is a limit of its own. `ring` signs in a fifteenth of the time that `p256` takes (ADR 0030). Its
//! signatures are not the same twice, as those of RFC 6979 are; nothing here signs one thing twice, since a receipt is
//! stored with the case.

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use streife_core::ports::{Signer, SignerError};
use streife_core::seal::{SealError, SoftwareKey, VerifyingKey};

/// A P-256 key in memory.
#[derive(Debug)]
pub struct BoxKey {
    pair: EcdsaKeyPair,
    public: VerifyingKey,
    random: SystemRandom,
}

impl BoxKey {
    /// Reads a secret scalar, 32 bytes big-endian.
    pub fn from_bytes(secret: &[u8]) -> Result<Self, SealError> {
        let (public, random) = (SoftwareKey::from_bytes(secret)?.verifying_key(), SystemRandom::new());
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, secret, &public.to_sec1(), &random);
        Ok(Self { pair: pair.map_err(|_| SealError::PublicKey)?, public, random })
    }

    /// The public key.
    pub const fn verifying_key(&self) -> &VerifyingKey {
        &self.public
    }
}

impl Signer for BoxKey {
    fn public_key(&self) -> Result<Vec<u8>, SignerError> {
        Ok(self.public.to_sec1())
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        let signature = self.pair.sign(&self.random, message).map_err(|_| SignerError::Failed)?;
        Ok(signature.as_ref().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_box_signs_verifies_with_the_key_that_phones_are_told() {
        let told = SoftwareKey::from_bytes(&[7; 32]).expect("a scalar").verifying_key();
        let key = BoxKey::from_bytes(&[7; 32]).expect("a scalar");
        assert_eq!(key.verifying_key(), &told);
        for message in 0..200_u8 {
            // Low s or not: what is stored has one form, and it is checked before it leaves.
            let signed = streife_core::seal::sign_payload(streife_core::seal::Namespace::Time, vec![message], &key);
            assert!(signed.is_ok_and(|bytes| bytes.len() > 64));
        }
        assert!(BoxKey::from_bytes(&[0; 32]).is_err() && BoxKey::from_bytes(&[0xff; 32]).is_err());
        assert!(BoxKey::from_bytes(&[7; 31]).is_err());
    }
}
