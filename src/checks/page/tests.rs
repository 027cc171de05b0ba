//! Tests of the page that need no server.

use super::content::{Compared, Content, Difference, Header, Sequence, Session};
use super::html::page;
use super::script;
use crate::checks::finding::{Finding, Severity};

const HOSTILE: &str =
    "</style></title></pre><script>alert(1)</script>\" onload='x' & \u{1b}[2J \u{202e}gpj.exe \u{fffd} 表";

fn content() -> Content {
    Content {
        header: Header {
            database: "shop".to_owned(),
            server_version: "17.2".to_owned(),
            time: "2026-01-01 00:00:00".to_owned(),
            role: "app".to_owned(),
            is_standby: false,
            sees_sessions: true,
            schema: None,
            is_deep: true,
            compared: None,
        },
        script: None,
        findings: Vec::new(),
        sequences: Ok(Vec::new()),
        waits: Ok(Vec::new()),
        comparison: Some(Vec::new()),
    }
}

fn finding(check_name: &'static str, text: &str, fix: Option<String>) -> Finding {
    let detail = format!("detail of {text}");
    Finding { severity: Severity::Error, check_name, object: format!("table {text}"), detail, fix }
}

/// A page with the text in every place that a name can reach.
fn page_of(text: &str) -> String {
    let own = || Some(text.to_owned());
    let mut content = content();
    for part in [&mut content.header.database, &mut content.header.server_version, &mut content.header.role] {
        text.clone_into(part);
    }
    content.header.schema = own();
    content.header.compared = Some(Compared { schema: own(), is_exact: false, has_checksums: false });
    content.header.sees_sessions = false;
    content.script = Some(script::tests::script_of(text));
    content.findings = vec![finding("wrong_owner", text, own()), finding("unreadable", text, None)];
    let sequence = Sequence { column: own(), sequence: own(), status: "ok", used: Some(9731), inserts_left: Some(5) };
    content.sequences = Ok(vec![sequence]);
    let session = |pid, waits_for: &[i32]| Session {
        pid,
        role: own(),
        application: own(),
        doing: own(),
        locks: vec![text.to_owned()],
        waits_for: waits_for.to_vec(),
    };
    content.waits = Ok(vec![session(1, &[]), session(2, &[1]), session(3, &[1, 2])]);
    let severity = Severity::Warning;
    let difference = Difference {
        severity,
        kind: "rows_unknown",
        object: own().unwrap_or_default(),
        source: own(),
        target: own(),
        detail: own(),
    };
    content.comparison = Some(vec![difference]);
    page(&content)
}

/// Returns the tags of a page without their attributes' values, and whether quotes are balanced.
fn tags(page: &str) -> Vec<&str> {
    page.split('<').skip(1).map(|part| part.split(['>', ' ']).next().unwrap_or_default()).collect()
}

#[test]
fn page_hostile_names_add_no_element() {
    let hostile = page_of(HOSTILE);
    // The fix with a hidden character is replaced by a remark.
    let harmless = page_of("x\u{202e}");
    assert_eq!(tags(&hostile), tags(&harmless));
    assert!(!hostile.contains("<script") && hostile.contains("&lt;script&gt;"));
    assert!(hostile.is_ascii() && !hostile.contains(|char: char| char.is_control() && char != '\n'));
    for (shown, raw) in [("\\u001B[2J", "\u{1b}"), ("\\u202Egpj.exe", "&#8238;"), ("&#34920;", "表")] {
        assert!(hostile.contains(shown) && !hostile.contains(raw), "{shown}");
    }
    // Without escaping, the same names do add elements.
    assert_ne!(tags(&hostile.replace("&lt;", "<")), tags(&harmless));
}

#[test]
fn page_refers_to_nothing_outside() {
    let page = page_of("plain");
    for forbidden in ["http:", "https:", "//", "url(", "@import", "src=", "<script", "<link", "<img", "<iframe"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(page.contains("default-src &#39;none&#39;") || page.contains("default-src 'none'"));
}

#[test]
fn page_of_many_findings_is_shorter_than_a_megabyte() {
    let mut many = content();
    let name = |number: usize| format!("public.\"a table with a rather long name, number {number}\"");
    let fix = |number: usize| Some(format!("ALTER TABLE {} OWNER TO \"some role\";", name(number)));
    many.findings = (0..1000).map(|number| finding("wrong_owner", &name(number), fix(number))).collect();
    let page_of_1000 = page(&many);
    assert!(page_of_1000.len() < 1_000_000, "{} bytes", page_of_1000.len());
    assert!(page_of_1000.contains("number 999&quot;") && !page_of_1000.contains("left out"));
    // Names that take the most bytes.
    let worst = "\u{10ffff}\"&<".repeat(200);
    many.findings = (0..1000).map(|_| finding("foreign_key_unknown", &worst, Some(worst.repeat(2)))).collect();
    let sequence = || Sequence {
        column: Some(worst.clone()),
        sequence: Some(worst.clone()),
        status: "behind",
        used: Some(1),
        inserts_left: None,
    };
    many.sequences = Ok((0..1000).map(|_| sequence()).collect());
    let page = page(&many);
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
    assert!(page.contains("further findings are left out") && page.contains("970 further sequences have"));
}

#[test]
fn page_without_findings_is_not_an_all_clear() {
    let complete = page(&content());
    assert!(complete.contains("No findings in what was checked.") && complete.contains("Not checked"));
    assert!(!complete.contains("Not everything could be judged."));
    let cases: [fn(&mut Content); 5] = [
        |content| content.findings = vec![finding("sequence_unknown", "public.t", None)],
        |content| content.sequences = Err("out of order".to_owned()),
        |content| content.waits = Err("out of order".to_owned()),
        |content| content.header.sees_sessions = false,
        |content| {
            let severity = Severity::Info;
            let object = "public.t".to_owned();
            let row = Difference { severity, kind: "rows_unknown", object, source: None, target: None, detail: None };
            content.comparison = Some(vec![row]);
        },
    ];
    for (number, spoil) in cases.iter().enumerate() {
        let mut content = content();
        spoil(&mut content);
        assert!(page(&content).contains("Not everything could be judged."), "case {number}");
    }
    let mut different = content();
    let object = "public.t".to_owned();
    let lost = || Difference {
        severity: Severity::Error,
        kind: "rows_emptied",
        object: object.clone(),
        source: None,
        target: None,
        detail: None,
    };
    different.comparison = Some(vec![lost(), lost()]);
    different.header.compared =
        Some(Compared { schema: Some("sales".to_owned()), is_exact: true, has_checksums: false });
    let different = page(&different);
    assert!(different.contains("Only the numbers of rows were compared"));
    assert!(different.contains("No findings in what was checked, but 2 differences from the snapshot."));
    assert!(different.contains("Only schema sales was compared"));
    let mut narrow = content();
    narrow.comparison = None;
    narrow.header.is_deep = false;
    narrow.header.schema = Some("sales".to_owned());
    let narrow = page(&narrow);
    for note in ["Schemas other than sales", "takes deep =&gt; true", "not compared with a snapshot"] {
        assert!(narrow.contains(note), "{note}");
    }
}
