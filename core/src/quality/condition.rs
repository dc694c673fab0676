//! Row conditions: which rows of a table an expectation is about.
//!
//! Three notations say the same: the objects that Great Expectations 1.x writes (`{"type": "comparison", …}`), what
//! `DataFrame.query` of pandas takes (`x != 1 & name == "a"`), and the older `col("x").notNull()`.

use serde_json::Value as Json;

use super::Raised;
use crate::table::{Cell, Column, Scalar};

/// A condition, its columns named.
#[derive(Debug, Clone)]
pub(super) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Compare(Operand, Operator, Operand),
    In { column: String, values: Vec<Scalar>, negated: bool },
    Missing { column: String, negated: bool },
}

#[derive(Debug, Clone)]
pub(super) enum Operand {
    Column(String),
    Value(Scalar),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Below,
    AtMost,
    Above,
    AtLeast,
}

const DEEPEST: usize = 64;

impl Condition {
    /// Reads the kwarg `row_condition`.
    pub fn new(value: &Json) -> Result<Condition, String> {
        match value {
            Json::String(text) => Parser::new(text)?.whole(),
            Json::Object(_) => Condition::of_object(value, DEEPEST),
            _ => Err("a row condition must be a string or an object".to_owned()),
        }
    }

    fn of_object(value: &Json, depth: usize) -> Result<Condition, String> {
        let depth = depth.checked_sub(1).ok_or("the row condition is nested too deeply")?;
        let text = |name: &str| value.get(name).and_then(Json::as_str);
        let column = || {
            let name = value.pointer("/column/name").and_then(Json::as_str);
            name.map(str::to_owned).ok_or("the row condition has no column.name")
        };
        let parts = || {
            let list = value.get("conditions").and_then(Json::as_array).ok_or("the row condition has no conditions")?;
            list.iter().map(|part| Condition::of_object(part, depth)).collect::<Result<Vec<_>, String>>()
        };
        match text("type") {
            Some("and") => Ok(Condition::All(parts()?)),
            Some("or") => Ok(Condition::Any(parts()?)),
            Some("pass_through") => Parser::new(text("pass_through_filter").ok_or("pass_through has no filter")?)?.whole(),
            Some("nullity") => {
                let is_null = value.get("is_null").and_then(Json::as_bool).ok_or("nullity has no is_null")?;
                Ok(Condition::Missing { column: column()?, negated: !is_null })
            }
            Some("comparison") => {
                let parameter = value.get("parameter").unwrap_or(&Json::Null);
                let operator = text("operator").ok_or("the comparison has no operator")?;
                if let "IN" | "NOT_IN" = operator {
                    let list = parameter.as_array().ok_or("IN needs a list")?;
                    let values = list.iter().map(Scalar::of_json).collect();
                    return Ok(Condition::In { column: column()?, values, negated: operator == "NOT_IN" });
                }
                let operator = Operator::named(operator).ok_or_else(|| format!("unknown operator {operator:?}"))?;
                Ok(Condition::Compare(Operand::Column(column()?), operator, Operand::Value(Scalar::of_json(parameter))))
            }
            other => Err(format!("unknown row condition type {other:?}")),
        }
    }

    /// Names of the columns it reads.
    pub fn columns(&self, names: &mut Vec<String>) {
        match self {
            Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| part.columns(names)),
            Condition::Not(part) => part.columns(names),
            Condition::Compare(a, _, b) => {
                for operand in [a, b] {
                    if let Operand::Column(name) = operand {
                        names.push(name.clone());
                    }
                }
            }
            Condition::In { column, .. } | Condition::Missing { column, .. } => names.push(column.clone()),
        }
    }

    /// Whether the row whose values `find` gives fulfils it.
    ///
    /// # Errors
    /// A column that is not there, values that have no order.
    pub fn holds<'c>(&self, find: &dyn Fn(&str) -> Result<Cell<'c>, Raised>) -> Result<bool, Raised> {
        Ok(match self {
            Condition::All(parts) => {
                for part in parts {
                    if !part.holds(find)? {
                        return Ok(false);
                    }
                }
                true
            }
            Condition::Any(parts) => {
                for part in parts {
                    if part.holds(find)? {
                        return Ok(true);
                    }
                }
                false
            }
            Condition::Not(part) => !part.holds(find)?,
            Condition::Missing { column, negated } => find(column)?.is_missing() != *negated,
            Condition::In { column, values, negated } => {
                let cell = find(column)?;
                values.iter().any(|value| value.cell().equals(cell)) != *negated
            }
            Condition::Compare(a, operator, b) => {
                let value = |operand: &'_ Operand| -> Result<Scalar, Raised> {
                    match operand {
                        Operand::Column(name) => find(name).map(Cell::own),
                        Operand::Value(value) => Ok(value.clone()),
                    }
                };
                match (a, b) {
                    // The usual case, without copies of text.
                    (Operand::Column(name), Operand::Value(value)) => operator.holds(find(name)?, value.cell())?,
                    (a, b) => operator.holds(value(a)?.cell(), value(b)?.cell())?,
                }
            }
        })
    }

    /// For each row whether it fulfils it.
    pub fn mask(&self, names: &[String], columns: &[Column], rows: usize) -> Result<Vec<bool>, Raised> {
        (0..rows)
            .map(|row| {
                self.holds(&|name| {
                    let at = names.iter().position(|own| own == name).ok_or_else(|| Raised::column(name))?;
                    Ok(columns.get(at).map_or(Cell::Missing, |column| column.cell(row)))
                })
            })
            .collect()
    }
}

