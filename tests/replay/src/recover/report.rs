//! What came out, for people and for machines. Ids, numbers and reasons; no fact of a case and no key.

use serde::Serialize;

/// Everything that was opened, and everything that was not.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// State of the database: `whole`, or what is wrong with it.
    pub database: String,
    /// The key epochs.
    pub epochs: Vec<EpochReport>,
    /// The journal.
    pub journal: JournalReport,
    /// The cases, by id.
    pub cases: Vec<CaseReport>,
    /// Officers of shifts that were written.
    pub officers: usize,
    /// What did not open or does not hold, each with its reason.
    pub not_opened: Vec<Fault>,
}

/// A key epoch.
#[derive(Clone, Debug, Serialize)]
pub struct EpochReport {
    /// Its number.
    pub epoch: u16,
    /// Whether its root was opened.
    pub opened: bool,
    /// Whether the phone has erased it: then nothing is sealed under it any more.
    pub erased: bool,
}

/// The journal.
#[derive(Clone, Debug, Default, Serialize)]
pub struct JournalReport {
    /// Entries found.
    pub entries: u64,
    /// Entries that opened.
    pub opened: u64,
    /// Number of the last entry; 0 if there is none.
    pub last: u64,
    /// Entries whose link does not follow from the one before.
    pub broken_at: Vec<u64>,
    /// Whether every entry is there and every link follows.
    pub holds: bool,
}

/// Which way the key of a case was had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyFrom {
    /// Sealed under the root of an epoch.
    Root,
    /// Wrapped for the recovery key in the manifest.
    Manifest,
}

/// A case.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CaseReport {
    /// The case.
    pub case: String,
    /// State in its row; missing if the row is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// How its key was had; missing if it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyFrom>,
    /// Whether the facts of a draft were written.
    pub draft: bool,
    /// Whether the record was written.
    pub record: bool,
    /// Whether the citizen's view was written.
    pub view: bool,
    /// Photos written.
    pub photos: usize,
    /// Thumbnails written.
    pub thumbnails: usize,
    /// Events written.
    pub events: usize,
}

/// Something that did not open, or that opened and does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// What it is: a table, an epoch, a journal entry, a draft, a record, a photo.
    pub what: String,
    /// Its id or number.
    pub id: String,
    /// The case it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// Why.
    pub reason: String,
}

impl Fault {
    /// A fault of something that belongs to no case.
    pub fn new(what: &str, id: impl ToString, reason: impl ToString) -> Self {
        Self { what: what.to_owned(), id: id.to_string(), case: None, reason: reason.to_string() }
    }

    /// A fault of something in a case.
    pub fn of_case(case: impl ToString, what: &str, id: impl ToString, reason: impl ToString) -> Self {
        Self { case: Some(case.to_string()), ..Self::new(what, id, reason) }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.case {
            Some(case) => write!(f, "{} {} of case {case}: {}", self.what, self.id, self.reason),
            None => write!(f, "{} {}: {}", self.what, self.id, self.reason),
        }
    }
}

impl Report {
    /// Whether all that is there was opened and holds.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.not_opened.is_empty()
    }

    /// The report in words, a line each.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let sum = |count: fn(&CaseReport) -> usize| self.cases.iter().map(count).sum::<usize>();
        let opened = self.epochs.iter().filter(|epoch| epoch.opened).count();
        let mut lines = vec![
            format!("database: {}", self.database),
            format!("{opened} of {} key epochs opened", self.epochs.len()),
            format!("{} of {} journal entries opened", self.journal.opened, self.journal.entries),
            format!(
                "{} cases: {} drafts, {} records, {} views, {} photos, {} thumbnails, {} events; {} officers",
                self.cases.len(),
                sum(|case| case.draft.into()),
                sum(|case| case.record.into()),
                sum(|case| case.view.into()),
                sum(|case| case.photos),
                sum(|case| case.thumbnails),
                sum(|case| case.events),
                self.officers
            ),
        ];
        lines.extend(self.not_opened.iter().map(|fault| format!("  NOT {fault}")));
        lines.push(match self.not_opened.len() {
            0 => "everything opened and holds".to_owned(),
            count => format!("{count} things did not open or do not hold"),
        });
        lines
    }
}
