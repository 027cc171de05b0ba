//! Decides what an error of a rehearsed statement says of the real run. Pure.

/// What the statement's error means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The statement fails in the real run as well.
    Failed,
    /// The statement may succeed there; the reason.
    NotRehearsed(String),
}

/// What the script has done with enum types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Enums {
    /// A type was created in the current transaction.
    pub has_new_type: bool,
    /// A value was added to a type in the current transaction.
    pub has_new_value: bool,
    /// A type was created or a value added in a transaction of the script that has ended.
    pub has_earlier: bool,
}

/// What the verdict depends on, in addition to the error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Situation {
    /// Why the statement was stopped, if the rehearsal itself did so.
    pub refused: Option<String>,
    /// Whether the statement runs in a transaction block in the real run.
    pub is_in_block: bool,
    pub is_procedure: bool,
    /// Whether the real run may defer the violated constraint, which a rehearsal cannot.
    pub is_ambiguous: bool,
    pub enums: Enums,
    /// Whether the server accepts values of enum types that the transaction has created: since 17.
    pub accepts_values_of_new_types: bool,
}

/// Returns the verdict on an error with this SQLSTATE.
pub fn judge(sqlstate: &str, situation: &Situation) -> Verdict {
    if let Some(reason) = &situation.refused {
        return Verdict::NotRehearsed(reason.clone());
    }
    let not_rehearsed = |reason: &str| Verdict::NotRehearsed(reason.to_owned());
    match sqlstate {
        "55P04" if may_be_safe(situation) => not_rehearsed(
            "The script itself made the enum value, which cannot be used in a subtransaction; in the real run it may be usable.",
        ),
        "2D000" if situation.is_procedure && !situation.is_in_block => {
            not_rehearsed("The procedure ends transactions, which is impossible in a rehearsal.")
        }
        "25001" if !situation.is_in_block => not_rehearsed(
            "The statement cannot run inside a transaction block, and a rehearsal is one. Nothing of it was checked.",
        ),
        // Such as "cannot change relation mapping within subtransaction".
        "XX000" => not_rehearsed(
            "This is an internal error of the server, which may be due to the rehearsal's subtransactions.",
        ),
        _ if situation.is_ambiguous => not_rehearsed(
            "Other constraints of the schema have the same name, so that a rehearsal cannot defer it as the real run does.",
        ),
        _ => Verdict::Failed,
    }
}

/// Whether an enum value that is unsafe in the rehearsal may be safe in the real run.
fn may_be_safe(situation: &Situation) -> bool {
    let Enums { has_new_type, has_earlier, .. } = situation.enums;
    if !situation.is_in_block || has_earlier {
        return true;
    }
    has_new_type && situation.accepts_values_of_new_types
}

#[cfg(test)]
mod tests {
    use super::*;

    fn not_rehearsed(sqlstate: &str, situation: &Situation) -> bool {
        judge(sqlstate, situation) != Verdict::Failed
    }

    #[test]
    fn judge_refused_statement_is_not_rehearsed_whatever_its_error() {
        let situation = Situation { refused: Some("COPY".to_owned()), is_in_block: true, ..Situation::default() };
        assert_eq!(judge("0A000", &situation), Verdict::NotRehearsed("COPY".to_owned()));
    }

    #[test]
    fn judge_error_of_a_transaction_block_counts_inside_a_block_only() {
        let inside = Situation { is_in_block: true, is_procedure: true, ..Situation::default() };
        let outside = Situation { is_procedure: true, ..Situation::default() };
        for sqlstate in ["25001", "2D000"] {
            assert!(!not_rehearsed(sqlstate, &inside), "{sqlstate}");
            assert!(not_rehearsed(sqlstate, &outside), "{sqlstate}");
        }
        assert!(!not_rehearsed("2D000", &Situation::default()));
        assert!(!not_rehearsed("23505", &outside));
        assert!(not_rehearsed("XX000", &inside));
        assert!(not_rehearsed("23503", &Situation { is_ambiguous: true, ..Situation::default() }));
    }

    #[test]
    fn judge_unsafe_enum_value_fails_only_where_the_real_run_does() {
        let old = Situation {
            is_in_block: true,
            enums: Enums { has_new_value: true, ..Enums::default() },
            accepts_values_of_new_types: true,
            ..Situation::default()
        };
        assert!(!not_rehearsed("55P04", &old));
        let new_type = Situation { enums: Enums { has_new_type: true, ..old.enums }, ..old.clone() };
        assert!(not_rehearsed("55P04", &new_type));
        assert!(!not_rehearsed("55P04", &Situation { accepts_values_of_new_types: false, ..new_type }));
        let earlier = Situation { enums: Enums { has_earlier: true, ..old.enums }, ..old.clone() };
        assert!(not_rehearsed("55P04", &earlier));
        assert!(not_rehearsed("55P04", &Situation { is_in_block: false, ..old }));
    }
}
