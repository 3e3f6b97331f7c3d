//! What only the authority knows: who it is in the other system, and its keys.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::domain::{Municipality, Plate};

/// How a plate is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlateForm {
    /// `M-AB 1234`.
    #[default]
    Separated,
    /// `MAB1234`. Not every plate can be told apart again this way.
    Compact,
}

impl PlateForm {
    /// A plate's text in this form.
    pub(super) fn write(self, text: &str) -> String {
        match self {
            Self::Separated => text.to_owned(),
            Self::Compact => text.chars().filter(|sign| !matches!(sign, ' ' | '-')).collect(),
        }
    }
}

/// The first decision in an xOWi procedure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Warning or hearing at once: 111/0. The amount decides which of them.
    #[default]
    AtOnce,
    /// Delayed warning: 110/0, as where a slip at the windscreen can be paid first.
    Delayed,
}

impl Decision {
    /// Key and type.
    pub(super) const fn keys(self) -> (&'static str, &'static str) {
        match self {
            Self::AtOnce => ("111", "0"),
            Self::Delayed => ("110", "0"),
        }
    }
}

/// Keys of the kinds of persons (`PersonenTypId`). Which they are is the installation's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonTypes {
    /// Who is accused.
    pub accused: u16,
    /// The keeper, if not accused.
    #[serde(default)]
    pub keeper: Option<u16>,
    /// A witness by name who may be named to the citizen.
    #[serde(default)]
    pub witness: Option<u16>,
}

/// Keys of a payment on the spot (`Zuweisung`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentKey {
    /// `Schluessel`, one character.
    pub key: String,
    /// `Typ`, up to three characters.
    pub kind: String,
}

/// Keys of the photos among the documents.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentKeys {
    /// `Typ`, up to eight characters.
    pub kind: String,
    /// `Schluessel`: `5` or `7`.
    pub key: String,
}

impl Default for DocumentKeys {
    fn default() -> Self {
        Self { kind: "700".to_owned(), key: "7".to_owned() }
    }
}

/// What xOWi alone needs.
#[derive(Clone, Debug, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct XowiKeys {
    /// User numbers (`AnwenderNr`) by service number. An officer without one goes by the service number itself.
    pub users: BTreeMap<String, String>,
    /// Subject area (`Sachgebiet_Schluessel`).
    pub subject: Option<u16>,
    /// Names of the municipalities (`Gemarkung`) by their keys.
    pub places: BTreeMap<String, String>,
    /// The first decision.
    pub decision: Decision,
    /// Kinds of persons. Without them a case with a person whose name is known is refused.
    pub persons: Option<PersonTypes>,
    /// Payment on the spot; without it a line in the note.
    pub payment: Option<PaymentKey>,
    /// `Ident` of the reference number that is the case number; without it a line in the note.
    pub number: Option<String>,
    /// `Ident` of the reference number that is the slip's; without it a line in the note.
    pub slip: Option<String>,
    /// Photos among the documents.
    pub documents: DocumentKeys,
}

/// How WiNOWiG calls a person who is accused (`Beteiligter`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonWords {
    /// `Funktion`.
    pub function: String,
    /// `Typ`.
    pub kind: String,
}

/// What WiNOWiG alone needs.
#[derive(Clone, Debug, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WinowigKeys {
    /// Words for the accused. Without them a case with a person whose name is known is refused.
    pub person: Option<PersonWords>,
}

/// The settings of one authority.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handover {
    /// Who sends: `Absender`, `Herkunft`.
    pub origin: String,
    /// Name of the clerk who hands over: `Sachbearbeitername`.
    pub clerk: String,
    /// The client of the other system by its municipality key: `GMK`, `GKZ`. Without it xOWi takes the place's.
    #[serde(default)]
    pub client: Option<Municipality>,
    /// How plates are written.
    #[serde(default)]
    pub plates: PlateForm,
    /// For xOWi.
    #[serde(default)]
    pub xowi: XowiKeys,
    /// For WiNOWiG.
    #[serde(default)]
    pub winowig: WinowigKeys,
}

impl Handover {
    /// Settings with nothing but the names.
    #[must_use]
    pub fn new(origin: &str, clerk: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            clerk: clerk.to_owned(),
            client: None,
            plates: PlateForm::default(),
            xowi: XowiKeys::default(),
            winowig: WinowigKeys::default(),
        }
    }

    pub(super) fn plate(&self, plate: &Plate) -> String {
        self.plates.write(&plate.text)
    }
}
