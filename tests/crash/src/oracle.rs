//! What the core has acknowledged, as the victim tells it over its pipe.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Display, Formatter};
use std::str::FromStr;

use streife_core::domain::{CaseId, EventId, ObjectId, ShiftId};
use streife_core::seal::Hash;

/// One acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// A draft was begun.
    Draft(CaseId),
    /// The place of a draft carries this number now; numbers grow.
    Edited(CaseId, u32),
    /// A photo with this hash of its original was taken over. Who lies about it cannot know its object yet.
    Photo(CaseId, Option<ObjectId>, Hash),
    /// A case was sealed with this number.
    Sealed(CaseId, u32),
    /// A case was voided.
    Voided(CaseId, EventId),
    /// A shift was closed.
    Closed(ShiftId),
    /// A sync came to its end and brought so many receipts.
    Synced(u32),
    /// The vault is open.
    Opened,
}

impl Line {
    /// The case that it speaks of.
    #[must_use]
    pub const fn case(&self) -> Option<CaseId> {
        match self {
            Self::Draft(case)
            | Self::Edited(case, _)
            | Self::Photo(case, ..)
            | Self::Sealed(case, _)
            | Self::Voided(case, _) => Some(*case),
            Self::Closed(_) | Self::Synced(_) | Self::Opened => None,
        }
    }
}

impl Display for Line {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Draft(case) => write!(f, "draft {case}"),
            Self::Edited(case, number) => write!(f, "edited {case} {number}"),
            Self::Photo(case, Some(object), hash) => write!(f, "photo {case} {object} {hash}"),
            Self::Photo(case, None, hash) => write!(f, "photo {case} - {hash}"),
            Self::Sealed(case, seq) => write!(f, "sealed {case} {seq}"),
            Self::Voided(case, event) => write!(f, "voided {case} {event}"),
            Self::Closed(shift) => write!(f, "closed {shift}"),
            Self::Synced(receipts) => write!(f, "synced {receipts}"),
            Self::Opened => f.write_str("opened"),
        }
    }
}

impl FromStr for Line {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<_> = text.split(' ').collect();
        let line = match words.as_slice() {
            ["draft", case] => Self::Draft(parse(case)?),
            ["edited", case, number] => Self::Edited(parse(case)?, parse(number)?),
            ["photo", case, "-", hash] => Self::Photo(parse(case)?, None, self::hash(hash)?),
            ["photo", case, object, hash] => Self::Photo(parse(case)?, Some(parse(object)?), self::hash(hash)?),
            ["sealed", case, seq] => Self::Sealed(parse(case)?, parse(seq)?),
            ["voided", case, event] => Self::Voided(parse(case)?, parse(event)?),
            ["closed", shift] => Self::Closed(parse(shift)?),
            ["synced", receipts] => Self::Synced(parse(receipts)?),
            ["opened"] => Self::Opened,
            _ => return Err(format!("no line of the oracle: {text}")),
        };
        Ok(line)
    }
}

fn parse<T: FromStr<Err: Display>>(word: &str) -> Result<T, String> {
    word.parse().map_err(|error: T::Err| format!("{word}: {error}"))
}

fn hash(word: &str) -> Result<Hash, String> {
    Hash::try_from(word.to_owned()).map_err(|error| format!("{word}: {error}"))
}

/// Everything acknowledged of one case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AcknowledgedCase {
    /// Newest number of its place.
    pub edited: Option<u32>,
    /// Its photos.
    pub photos: Vec<(Option<ObjectId>, Hash)>,
    /// Its number, once sealed.
    pub sealed: Option<u32>,
    /// Its event, once voided.
    pub voided: Option<EventId>,
}

/// Everything acknowledged of one vault, over all lives of its program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acknowledged {
    /// By case.
    pub cases: BTreeMap<CaseId, AcknowledgedCase>,
    /// Shifts that were closed.
    pub closed: BTreeSet<ShiftId>,
    /// Lines in all.
    pub lines: u32,
}

impl Acknowledged {
    /// Takes one line up.
    pub fn take(&mut self, line: Line) {
        self.lines += 1;
        match line {
            Line::Draft(case) => drop(self.case(case)),
            Line::Edited(case, number) => self.case(case).edited = Some(number),
            Line::Photo(case, object, hash) => self.case(case).photos.push((object, hash)),
            Line::Sealed(case, seq) => self.case(case).sealed = Some(seq),
            Line::Voided(case, event) => self.case(case).voided = Some(event),
            Line::Closed(shift) => drop(self.closed.insert(shift)),
            Line::Synced(_) | Line::Opened => {}
        }
    }

    fn case(&mut self, case: CaseId) -> &mut AcknowledgedCase {
        self.cases.entry(case).or_default()
    }
}

impl Extend<Line> for Acknowledged {
    fn extend<T: IntoIterator<Item = Line>>(&mut self, lines: T) {
        lines.into_iter().for_each(|line| self.take(line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_reads_back_as_it_was_written() {
        let (case, object, hash) = (CaseId::new([1; 16]), ObjectId::new([2; 16]), Hash([3; 32]));
        for line in [
            Line::Draft(case),
            Line::Edited(case, 7),
            Line::Photo(case, Some(object), hash),
            Line::Photo(case, None, hash),
            Line::Sealed(case, 4),
            Line::Voided(case, EventId::new([5; 16])),
            Line::Closed(ShiftId::new([6; 16])),
            Line::Synced(2),
            Line::Opened,
        ] {
            assert_eq!(line.to_string().parse(), Ok(line));
        }
        assert!("sealed 12".parse::<Line>().is_err());
    }
}
