//! Tells which commands of psql do not matter to the statements of a script. Pure.

/// Commands that only print or set psql's own variables.
const HARMLESS: &[&str] = &[
    "a",
    "C",
    "conninfo",
    "d",
    "echo",
    "errverbose",
    "f",
    "H",
    "pset",
    "q",
    "qecho",
    "restrict",
    "set",
    "t",
    "timing",
    "unrestrict",
    "unset",
    "warn",
    "x",
];

/// Variables with which psql runs later statements in another way.
const MATTERING: &[&str] = &["AUTOCOMMIT", "ON_ERROR_ROLLBACK", "SINGLELINE"];

/// Whether the line does not change what the script's statements do. `line` begins with the
/// backslash.
pub fn is_harmless(line: &str) -> bool {
    // After a second backslash, there may be another command, or SQL; a backtick runs a program.
    let rest = line.trim_start_matches('\\');
    let is_plain = !rest.contains(['\\', '`']);
    HARMLESS.contains(&name(line)) && is_plain && !rest.split_whitespace().any(|word| MATTERING.contains(&word))
}

/// Whether psql reads no further than this line.
pub fn ends_script(line: &str) -> bool {
    name(line) == "q"
}

/// Returns the command with its backslash.
pub fn command(line: &str) -> String {
    format!("\\{}", name(line))
}

fn name(line: &str) -> &str {
    let name = line.trim_start_matches('\\');
    let end = name.find(|character: char| !character.is_ascii_alphanumeric() && character != '!').unwrap_or(name.len());
    &name[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn psql_command_that_reads_or_runs_something_matters() {
        assert!(is_harmless("\\set ON_ERROR_STOP on"));
        assert!(is_harmless("\\echo done"));
        assert!(is_harmless("\\restrict yHR5cAeLsd"));
        for line in [
            "\\set v 1 \\\\ DROP TABLE t;",
            "\\set v `rm x`",
            "\\set AUTOCOMMIT off",
            "\\x \\i more.sql",
            "\\encoding latin1",
            "\\i more.sql",
            "\\copy t from stdin",
            "\\! rm x",
            "\\gexec",
            "\\if :x",
            "\\connect other",
            "\\",
        ] {
            assert!(!is_harmless(line), "{line}");
        }
        assert_eq!(command("\\i more.sql"), "\\i");
        assert_eq!(command("\\!rm"), "\\!rm");
    }
}
