//! What one expectation found, by the names of Great Expectations. Which members are there depends on the expectation and on how much
//! the result format reports; one that is there may be null.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ExpectationFound"))]
#[serde(default)]
pub struct Found {
    /// The observed value: a number, a text, a list or an object, as the expectation asks for.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub observed_value: Option<Json>,
    /// Rows looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub element_count: Option<u64>,
    /// Rows that are not as expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unexpected_count: Option<u64>,
    /// Their part of the rows that count, in percent.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub unexpected_percent: Option<Option<f64>>,
    /// Their part of all rows, in percent.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub unexpected_percent_total: Option<Option<f64>>,
    /// Their part of the rows with a value, in percent.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub unexpected_percent_nonmissing: Option<Option<f64>>,
    /// Rows without a value, or values of the set that are absent.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub missing_count: Option<Option<u64>>,
    /// The part of rows without a value, in percent.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub missing_percent: Option<Option<f64>>,
    /// The first unexpected values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partial_unexpected_list: Option<Vec<Json>>,
    /// The most frequent unexpected values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partial_unexpected_counts: Option<Vec<ValueCount>>,
    /// The first unexpected rows: numbers from 0, or objects of the index columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partial_unexpected_index_list: Option<Vec<Json>>,
    /// The unexpected values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unexpected_list: Option<Vec<Json>>,
    /// The unexpected rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unexpected_index_list: Option<Vec<Json>>,
    /// The pandas expression that selects them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unexpected_index_query: Option<String>,
    /// The columns that name a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unexpected_index_column_names: Option<Vec<String>>,
    /// The first values of the set that are absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partial_missing_list: Option<Vec<Json>>,
    /// What the observed value is made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Details>,
}

/// What an observed value is made of.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ExpectationDetails"))]
#[serde(default)]
pub struct Details {
    /// Columns of the table that are not as expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mismatched: Option<Json>,
    /// Per quantile, whether it is in its range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub success_details: Option<Vec<bool>>,
    /// The distribution that was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_partition: Option<PartitionFound>,
    /// The distribution that was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_partition: Option<PartitionFound>,
    /// The Kolmogorov–Smirnov distance and its p-value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_ks_result: Option<(f64, f64)>,
}

/// A distribution: weights of values, or of bins between edges.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ExpectationPartition"))]
#[serde(default)]
pub struct PartitionFound {
    /// The values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<Json>>,
    /// The edges of the bins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bins: Option<Vec<Json>>,
    /// The weight of each value or bin.
    pub weights: Vec<Json>,
    /// The weights below the first edge and above the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tail_weights: Option<Vec<Json>>,
}

/// How often a value occurred.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ValueCount {
    /// The value.
    pub value: Json,
    /// How often.
    pub count: u64,
}

impl Found {
    /// One observed value.
    pub(super) fn observed(value: impl Into<Json>) -> Found {
        Found { observed_value: Some(value.into()), ..Found::default() }
    }

    /// The same with what it is made of.
    pub(super) fn with(self, details: Details) -> Found {
        Found { details: Some(details), ..self }
    }

    /// What the format `BOOLEAN_ONLY` keeps of it.
    pub(super) fn boolean_only(self) -> Found {
        Found {
            unexpected_index_list: self.unexpected_index_list,
            unexpected_index_query: self.unexpected_index_query,
            unexpected_index_column_names: self.unexpected_index_column_names,
            ..Found::default()
        }
    }
}

/// A member that is there, null or not.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
