//! JSON Schema, the part of it that describes plain data.
//!
//! The keywords below have the meaning of draft 2020-12; `format` and the annotations are passed over as validators do by default.
//! A schema with any other keyword (`$ref`, `if`, `dependentSchemas`, `unevaluatedProperties` …) is refused when the suite is read:
//! judging by half a schema would let through what it forbids.

use regex::Regex;
use serde_json::{Map, Value as Json};

use super::pattern;

/// A compiled schema.
#[derive(Debug, Clone)]
pub(super) struct JsonSchema(Vec<Rule>);

#[derive(Debug, Clone)]
enum Rule {
    Never,
    Types(Vec<String>),
    Enum(Vec<Json>),
    Const(Json),
    Minimum(f64),
    Maximum(f64),
    Above(f64),
    Below(f64),
    MultipleOf(f64),
    MinLength(u64),
    MaxLength(u64),
    Pattern(Regex),
    Properties { named: Vec<(String, JsonSchema)>, forms: Vec<(Regex, JsonSchema)>, others: Option<JsonSchema> },
    Required(Vec<String>),
    PropertyNames(JsonSchema),
    MinProperties(u64),
    MaxProperties(u64),
    Items { first: Vec<JsonSchema>, others: Option<JsonSchema> },
    Contains(JsonSchema),
    MinItems(u64),
    MaxItems(u64),
    UniqueItems,
    AllOf(Vec<JsonSchema>),
    AnyOf(Vec<JsonSchema>),
    OneOf(Vec<JsonSchema>),
    Not(JsonSchema),
}

const ANNOTATIONS: [&str; 13] = [
    "$schema",
    "$id",
    "$comment",
    "title",
    "description",
    "default",
    "examples",
    "format",
    "deprecated",
    "readOnly",
    "writeOnly",
    "contentEncoding",
    "contentMediaType",
];
const DEEPEST: usize = 32;

impl JsonSchema {
    /// Compiles `schema`.
    pub fn new(schema: &Json) -> Result<JsonSchema, String> {
        JsonSchema::at(schema, DEEPEST)
    }

    fn at(schema: &Json, depth: usize) -> Result<JsonSchema, String> {
        let map = match schema {
            Json::Bool(true) => return Ok(JsonSchema(Vec::new())),
            Json::Bool(false) => return Ok(JsonSchema(vec![Rule::Never])),
            Json::Object(map) => map,
            _ => return Err("a schema must be an object or a boolean".to_owned()),
        };
        let depth = depth.checked_sub(1).ok_or_else(|| format!("the schema is nested deeper than {DEEPEST} levels"))?;
        let mut rules = Vec::new();
        for (keyword, value) in map {
            rules.extend(Rule::new(keyword, value, map, depth)?);
        }
        Ok(JsonSchema(rules))
    }

    fn list(value: &Json, depth: usize) -> Result<Vec<JsonSchema>, String> {
        let list = value.as_array().ok_or("expected a list of schemas")?;
        list.iter().map(|schema| JsonSchema::at(schema, depth)).collect()
    }

    fn named(value: Option<&Json>, depth: usize) -> Result<Vec<(String, JsonSchema)>, String> {
        let Some(value) = value else { return Ok(Vec::new()) };
        let map = value.as_object().ok_or("expected an object of schemas")?;
        map.iter().map(|(name, schema)| Ok((name.clone(), JsonSchema::at(schema, depth)?))).collect()
    }

    /// Whether `value` is as described.
    pub fn accepts(&self, value: &Json) -> bool {
        self.0.iter().all(|rule| rule.accepts(value))
    }
}

