//! Full-text search over the offences of a day, on the device.
//!
//! **What matches.** Every word of the query is looked for as a whole word, as the beginning of one, and from four
//! letters on inside one, because German joins words: `verbot` is in `Haltverbot`. A number of one or two digits matches
//! whole or not at all. Words are folded before ([`super::fold`]).
//!
//! **What comes first.** An entry that has more of the query's words; then the better matches (whole 6, beginning 4,
//! inside 2 a word; the offence number itself 100); then the label with fewer words, which is the plainer offence; then
//! the lower number. Entries that lack a word are listed only if no entry has them all.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::fold::{Synonyms, is_number};
use super::{Catalogue, Entry};
use crate::domain::OffenceNumber;

const WHOLE: u16 = 6;
const BEGINNING: u16 = 4;
const INSIDE: u16 = 2;
const NUMBER: u16 = 100;
/// Shortest word that is looked for inside others, in bytes.
const INSIDE_FROM: usize = 4;
/// Shortest number that is looked for as a beginning.
const DIGITS_FROM: usize = 3;
/// Words of a query that are used.
const MAX_WORDS: usize = 12;
/// Characters of a query that are used.
const MAX_QUERY: usize = 200;

/// An index of the offences that hold on one day.
pub struct Index {
    synonyms: Synonyms,
    /// Words in order, each with the entries that have it.
    words: Vec<(String, Vec<u32>)>,
    entries: Vec<Found>,
}

/// What is known of an entry without looking it up.
struct Found {
    number: OffenceNumber,
    words: usize,
}

/// How well an entry fits a query.
#[derive(Clone, Copy, Default)]
struct Fit {
    words: u16,
    score: u16,
}

impl Index {
    /// Indexes what a catalogue charges on a day, by German and English wording and by number.
    #[must_use]
    pub fn new(catalogue: &Catalogue, day: NaiveDate) -> Self {
        let synonyms = Synonyms::own();
        let mut words: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        let mut entries = Vec::new();
        for (at, entry) in (0_u32..).zip(catalogue.on(day)) {
            let own = words_of(entry, &synonyms);
            entries.push(Found { number: entry.number, words: synonyms.words(&entry.label_de).len() });
            for word in own {
                let list = words.entry(word).or_default();
                if list.last() != Some(&at) {
                    list.push(at);
                }
            }
        }
        Self { synonyms, words: words.into_iter().collect(), entries }
    }

    /// The offences that fit a query, at most `limit`, best first. A query without a word finds nothing.
    #[must_use]
    pub fn search(&self, query: &str, limit: usize) -> Vec<OffenceNumber> {
        let short: String = query.chars().take(MAX_QUERY).collect();
        let mut words = self.synonyms.words(&short);
        words.truncate(MAX_WORDS);
        let fits = self.fits(&words);
        let most = fits.iter().map(|fit| fit.words).max().unwrap_or(0);
        if most == 0 {
            return Vec::new();
        }
        let best = self.entries.iter().zip(fits).filter(|(_, fit)| fit.words == most);
        let mut ranked: Vec<_> = best.map(|(found, fit)| (Reverse(fit.score), found.words, found.number)).collect();
        ranked.sort_unstable();
        ranked.into_iter().take(limit).map(|(.., number)| number).collect()
    }

    /// How many words the index knows.
    #[must_use]
    pub fn vocabulary(&self) -> usize {
        self.words.len()
    }

    fn fits(&self, query: &[String]) -> Vec<Fit> {
        let mut fits = vec![Fit::default(); self.entries.len()];
        let mut best = vec![0_u16; self.entries.len()];
        for word in query {
            best.fill(0);
            self.match_word(word, &mut best);
            for (fit, score) in fits.iter_mut().zip(&best).filter(|(_, score)| **score > 0) {
                fit.words += 1;
                fit.score = fit.score.saturating_add(*score);
            }
        }
        fits
    }

    /// Notes for every entry how well its best word matches.
    fn match_word(&self, word: &str, best: &mut [u16]) {
        let whole_only = is_number(word) && word.len() < DIGITS_FROM;
        let inside = !is_number(word) && word.len() >= INSIDE_FROM;
        let from = if inside { 0 } else { self.words.partition_point(|(known, _)| known.as_str() < word) };
        for (known, entries) in self.words.get(from..).unwrap_or_default() {
            let score = match known.strip_prefix(word) {
                Some("") if is_number(word) && word.len() == 6 => NUMBER,
                Some("") => WHOLE,
                Some(_) if !whole_only => BEGINNING,
                None if inside && known.contains(word) => INSIDE,
                None if !inside => break, // past the words that begin so
                _ => continue,
            };
            for slot in entries.iter().filter_map(|at| usize::try_from(*at).ok()) {
                if let Some(slot) = best.get_mut(slot) {
                    *slot = score.max(*slot);
                }
            }
        }
    }
}

fn words_of(entry: &Entry, synonyms: &Synonyms) -> Vec<String> {
    let mut words = synonyms.words(&entry.label_de);
    words.extend(synonyms.words(&entry.label_en));
    words.push(entry.number.to_string());
    words
}
