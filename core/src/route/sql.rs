//! An allocation as one SQL expression, so that every assignment can be recomputed from the ids alone.
//!
//! PostgreSQL has SHA-256 since version 11. SQLite does not, so the expression includes it, as a recursive query of integer
//! steps: about a millisecond an id, but it needs no extension. Both are compared with [`Allocation::assign`] on 100,000
//! ids in the real databases.

use std::fmt::Write;

use super::{Allocation, Hash, WHOLE_BP};

/// A database's SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dialect {
    /// PostgreSQL 11 or newer.
    Postgres,
    /// SQLite 3.38 or newer.
    Sqlite,
}

/// The expression that gives the variant of the lead whose id is the SQL expression `id`, a text. `id` is inserted as is, so it must
/// not come from user input.
///
/// `None` when the hash is not `sha256`, or when rules depend on fields, which are not available in SQL.
///
/// # Example
/// ```
/// use plumbline_core::route::{Allocation, AllocationSettings, sql};
/// let allocation = Allocation::compile(AllocationSettings::champion_only("v1"))?;
/// assert_eq!(sql::variant(&allocation, sql::Dialect::Postgres, "lead_id").as_deref(), Some("CASE WHEN TRUE THEN 'v1' END"));
/// # Ok::<(), plumbline_core::ConfigErrors>(())
/// ```
pub fn variant(allocation: &Allocation, dialect: Dialect, id: &str) -> Option<String> {
    let settings = allocation.settings();
    if settings.hash != Hash::Sha256 || !settings.rule.is_empty() {
        return None;
    }
    let champion = literal(&settings.champion);
    let mut sql = "CASE".to_owned();
    let drawn = !settings.killed && settings.arm.iter().any(|arm| arm.share_bp > 0);
    if drawn {
        let _ = write!(sql, " WHEN COALESCE({id}, '') = '' THEN {champion}");
        if settings.holdout_bp > 0 {
            let _ =
                write!(sql, " WHEN {} < {} THEN {champion}", bucket(dialect, &settings.holdout_salt, id), settings.holdout_bp);
        }
        sql += " ELSE (SELECT CASE";
        for ((start, end), arm) in allocation.ranges().iter().zip(&settings.arm).filter(|((start, end), _)| start < end) {
            let _ = write!(sql, " WHEN bucket BETWEEN {start} AND {} THEN {}", end - 1, literal(&arm.variant));
        }
        // LIMIT keeps the planner from writing the bucket's expression out once for each arm.
        let _ = write!(
            sql,
            " ELSE {champion} END FROM (SELECT {} AS bucket LIMIT 1) AS drawn) END",
            bucket(dialect, &settings.experiment, id)
        );
    } else {
        let _ = write!(sql, " WHEN TRUE THEN {champion} END");
    }
    Some(sql)
}

/// The expression of [`Hash::bucket`] in basis points, of mode `sha256`.
pub fn bucket(dialect: Dialect, salt: &str, id: &str) -> String {
    let text = format!("{} || {id}", literal(&format!("{salt}:")));
    let bits = match dialect {
        Dialect::Postgres => {
            format!("('x' || substr(encode(sha256(convert_to({text}, 'UTF8')), 'hex'), 1, 8))::bit(32)::bigint")
        }
        Dialect::Sqlite => sqlite_sha256(&text),
    };
    format!("(({bits} * {WHOLE_BP}) >> 32)")
}

