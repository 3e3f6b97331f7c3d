//! Identifiers: 16 random bytes each, written as lower-case hexadecimal.
//!
//! They are random and not UUIDv7 because a time-ordered id would tell the box's operator when a photo was taken.
//! Order comes from the sequence number in the signed manifest. Ids name no person and may be logged.

use super::hex::{HexError, from_hex, to_hex};

macro_rules! bytes_type {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; $length]);

        impl $name {
            /// Wraps the bytes as they are.
            #[must_use]
            pub const fn new(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }

            /// The bytes, as they stand in headers and signed structures.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&to_hex(&self.0))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), to_hex(&self.0))
            }
        }

        impl std::str::FromStr for $name {
            type Err = HexError;
            fn from_str(text: &str) -> Result<Self, HexError> {
                from_hex(text).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = HexError;
            fn try_from(text: String) -> Result<Self, HexError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = HexError;
            fn try_from(bytes: &[u8]) -> Result<Self, HexError> {
                bytes.try_into().map(Self).map_err(|_| HexError { expected: $length })
            }
        }
    };
}

bytes_type!(
    /// One case (Vorgang): what an officer hands over as one unit.
    CaseId,
    16
);
bytes_type!(
    /// One sealed object of a case: a photo, a record, a thumbnail.
    ObjectId,
    16
);
bytes_type!(
    /// One shift (Schicht) of one device.
    ShiftId,
    16
);
bytes_type!(
    /// One enrolled phone.
    DeviceId,
    16
);
bytes_type!(
    /// One signed event appended to a case, such as a void.
    EventId,
    16
);
bytes_type!(
    /// One request for case numbers; the same one always brings the same range.
    RangeRequestId,
    16
);
bytes_type!(
    /// One secure box.
    BoxId,
    16
);
bytes_type!(
    /// Names a public key: the first 16 bytes of the SHA-256 of its encoding.
    KeyId,
    16
);
bytes_type!(
    /// Blinds a commitment, so that nothing can be guessed from the signed hash before the record is opened.
    Salt,
    32
);
