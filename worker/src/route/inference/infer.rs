//! `POST …/infer`.

use plumbline_core::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::metadata::OUTPUTS;
use crate::answer::Answer;
use crate::problem::Problem;
use crate::request::{Request, Response};
use crate::route::table::{Columns, check_count, not_as_expected, score_rows};
use crate::route::tensor::{Datatype, Elements};
use crate::scoring::{Outcome, Row, Scoring, lead_problem};
use crate::service::Serving;
use crate::text::nan_as_null;

/// Tensors beyond this are refused.
const MOST_INPUTS: usize = 10_000;

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    parameters: Parameters,
    #[serde(borrow)]
    inputs: Vec<Input<'a>>,
    #[serde(default)]
    outputs: Vec<Output>,
}

#[derive(Deserialize, Default)]
struct Parameters {
    #[serde(default)]
    reasons: usize,
    #[serde(default)]
    binary_data_size: Option<usize>,
}

#[derive(Deserialize)]
struct Input<'a> {
    name: String,
    shape: Vec<u64>,
    datatype: String,
    #[serde(default)]
    parameters: Parameters,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Output {
    name: String,
}

/// A tensor that is read, row-major.
struct Tensor<'a, 's> {
    columns: Columns<'s>,
    elements: Elements<'a>,
}

pub(in crate::route) fn infer(
    serving: Serving<'_>,
    model: (Option<&str>, Option<&str>),
    now: Timestamp,
    request: &Request<'_>,
) -> Result<Answer, Problem> {
    serving.deployment.model(model.0, model.1)?;
    let (head, mut binary) = parts(request)?;
    let mended = nan_as_null(head);
    let head = mended.as_deref().unwrap_or(head);
    // Read as a list of its members it would do as well.
    if head.trim_ascii_start().starts_with(b"[") {
        return Err(bad("the request is an array, not an object"));
    }
    let body: Body<'_> = serde_json::from_slice(head).map_err(|e| bad(format!("the JSON {}", not_as_expected(&e))))?;
    let wanted = wanted(&body.outputs)?;
    let client = body.id.as_deref().or(request.header("x-request-id"));
    let mut scoring = Scoring::new(serving, model, now, body.parameters.reasons, client)?;
    if body.inputs.is_empty() || body.inputs.len() > MOST_INPUTS {
        return Err(bad(format!("give 1 to {MOST_INPUTS} inputs")));
    }
    let mut named = Columns::default();
    let (mut count, mut tensors) = (None, Vec::new());
    for input in &body.inputs {
        let told = |p: Problem| Problem { detail: format!("input {:.100}: {}", input.name, p.detail), ..p };
        let (rows, width) = shape(input, &scoring).map_err(told)?;
        if *count.get_or_insert(rows) != rows {
            return Err(bad("the inputs have different numbers of rows"));
        }
        // A name counts where a column has one to itself; of a single tensor it need not be a field's.
        let columns = match width {
            1 if body.inputs.len() > 1 || scoring.knows(&input.name) => {
                named.push(&input.name, &scoring)?.then(|| Columns::of([&input.name], &scoring)).transpose()?
            }
            _ => Some(Columns::positional(&scoring)),
        };
        let expected = columns.as_ref().map_or(1, Columns::count);
        if width != expected {
            return Err(bad(format!("a row has {width} columns; the model expects {expected}")));
        }
        let elements = elements(input, rows * width, &mut binary).map_err(bad).map_err(told)?;
        tensors.extend(columns.map(|columns| Tensor { columns, elements }));
    }
    if !binary.is_empty() {
        return Err(bad(format!("{} trailing bytes do not belong to any input", binary.len())));
    }
    let rows = (0..count.unwrap_or(0)).map(|i| {
        let mut row = Row::default();
        for tensor in &tensors {
            for (at, column) in tensor.columns.read() {
                tensor.elements.set(i * tensor.columns.count() + at, column, &mut row);
            }
        }
        row
    });
    let outcomes = score_rows(&mut scoring, rows);
    let response = answer(&scoring, &body, &wanted, &outcomes, &named.into_unknown());
    Ok(scoring.finish(response))
}

