//! What the link has shown of itself, and how much is sent at once because of it.
//!
//! A chunk is what a cut costs, and what a cancelled job throws away; each chunk also costs a round trip. So a chunk takes
//! about [`CHUNK_S`] seconds at the speed that was measured, is no larger than a sixteenth of what lately went through
//! between two cuts (a cut in the middle of a chunk then costs some three per cent), and stays within bounds. The
//! estimate follows a slower link at once and a faster one slowly: too small a chunk costs a round trip, too large a one
//! itself.

use serde::{Deserialize, Serialize};

/// A chunk takes about so long: round trips of half a second then cost less than a tenth, and a scheduler that ends a job
/// throws away some seconds.
const CHUNK_S: u64 = 8;
/// Smallest chunk: below it the headers would weigh.
pub(super) const CHUNK_LEAST: u64 = 64 << 10;
/// Largest chunk: whatever the link, the box holds one in memory for each upload.
pub(super) const CHUNK_MOST: u64 = 8 << 20;
/// First chunk on a link that nothing is known of: eight seconds of a weak cell.
const CHUNK_FIRST: u64 = 512 << 10;
/// Less than this in one request says nothing of the speed.
const MEASURABLE: u64 = 32 << 10;
/// Of what goes through between two cuts, a chunk is this part.
const PART_OF_CUT: u64 = 16;

/// What is known of the link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Link {
    /// Bytes a second.
    speed: Option<u64>,
    /// Bytes since the last cut, and what lately went through between two.
    whole: u64,
    between_cuts: Option<u64>,
}

impl Link {
    /// So many bytes of one request went through.
    pub(super) fn passed(&mut self, bytes: u64, elapsed_ms: i64) {
        self.whole = self.whole.saturating_add(bytes);
        if bytes < MEASURABLE {
            return;
        }
        let elapsed_ms = u64::try_from(elapsed_ms).unwrap_or_default().max(1);
        let seen = bytes.saturating_mul(1_000) / elapsed_ms;
        self.speed = Some(match self.speed {
            Some(speed) if seen > speed => speed - speed / 4 + seen / 4,
            Some(speed) => speed / 2 + seen / 2,
            None => seen,
        });
    }

    /// A request with a body was cut off. How much of it went through is unknown.
    pub(super) fn cut(&mut self) {
        self.between_cuts = Some(self.between_cuts.map_or(self.whole, |lately| lately / 2 + self.whole / 2));
        self.whole = 0;
    }

    /// Bytes of the next chunk; nothing if not even the smallest would go through in what is left of the time.
    pub(super) fn chunk(&self, left_ms: Option<u64>) -> Option<u64> {
        let by_speed = self.speed.map_or(CHUNK_FIRST, |speed| speed.saturating_mul(CHUNK_S));
        let by_cuts = self.between_cuts.map_or(u64::MAX, |lately| lately.max(self.whole) / PART_OF_CUT);
        let chunk = by_speed.min(by_cuts).clamp(CHUNK_LEAST, CHUNK_MOST);
        let Some(left_ms) = left_ms else { return Some(chunk) };
        // Half of what would fit: the link may slow down, and the answer must come back, too.
        let fits = self.speed.unwrap_or(CHUNK_FIRST / CHUNK_S).saturating_mul(left_ms) / 2_000;
        (fits >= CHUNK_LEAST).then(|| chunk.min(fits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_first_chunk_is_modest_and_a_steady_link_gets_chunks_of_eight_seconds() {
        let mut link = Link::default();
        assert_eq!(link.chunk(None), Some(CHUNK_FIRST));
        for _ in 0..20 {
            link.passed(250_000, 2_000); // one Mbit/s
        }
        assert_eq!(link.chunk(None), Some(1_000_000));
    }

    #[test]
    fn a_cut_every_two_megabytes_brings_chunks_that_cost_three_per_cent_of_them() {
        let mut link = Link::default();
        for _ in 0..4 {
            (0..20).for_each(|_| link.passed(100_000, 10));
            link.cut();
        }
        assert_eq!(link.chunk(None), Some(2_000_000 / 16));
    }

    #[test]
    fn what_is_left_of_the_time_makes_a_chunk_smaller_and_then_none_is_sent() {
        let mut link = Link::default();
        (0..20).for_each(|_| link.passed(1_000_000, 1_000));
        assert_eq!(link.chunk(Some(1_000)), Some(500_000));
        assert_eq!(link.chunk(Some(100)), None);
        assert_eq!(Link::default().chunk(Some(2_500)), Some(81_920));
        assert_eq!(Link::default().chunk(Some(1_000)), None);
    }

    proptest! {
        #[test]
        fn a_chunk_stays_within_its_bounds_and_follows_the_link(
            past in prop::collection::vec((0_u64..20_000_000, -5_i64..100_000, any::<bool>()), 0..40),
            speed in 1_000_u64..50_000_000,
            left_ms in prop::option::of(0_u64..100_000),
        ) {
            let mut link = Link::default();
            for (bytes, elapsed_ms, is_cut) in past {
                if is_cut { link.cut() } else { link.passed(bytes, elapsed_ms) }
            }
            if let Some(chunk) = link.chunk(left_ms) {
                prop_assert!((CHUNK_LEAST..=CHUNK_MOST).contains(&chunk));
                prop_assert!(link.chunk(None).is_some_and(|free| chunk <= free));
            }
            for _ in 0..64 {
                link.passed(speed.max(MEASURABLE), i64::try_from(speed.max(MEASURABLE) * 1_000 / speed).expect("fits"));
            }
            let wanted = (speed * CHUNK_S).clamp(CHUNK_LEAST, CHUNK_MOST);
            let chunk = link.chunk(None).expect("no deadline");
            let by_cuts = link.between_cuts.map_or(u64::MAX, |lately| lately.max(link.whole) / PART_OF_CUT);
            let expected = wanted.min(by_cuts.max(CHUNK_LEAST));
            prop_assert!(chunk <= expected + expected / 16 && chunk + chunk / 16 >= expected, "{chunk} for {expected}");
        }
    }
}
