//! Sets the cfg aliases `since_16`, `since_17` and so on: each is set if the extension is built for
//! that major version of PostgreSQL or a later one. Code must use them instead of the features
//! pg15, pg16 and so on, which mean one version each (checked by tools/lint).

const OLDEST: u32 = 15;
const NEWEST: u32 = 19;

fn main() {
    let is_on = |major: &u32| std::env::var_os(format!("CARGO_FEATURE_PG{major}")).is_some();
    let built_for = (OLDEST..=NEWEST).find(is_on);
    for major in OLDEST + 1..=NEWEST {
        println!("cargo::rustc-check-cfg=cfg(since_{major})");
        if built_for >= Some(major) {
            println!("cargo::rustc-cfg=since_{major}");
        }
    }
    println!("cargo::rerun-if-changed=build.rs");
}
