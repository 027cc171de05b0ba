//! CREATE OR REPLACE VIEW.

use super::spelled::Spelled;
use crate::precheck::run::Run;
use crate::report::one_line::pasteable;

/// Returns what drops and creates a view in place of CREATE OR REPLACE VIEW.
pub fn drop_and_create(run: &Run, view: &str) -> Vec<String> {
    let spelled = Spelled::of(&run.text).filter(|spelled| spelled.are(0, &["create", "or", "replace"]));
    let create = spelled.and_then(|spelled| pasteable(format!("CREATE {};", spelled.join(3..spelled.len()))));
    [Some(format!("DROP VIEW {view};")), create].into_iter().flatten().collect()
}
