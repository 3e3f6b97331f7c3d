//! A range of case numbers as the box gives it to one device (FORMATS 22), so that no phone takes numbers from anyone
//! else.

use super::cbor::{self, MapReader, MapWriter};
use super::{Namespace, SealError, SignedPayload};
use crate::domain::{Agency, DeviceId, NumberRange, RangeRequestId};

/// What the box has given for one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantedNumbers {
    /// The device, and no other, that may use them.
    pub device: DeviceId,
    /// The request they answer.
    pub request: RangeRequestId,
    /// The authority.
    pub agency: Agency,
    /// The numbers.
    pub numbers: NumberRange,
    /// When they were given, unix milliseconds by the box's clock.
    pub granted_at: i64,
}

impl SignedPayload for GrantedNumbers {
    const NAMESPACE: Namespace = Namespace::Numbers;

    fn encode(&self) -> Vec<u8> {
        let NumberRange { prefix, range, count } = self.numbers;
        let map = MapWriter::default()
            .put(1, 1)
            .bytes(2, self.device.as_bytes())
            .bytes(3, self.request.as_bytes())
            .put(4, self.agency.0.as_str())
            .put(5, prefix.to_string())
            .put(6, range)
            .put(7, count)
            .put(8, self.granted_at);
        cbor::encode(&map.done())
    }

    fn decode(bytes: &[u8]) -> Result<Self, SealError> {
        let mut map = MapReader::new(cbor::decode(bytes, "numbers")?, "numbers")?;
        map.version_1()?;
        let (device, request, agency) = (map.fixed(2)?, map.fixed(3)?, Agency(map.text(4)?));
        let prefix = map.text(5)?.parse().map_err(|_| map.malformed())?;
        let range = u32::try_from(map.uint(6)?).map_err(|_| map.malformed())?;
        let count = u16::try_from(map.uint(7)?).map_err(|_| map.malformed())?;
        let (granted_at, malformed) = (map.time(8)?, map.malformed());
        map.finish()?;
        let numbers = NumberRange { prefix, range, count };
        if numbers.is_sound() { Ok(Self { device, request, agency, numbers, granted_at }) } else { Err(malformed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(range: u32, count: u16) -> GrantedNumbers {
        GrantedNumbers {
            device: DeviceId::new([1; 16]),
            request: RangeRequestId::new([2; 16]),
            agency: Agency("Musterstadt".to_owned()),
            numbers: NumberRange { prefix: "MUC".parse().expect("three letters"), range, count },
            granted_at: 1_781_582_400_000,
        }
    }

    #[test]
    fn a_grant_comes_back_and_one_of_impossible_numbers_does_not() {
        assert_eq!(GrantedNumbers::decode(&granted(7, 100).encode()), Ok(granted(7, 100)));
        for (range, count) in [(0, 100), (1_000_000, 100), (7, 0), (7, 10_000)] {
            let refused = GrantedNumbers::decode(&granted(range, count).encode());
            assert_eq!(refused, Err(SealError::Malformed("numbers")), "{range} {count}");
        }
    }
}
