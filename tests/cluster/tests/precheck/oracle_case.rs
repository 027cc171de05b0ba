//! One case of the oracle: a schema, and a script that is prechecked and rehearsed over it.

use crate::linter;
use crate::oracle_left::{differences, state};
use crate::oracle_rule::{End, Happened, Said, Wrong, ending, judge};
use crate::oracle_schema::random_schema;
use crate::oracle_values::Draw;
use crate::oracle_writer::{Roles, random_script};
use anyhow::Result;
use cluster::literal;
use fastrand::Rng;
use postgres::{Client, Error};

/// Whose verdicts are judged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    Extension,
    /// Rules over the text of the script.
    Linter,
}

pub struct Case {
    setup: Vec<String>,
    script: Vec<String>,
    /// NULL or the role that runs the script, as SQL.
    role: String,
    mode: &'static str,
}

/// What came of a case.
pub struct Outcome {
    pub said: Vec<Said>,
    pub end: End,
    pub wrong: Vec<Wrong>,
    /// What a call has left.
    pub left: Vec<String>,
}

impl Case {
    pub fn random(random: &mut Rng, roles: &Roles) -> Self {
        let role = random.percent(30).then_some(roles.own.as_str());
        let is_wrapped = random.percent(75);
        let schema = random_schema(random, role);
        let script = random_script(random, &schema, roles, is_wrapped, role.is_none());
        Self {
            setup: schema.setup,
            script,
            role: role.map_or("NULL".to_owned(), literal),
            mode: if is_wrapped { "transaction" } else { "autocommit" },
        }
    }

    /// Makes the schema and returns the verdicts. Statements of the setup that fail are left out.
    pub fn run(&mut self, client: &mut Client, subject: Subject) -> Result<Outcome> {
        client.batch_execute(
            "DROP SCHEMA IF EXISTS extra, public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC",
        )?;
        self.setup.retain(|statement| client.batch_execute(statement).is_ok());
        let before = state(client)?;
        let script = self.script.join(";\n") + ";";
        let said = match subject {
            Subject::Extension => self.precheck(client, &script)?,
            Subject::Linter => linter::lint(&self.script, self.mode == "transaction"),
        };
        let prechecked = state(client)?;
        let end = ending(&self.rehearse(client, &script)?);
        let rehearsed = state(client)?;
        let mut left = differences(&before, &prechecked);
        left.extend(differences(&prechecked, &rehearsed));
        let wrong = judge(&said, &end);
        Ok(Outcome { said, end, wrong, left })
    }

    fn precheck(&self, client: &mut Client, script: &str) -> Result<Vec<Said>, Error> {
        let query = format!(
            "SELECT severity, statement, check_name, sqlstate, detail FROM fc.migration_precheck($1, {}, '{}')",
            self.role, self.mode
        );
        let rows = client.query(&query, &[&script])?;
        Ok(rows
            .iter()
            .map(|row| Said {
                severity: row.get(0),
                statement: row.get(1),
                check: row.get(2),
                sqlstate: row.get(3),
                detail: row.get(4),
            })
            .collect())
    }

    fn rehearse(&self, client: &mut Client, script: &str) -> Result<Vec<Happened>, Error> {
        let query = format!(
            "SELECT status, statement, command, sqlstate
             FROM fc.migration_rehearse($1, {}, '{}', allow_others => true)",
            self.role, self.mode
        );
        let rows = client.query(&query, &[&script])?;
        Ok(rows
            .iter()
            .map(|row| Happened {
                status: row.get(0),
                statement: row.get(1),
                command: row.get(2),
                sqlstate: row.get(3),
            })
            .collect())
    }

    /// Returns the case as text, to be repeated by hand.
    pub fn text(&self) -> String {
        let numbered = self.script.iter().zip(1..).map(|(statement, number)| format!("/* {number} */ {statement};\n"));
        format!("{};\n-- as {}, {}:\n{}", self.setup.join(";\n"), self.role, self.mode, numbered.collect::<String>())
    }
}