/// The JSON and the raw tensors after it.
fn parts<'a>(request: &Request<'a>) -> Result<(&'a [u8], &'a [u8]), Problem> {
    match request.header("inference-header-content-length") {
        None => Ok((request.body, &[])),
        Some(text) => {
            let length = text.trim().parse().ok();
            let parts = length.and_then(|length| request.body.split_at_checked(length));
            parts.ok_or_else(|| bad("Inference-Header-Content-Length does not match the body"))
        }
    }
}

/// The outputs asked for, as positions in [`OUTPUTS`]; all when none is named.
fn wanted(outputs: &[Output]) -> Result<Vec<usize>, Problem> {
    if outputs.is_empty() {
        return Ok((0..OUTPUTS.len()).collect());
    }
    let position = |name: &str| OUTPUTS.iter().position(|(known, _)| *known == name);
    let mut wanted = Vec::with_capacity(OUTPUTS.len());
    for Output { name } in outputs {
        let at = position(name).ok_or_else(|| bad(format!("unknown output {name:.100}")))?;
        // Every mention costs the whole column again.
        if wanted.contains(&at) {
            return Err(bad(format!("output {name} is requested twice")));
        }
        wanted.push(at);
    }
    Ok(wanted)
}

/// How many rows an input has, and columns.
fn shape(input: &Input<'_>, scoring: &Scoring<'_>) -> Result<(usize, usize), Problem> {
    let (rows, columns) = match *input.shape.as_slice() {
        [rows] => (rows, 1),
        [rows, columns] => (rows, columns),
        _ => return Err(bad("the shape must be [n] or [n, columns]")),
    };
    let rows = usize::try_from(rows).unwrap_or(usize::MAX);
    check_count(rows, scoring.limits().batch)?;
    let columns = usize::try_from(columns).ok().filter(|n| (1..=MOST_INPUTS).contains(n));
    Ok((rows, columns.ok_or_else(|| bad(format!("a row must have 1 to {MOST_INPUTS} columns")))?))
}

/// The `count` elements of an input, raw ones taken off `binary`.
fn elements<'a>(input: &Input<'a>, count: usize, binary: &mut &'a [u8]) -> Result<Elements<'a>, String> {
    let datatype = Datatype::of(&input.datatype).ok_or_else(|| format!("unknown datatype {:.20}", input.datatype))?;
    // An element takes at least a byte, or a digit: a shape larger than the body is not worth reserving memory for.
    match (input.data, input.parameters.binary_data_size) {
        (Some(data), None) if count <= data.get().len() => Elements::of_json(datatype, data, count, 2),
        (None, Some(size)) => {
            let (bytes, rest) = binary.split_at_checked(size).ok_or("binary_data_size exceeds the body")?;
            *binary = rest;
            if count <= bytes.len() {
                Elements::of_bytes(datatype, bytes, count)
            } else {
                Err("there are fewer bytes than elements".into())
            }
        }
        (Some(_), None) => Err("the shape has more elements than data".into()),
        _ => Err("give each input either data or parameters.binary_data_size".into()),
    }
}

