//! Who records, and for whom.

/// The authority (Behörde) that prosecutes. Stands in clear in manifests, so the box can route a case.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Agency(pub String);

/// The officer on patrol. Only ever written inside the sealed record; deliberately not loggable.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Officer {
    /// Service number.
    pub id: String,
    /// Unit, such as a police inspection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

impl std::fmt::Debug for Officer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Officer(..)")
    }
}