/// A text as SQL writes it.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The first 32 bits of SHA-256 of `text`, for SQLite.
///
/// # Source
/// FIPS 180-4, §6.2. One row of `r` is one round: working variables `a`…`h`, the hash so far `p`…`w`, and the sixteen message
/// words `m0`…`m15`, of which `m0` is this round's. SQLite has no exclusive or: (x | y) − (x & y) is one.
fn sqlite_sha256(text: &str) -> String {
    let xor = |x: &str, y: &str| format!("(({x}|{y})-({x}&{y}))");
    let xor3 = |x: &str, y: &str, z: &str| xor(&xor(x, y), z);
    // A word beside itself in 64 bits turns rotations into shifts; the bits above 32 are masked once, at the end.
    let twice = |x: &str| format!("({x}|({x}<<32))");
    let low = |x: &str| format!("({x}&4294967295)");
    let turned = |x: &str, n: u32| format!("({}>>{n})", twice(x));
    let sum = |x: &str, [i, j, k]: [u32; 3]| low(&xor3(&turned(x, i), &turned(x, j), &turned(x, k)));
    let sigma = |x: &str, [i, j, k]: [u32; 3]| low(&xor3(&low(&turned(x, i)), &low(&turned(x, j)), &format!("({x}>>{k})")));
    let k: String = ROUND.iter().map(|k| format!("{k:010}")).collect();
    let one = format!("h+{}+((e&f)|(~e&g))+CAST(substr('{k}',t%64*10+1,10) AS INTEGER)+m0", sum("e", [6, 11, 25]));
    let two = format!("{}+((a&b)|(a&c)|(b&c))", sum("a", [2, 13, 22]));
    let next = low(&format!("{}+m9+{}+m0", sigma("m14", [17, 19, 10]), sigma("m1", [7, 18, 3])));
    let word = |at: &str| {
        let digit = |i: u32| format!("(instr('123456789ABCDEF',substr(x,{at}+{i},1))<<{})", 28 - 4 * (i - 1));
        (1..=8).map(digit).collect::<Vec<_>>().join("|")
    };
    let names = |prefix: char| (0..16).map(move |i| format!("{prefix}{i}"));
    let windows: Vec<String> = names('m').collect();
    let shifted: Vec<String> = (1..16).map(|i| format!("m{i}")).chain([next]).collect();
    let first: Vec<String> = (0..16).map(|i| word(&format!("{}", 8 * i))).collect();
    // At a block's end the working variables join the hash, and the next block's words are read.
    let fresh: Vec<String> = (0..16).map(|i| word(&format!("(t+1)/64*128+{}", 8 * i))).collect();
    let hash = ["p", "q", "r", "s", "u", "v", "w", "y"];
    let work = [
        low(&format!("{one}+{two}")),
        "a".into(),
        "b".into(),
        "c".into(),
        low(&format!("d+{one}")),
        "e".into(),
        "f".into(),
        "g".into(),
    ];
    let joined: Vec<String> = hash.iter().zip(&work).map(|(hash, work)| low(&format!("{hash}+{work}"))).collect();
    let list = |items: &[String]| items.join(",");
    let start: Vec<String> = START.iter().map(u32::to_string).collect();
    format!(
        "(WITH RECURSIVE z(x) AS (SELECT hex({text})),\
         o(x,n) AS (SELECT x||'80'||hex(zeroblob((119-length(x)/2%64)%64))||printf('%016X',length(x)*4),(length(x)/2+8)/64+1 FROM z),\
         i(x,n,t,a,b,c,d,e,f,g,h,p,q,r,s,u,v,w,y,{windows}) AS (\
         SELECT x,n,0,{start},{start},{first} FROM o \
         UNION ALL SELECT x,n,t+1,{rounds},p,q,r,s,u,v,w,y,{shifted} FROM i WHERE t%64<63 AND t<n*64 \
         UNION ALL SELECT x,n,t+1,{joined},{joined},{fresh} FROM i WHERE t%64=63 AND t<n*64) \
         SELECT p FROM i WHERE t=n*64)",
        windows = windows.join(","),
        start = list(&start),
        first = list(&first),
        rounds = list(&work),
        shifted = list(&shifted),
        joined = list(&joined),
        fresh = list(&fresh),
    )
}

/// FIPS 180-4, §5.3.3.
const START: [u32; 8] = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

/// FIPS 180-4, §4.2.2.
#[rustfmt::skip]
const ROUND: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];