fn answer(scoring: &Scoring<'_>, body: &Body<'_>, wanted: &[usize], outcomes: &[Outcome], unknown: &[String]) -> Response {
    let refused = outcomes.iter().enumerate().filter_map(|(i, outcome)| Some((i, outcome.as_ref().err()?)));
    let refused: Vec<Value> = refused.map(|(index, error)| json!({ "index": index, "problem": lead_problem(error) })).collect();
    if refused.len() == outcomes.len() {
        let first = outcomes.first().and_then(|outcome| outcome.as_ref().err());
        let text = first.map_or_else(String::new, |error| format!("{}: {error}", error.code()));
        return Response::new(422, "application/json", json!({ "error": text }).to_string().into_bytes());
    }
    let mut parameters = Map::new();
    parameters.insert("variant".into(), scoring.variant().into());
    parameters.insert("request_id".into(), (*scoring.request_id).into());
    // A parameter is a text, a number or a flag: lists travel as JSON text.
    if body.parameters.reasons > 0 {
        let reasons: Vec<_> = outcomes.iter().map(|o| o.as_ref().map(|score| &score.reasons).ok()).collect();
        parameters.insert("reasons".into(), serde_json::to_string(&reasons).unwrap_or_default().into());
    }
    if !unknown.is_empty() {
        parameters.insert("unknown_fields".into(), Value::from(unknown).to_string().into());
    }
    if !refused.is_empty() {
        parameters.insert("errors".into(), Value::from(refused).to_string().into());
    }
    let outputs = wanted.iter().filter_map(|at| OUTPUTS.get(*at)).map(|(name, datatype)| {
        let data: Vec<Value> = outcomes.iter().map(|outcome| element(name, outcome)).collect();
        json!({ "name": name, "datatype": datatype, "shape": [outcomes.len()], "data": data })
    });
    let id = scoring.served.scorer.id();
    let reply = json!({
        "id": body.id.as_deref().unwrap_or(&scoring.request_id),
        "model_name": id.name,
        "model_version": id.version,
        "parameters": parameters,
        "outputs": outputs.collect::<Vec<_>>(),
    });
    Response::new(200, "application/json", reply.to_string().into_bytes())
}

fn element(output: &str, outcome: &Outcome) -> Value {
    match (outcome, output) {
        (Ok(score), "probability") => score.probability.into(),
        (Ok(score), "margin") => score.margin.into(),
        (Ok(score), _) => score.band.as_str().into(),
        (Err(_), "band") => "".into(),
        (Err(_), _) => Value::Null,
    }
}

fn bad(message: impl Into<String>) -> Problem {
    Problem::new(400, "BAD_REQUEST", message)
}

#[cfg(test)]
mod tests {
    use crate::sample::{ask, json};
    use plumbline_core::math::logistic;
    use serde_json::json;

    const INFER: &str = "POST /v2/models/sample/infer";

