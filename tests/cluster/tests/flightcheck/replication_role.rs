//! session_replication_role = replica, left behind as a setting.

use crate::fixtures::Scene;
use anyhow::Result;

const CHECK: &str = "enforcement_off";

#[test]
fn replication_role_setting_is_error() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run("CREATE ROLE \"lo'ader\"")?;
    scene.assert_no_findings()?;
    for (damage, severity, object) in [
        ("ALTER DATABASE scene SET session_replication_role = replica", "error", "database scene"),
        ("ALTER ROLE ALL SET session_replication_role = 'Replica'", "error", "all roles"),
        ("ALTER ROLE \"lo'ader\" SET session_replication_role = replica", "warning", "role \"lo'ader\""),
        (
            "ALTER ROLE \"lo'ader\" IN DATABASE scene SET session_replication_role = replica",
            "warning",
            "role \"lo'ader\" in database scene",
        ),
    ] {
        let row = scene.break_and_fix(damage, severity, CHECK, object)?;
        let whose = if object == "all roles" { "their" } else { "its" };
        assert!(row.says(&format!("no ordinary trigger fires in {whose} sessions;")), "{row:?}");
    }
    scene.run("SET session_replication_role = replica")?;
    let row = scene.only()?;
    assert_eq!((row.severity.as_str(), row.object.as_str()), ("warning", "this session"), "{row:?}");
    scene.run(row.fix()?)?;
    scene.assert_no_findings()
}

#[test]
fn replication_role_in_server_configuration_is_error() -> Result<()> {
    let mut scene = Scene::new(&["session_replication_role = replica"])?;
    let rows = scene.findings(CHECK)?;
    for row in &rows {
        assert_eq!((row.severity.as_str(), row.object.as_str()), ("error", "the server's configuration"), "{row:?}");
    }
    assert_eq!(rows.len(), 2, "{rows:#?}");
    assert!(rows[0].says("no ordinary trigger fires in any session;"), "{rows:#?}");
    // It is set in postgresql.conf, so RESET would not suffice.
    scene.paste(&rows[0])?;
    while !scene.findings(CHECK)?.is_empty() {}
    Ok(())
}
