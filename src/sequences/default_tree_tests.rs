use super::*;

const ID: &str = "{CONST :consttype 2205 :constlen 4 :constbyval true :constisnull false :location 58 \
                  :constvalue 4 [ -98 -97 1 0 0 0 0 0 ]}";
const TEXT: &str = "{CONST :consttype 25 :constlen -1 :constvalue 6 [ 24 0 0 0 115 113 ]}";

fn call(function: u32, arguments: &str) -> String {
    format!(
        "{{FUNCEXPR :funcid {function} :funcresulttype 20 :funcretset false :funcformat 0 :args ({arguments}) \
         :location -1}}"
    )
}

fn draw(name: Name, is_plain: bool) -> Vec<Draw> {
    vec![Draw { name, form: if is_plain { Form::Number } else { Form::Composed } }]
}

#[test]
fn tree_of_nextval_with_a_cast_is_plain() {
    let nextval = call(1574, ID);
    let plain = draw(Name::Oid(106_398), true);
    assert_eq!(draws(&nextval), plain);
    assert_eq!(draws(&call(480, &nextval)), plain, "int4");
    let numeric = call(1703, &format!("{} {ID}", call(1781, &nextval)));
    assert_eq!(draws(&numeric.replacen(":funcformat 0", ":funcformat 2", 1)), plain, "numeric(9,0)");
    assert_eq!(draws(&numeric.replacen(":funcformat 0", ":funcformat 1", 1))[0].form, Form::Composed, "written out");
    assert_eq!(draws(&format!("{{COERCETODOMAIN :arg {} :resulttype 9}}", call(480, &nextval))), plain);
    assert_eq!(draws(&call(1574, &call(1079, TEXT))), draw(Name::Text("sq".to_owned()), true));
}

#[test]
fn tree_with_anything_around_nextval_is_not_plain() {
    let nextval = call(1574, ID);
    let wrapped = draw(Name::Oid(106_398), false);
    assert_eq!(draws(&format!("{{OPEXPR :opno 684 :args ({nextval} {ID})}}")), wrapped);
    assert_eq!(draws(&call(9999, &nextval)), wrapped);
    let two = draws(&format!("{{OPEXPR :args ({nextval} {})}}", call(1574, &call(1079, TEXT))));
    assert_eq!(two.len(), 2);
    assert!(two.iter().all(|draw| draw.form == Form::Composed));
}

fn formed(tree: &str) -> Form {
    draws(tree)[0].form
}

#[test]
fn tree_of_a_cast_to_text_differs_from_other_texts() {
    let nextval = call(1574, ID);
    let text = format!("{{COERCEVIAIO :arg {nextval} :resulttype 25}}");
    assert_eq!(formed(&text), Form::Text);
    assert_eq!(formed(&format!("{{RELABELTYPE :arg {text} :resulttype 1043}}")), Form::Text);
    let cut = |format: u8| {
        call(669, &format!("{text} {ID}"))
            .replace(":funcformat 0 :args ({COERCE", &format!(":funcformat {format} :args ({{COERCE"))
    };
    assert_eq!([formed(&cut(2)), formed(&cut(1))], [Form::Text, Form::Composed], "what is too long fails, or is cut");
    assert_eq!(formed(&format!("{{COERCEVIAIO :arg {text} :resulttype 23}}")), Form::Composed);
    assert_eq!(formed(&call(401, &text)), Form::Composed);
    assert_eq!(formed(&format!("{{COERCEVIAIO :arg {} :resulttype 25}}", call(714, &nextval))), Form::Composed);
}

#[test]
fn tree_with_an_added_constant_is_shifted() {
    let nextval = call(1574, ID);
    let seven = "{CONST :consttype 23 :constvalue 4 [ 7 0 0 0 0 0 0 0 ]}";
    let operator = |number: u32, left: &str, right: &str| format!("{{OPEXPR :opno {number} :args ({left} {right})}}");
    assert_eq!(formed(&operator(688, &nextval, seven)), Form::Shifted(7));
    assert_eq!(formed(&operator(692, seven, &nextval)), Form::Shifted(7));
    assert_eq!(formed(&operator(689, &nextval, seven)), Form::Shifted(-7));
    assert_eq!(
        formed(&call(480, &operator(684, &nextval, &call(481, seven)))),
        Form::Shifted(7),
        "casts around and within"
    );
    assert_eq!(formed(&operator(690, &nextval, seven)), Form::Composed, "a product");
    assert_eq!(formed(&operator(689, seven, &nextval)), Form::Composed, "a constant less the value");
    assert_eq!(formed(&operator(688, &nextval, "{PARAM :paramkind 0}")), Form::Composed);
}

#[test]
fn tree_with_an_unreadable_name_is_computed() {
    assert_eq!(draws(&call(1574, &call(1079, &call(2022, ID)))), draw(Name::Computed, true));
    assert_eq!(draws(&call(1574, "{PARAM :paramkind 0}")), draw(Name::Computed, true));
    assert_eq!(draws("{FUNCEXPR :funcid 1574 :args <>}"), draw(Name::Computed, false));
    assert_eq!(draws(""), vec![]);
    assert_eq!(draws(&call(480, ID)), vec![]);
}

#[test]
fn tree_with_user_functions_lists_them() {
    assert_eq!(user_functions(&call(16_384, ID)), [16_384]);
    assert_eq!(user_functions(&call(480, &call(20_000, ID))), [20_000]);
    assert_eq!(user_functions("{OPEXPR :opno 98 :opfuncid 16500 :args <>}"), [16_500]);
    assert!(user_functions(&call(1574, ID)).is_empty());
    assert!(user_functions("{OPEXPR :opno 16700 :opfuncid 463 :args <>}").is_empty());
}

#[test]
fn tree_of_only_a_call_is_plain() {
    assert_eq!(plain_call(&call(480, &call(20_000, ID))), Some(20_000));
    assert_eq!(plain_call(&format!("{{OPEXPR :opno 684 :args ({} {ID})}}", call(20_000, ID))), None);
    let without_arguments = "{FUNCEXPR :funcid 20000 :funcresulttype 20 :args <> :location 9}";
    assert_eq!(plain_call(without_arguments), Some(20_000));
    assert_eq!(plain_call(&call(480, without_arguments)), Some(20_000));
    assert_eq!(plain_call(ID), None);
}

#[test]
fn tree_of_an_atomic_body_that_only_draws_is_plain() {
    let body = |query: &str, expression: &str| {
        format!(
            "({{QUERY :commandType {query} :jointree {{FROMEXPR :fromlist <> :quals <>}} \
             :targetList ({{TARGETENTRY :expr {expression} :resno 1}})}})"
        )
    };
    let nextval = call(1574, ID);
    assert_eq!(body_draws(&body("1", &call(480, &nextval))), draw(Name::Oid(106_398), true));
    assert_eq!(body_draws(&body("1", &format!("{{OPEXPR :args ({nextval} {ID})}}"))), draw(Name::Oid(106_398), false));
    assert_eq!(body_draws(&body("3", &nextval)), draw(Name::Oid(106_398), false));
    assert!(body_draws(&body("1", ID)).is_empty());
}

#[test]
fn tree_with_text_in_any_script_is_read() {
    let bytes: Vec<String> = "\0\0\0\0Größe".bytes().map(|byte| (byte as i8).to_string()).collect();
    let constant = format!("{{CONST :consttype 25 :constvalue 9 [ {} ]}}", bytes.join(" "));
    assert_eq!(draws(&call(1574, &call(1079, &constant))), draw(Name::Text("Größe".to_owned()), true));
}
