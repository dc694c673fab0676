use proptest::prelude::*;

use super::*;
use crate::schema::Schema;

fn schema() -> Schema {
    serde_json::from_str(
        r#"{"fields": [{"name": "key", "kind": "text", "role": "id"}, {"name": "n", "min": 0, "max": 10},
            {"name": "must", "kind": "category", "categories": ["a", "b"], "required": true}, {"name": "flag", "kind": "flag"},
            {"name": "tags", "kind": "list"}, {"name": "day", "kind": "date"}, {"name": "a/b~c", "kind": "text"},
            {"name": "code", "kind": "category"}, {"name": "band", "kind": "category", "categories": ["10", "2.0", ""]}]}"#,
    )
    .unwrap()
}

fn limits() -> Limits {
    Limits { string_bytes: 20, list_items: 3, nesting: 3, batch: 3, ..Limits::default() }
}

fn read(json: &str) -> Result<Slots, Vec<LeadError>> {
    let mut slots = Slots::default();
    Reader::new(&schema()).read_json(json.as_bytes(), &limits(), &mut slots).map(|()| slots)
}

/// `code pointer` of each problem of `{"must": "a", <members>}`.
fn problems(members: &str) -> Vec<String> {
    let told = |e: LeadError| format!("{} {}", e.code(), e.pointer()).trim().to_owned();
    read(&format!(r#"{{"must": "a", {members}}}"#)).err().unwrap_or_default().into_iter().map(told).collect()
}

#[test]
fn each_bad_value_has_its_code_and_place() {
    let rows: &[(&str, &[&str])] = &[
        (r#""n": 7"#, &[]),
        (r#""n": null, "flag": 1, "tags": null, "day": "", "other": {"deep": [1]}"#, &[]),
        (r#""n": "7""#, &["LEAD_WRONG_TYPE /n"]),
        (r#""n": [], "flag": 2, "tags": "x""#, &["LEAD_WRONG_TYPE /n", "LEAD_WRONG_TYPE /flag", "LEAD_WRONG_TYPE /tags"]),
        (r#""n": true, "must": true, "band": false"#, &["LEAD_DUPLICATE_FIELD /must"]),
        (r#""n": {"x": 1}"#, &["LEAD_WRONG_TYPE /n"]),
        (r#""n": 1e999"#, &["LEAD_NOT_FINITE /n"]),
        (r#""n": 9007199254740993"#, &["LEAD_UNSAFE_INTEGER /n"]),
        (r#""n": -0.5"#, &["LEAD_OUT_OF_RANGE /n"]),
        (r#""n": 10.5"#, &["LEAD_OUT_OF_RANGE /n"]),
        (r#""n": 1, "n": 1"#, &["LEAD_DUPLICATE_FIELD /n"]),
        (r#""\u006e": 1, "n": 1"#, &["LEAD_DUPLICATE_FIELD /n"]),
        (r#""other": 1, "other": 1"#, &[]),
        (r#""tags": ["a", 1, null]"#, &["LEAD_WRONG_TYPE /tags/1", "LEAD_WRONG_TYPE /tags/2"]),
        (r#""tags": ["a", "b", "c", "d", "e"]"#, &["LEAD_TOO_MANY_ITEMS /tags"]),
        (r#""tags": ["aaaaaaaaaaaaaaaaaaaaaaaaa"]"#, &["LEAD_TEXT_TOO_LONG /tags/0"]),
        (r#""a/b~c": "aaaaaaaaaaaaaaaaaaaaaaaaa""#, &["LEAD_TEXT_TOO_LONG /a~1b~0c"]),
        (r#""day": "2026-02-30""#, &["LEAD_BAD_DATE /day"]),
        (r#""day": 1.5"#, &["LEAD_WRONG_TYPE /day"]),
        (r#""day": 1763900000"#, &["LEAD_OTHER_EPOCH /day"]),
        (r#""day": 46349.25"#, &["LEAD_OTHER_EPOCH /day"]),
        (r#""day": 1763900000000"#, &[]),
        (r#""code": "a""#, &["LEAD_WRONG_TYPE /code"]),
        (r#""key": 12345678901234567890"#, &[]),
        (r#""key": true"#, &["LEAD_WRONG_TYPE /key"]),
        (r#""x": [[[1]]]"#, &["LEAD_TOO_DEEP"]),
        (r#""x": [[1]]"#, &[]),
        (r#""n": 01"#, &["LEAD_MALFORMED"]),
        (r#""n": NaN"#, &["LEAD_MALFORMED"]),
    ];
    for (members, expected) in rows {
        assert_eq!(problems(members), *expected, "{members}");
    }
}

#[test]
fn a_lead_is_one_object_with_its_required_fields() {
    let code = |json: &str| read(json).err().and_then(|e| e.first().map(LeadError::code)).unwrap_or("fine");
    let rows = [
        ("{}", "LEAD_MISSING_FIELD"),
        (r#"{"must": null}"#, "LEAD_MISSING_FIELD"),
        (r#"{"must": ""}"#, "LEAD_MISSING_FIELD"),
        (r#"{"must": "unheard"}"#, "fine"),
        (r#" {"must": "b"} "#, "fine"),
        (r#"{"must": 1} x"#, "LEAD_MALFORMED"),
        ("[]", "LEAD_NOT_AN_OBJECT"),
        ("null", "LEAD_NOT_AN_OBJECT"),
        ("", "LEAD_MALFORMED"),
        (r#"{"must": "a""#, "LEAD_MALFORMED"),
    ];
    for (json, expected) in rows {
        assert_eq!(code(json), expected, "{json}");
    }
    let mut slots = Slots::default();
    let reader = Reader::new(&schema());
    let large = reader.read_json(b"{\"must\": 1}", &Limits { body_bytes: 3, ..limits() }, &mut slots).unwrap_err();
    assert_eq!(large, [LeadError::BodyTooLarge { bytes: 11, limit: 3 }]);
    let broken = reader.read_json(b"{\"must\": \"\xff\"}", &limits(), &mut slots).unwrap_err();
    assert_eq!(broken, [LeadError::Malformed { offset: 10, what: "the body is not valid UTF-8" }]);
}

/// Where texts are listed a lead's number is a text too, never a code: 1 is not the second of them.
#[test]
fn a_number_is_a_code_only_where_no_texts_are_listed() {
    let field = |name: &str| schema().field(name).unwrap().0;
    let rows = [
        ("must", "1", -1.0, "1"),
        ("must", "\"1\"", -1.0, "1"),
        ("must", "0.5", -1.0, "0.5"),
        ("must", "-0.0", -1.0, "-0.0"),
        ("must", "1e0", -1.0, "1e0"),
        ("code", "7", 7.0, ""),
        ("band", "10", 0.0, ""),
        ("band", "1e1", 0.0, ""),
        ("band", "2", 1.0, ""),
        ("band", "1", -1.0, "1"),
        ("band", "\"10\"", 0.0, ""),
        ("band", "\"\"", 2.0, ""),
    ];
    for (name, value, code, text) in rows {
        let json =
            if name == "must" { format!(r#"{{"must": {value}}}"#) } else { format!(r#"{{"must": "a", "{name}": {value}}}"#) };
        let slots = read(&json).unwrap();
        assert_eq!((slots.get(field(name)).number.to_bits(), slots.text(field(name))), (f64::to_bits(code), text), "{json}");
        assert_eq!(slots.unknown_values().collect::<Vec<_>>(), if code == -1.0 { vec![field(name)] } else { vec![] }, "{json}");
    }
    let cell = |name: &str, text: &str| schema().field(name).unwrap().1.parse_cell(text).unwrap();
    assert_eq!((cell("must", "1"), cell("band", "1")), (Value::Text("1".into()), Value::Text("1".into())));
    assert_eq!(cell("code", "1"), Value::Number(1.0));
    let mut lead = Lead::default();
    lead.set("must", Value::Number(1.0));
    let mut slots = Slots::default();
    Reader::new(&schema()).read_lead(&lead, &limits(), &mut slots).unwrap();
    assert_eq!((slots.get(field("must")).number, slots.text(field("must"))), (-1.0, "1"));
}

#[test]
fn a_few_problems_are_told_and_the_rest_counted() {
    let limits = Limits { list_items: 500, ..Limits::default() };
    let told = |count: usize| {
        let json = format!(r#"{{"must": "a", "tags": [{}]}}"#, vec!["1"; count].join(","));
        Reader::new(&schema()).read_json(json.as_bytes(), &limits, &mut Slots::default()).unwrap_err()
    };
    assert_eq!(told(20).len(), 20);
    assert_eq!(told(21).last().unwrap().to_string(), "1 more problem is not listed");
    let many = told(400);
    assert_eq!((many.len(), many.last()), (21, Some(&LeadError::More { count: 380 })));
    let twice = format!(r#"{{{}"must": "a"}}"#, "\"n\": 1, \"odd\": 1,".repeat(100));
    let mut slots = Slots::default();
    let problems = Reader::new(&schema()).read_json(twice.as_bytes(), &limits, &mut slots).unwrap_err();
    assert_eq!((problems.len(), problems.last()), (21, Some(&LeadError::More { count: 79 })));
    assert_eq!(slots.unknown_fields(), ["odd"]);
}

#[test]
fn ids_keep_their_digits_and_unknown_fields_are_reported() {
    let reader = Reader::new(&schema());
    let slots = read(r#"{"zeta": 1, "must": "a", "key": 12345678901234567890, "alpha": [{}], "lead_id": 5}"#).unwrap();
    assert_eq!(reader.id(&slots), "12345678901234567890");
    assert_eq!(slots.unknown_fields(), ["zeta", "alpha", "lead_id"]);
    let plain = Reader::new(&Schema::default());
    let mut slots = Slots::default();
    plain.read_json(br#"{"id": "x", "lead_id": "y"}"#, &limits(), &mut slots).unwrap();
    assert_eq!((plain.id(&slots), slots.unknown_fields().len()), ("y", 0));
}

/// What became of each lead: `ok` or the first problem's code; then the count, or the body's own problem.
fn body(form: Form, text: &str) -> Vec<String> {
    let mut told = Vec::new();
    let mut slots = Slots::default();
    let count = Reader::new(&schema()).read_body(text.as_bytes(), form, &limits(), &mut slots, &mut |lead| {
        assert_eq!(lead.position as usize, told.len());
        told.push(lead.read.err().and_then(|e| e.first().map(LeadError::code)).unwrap_or("ok").to_owned());
    });
    told.push(count.map_or_else(|e| e.code().to_owned(), |n| n.to_string()));
    told
}

#[test]
fn in_a_batch_only_the_bad_lead_fails() {
    let good = r#"{"must": "a"}"#;
    let rows = [
        (Form::One, good.to_owned(), vec!["ok", "1"]),
        (Form::One, " ".to_owned(), vec!["LEAD_BODY_EMPTY"]),
        (Form::One, "{".to_owned(), vec!["LEAD_MALFORMED", "1"]),
        (Form::Array, format!("[{good}, {{}}, {good}]"), vec!["ok", "LEAD_MISSING_FIELD", "ok", "3"]),
        (Form::Array, format!("[7, {good}]"), vec!["LEAD_NOT_AN_OBJECT", "ok", "2"]),
        (
            Form::Array,
            format!("[{good}, {{\"x\": [[{{\"y\": \"é]}}\\\"\"}}]]}}, {good}]"),
            vec!["ok", "LEAD_TOO_DEEP", "ok", "3"],
        ),
        (Form::Array, format!("[[[[[1]]]],{good}]"), vec!["LEAD_TOO_DEEP", "ok", "2"]),
        (Form::Array, format!("[{good}, [[[[[ 1"), vec!["ok", "LEAD_MALFORMED"]),
        (Form::Array, "[]".to_owned(), vec!["LEAD_BODY_EMPTY"]),
        (Form::Array, format!("[{good},]"), vec!["ok", "LEAD_MALFORMED"]),
        (Form::Array, format!("[{good}] x"), vec!["ok", "LEAD_MALFORMED"]),
        // Too many leads are counted before the first is read; an id, a surrogate, a number that is wrong costs its lead.
        (Form::Array, format!("\u{feff}[{good},{good},{good},{good}]"), vec!["BATCH_TOO_LARGE"]),
        (Form::Array, format!("[{good},{{\"must\": \"\\ud800\"}},{good}]"), vec!["ok", "LEAD_MALFORMED", "ok", "3"]),
        (Form::Array, format!("[{good},{{\"must\": \"\0\"}},{good}]"), vec!["ok", "LEAD_MALFORMED", "ok", "3"]),
        (
            Form::Array,
            format!("[{{\"n\": 01, \"must\": \"a\"}},nul,{good}]"),
            vec!["LEAD_MALFORMED", "LEAD_MALFORMED", "ok", "3"],
        ),
        (Form::Array, format!("[{{\"n\": -Infinity}},{good}]"), vec!["LEAD_MALFORMED", "ok", "2"]),
        (Form::Array, format!("[{{\"key\": \"a\\u0000b\", \"must\": \"a\"}},{good}]"), vec!["LEAD_BAD_ID", "ok", "2"]),
        (Form::Array, format!("[{{\"must\": \"a}},{good}]"), vec!["LEAD_MALFORMED"]),
        (Form::Lines, format!("{good}\n\n{{\r\n{good}"), vec!["ok", "LEAD_MALFORMED", "ok", "3"]),
        (Form::Lines, format!("{good}\n{good}\n{good}\n{good}"), vec!["BATCH_TOO_LARGE"]),
        (Form::Lines, "\n \n".to_owned(), vec!["LEAD_BODY_EMPTY"]),
        (Form::Array, String::new(), vec!["LEAD_BODY_EMPTY"]),
        (Form::One, format!("\u{feff}{good}"), vec!["ok", "1"]),
        (Form::Array, format!("\u{feff}[{good}]"), vec!["ok", "1"]),
        (Form::Lines, format!("\u{feff}{good}\r\n{good}\r\n"), vec!["ok", "ok", "2"]),
    ];
    for (form, text, expected) in rows {
        assert_eq!(body(form, &text), expected, "{text}");
    }
    for (text, form) in [
        ("[1]", Form::Array),
        ("\u{feff}\n[", Form::Array),
        ("{}", Form::One),
        ("{}\n", Form::One),
        ("{}\n{}", Form::Lines),
        ("{\n}\n", Form::One),
    ] {
        assert_eq!(Form::of(text.as_bytes()), form, "{text:?}");
    }
}

#[test]
fn categories_are_found_in_every_spelling_through_both_doors() {
    let schema: Schema = serde_json::from_str(
        r#"{"fields": [{"name": "flag", "kind": "category", "categories": ["false", "true"]},
            {"name": "plan", "kind": "category", "categories": ["1", "2.5", "9007199254740993"]},
            {"name": "work", "kind": "category", "categories": [" ?", " Private"]}, {"name": "n"}]}"#,
    )
    .unwrap();
    let reader = Reader::new(&schema);
    let rows = [
        ("flag", "true", Some("True"), 1.0),
        ("flag", "\"FALSE\"", Some("FALSE"), 0.0),
        ("flag", "\"maybe\"", Some("maybe"), -1.0),
        ("plan", "1.0", Some("1.0"), 0.0),
        ("plan", "2.50", Some("2.50"), 1.0),
        ("plan", "9007199254740993", Some("9007199254740993"), 2.0),
        ("plan", "true", Some("True"), -1.0),
        ("work", "\" Private\"", Some(" Private"), 1.0),
        ("work", "\"Private\"", Some("Private "), 1.0),
        ("work", "\"private\"", Some("private"), -1.0),
        ("n", "true", None, 1.0),
    ];
    for (field, json, cell, expected) in rows {
        let (at, declared) = schema.field(field).unwrap();
        let mut slots = Slots::default();
        reader.read_json(format!("{{{field:?}: {json}}}").as_bytes(), &limits(), &mut slots).unwrap();
        assert_eq!(slots.get(at).number, expected, "{field} {json}");
        let Some(cell) = cell else { continue };
        let mut lead = Lead::default();
        lead.set(field, declared.parse_cell(cell).unwrap());
        reader.read_lead(&lead, &limits(), &mut slots).unwrap();
        assert_eq!(slots.get(at).number, expected, "{field} {cell:?}");
    }
}

#[test]
fn what_means_missing_is_declared() {
    let schema: Schema = serde_json::from_str(
        r#"{"fields": [{"name": "source", "kind": "category", "categories": ["web", "NA"], "missing": ["Select", "@pandas"]},
            {"name": "n", "min": 0, "missing": ["--None--"], "missing_number": -999}, {"name": "must", "kind": "text", "required": true,
            "missing": ["N/A"]}]}"#,
    )
    .unwrap();
    let reader = Reader::new(&schema);
    let read = |members: &str| {
        let mut slots = Slots::default();
        let read = reader.read_json(format!(r#"{{"must": "x", {members}}}"#).as_bytes(), &limits(), &mut slots);
        read.map(|()| (slots.get(0).number, slots.get(1).number, slots.unknown_values().count()))
    };
    let rows = [
        (r#""source": "Select", "n": 1"#, (f64::NAN, 1.0, 0)),
        (r#""source": " NULL ""#, (f64::NAN, f64::NAN, 0)),
        (r#""source": "NA", "n": -999"#, (1.0, f64::NAN, 0)),
        (r#""source": "TikTok", "n": "--None--""#, (-1.0, f64::NAN, 1)),
    ];
    for (members, expected) in rows {
        let found = read(members).unwrap();
        assert_eq!(format!("{found:?}"), format!("{expected:?}"), "{members}");
    }
    assert_eq!(read(r#""n": -998"#).unwrap_err()[0].code(), "LEAD_OUT_OF_RANGE");
    assert_eq!(read(r#""must": "N/A""#).unwrap_err()[0].code(), "LEAD_DUPLICATE_FIELD");
    let mut slots = Slots::default();
    assert_eq!(reader.read_json(br#"{"must": "N/A"}"#, &limits(), &mut slots).unwrap_err()[0].code(), "LEAD_MISSING_FIELD");
    let cell = |field: &str, text: &str| schema.field(field).unwrap().1.parse_cell(text).unwrap();
    assert_eq!(cell("source", "Select"), Value::Missing);
    assert_eq!(cell("source", "NA"), Value::Text("NA".into()));
    assert_eq!(cell("n", " --None--"), Value::Missing);
}

#[test]
fn cells_of_a_table_become_values() {
    let schema = schema();
    let cell = |field: &str, text: &str| schema.field(field).unwrap().1.parse_cell(text).map_err(|e| e.code());
    assert_eq!(cell("n", " 2.5 "), Ok(Value::Number(2.5)));
    assert_eq!(cell("n", "NaN"), Ok(Value::Missing));
    assert_eq!(cell("n", "two"), Err("LEAD_WRONG_TYPE"));
    assert_eq!(cell("n", "1e999"), Err("LEAD_NOT_FINITE"));
    assert_eq!(cell("flag", "Yes"), Ok(Value::Flag(true)));
    assert_eq!(cell("flag", "2"), Err("LEAD_WRONG_TYPE"));
    assert_eq!(cell("must", "b"), Ok(Value::Text("b".into())));
    assert_eq!(cell("code", "7"), Ok(Value::Number(7.0)));
    assert_eq!(cell("tags", "a; b;;"), Ok(Value::List(vec!["a".into(), "b".into()])));
    assert_eq!(cell("key", "007"), Ok(Value::Text("007".into())));
    assert_eq!(cell("day", ""), Ok(Value::Missing));
    assert_eq!(cell("day", " 1700000000000"), Ok(Value::Number(1.7e12)));
    assert_eq!(cell("day", "2026-11-23"), Ok(Value::Text("2026-11-23".into())));
    assert_eq!(cell("day", "1.5"), Ok(Value::Text("1.5".into())));
    for field in ["n", "flag", "code", "day", "tags"] {
        assert_eq!(cell(field, " NA "), Ok(Value::Missing), "{field}");
    }
    // An id is what it is, in every format.
    assert_eq!((cell("key", " NA "), cell("key", "  ")), (Ok(Value::Text(" NA ".into())), Ok(Value::Missing)));
    assert_eq!((cell("n", "007"), cell("n", "9007199254740993")), (Ok(Value::Number(7.0)), Err("LEAD_UNSAFE_INTEGER")));
    assert_eq!((cell("code", "007"), cell("flag", "T")), (Ok(Value::Text("007".into())), Ok(Value::Flag(true))));
}

/// An ordered category is a number to the model: its codes count next to its texts.
#[test]
fn codes_of_listed_texts_count_where_the_schema_says_so() {
    let schema: Schema =
        serde_json::from_str(r#"{"fields": [{"name": "size", "kind": "category", "categories": ["S", "M"], "codes": true}]}"#)
            .unwrap();
    let reader = Reader::new(&schema);
    for (json, code) in [("1.0", 1.0), ("\"M\"", 1.0), ("0", 0.0), ("2", -1.0), ("0.5", -1.0), ("-1", -1.0), ("\"1\"", -1.0)] {
        let mut slots = Slots::default();
        reader.read_json(format!("{{\"size\": {json}}}").as_bytes(), &limits(), &mut slots).unwrap();
        assert_eq!(slots.get(0).number, code, "{json}");
    }
    assert_eq!(schema.fields[0].parse_cell("1.0"), Ok(Value::Number(1.0)));
}

#[test]
fn a_date_as_a_number_is_in_the_unit_of_its_field_or_refused() {
    let schema: Schema = serde_json::from_str(
        r#"{"fields": [{"name": "ms", "kind": "date"}, {"name": "s", "kind": "date", "epoch": "seconds"},
            {"name": "days", "kind": "date", "epoch": "spreadsheet_days"}, {"name": "digits", "kind": "date", "epoch": "yyyymmdd"}]}"#,
    )
    .unwrap();
    assert!(schema.check().is_ok());
    let day = 1_795_392_000_000.0;
    let rows = [
        ("ms", "1795392000000", Ok(day)),
        ("ms", "1795392000", Err("seconds")),
        ("ms", "1795392000000000", Err("microseconds")),
        ("ms", "46349", Err("spreadsheet_days")),
        ("ms", "20261123", Err("yyyymmdd")),
        ("s", "1795392000", Ok(day)),
        ("s", "1795392000.5", Ok(day + 500.0)),
        ("days", "46349", Ok(day)),
        ("days", "46349.5", Ok(day + 43_200_000.0)),
        ("digits", "20261123", Ok(day)),
        ("digits", "20261323", Err("a number")),
        ("digits", "\"2026-11-23\"", Ok(day)),
    ];
    let reader = Reader::new(&schema);
    for (field, json, expected) in rows {
        let (at, declared) = schema.field(field).unwrap();
        let mut slots = Slots::default();
        let same = |read: Result<(), Vec<LeadError>>, slots: &Slots| match (read, expected) {
            (Ok(()), Ok(ms)) => assert_eq!(slots.get(at).number, ms, "{field} {json}"),
            (Err(errors), Err(what)) => assert!(errors[0].to_string().contains(what), "{field} {json}: {}", errors[0]),
            (read, _) => panic!("{field} {json}: {read:?}"),
        };
        let read = reader.read_json(format!("{{{field:?}: {json}}}").as_bytes(), &limits(), &mut slots);
        same(read, &slots);
        let mut lead = Lead::default();
        lead.set(field, declared.parse_cell(json.trim_matches('"')).unwrap());
        let read = reader.read_lead(&lead, &limits(), &mut slots);
        same(read, &slots);
    }
    let refused = reader.read_json(br#"{"ms": 1795392000}"#, &limits(), &mut Slots::default()).unwrap_err();
    let said = r#"field "ms" is 1795392000, not milliseconds since 1970: it looks like seconds; multiply by 1,000, or write a date, or declare epoch = "seconds" for the field"#;
    assert_eq!(refused[0].to_string(), said);
    let odd: Schema = serde_json::from_str(r#"{"fields": [{"name": "n", "epoch": "seconds"}]}"#).unwrap();
    assert_eq!(odd.check().unwrap_err().problems[0].code, "FIELD_EPOCH_UNUSED");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn the_reader_never_panics(bytes: Vec<u8>, near in "[\\[\\]{},: a\"\\\\0-9eE.-]{0,30}") {
        let mut slots = Slots::default();
        let reader = Reader::new(&schema());
        for form in [Form::One, Form::Array, Form::Lines] {
            for body in [&bytes, near.as_bytes()] {
                let _ = reader.read_body(body, form, &limits(), &mut slots, &mut |_| ());
            }
        }
        let wrapped = format!(r#"{{"must": {near}, "n": {near}, "tags": [{near}]}}"#);
        let _ = reader.read_json(wrapped.as_bytes(), &limits(), &mut slots);
    }

    /// A lead says the same through both doors.
    #[test]
    fn json_and_values_are_read_alike(n in 0.0..10.0f64, flag: bool, tags in prop::collection::vec("[a-z\"\\\\]{0,5}", 0..3), key in "[a-zé0-9]{1,8}") {
        let json = serde_json::json!({"must": "b", "n": n, "flag": flag, "tags": tags, "key": key});
        let a = read(&json.to_string()).unwrap();
        let mut b = Slots::default();
        Reader::new(&schema()).read_lead(&serde_json::from_value(json).unwrap(), &limits(), &mut b).unwrap();
        for i in 0..schema().fields.len() {
            prop_assert_eq!(a.get(i).number.to_bits(), b.get(i).number.to_bits());
            prop_assert_eq!(a.text(i), b.text(i));
            prop_assert_eq!(a.list_value(i), b.list_value(i));
        }
    }
}
