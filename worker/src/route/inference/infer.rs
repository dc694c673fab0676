//! `POST …/infer`.

use plumbline_core::Timestamp;
use serde_json::{Map, Value, json};

use super::metadata::OUTPUTS;
use super::refusal;
use crate::answer::Answer;
use crate::problem::Problem;
use crate::request::{Request, Response};
use crate::route::json::{self, Members, bad};
use crate::route::table::{Columns, check_count, score_rows};
use crate::route::tensor::{Datatype, Elements};
use crate::scoring::{Outcome, Row, Scoring, lead_problem};
use crate::service::Serving;

/// Tensors beyond this are refused.
const MOST_INPUTS: usize = 10_000;

/// One input, as the request describes it.
struct Input<'a> {
    name: String,
    /// Rows, and columns where there are several; as JSON has them.
    shape: Vec<f64>,
    datatype: String,
    /// Bytes of its raw elements behind the JSON.
    binary_bytes: Option<usize>,
    data: Option<&'a str>,
}

impl<'a> Input<'a> {
    fn of(json: &'a str, number: usize) -> Result<Input<'a>, Problem> {
        let members = Members::of(json, format!("inputs[{number}]"))?;
        let missing = |name: &str| bad(format!("inputs[{number}] has no {name}"));
        Ok(Input {
            name: members.read("name", "text")?.ok_or_else(|| missing("name"))?,
            shape: members.read("shape", "a list of whole numbers")?.ok_or_else(|| missing("shape"))?,
            datatype: members.read("datatype", "text")?.ok_or_else(|| missing("datatype"))?,
            binary_bytes: members.object("parameters")?.whole("binary_data_size")?.map(|size| size as usize),
            data: members.get("data")?,
        })
    }
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
    let head = json::text(head)?;
    let body = Members::of(&head, "the request")?;
    let parameters = body.object("parameters")?;
    let reasons = parameters.whole("reasons")?.unwrap_or(0) as usize;
    let wanted = wanted(&body, &parameters)?;
    let id = body.read::<String>("id", "text")?;
    let mut scoring = Scoring::new(serving, model, now, reasons, id.as_deref().or(request.header("x-request-id")))?;
    let inputs = json::items(body.get("inputs")?.unwrap_or("[]"), "inputs", MOST_INPUTS)?;
    if inputs.is_empty() {
        return Err(bad(format!("give 1 to {MOST_INPUTS} inputs")));
    }
    let inputs = inputs.into_iter().enumerate().map(|(number, json)| Input::of(json, number)).collect::<Result<Vec<_>, _>>()?;
    let mut named = Columns::default();
    let (mut count, mut tensors) = (None, Vec::new());
    for input in &inputs {
        let told = |p: Problem| Problem { detail: format!("input {:.100}: {}", input.name, p.detail), ..p };
        let (rows, width) = shape(input, &scoring).map_err(told)?;
        if *count.get_or_insert(rows) != rows {
            return Err(bad("the inputs have different numbers of rows"));
        }
        // A name counts where a column has one to itself; of a single tensor it need not be a field's.
        let columns = match width {
            1 if inputs.len() > 1 || scoring.knows(&input.name) => {
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
    let asked = Asked { id: id.as_deref(), reasons, outputs: &wanted };
    let response = answer(&scoring, &asked, &outcomes, &named.into_unknown());
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

/// An output asked for.
struct Wanted {
    /// Its position in [`OUTPUTS`].
    at: usize,
    /// Its elements are raw bytes behind the JSON.
    is_binary: bool,
}

/// The outputs asked for, all when none is named. Each says whether it is raw, else `binary_data_output` of the request does.
fn wanted(body: &Members<'_>, parameters: &Members<'_>) -> Result<Vec<Wanted>, Problem> {
    let is_binary = parameters.read("binary_data_output", "true or false")?.unwrap_or(false);
    let listed = json::items(body.get("outputs")?.unwrap_or("[]"), "outputs", MOST_INPUTS)?;
    if listed.is_empty() {
        return Ok((0..OUTPUTS.len()).map(|at| Wanted { at, is_binary }).collect());
    }
    let mut wanted = Vec::<Wanted>::with_capacity(OUTPUTS.len());
    for (number, output) in listed.into_iter().enumerate() {
        let output = Members::of(output, format!("outputs[{number}]"))?;
        let name: String = output.read("name", "text")?.ok_or_else(|| bad(format!("outputs[{number}] has no name")))?;
        let at =
            OUTPUTS.iter().position(|(known, _)| *known == name).ok_or_else(|| bad(format!("unknown output {name:.100}")))?;
        // Every mention costs the whole column again.
        if wanted.iter().any(|other| other.at == at) {
            return Err(bad(format!("output {name} is requested twice")));
        }
        let own = output.object("parameters")?.read("binary_data", "true or false")?;
        wanted.push(Wanted { at, is_binary: own.unwrap_or(is_binary) });
    }
    Ok(wanted)
}

/// How many rows an input has, and columns.
fn shape(input: &Input<'_>, scoring: &Scoring<'_>) -> Result<(usize, usize), Problem> {
    let (rows, columns) = match *input.shape.as_slice() {
        [rows] => (rows, 1.0),
        [rows, columns] => (rows, columns),
        _ => return Err(bad("the shape must be [n] or [n, columns]")),
    };
    if [rows, columns].iter().any(|n| *n < 0.0 || n.fract() != 0.0) {
        return Err(bad("the shape must have whole numbers"));
    }
    let (rows, columns) = (rows as usize, columns as usize);
    check_count(rows, scoring.limits().batch)?;
    if !(1..=MOST_INPUTS).contains(&columns) {
        return Err(bad(format!("a row must have 1 to {MOST_INPUTS} columns")));
    }
    Ok((rows, columns))
}

/// The `count` elements of an input, raw ones taken off `binary`.
fn elements<'a>(input: &Input<'a>, count: usize, binary: &mut &'a [u8]) -> Result<Elements<'a>, String> {
    let datatype = Datatype::of(&input.datatype).ok_or_else(|| format!("unknown datatype {:.20}", input.datatype))?;
    // An element takes at least a byte, or a digit: a shape larger than the body is not worth reserving memory for.
    match (input.data, input.binary_bytes) {
        (Some(data), None) if count <= data.len() => Elements::of_json(datatype, data, count, 2),
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

/// What the caller wants to read in the answer.
struct Asked<'a> {
    id: Option<&'a str>,
    reasons: usize,
    outputs: &'a [Wanted],
}

fn answer(scoring: &Scoring<'_>, asked: &Asked<'_>, outcomes: &[Outcome], unknown: &[String]) -> Response {
    let refused = outcomes.iter().enumerate().filter_map(|(i, outcome)| Some((i, outcome.as_ref().err()?)));
    let refused: Vec<Value> = refused.map(|(index, error)| json!({ "index": index, "problem": lead_problem(error) })).collect();
    if refused.len() == outcomes.len()
        && let Some(Err(error)) = outcomes.first()
    {
        return refusal(&lead_problem(error));
    }
    let mut parameters = Map::new();
    parameters.insert("variant".into(), scoring.variant().into());
    parameters.insert("request_id".into(), (*scoring.request_id).into());
    // A parameter is a text, a number or a flag: lists travel as JSON text.
    if asked.reasons > 0 {
        let reasons: Vec<_> = outcomes.iter().map(|o| o.as_ref().map(|score| &score.reasons).ok()).collect();
        parameters.insert("reasons".into(), serde_json::to_string(&reasons).unwrap_or_default().into());
    }
    if !unknown.is_empty() {
        parameters.insert("unknown_fields".into(), Value::from(unknown).to_string().into());
    }
    if !refused.is_empty() {
        parameters.insert("errors".into(), Value::from(refused).to_string().into());
    }
    let (mut outputs, mut raw) = (Vec::new(), Vec::new());
    for Wanted { at, is_binary } in asked.outputs {
        let Some((name, datatype)) = OUTPUTS.get(*at) else { continue };
        let mut output = Map::new();
        output.extend([
            ("name".into(), (*name).into()),
            ("datatype".into(), (*datatype).into()),
            ("shape".into(), json!([outcomes.len()])),
        ]);
        if *is_binary {
            let start = raw.len();
            outcomes.iter().for_each(|outcome| write_raw(name, outcome, &mut raw));
            output.insert("parameters".into(), json!({ "binary_data_size": raw.len() - start }));
        } else {
            output.insert("data".into(), outcomes.iter().map(|outcome| element(name, outcome)).collect());
        }
        outputs.push(output);
    }
    let id = scoring.served.scorer.id();
    let reply = json!({
        "id": asked.id.unwrap_or(&scoring.request_id),
        "model_name": id.name,
        "model_version": id.version,
        "parameters": parameters,
        "outputs": outputs,
    });
    let mut json = reply.to_string().into_bytes();
    if asked.outputs.iter().all(|output| !output.is_binary) {
        return Response::new(200, "application/json", json);
    }
    let length = json.len().to_string();
    json.append(&mut raw);
    Response::new(200, "application/octet-stream", json).with("inference-header-content-length", length)
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

/// Writes an element raw: a little-endian double, NaN where the lead was refused, or a text behind its length.
fn write_raw(output: &str, outcome: &Outcome, raw: &mut Vec<u8>) {
    match (outcome, output) {
        (Ok(score), "probability") => raw.extend(score.probability.to_le_bytes()),
        (Ok(score), "margin") => raw.extend(score.margin.to_le_bytes()),
        (outcome, "band") => {
            let band = outcome.as_ref().map_or("", |score| score.band.as_str());
            raw.extend((band.len() as u32).to_le_bytes());
            raw.extend(band.as_bytes());
        }
        (_, _) => raw.extend(f64::NAN.to_le_bytes()),
    }
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
    fn outputs_are_raw_where_they_are_asked_for() {
        let ask = |more: &str| {
            let inputs = r#"{"name":"visits","shape":[2],"datatype":"FP64","data":[4,"many"]}"#;
            ask(INFER, &[], format!(r#"{{"inputs":[{inputs}]{more}}}"#)).response
        };
        let read = |response: &crate::Response| {
            let length = response.header("inference-header-content-length").unwrap().parse().unwrap();
            let (head, raw) = response.body.split_at(length);
            (serde_json::from_slice::<serde_json::Value>(head).unwrap(), raw.to_vec())
        };
        let own = ask(r#","outputs":[{"name":"margin","parameters":{"binary_data":true}},{"name":"probability"}]"#);
        let (head, raw) = read(&own);
        assert_eq!(own.header("content-type"), Some("application/octet-stream"));
        assert_eq!(head["outputs"][0]["parameters"]["binary_data_size"], 16);
        assert_eq!((head["outputs"][0].get("data"), &head["outputs"][1]["data"][0]), (None, &json!(logistic(1.0))));
        assert_eq!(raw[..8], 1f64.to_le_bytes());
        assert!(f64::from_le_bytes(raw[8..].try_into().unwrap()).is_nan());
        let (head, raw) = read(&ask(r#","parameters":{"binary_data_output":true}"#));
        let sizes: Vec<_> =
            head["outputs"].as_array().unwrap().iter().map(|o| o["parameters"]["binary_data_size"].clone()).collect();
        assert_eq!((sizes, raw.len()), (vec![json!(16), json!(16), json!(8)], 40));
        assert_eq!(ask("").header("inference-header-content-length"), None);
    }

    #[test]
    fn an_element_that_is_wrong_costs_its_lead() {
        for (datatype, data) in
            [("FP64", "[1,Infinity,2]"), ("INT32", "[1,4294967296,2]"), ("FP64", "[1,01,2]"), ("BYTES", r#"["1","\ud800","2"]"#)]
        {
            let body = format!(
                r#"{{"id":null,"outputs":null,"inputs":[{{"name":"visits","shape":[3],"datatype":"{datatype}","data":{data},"parameters":null}}]}}"#
            );
            let answer = ask(INFER, &[], &body);
            let reply = json(&answer);
            assert_eq!(answer.response.status, 200, "{reply}");
            let data = &reply["outputs"][0]["data"];
            assert!(data[0].is_f64() && data[1].is_null() && data[2].is_f64(), "{reply}");
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
            (one("[0.5]", "FP64", "[1]"), 400),
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