impl Operator {
    fn named(name: &str) -> Option<Operator> {
        Some(match name {
            "==" => Operator::Equal,
            "!=" => Operator::NotEqual,
            "<" => Operator::Below,
            "<=" => Operator::AtMost,
            ">" => Operator::Above,
            ">=" => Operator::AtLeast,
            _ => return None,
        })
    }

    fn holds(self, a: Cell<'_>, b: Cell<'_>) -> Result<bool, Raised> {
        if matches!(self, Operator::Equal | Operator::NotEqual) {
            return Ok(a.equals(b) == (self == Operator::Equal));
        }
        let Some(order) = a.order(b)? else { return Ok(false) };
        Ok(match self {
            Operator::Below => order.is_lt(),
            Operator::AtMost => order.is_le(),
            Operator::Above => order.is_gt(),
            _ => order.is_ge(),
        })
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Name(String),
    Value(Scalar),
    Mark(&'static str),
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

const MARKS: [&str; 16] = ["==", "!=", "<=", ">=", "<", ">", "&", "|", "~", "(", ")", "[", "]", ",", ".", "-"];

impl Parser {
    fn new(text: &str) -> Result<Parser, String> {
        let (mut tokens, mut rest) = (Vec::new(), text.trim_start());
        while let Some(first) = rest.chars().next() {
            let length = if let '"' | '\'' | '`' = first {
                let inside = rest.get(1..).unwrap_or_default();
                let end = inside.find(first).ok_or_else(|| format!("the row condition {text:?} has an unclosed quote"))?;
                let inside = inside.get(..end).unwrap_or_default().to_owned();
                tokens.push(if first == '`' { Token::Name(inside) } else { Token::Value(Scalar::Text(inside)) });
                end + 2
            } else if first.is_ascii_digit() {
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).unwrap_or(rest.len());
                let number = rest.get(..end).unwrap_or_default();
                let value = number.parse().map(Scalar::Int).or_else(|_| number.parse().map(Scalar::Float));
                tokens.push(Token::Value(value.map_err(|_| format!("{number:?} in the row condition is not a number"))?));
                end
            } else if first.is_alphabetic() || first == '_' {
                let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
                tokens.push(match rest.get(..end).unwrap_or_default() {
                    "and" => Token::Mark("&"),
                    "or" => Token::Mark("|"),
                    "not" => Token::Mark("~"),
                    "True" => Token::Value(Scalar::Bool(true)),
                    "False" => Token::Value(Scalar::Bool(false)),
                    "None" => Token::Value(Scalar::Missing),
                    name => Token::Name(name.to_owned()),
                });
                end
            } else {
                let mark = MARKS.into_iter().find(|mark| rest.starts_with(mark));
                let mark = mark.ok_or_else(|| format!("unexpected {first:?} in the row condition {text:?}"))?;
                tokens.push(Token::Mark(mark));
                mark.len()
            };
            rest = rest.get(length..).unwrap_or_default().trim_start();
        }
        Ok(Parser { tokens, at: 0, depth: 0 })
    }

    fn whole(mut self) -> Result<Condition, String> {
        let condition = self.any()?;
        if self.at < self.tokens.len() { Err(self.lost()) } else { Ok(condition) }
    }

    fn lost(&self) -> String {
        format!("cannot parse the row condition at token {}", self.at + 1)
    }

    fn takes(&mut self, mark: &str) -> bool {
        let is_next = matches!(self.tokens.get(self.at), Some(Token::Mark(own)) if *own == mark);
        self.at += usize::from(is_next);
        is_next
    }

    fn any(&mut self) -> Result<Condition, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("the row condition is nested too deeply".to_owned());
        }
        let mut parts = vec![self.all()?];
        while self.takes("|") {
            parts.push(self.all()?);
        }
        self.depth -= 1;
        Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::Any(parts) })
    }

    fn all(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.one()?];
        while self.takes("&") {
            parts.push(self.one()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::All(parts) })
    }

    fn one(&mut self) -> Result<Condition, String> {
        let mut negations = 0;
        while self.takes("~") {
            negations += 1;
        }
        let mut condition = if self.takes("(") {
            let inside = self.any()?;
            if !self.takes(")") {
                return Err(self.lost());
            }
            inside
        } else {
            self.comparison()?
        };
        if negations % 2 == 1 {
            condition = Condition::Not(Box::new(condition));
        }
        Ok(condition)
    }

    fn comparison(&mut self) -> Result<Condition, String> {
        let first = self.operand()?;
        if let (Operand::Column(column), true) = (&first, self.takes(".")) {
            let Some(Token::Name(method)) = self.tokens.get(self.at).cloned() else { return Err(self.lost()) };
            self.at += 1;
            let negated = match method.as_str() {
                "isnull" | "isna" | "isNull" => false,
                "notnull" | "notna" | "notNull" => true,
                _ => return Err(format!("the method {method:?} in a row condition is not supported")),
            };
            return if self.takes("(") && self.takes(")") {
                Ok(Condition::Missing { column: column.clone(), negated })
            } else {
                Err(self.lost())
            };
        }
        let negated = self.takes("~");
        if matches!(self.tokens.get(self.at), Some(Token::Name(word)) if word == "in") {
            self.at += 1;
            let Operand::Column(column) = first else { return Err(self.lost()) };
            return Ok(Condition::In { column, values: self.list()?, negated });
        }
        let mut parts = Vec::new();
        let mut left = first;
        while let Some(Token::Mark(mark)) = self.tokens.get(self.at) {
            let Some(operator) = Operator::named(mark) else { break };
            self.at += 1;
            let right = self.operand()?;
            parts.push(Condition::Compare(left, operator, right.clone()));
            left = right;
        }
        match parts.len() {
            _ if negated => Err(self.lost()),
            0 => match left {
                // A column of truths by itself.
                Operand::Column(name) => {
                    Ok(Condition::Compare(Operand::Column(name), Operator::Equal, Operand::Value(Scalar::Bool(true))))
                }
                Operand::Value(_) => Err(self.lost()),
            },
            1 => Ok(parts.remove(0)),
            _ => Ok(Condition::All(parts)),
        }
    }

    fn list(&mut self) -> Result<Vec<Scalar>, String> {
        let close = if self.takes("[") { "]" } else { ")" };
        if close == ")" && !self.takes("(") {
            return Err(self.lost());
        }
        let mut values = Vec::new();
        while !self.takes(close) {
            let Operand::Value(value) = self.operand()? else { return Err(self.lost()) };
            values.push(value);
            if !self.takes(",") && !matches!(self.tokens.get(self.at), Some(Token::Mark(mark)) if *mark == close) {
                return Err(self.lost());
            }
        }
        Ok(values)
    }

    fn operand(&mut self) -> Result<Operand, String> {
        let negative = self.takes("-");
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        Ok(match (token, negative) {
            (Some(Token::Value(Scalar::Int(n))), true) => Operand::Value(Scalar::Int(-n)),
            (Some(Token::Value(Scalar::Float(x))), true) => Operand::Value(Scalar::Float(-x)),
            (Some(Token::Value(value)), false) => Operand::Value(value),
            (Some(Token::Name(name)), false) if name == "col" && self.takes("(") => {
                let Some(Token::Value(Scalar::Text(name))) = self.tokens.get(self.at).cloned() else { return Err(self.lost()) };
                self.at += 1;
                if !self.takes(")") {
                    return Err(self.lost());
                }
                Operand::Column(name)
            }
            (Some(Token::Name(name)), false) => Operand::Column(name),
            _ => {
                self.at -= 1;
                return Err(self.lost());
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn rows(condition: Json) -> Vec<bool> {
        let columns = [
            Column::of_json(&[json!(1), json!(2), json!(6), json!(null)]),
            Column::of_json(&[json!("a"), json!("b"), json!(null), json!("d")]),
        ];
        let names = ["x".to_owned(), "a name".to_owned()];
        Condition::new(&condition).unwrap().mask(&names, &columns, 4).unwrap()
    }

    #[test]
    fn the_notations_agree() {
        let (yes, no) = (true, false);
        assert_eq!(rows(json!("x!=1 & x!=6")), [no, yes, no, yes]);
        assert_eq!(rows(json!("(x == 2) & (`a name` == \"b\")")), [no, yes, no, no]);
        assert_eq!(rows(json!("x in [1, -2] or `a name`.isnull()")), [yes, no, yes, no]);
        assert_eq!(rows(json!("not (1 < x <= 6)")), [yes, no, no, yes]);
        assert_eq!(rows(json!("col(\"a name\").notNull()")), [yes, yes, no, yes]);
        let x = |operator: &str, parameter: Json| json!({"type": "comparison", "column": {"name": "x"}, "operator": operator, "parameter": parameter});
        assert_eq!(rows(x(">=", json!(2))), [no, yes, yes, no]);
        assert_eq!(rows(x("NOT_IN", json!([1, 2]))), [no, no, yes, yes]);
        let gap = json!({"type": "nullity", "column": {"name": "x"}, "is_null": true});
        assert_eq!(rows(json!({"type": "or", "conditions": [gap, x("==", json!(1.0))]})), [yes, no, no, yes]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[xy0-9 ()\\[\\]&|~<>=!,.\"'`-]{0,40}") {
            let _ = Condition::new(&Json::String(text));
        }
    }
}
