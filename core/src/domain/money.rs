//! Money in whole euro cents.

/// An amount in euro cents. Catalogue amounts are at most a few thousand euros.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Money(pub u32);

impl Money {
    /// Highest amount of a warning (§ 56 OWiG): 55 euros.
    pub const WARNING_LIMIT: Self = Self(5_500);

    /// Sum of two amounts, saturating.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::fmt::Display for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:02} EUR", self.0 / 100, self.0 % 100)
    }
}
