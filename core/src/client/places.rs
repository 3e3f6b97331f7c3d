//! Proposals for place and offence while an officer types: from the map and the catalogue in use.

use crate::catalogue::Index;
use crate::domain::{Fix, Municipality, OffenceNumber, legal_day};
use crate::error::Error;
use crate::geo::{Address, Coverage, Location, Prefill};

use super::Client;

/// An address near a fix.
#[derive(Clone, Debug, PartialEq)]
pub struct ProposedAddress {
    /// Municipality.
    pub municipality: Municipality,
    /// Street.
    pub street: String,
    /// House number with its letter.
    pub house_number: String,
    /// From the fix, metres.
    pub distance_m: f64,
}

/// What the map says about a fix. Always a proposal: the officer's words win.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct PlaceProposal {
    /// Municipality of the fix with its name; none beyond the map.
    pub municipality: Option<(Municipality, String)>,
    /// Other municipalities that the fix may lie in as well.
    pub others: Vec<(Municipality, String)>,
    /// Whether it lies in the agency's area; none if the agency names no area.
    pub coverage: Option<Coverage>,
    /// Addresses, nearest first.
    pub addresses: Vec<ProposedAddress>,
    /// Whether the first address may be filled in without a question.
    pub is_sure: bool,
}

impl Client {
    /// What the map in use says about a fix now; empty without a map.
    ///
    /// # Errors
    /// [`Error`] of the rule set.
    pub fn propose_place(&self, fix: &Fix) -> Result<PlaceProposal, Error> {
        let Some(map) = self.map() else { return Ok(PlaceProposal::default()) };
        let (rules, located) = (self.rules()?, map.locate(fix));
        let (addresses, is_sure) = match map.register().propose(fix, &self.now()?, &rules.gates) {
            Prefill::Silent(address) => (vec![address], true),
            Prefill::Confirm(addresses) => (addresses, false),
            Prefill::Nothing => (Vec::new(), false),
        };
        Ok(PlaceProposal {
            coverage: rules.area.as_ref().map(|area| area.covers(&located)),
            addresses: addresses.iter().map(ProposedAddress::from).collect(),
            is_sure,
            ..zones(&located)
        })
    }

    /// Offences that the words fit on this day, at most `limit`, best first.
    ///
    /// # Errors
    /// [`Error::NotProvisioned`] without a catalogue.
    pub fn search_offences(&self, words: &str, limit: usize) -> Result<Vec<OffenceNumber>, Error> {
        let day = legal_day(&self.now()?).map_err(|_| Error::Clock)?;
        let catalogue = self.catalogue()?;
        let mut cached = self.offences.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let index = match cached.take() {
            Some((of, on, index)) if of == catalogue.version() && on == day => index,
            _ => Index::new(&catalogue, day),
        };
        let found = index.search(words, limit);
        *cached = Some((catalogue.version().to_owned(), day, index));
        Ok(found)
    }
}

fn zones(located: &Location<'_>) -> PlaceProposal {
    let named = |zone: &crate::geo::Zone| (zone.key().clone(), zone.name().to_owned());
    let (zone, others) = match located {
        Location::Inside { zone, .. } => (Some(*zone), Vec::new()),
        Location::NearBoundary { zone, others, .. } => (*zone, others.iter().map(|zone| named(zone)).collect()),
        Location::Outside => (None, Vec::new()),
    };
    PlaceProposal { municipality: zone.map(named), others, ..PlaceProposal::default() }
}

impl From<&Address<'_>> for ProposedAddress {
    fn from(address: &Address<'_>) -> Self {
        Self {
            municipality: address.key.clone(),
            street: address.street.to_owned(),
            house_number: address.number.to_owned(),
            distance_m: address.distance_m,
        }
    }
}