impl Rule {
    fn new(keyword: &str, value: &Json, map: &Map<String, Json>, depth: usize) -> Result<Option<Rule>, String> {
        let wrong = |what: &str| format!("{keyword} must be {what}");
        let number = || value.as_f64().ok_or_else(|| wrong("a number"));
        let count = || value.as_u64().ok_or_else(|| wrong("a whole number"));
        let schema = || JsonSchema::at(value, depth);
        let texts = || {
            let list =
                value.as_array().map(|list| list.iter().map(|t| t.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>());
            list.flatten().ok_or_else(|| wrong("a list of strings"))
        };
        Ok(Some(match keyword {
            "type" => Rule::Types(match value.as_str() {
                Some(name) => vec![name.to_owned()],
                None => texts()?,
            }),
            "enum" => Rule::Enum(value.as_array().ok_or_else(|| wrong("a list"))?.clone()),
            "const" => Rule::Const(value.clone()),
            "minimum" => Rule::Minimum(number()?),
            "maximum" => Rule::Maximum(number()?),
            "exclusiveMinimum" => Rule::Above(number()?),
            "exclusiveMaximum" => Rule::Below(number()?),
            "multipleOf" => Rule::MultipleOf(Some(number()?).filter(|x| *x > 0.0).ok_or_else(|| wrong("a number above 0"))?),
            "minLength" => Rule::MinLength(count()?),
            "maxLength" => Rule::MaxLength(count()?),
            "pattern" => Rule::Pattern(pattern::compile(value.as_str().ok_or_else(|| wrong("a string"))?)?),
            "properties" => Rule::properties(map, depth)?,
            "patternProperties" if !map.contains_key("properties") => Rule::properties(map, depth)?,
            "additionalProperties" if !map.contains_key("properties") && !map.contains_key("patternProperties") => {
                Rule::properties(map, depth)?
            }
            "patternProperties" | "additionalProperties" => return Ok(None),
            "required" => Rule::Required(texts()?),
            "propertyNames" => Rule::PropertyNames(schema()?),
            "minProperties" => Rule::MinProperties(count()?),
            "maxProperties" => Rule::MaxProperties(count()?),
            "prefixItems" if map.contains_key("items") => return Ok(None),
            "prefixItems" => Rule::Items { first: JsonSchema::list(value, depth)?, others: None },
            "items" => Rule::Items {
                first: map.get("prefixItems").map_or(Ok(Vec::new()), |first| JsonSchema::list(first, depth))?,
                others: Some(schema()?),
            },
            "contains" => Rule::Contains(schema()?),
            "minItems" => Rule::MinItems(count()?),
            "maxItems" => Rule::MaxItems(count()?),
            "uniqueItems" if value == &Json::Bool(false) => return Ok(None),
            "uniqueItems" => Rule::UniqueItems,
            "allOf" => Rule::AllOf(JsonSchema::list(value, depth)?),
            "anyOf" => Rule::AnyOf(JsonSchema::list(value, depth)?),
            "oneOf" => Rule::OneOf(JsonSchema::list(value, depth)?),
            "not" => Rule::Not(schema()?),
            keyword if ANNOTATIONS.contains(&keyword) => return Ok(None),
            keyword => return Err(format!("the JSON Schema keyword {keyword:?} is not supported")),
        }))
    }

    fn properties(map: &Map<String, Json>, depth: usize) -> Result<Rule, String> {
        let mut forms = Vec::new();
        for (form, schema) in JsonSchema::named(map.get("patternProperties"), depth)? {
            forms.push((pattern::compile(&form)?, schema));
        }
        let others = map.get("additionalProperties").map(|schema| JsonSchema::at(schema, depth)).transpose()?;
        Ok(Rule::Properties { named: JsonSchema::named(map.get("properties"), depth)?, forms, others })
    }

    fn accepts(&self, value: &Json) -> bool {
        match (self, value) {
            (Rule::Never, _) => false,
            (Rule::Types(types), value) => types.iter().any(|name| is_type(value, name)),
            (Rule::Enum(list), value) => list.iter().any(|one| equal(one, value)),
            (Rule::Const(one), value) => equal(one, value),
            (Rule::AllOf(schemas), value) => schemas.iter().all(|schema| schema.accepts(value)),
            (Rule::AnyOf(schemas), value) => schemas.iter().any(|schema| schema.accepts(value)),
            (Rule::OneOf(schemas), value) => schemas.iter().filter(|schema| schema.accepts(value)).count() == 1,
            (Rule::Not(schema), value) => !schema.accepts(value),
            (_, Json::Number(n)) => self.accepts_number(n.as_f64().unwrap_or(f64::NAN)),
            (_, Json::String(text)) => self.accepts_text(text),
            (_, Json::Object(map)) => self.accepts_object(map),
            (_, Json::Array(list)) => self.accepts_list(list),
            _ => true,
        }
    }

    fn accepts_number(&self, x: f64) -> bool {
        match self {
            Rule::Minimum(bound) => x >= *bound,
            Rule::Maximum(bound) => x <= *bound,
            Rule::Above(bound) => x > *bound,
            Rule::Below(bound) => x < *bound,
            Rule::MultipleOf(step) => (x / step).fract() == 0.0,
            _ => true,
        }
    }

    fn accepts_text(&self, text: &str) -> bool {
        match self {
            Rule::MinLength(bound) => text.chars().count() as u64 >= *bound,
            Rule::MaxLength(bound) => text.chars().count() as u64 <= *bound,
            Rule::Pattern(regex) => regex.is_match(text),
            _ => true,
        }
    }

    fn accepts_object(&self, map: &Map<String, Json>) -> bool {
        match self {
            Rule::Properties { named, forms, others } => map.iter().all(|(name, value)| {
                let own = named.iter().find(|(own, _)| own == name).map(|(_, schema)| schema);
                let mut formed = forms.iter().filter(|(form, _)| form.is_match(name)).map(|(_, schema)| schema).peekable();
                let is_other = own.is_none() && formed.peek().is_none();
                own.is_none_or(|schema| schema.accepts(value))
                    && formed.all(|schema| schema.accepts(value))
                    && (!is_other || others.as_ref().is_none_or(|schema| schema.accepts(value)))
            }),
            Rule::Required(names) => names.iter().all(|name| map.contains_key(name)),
            Rule::PropertyNames(schema) => map.keys().all(|name| schema.accepts(&Json::String(name.clone()))),
            Rule::MinProperties(bound) => map.len() as u64 >= *bound,
            Rule::MaxProperties(bound) => map.len() as u64 <= *bound,
            _ => true,
        }
    }

    fn accepts_list(&self, list: &[Json]) -> bool {
        match self {
            Rule::Items { first, others } => list
                .iter()
                .enumerate()
                .all(|(i, item)| first.get(i).or(others.as_ref()).is_none_or(|schema| schema.accepts(item))),
            Rule::Contains(schema) => list.iter().any(|item| schema.accepts(item)),
            Rule::MinItems(bound) => list.len() as u64 >= *bound,
            Rule::MaxItems(bound) => list.len() as u64 <= *bound,
            Rule::UniqueItems => {
                let mut shown: Vec<String> = list.iter().map(ToString::to_string).collect();
                shown.sort_unstable();
                shown.windows(2).all(|pair| pair.first() != pair.last())
            }
            _ => true,
        }
    }
}

fn is_type(value: &Json, name: &str) -> bool {
    match (name, value) {
        ("null", Json::Null)
        | ("boolean", Json::Bool(_))
        | ("number", Json::Number(_))
        | ("string", Json::String(_))
        | ("array", Json::Array(_))
        | ("object", Json::Object(_)) => true,
        ("integer", Json::Number(n)) => n.as_f64().is_some_and(|x| x.fract() == 0.0),
        _ => false,
    }
}

/// Equality where 1 and 1.0 are one.
fn equal(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn schemas_accept_what_they_describe() {
        let rows = [
            (json!({}), json!(1), true),
            (json!({"properties": {"a": {"type": "integer"}}, "required": ["a"]}), json!({"a": 1}), true),
            (json!({"properties": {"a": {"type": "integer"}}, "required": ["b"]}), json!({"a": 1}), false),
            (json!({"type": "integer"}), json!(1.0), true),
            (json!({"type": ["string", "null"]}), json!(null), true),
            (json!({"additionalProperties": false, "properties": {"a": true}}), json!({"a": 1, "b": 2}), false),
            (json!({"patternProperties": {"^x": {"minimum": 3}}}), json!({"x1": 2}), false),
            (json!({"items": {"maxLength": 2}, "uniqueItems": true}), json!(["ab", "c"]), true),
            (json!({"items": {"maxLength": 2}, "uniqueItems": true}), json!(["c", "c"]), false),
            (json!({"oneOf": [{"minimum": 1}, {"maximum": 3}]}), json!(2), false),
            (json!({"enum": [1, "a"]}), json!(1.0), true),
            (json!({"not": {"const": 3}, "multipleOf": 0.5}), json!(2.5), true),
        ];
        for (schema, value, expected) in rows {
            assert_eq!(JsonSchema::new(&schema).unwrap().accepts(&value), expected, "{schema} on {value}");
        }
        assert!(JsonSchema::new(&json!({"$ref": "#/x"})).is_err());
    }
}
