//! The agency's area: the municipalities that it answers for.

use std::collections::BTreeSet;

use super::Location;
use crate::domain::Municipality;

/// The municipalities of an agency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgencyArea(BTreeSet<Municipality>);

/// Whether a place lies in the area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// Surely inside.
    Inside,
    /// The disc reaches over the area's border, or over the edge of the map.
    AtBorder,
    /// Surely outside.
    Outside,
}

impl AgencyArea {
    /// Whether a municipality belongs to it.
    #[must_use]
    pub fn has(&self, key: &Municipality) -> bool {
        self.0.contains(key)
    }

    /// Whether a place lies in the area. A border between two municipalities of the same agency is none.
    #[must_use]
    pub fn covers(&self, location: &Location<'_>) -> Coverage {
        match location {
            Location::Inside { zone, .. } if self.has(zone.key()) => Coverage::Inside,
            Location::Inside { .. } | Location::Outside => Coverage::Outside,
            Location::NearBoundary { zone, others, .. } => {
                let touched = zone.iter().chain(others);
                let (own, foreign): (Vec<_>, Vec<_>) = touched.map(|zone| self.has(zone.key())).partition(|own| *own);
                let reaches_the_edge = zone.is_none() || others.is_empty();
                match (own.is_empty(), foreign.is_empty()) {
                    (true, _) => Coverage::Outside,
                    (false, true) if !reaches_the_edge => Coverage::Inside,
                    (false, _) => Coverage::AtBorder,
                }
            }
        }
    }
}

impl FromIterator<Municipality> for AgencyArea {
    fn from_iter<I: IntoIterator<Item = Municipality>>(keys: I) -> Self {
        Self(keys.into_iter().collect())
    }
}
