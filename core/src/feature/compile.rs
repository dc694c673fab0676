//! Names to positions, once.

use super::{DatePart, Make, Pipeline, Transform, check};
use crate::json::Quoted;
use crate::model::Column;
use crate::name::Names;
use crate::schema::{ConfigErrors, Field, FieldKind, Schema};

/// A compiled transform: where it reads, what it makes, where it writes.
#[derive(Debug, Clone)]
pub(super) struct Op {
    pub(super) field: u32,
    pub(super) kind: Kind,
    /// The code is spread over the columns; else there is one.
    pub(super) spread: bool,
    /// Range of `Pipeline::columns`.
    pub(super) columns: (u32, u32),
    /// Range of `Pipeline::steps`.
    pub(super) steps: (u32, u32),
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Number,
    /// A listed category's code; unknown is missing.
    Code,
    Days,
    Missing,
    Bucket(Vec<f64>),
    /// By code: the place in the order, NaN when it has none.
    Ordinal(Vec<f64>),
    /// By code, and the default.
    Target(Vec<f64>, f64),
    MultiHot(Names),
    Items,
    Characters,
    DatePart(DatePart),
    DaysSince,
    EmailDomain(Domains),
    Ratio(u32),
}

/// Domain classes compiled for look-up.
#[derive(Debug, Clone)]
pub(super) struct Domains {
    pub(super) whole: Names,
    pub(super) whole_class: Vec<u32>,
    /// Endings with their leading dot, in declared order.
    pub(super) endings: Vec<(String, u32)>,
    pub(super) classes: u32,
}

impl Pipeline {
    /// Compiles `transforms` over `schema` for a model that reads `columns`. A column that no transform produces is taken from
    /// the field of the same name; unused fields are ignored.
    ///
    /// # Errors
    /// All problems: of the transforms themselves, columns that nothing produces or that are produced twice, unused transforms.
    pub fn compile(schema: &Schema, transforms: &[Transform], columns: &[Column]) -> Result<Pipeline, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        check(transforms, schema, &mut errors);
        match Pipeline::bind(schema, transforms, columns) {
            Ok(pipeline) => errors.into_result().map(|()| pipeline),
            Err(mut more) => {
                errors.problems.append(&mut more.problems);
                Err(errors)
            }
        }
    }

    /// [`compile`](Self::compile) of transforms that were checked before.
    ///
    /// # Errors
    /// Columns that nothing produces or that are produced twice, unused transforms.
    #[inline(never)]
    pub(crate) fn bind(schema: &Schema, transforms: &[Transform], columns: &[Column]) -> Result<Pipeline, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let names = Names::new(columns.iter().map(|c| c.name.as_str()));
        let fields = Names::new(schema.fields.iter().map(|f| f.name.as_str()));
        let field_of = |name: &str| fields.find(name).and_then(|i| Some((i, schema.fields.get(i)?)));
        let mut pipeline = Pipeline {
            width: columns.len(),
            direct: Vec::new(),
            ops: Vec::new(),
            steps: Vec::new(),
            columns: Vec::new(),
            sources: vec![u32::MAX; columns.len()],
        };
        for (i, transform) in transforms.iter().enumerate() {
            if let Some(field) = field_of(&transform.from) {
                pipeline.add(i, transform, field, (&names, &fields), &mut errors);
            }
        }
        pipeline.take_fields(&field_of, columns, &mut errors);
        errors.into_result().map(|()| pipeline)
    }

    /// Adds transform number `i`, computed from `field`. A separate function, so that models without transforms need not compile it.
    #[inline(never)]
    fn add(
        &mut self,
        i: usize,
        transform: &Transform,
        (field, declared): (usize, &Field),
        (names, fields): (&Names, &Names),
        errors: &mut ConfigErrors,
    ) {
        // A code without a column has an empty name.
        let target = |name: &String| if name.is_empty() { None } else { names.find(name) };
        let targets: Vec<Option<usize>> = transform.columns_of(Some(declared)).iter().map(target).collect();
        for column in targets.iter().flatten() {
            match self.sources.get_mut(*column) {
                Some(source) if *source == u32::MAX => *source = field as u32,
                _ => {
                    let message = format!("the column {} is produced more than once", Quoted(names.at(*column).unwrap_or("")));
                    errors.add("COLUMN_MADE_TWICE", format!("feature[{i}].name"), message);
                }
            }
        }
        if targets.iter().all(Option::is_none) {
            let message = format!("the model has no column for {}", Quoted(&transform.name));
            errors.add("FEATURE_NOT_READ", format!("feature[{i}].name"), message);
        }
        let start = (self.columns.len() as u32, self.steps.len() as u32);
        self.columns.extend(targets.iter().map(|c| c.map_or(u32::MAX, |c| c as u32)));
        self.steps.extend_from_slice(&transform.then);
        let spread = transform.one_hot && !matches!(transform.make, Make::MultiHot(_));
        self.ops.push(Op {
            field: field as u32,
            kind: kind_of(&transform.make, declared, fields),
            spread,
            columns: (start.0, self.columns.len() as u32),
            steps: (start.1, self.steps.len() as u32),
        });
    }

    /// The columns a model trained on `schema` and `transforms` reads: first every field that no transform is made of and that is a
    /// number as it stands, in the schema's order; then the columns of the transforms, in theirs.
    pub fn columns(schema: &Schema, transforms: &[Transform]) -> Vec<Column> {
        let made = |name: &str| transforms.iter().any(|t| t.from == name || t.name == name);
        let plain = schema.fields.iter().filter(|f| f.role.is_readable() && Make::Value.fits(f.kind) && !made(&f.name));
        let plain = plain.map(|f| Column { name: f.name.clone(), categorical: f.kind == FieldKind::Category });
        let spread = |t: &Transform| t.one_hot || matches!(t.make, Make::MultiHot(_));
        let is_code = |t: &Transform| {
            let category = schema.field(&t.from).is_some_and(|(_, f)| f.kind == FieldKind::Category);
            !spread(t) && ((t.make == Make::Value && category) || matches!(t.make, Make::EmailDomain(_)))
        };
        let made = transforms.iter().flat_map(|t| t.columns(schema).into_iter().map(|name| (name, is_code(t))));
        let made = made.filter(|(name, _)| !name.is_empty());
        plain.chain(made.map(|(name, categorical)| Column { name, categorical })).collect()
    }

    /// Columns that no transform makes come from the field of the same name.
    #[inline(never)]
    fn take_fields<'s>(
        &mut self,
        field_of: &dyn Fn(&str) -> Option<(usize, &'s Field)>,
        columns: &[Column],
        errors: &mut ConfigErrors,
    ) {
        for (i, (column, source)) in columns.iter().zip(&mut self.sources).enumerate() {
            if *source != u32::MAX {
                continue;
            }
            let name = Quoted(&column.name);
            let mut refuse = |why: String| errors.add("COLUMN_UNMADE", format!("model.column[{i}]"), why);
            match field_of(name.0) {
                None => refuse(format!("no field or feature produces the model's column {name}")),
                Some((_, field)) if !field.role.is_readable() => {
                    refuse(format!("the model uses {name}, but that field is an id or a human score"));
                }
                Some((_, field)) if !Make::Value.fits(field.kind) => {
                    refuse(format!(
                        "the model uses {name}, a {}; declare a feature that turns it into a number",
                        field.kind.as_str()
                    ));
                }
                Some((position, field)) => {
                    *source = position as u32;
                    let listed = field.kind == FieldKind::Category && !field.categories.is_empty();
                    if listed || field.kind == FieldKind::Date {
                        let kind = if listed { Kind::Code } else { Kind::Days };
                        let start = self.columns.len() as u32;
                        self.columns.push(i as u32);
                        self.ops.push(Op { field: *source, kind, spread: false, columns: (start, start + 1), steps: (0, 0) });
                    } else {
                        self.direct.push((*source, i as u32));
                    }
                }
            }
        }
    }
}