    #[test]
    fn tensors_flat_or_nested_or_positional_are_scored() {
        let bodies = [
            r#"{"id":"7","inputs":[{"name":"visits","shape":[2],"datatype":"INT32","data":[4,1]},
                {"name":"plan","shape":[2,1],"datatype":"BYTES","data":[["paid"],["free"]]}]}"#,
            r#"{"id":"7","inputs":[{"name":"x","shape":[2,2],"datatype":"FP64","data":[4,1,1.0,0]}]}"#,
            r#"{"id":"7","inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[[4,1],[1,0]]}],"outputs":[{"name":"probability"}]}"#,
        ];
        for body in bodies {
            let answer = ask(INFER, &[], body);
            let reply = json(&answer);
            assert_eq!(answer.response.status, 200, "{reply}");
            assert_eq!(reply["outputs"][0]["data"], json!([logistic(3.0), logistic(-0.5)]), "{reply}");
            assert_eq!((&reply["id"], &reply["model_version"]), (&json!("7"), &json!("1")));
            assert_eq!(answer.effects.predictions[1].client_request_id.as_deref(), Some("7"));
        }
    }

    #[test]
    fn raw_tensors_follow_the_json() {
        let head = r#"{"inputs":[{"name":"visits","shape":[2],"datatype":"FP32","parameters":{"binary_data_size":8}},
            {"name":"plan","shape":[2],"datatype":"BYTES","parameters":{"binary_data_size":16}}],"parameters":{"reasons":1}}"#;
        let mut body = head.as_bytes().to_vec();
        for x in [4f32, f32::NAN] {
            body.extend(x.to_le_bytes());
        }
        for word in ["paid", "free"] {
            body.extend(4u32.to_le_bytes());
            body.extend(word.as_bytes());
        }
        let length = head.len().to_string();
        let answer = ask(INFER, &[("inference-header-content-length", &length)], &body);
        let reply = json(&answer);
        assert_eq!(answer.response.status, 200, "{reply}");
        assert_eq!(reply["outputs"][0]["data"][0], json!(logistic(3.0)));
        assert!(reply["parameters"]["reasons"].is_string());
        for cut in [head.len() + 1, body.len() - 1] {
            let answer = ask(INFER, &[("inference-header-content-length", &length)], &body[..cut]);
            assert_eq!(answer.response.status, 400);
        }
    }

    #[test]
    fn errors_are_one_sentence() {
        let one = |shape: &str, datatype: &str, data: &str| {
            format!(r#"{{"inputs":[{{"name":"visits","shape":{shape},"datatype":"{datatype}","data":{data}}}]}}"#)
        };
        let cases = [
            ("{".to_owned(), 400),
            ("{}".to_owned(), 400),
            (r#"{"inputs":[]}"#.to_owned(), 400),
            (one("[1]", "FP128", "[1]"), 400),
            (one("[2]", "FP64", "[1]"), 400),
            (one("[18446744073709551615]", "FP64", "[1]"), 413),
            (one("[10000,10000]", "FP64", "[1]"), 400),
            (one("[0]", "FP64", "[]"), 400),
            (one("[-1]", "FP64", "[1]"), 400),
            (one("[1]", "FP64", r#"["many"]"#), 422),
            (one("[1]", "FP64", "[[[[1]]]]"), 400),
            (format!("[null,null,{}]", one("[1]", "FP64", "[1]")), 400),
            (one("[1]", "FP64", "[1]").replace("]}", r#"],"outputs":[{"name":"margin"},{"name":"margin"}]}"#), 400),
            (one("[1]", "FP64", "[1]").replace("]}", r#"],"parameters":{"reasons":"two"}}"#), 400),
            (one("[1]", "FP64", "[1]").replace("]}", r#"],"outputs":[{"name":"colour"}]}"#), 400),
        ];
        for (body, status) in cases {
            let answer = ask(INFER, &[], &body);
            assert_eq!((answer.response.status, json(&answer)["error"].is_string()), (status, true), "{body}");
            let told = json(&answer).to_string();
            assert!(["usize", "u64", "struct ", "Vec"].iter().all(|ours| !told.contains(ours)), "{told}");
        }
        assert_eq!(ask("POST /v2/models/other/infer", &[], "{}").response.status, 404);
        assert_eq!(ask("GET /v2/models/sample/versions/2", &[], "").response.status, 404);
    }

    #[test]
    fn an_input_that_no_model_reads_is_told_and_one_that_comes_twice_refused() {
        let input = |name: &str| format!(r#"{{"name":"{name}","shape":[2],"datatype":"FP64","data":[4,1]}}"#);
        let ask = |names: &[&str]| {
            let inputs: Vec<String> = names.iter().map(|name| input(name)).collect();
            ask(INFER, &[], format!(r#"{{"inputs":[{}]}}"#, inputs.join(",")))
        };
        let reply = json(&ask(&["shoe size", "visits"]));
        assert_eq!(reply["parameters"]["unknown_fields"], r#"["shoe size"]"#, "{reply}");
        assert_eq!(reply["outputs"][0]["data"], json!([logistic(1.0), logistic(-0.5)]));
        assert_eq!(ask(&["visits", "visits"]).response.status, 400);
        assert_eq!(ask(&["shoe size"]).response.status, 400);
    }

    #[test]
    fn the_server_describes_itself() {
        let model = json(&ask("GET /v2/models/sample/versions/1", &[], ""));
        assert_eq!(
            model["inputs"],
            json!([
                { "name": "visits", "datatype": "FP64", "shape": [-1] },
                { "name": "plan", "datatype": "BYTES", "shape": [-1] },
            ])
        );
        for path in ["/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/sample", "/v2/models/sample/ready"] {
            assert_eq!(ask(&format!("GET {path}"), &[], "").response.status, 200, "{path}");
        }
    }
}
