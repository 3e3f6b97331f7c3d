//! Documents that the agency root signs as they are: whoever asked for the signature reads the payload.

use super::{Namespace, SealError, SignedPayload};

/// A payload of bytes under one namespace.
macro_rules! document {
    ($(#[$docs:meta])* $name:ident, $namespace:ident) => {
        $(#[$docs])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(pub Vec<u8>);

        impl SignedPayload for $name {
            const NAMESPACE: Namespace = Namespace::$namespace;

            fn encode(&self) -> Vec<u8> {
                self.0.clone()
            }

            fn decode(bytes: &[u8]) -> Result<Self, SealError> {
                Ok(Self(bytes.to_vec()))
            }
        }
    };
}

document!(
    /// An offence catalogue; the payload is a JSON document.
    SignedCatalogue,
    Catalogue
);
document!(
    /// A rule set; the payload is a JSON document.
    SignedRules,
    Rules
);
document!(
    /// A geo pack; the payload is the pack.
    SignedGeoPack,
    GeoPack
);
document!(
    /// A table of prefixes or of nationality signs; the payload is a JSON document.
    SignedPlateTable,
    PlateTable
);