fn kind_of(make: &Make, field: &Field, fields: &Names) -> Kind {
    let (kind, categories) = (field.kind, &field.categories);
    match make {
        Make::Value => match kind {
            FieldKind::Category if !categories.is_empty() => Kind::Code,
            FieldKind::Date => Kind::Days,
            _ => Kind::Number,
        },
        Make::Missing => Kind::Missing,
        Make::Bucket(edges) => {
            // A date is declared in days but kept in milliseconds.
            let unit = if kind == FieldKind::Date { crate::table::DAY_MS as f64 } else { 1.0 };
            Kind::Bucket(edges.iter().map(|e| e * unit).collect())
        }
        Make::Ordinal(order) => {
            let order = Names::new(order.iter().map(String::as_str));
            Kind::Ordinal(categories.iter().map(|c| order.find(c).map_or(f64::NAN, |place| place as f64)).collect())
        }
        Make::Target { values, default } => {
            Kind::Target(categories.iter().map(|c| values.get(c).copied().unwrap_or(*default)).collect(), *default)
        }
        Make::MultiHot(items) => Kind::MultiHot(Names::new(items.iter().map(String::as_str))),
        Make::Count if kind == FieldKind::List => Kind::Items,
        Make::Count => Kind::Characters,
        Make::DatePart(part) => Kind::DatePart(*part),
        Make::DaysSince => Kind::DaysSince,
        Make::EmailDomain(classes) => {
            let all = || classes.iter().enumerate().flat_map(|(i, c)| c.domains.iter().map(move |d| (d, i as u32)));
            let whole: Vec<_> = all().filter(|(d, _)| !d.starts_with('.')).collect();
            Kind::EmailDomain(Domains {
                whole: Names::new(whole.iter().map(|(d, _)| d.as_str())),
                whole_class: whole.iter().map(|(_, class)| *class).collect(),
                endings: all().filter(|(d, _)| d.starts_with('.')).map(|(d, class)| (d.clone(), class)).collect(),
                classes: classes.len() as u32,
            })
        }
        Make::Ratio(per) => Kind::Ratio(fields.find(per).map_or(u32::MAX, |i| i as u32)),
    }
}
