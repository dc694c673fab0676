//! `POST …/infer`.

use plumbline_core::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::metadata::OUTPUTS;
use crate::problem::Problem;
use crate::request::{Request, Response};
use crate::route::table::{Column, Row, check_count, score_rows};
use crate::route::tensor::{Datatype, Elements};
use crate::scoring::{Outcome, Scoring, lead_problem};
use crate::service::{Answer, Service};
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

/// A tensor, its rows known.
struct Tensor<'a> {
    name: String,
    rows: usize,
    columns: usize,
    elements: Elements<'a>,
}

pub(super) fn infer(
    service: &Service,
    model: (Option<&str>, Option<&str>),
    now: Timestamp,
    request: &Request<'_>,
) -> Result<Answer, Problem> {
    service.model(model.0, model.1)?;
    let (head, mut binary) = parts(request)?;
    let mended = nan_as_null(head);
    let head = mended.as_deref().unwrap_or(head);
    let body: Body<'_> = serde_json::from_slice(head).map_err(|e| bad(format!("the JSON is not as expected: {e}")))?;
    let wanted = wanted(&body.outputs)?;
    let client = body.id.as_deref().or(request.header("x-request-id"));
    let mut scoring = Scoring::new(service, model, now, body.parameters.reasons, client)?;
    if body.inputs.is_empty() || body.inputs.len() > MOST_INPUTS {
        return Err(bad(format!("there are 1 to {MOST_INPUTS} inputs")));
    }
    let mut tensors = Vec::with_capacity(body.inputs.len());
    for input in &body.inputs {
        let tensor = tensor(input, &mut binary, &scoring)
            .map_err(|p| Problem { detail: format!("input {:.100}: {}", input.name, p.detail), ..p })?;
        tensors.push(tensor);
    }
    if !binary.is_empty() {
        return Err(bad(format!("{} bytes belong to no input", binary.len())));
    }
    let rows = rows(tensors, &scoring)?;
    let outcomes = score_rows(&mut scoring, rows.into_iter());
    let response = answer(&scoring, &body, &wanted, &outcomes);
    Ok(scoring.finish(response))
}

/// The JSON and the raw tensors after it.
fn parts<'a>(request: &Request<'a>) -> Result<(&'a [u8], &'a [u8]), Problem> {
    match request.header("inference-header-content-length") {
        None => Ok((request.body, &[])),
        Some(text) => {
            let length = text.trim().parse().ok();
            let parts = length.and_then(|length| request.body.split_at_checked(length));
            parts.ok_or_else(|| bad("Inference-Header-Content-Length does not fit the body"))
        }
    }
}

/// The outputs asked for, as positions in [`OUTPUTS`]; all when none is named.
fn wanted(outputs: &[Output]) -> Result<Vec<usize>, Problem> {
    if outputs.is_empty() {
        return Ok((0..OUTPUTS.len()).collect());
    }
    let position = |name: &str| OUTPUTS.iter().position(|(known, _)| *known == name);
    outputs.iter().map(|o| position(&o.name).ok_or_else(|| bad(format!("there is no output {:.100}", o.name)))).collect()
}

fn tensor<'a>(input: &Input<'a>, binary: &mut &'a [u8], scoring: &Scoring<'_>) -> Result<Tensor<'a>, Problem> {
    let datatype = Datatype::of(&input.datatype).ok_or_else(|| bad(format!("datatype {:.20} is unknown", input.datatype)))?;
    let (rows, columns) = match *input.shape.as_slice() {
        [rows] => (rows, 1),
        [rows, columns] => (rows, columns),
        _ => return Err(bad("the shape is [n] or [n, columns]")),
    };
    let rows = usize::try_from(rows).unwrap_or(usize::MAX);
    check_count(rows, scoring.limits().batch)?;
    let columns = usize::try_from(columns).ok().filter(|n| (1..=MOST_INPUTS).contains(n));
    let columns = columns.ok_or_else(|| bad(format!("a row has 1 to {MOST_INPUTS} columns")))?;
    let count = rows * columns;
    // An element takes at least a byte, or a digit: a shape larger than the body is not worth reserving memory for.
    let elements = match (input.data, input.parameters.binary_data_size) {
        (Some(data), None) if count <= data.get().len() => Elements::of_json(datatype, data, count, 2),
        (None, Some(size)) => {
            let (bytes, rest) = binary.split_at_checked(size).ok_or_else(|| bad("binary_data_size is beyond the body"))?;
            *binary = rest;
            if count <= bytes.len() {
                Elements::of_bytes(datatype, bytes, count)
            } else {
                Err("there are fewer bytes than elements".into())
            }
        }
        (Some(_), None) => Err("the shape has more elements than data".into()),
        _ => Err("an input has either data or parameters.binary_data_size".into()),
    };
    Ok(Tensor { name: input.name.clone(), rows, columns, elements: elements.map_err(bad)? })
}

fn rows(tensors: Vec<Tensor<'_>>, scoring: &Scoring<'_>) -> Result<Vec<Row>, Problem> {
    let count = tensors.first().map_or(0, |tensor| tensor.rows);
    let mut rows: Vec<Row> = (0..count).map(|_| Row::default()).collect();
    let single = tensors.len() == 1;
    for tensor in tensors {
        if tensor.rows != count {
            return Err(bad("the inputs have different numbers of rows"));
        }
        let columns = match tensor.columns {
            1 if !single || scoring.knows(&tensor.name) => vec![Column::of(tensor.name, scoring)],
            _ => Column::positional(scoring),
        };
        if columns.len() != tensor.columns {
            return Err(bad(format!("a row has {} columns, the model reads {}", tensor.columns, columns.len())));
        }
        for (i, row) in rows.iter_mut().enumerate() {
            for (k, column) in columns.iter().enumerate() {
                tensor.elements.set(i * columns.len() + k, column, row);
            }
        }
    }
    Ok(rows)
}

fn answer(scoring: &Scoring<'_>, body: &Body<'_>, wanted: &[usize], outcomes: &[Outcome]) -> Response {
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
            assert_eq!(answer.predictions[1].client_request_id.as_deref(), Some("7"));
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
            (one("[1]", "FP64", "[1]").replace("]}", r#"],"outputs":[{"name":"colour"}]}"#), 400),
        ];
        for (body, status) in cases {
            let answer = ask(INFER, &[], &body);
            assert_eq!((answer.response.status, json(&answer)["error"].is_string()), (status, true), "{body}");
        }
        assert_eq!(ask("POST /v2/models/other/infer", &[], "{}").response.status, 404);
        assert_eq!(ask("GET /v2/models/sample/versions/2", &[], "").response.status, 404);
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
