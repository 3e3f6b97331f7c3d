//! The warning talk (Verwarnungsgespräch): a warning takes effect only if the person was instructed about the right to
//! refuse, agrees, and pays at once or in time (§ 56 OWiG).

use super::{Moment, Money};

/// How the talk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TalkOutcome {
    /// The person agrees to the warning.
    Agreed,
    /// The person refuses it: the authority decides.
    Refused,
    /// The person wants to think it over, or did not answer.
    Open,
    /// A warning by word of mouth, without money.
    WithoutMoney,
}

impl TalkOutcome {
    /// All there are.
    pub const ALL: [Self; 4] = [Self::Agreed, Self::Refused, Self::Open, Self::WithoutMoney];
}

/// How a warning was paid on the spot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaymentMethod {
    /// Cash.
    Cash,
    /// Card.
    Card,
}

/// A payment on the spot.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payment {
    /// Amount, euro cents.
    pub amount_cents: Money,
    /// How.
    pub method: PaymentMethod,
    /// Number of the receipt that was handed out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
}

/// The talk with the driver.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WarningTalk {
    /// When.
    pub at: Moment,
    /// Whether the person was told of the right to refuse.
    pub instructed: bool,
    /// How it ended.
    pub outcome: TalkOutcome,
    /// What was paid on the spot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<Payment>,
}

impl WarningTalk {
    /// Whether the law was kept: nobody agrees or pays without instruction, and nobody pays who has not agreed.
    #[must_use]
    pub const fn is_lawful(&self) -> bool {
        let agreed = matches!(self.outcome, TalkOutcome::Agreed);
        (self.instructed || !agreed) && (agreed || self.payment.is_none())
    }
}
