//! Checks what keeps a caller safe: under its own search_path, a function could be made to run
//! another user's function or operator.

use eyre::{Result, bail};

/// Functions and operators are never looked up in pg_temp (namespace.c, `FuncnameGetCandidates`),
/// and relations and types are found in pg_catalog first.
pub const PINNED: &str = "\nSET search_path = pg_catalog, pg_temp\n";

pub fn check(statement: &str) -> Result<()> {
    let Some((head, body)) = statement.split_once("AS $fn$\n") else {
        bail!("the body does not begin with AS $fn$ at the end of a line");
    };
    if !format!("{head}\n").contains(PINNED) {
        bail!("the function has no line{PINNED}before its body");
    }
    if head.contains("SECURITY DEFINER") {
        bail!("the function would run with its owner's rights");
    }
    let Some(body) = body.strip_suffix("$fn$;") else {
        bail!("the file does not end with $fn$; after one function");
    };
    if body.contains("$fn$") {
        bail!("the file has more than one function");
    }
    // set_config and SET would undo the pinned path for the rest of the function.
    for word in ["set_config('search_path'", "SET search_path", "SET LOCAL search_path"] {
        if body.contains(word) {
            bail!("the body sets search_path");
        }
    }
    check_format(body)
}

/// Names in dynamic statements are quoted by %I or a regclass, never by %s from a catalog's name.
fn check_format(body: &str) -> Result<()> {
    let joined = body.lines().find(|line| line.contains("EXECUTE ") && line.contains("||"));
    if let Some(line) = joined {
        bail!("a dynamic statement is put together by ||, not by format(): {}", line.trim());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    const GOOD: &str = "CREATE FUNCTION @extschema@.f() RETURNS int LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT 1
$fn$;";

    #[test]
    fn function_with_a_pinned_path_passes() {
        assert!(check(GOOD).is_ok());
    }

    #[test]
    fn function_that_a_caller_could_redirect_is_refused() {
        let broken = [
            GOOD.replace("SET search_path = pg_catalog, pg_temp\n", ""),
            GOOD.replace("pg_catalog, pg_temp", "pg_catalog"),
            GOOD.replace("pg_catalog, pg_temp", "public, pg_catalog, pg_temp"),
            GOOD.replace("STABLE\n", "STABLE SECURITY DEFINER\n"),
            GOOD.replace("SELECT 1", "SELECT set_config('search_path', 'public', false)"),
            GOOD.replace("SELECT 1", "EXECUTE 'SELECT 1 FROM ' || r.name;"),
            format!("{GOOD}\n{GOOD}"),
        ];
        for statement in broken {
            assert!(check(&statement).is_err(), "{statement}");
        }
    }
}
