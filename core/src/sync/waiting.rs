//! What a handover waits for, as a closed list that an app shows.

/// Why nothing is sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Waiting {
    /// There is no network.
    NoNetwork,
    /// What is left is too large for this link.
    UnmeteredLink,
    /// The battery is low.
    Charger,
    /// The day's budget for metered links is used up.
    Budget,
    /// The box has asked phones to spread their start.
    Turn,
    /// The box has too much to do and has said when to come again.
    BoxBusy,
    /// The box cannot be reached.
    BoxUnreachable,
    /// The other side is not the agency's box.
    NotTheBox,
    /// The box answers with failures.
    BoxFailing,
    /// Something is tried again later; the rest is done.
    Retry,
    /// The device was revoked.
    Revoked,
}

impl Waiting {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::NoNetwork,
        Self::UnmeteredLink,
        Self::Charger,
        Self::Budget,
        Self::Turn,
        Self::BoxBusy,
        Self::BoxUnreachable,
        Self::NotTheBox,
        Self::BoxFailing,
        Self::Retry,
        Self::Revoked,
    ];

    /// A few words for a person, in German.
    #[must_use]
    pub const fn german(self) -> &'static str {
        match self {
            Self::NoNetwork => "kein Netz",
            Self::UnmeteredLink => "wartet auf WLAN",
            Self::Charger => "Akku schwach, wartet auf das Ladegerät",
            Self::Budget => "Datenvolumen für heute verbraucht",
            Self::Turn => "wartet, bis es an der Reihe ist",
            Self::BoxBusy => "Übergabestelle ausgelastet",
            Self::BoxUnreachable => "Übergabestelle nicht erreichbar",
            Self::NotTheBox => "Gegenstelle ist nicht die Übergabestelle",
            Self::BoxFailing => "Übergabestelle gestört",
            Self::Retry => "wird noch einmal versucht",
            Self::Revoked => "Gerät gesperrt",
        }
    }

    /// The same in English.
    #[must_use]
    pub const fn english(self) -> &'static str {
        match self {
            Self::NoNetwork => "no network",
            Self::UnmeteredLink => "waiting for Wi-Fi",
            Self::Charger => "battery low, waiting for the charger",
            Self::Budget => "today's data budget is used up",
            Self::Turn => "waiting for its turn",
            Self::BoxBusy => "the box is busy",
            Self::BoxUnreachable => "the box cannot be reached",
            Self::NotTheBox => "the other side is not the box",
            Self::BoxFailing => "the box has a fault",
            Self::Retry => "will be tried again",
            Self::Revoked => "device revoked",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_reason_has_words_of_its_own_in_both_languages() {
        let count =
            |words: fn(Waiting) -> &'static str| Waiting::ALL.into_iter().map(words).collect::<BTreeSet<_>>().len();
        assert_eq!((count(Waiting::german), count(Waiting::english)), (Waiting::ALL.len(), Waiting::ALL.len()));
    }
}
