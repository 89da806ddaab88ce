//! Rows of open problems: what the package tells of them, and what was found of each in a draft.

use std::collections::HashMap;

use rusqlite::{Connection, params};
use xunjian_domain::{
    ids::{RoundId, VisitId},
    visit::{FollowUp, MustCheck},
};

use super::{documents, run, sql, to_json};
use crate::error::FieldError;

/// Takes over what must be looked at in a round; rounds that the package does not hold keep theirs.
pub(crate) fn replace_must_checks(
    connection: &Connection,
    round: &RoundId,
    all: &[MustCheck],
) -> Result<(), FieldError> {
    run(connection, sql!("must_check/clear"), [round.as_str()])?;
    for (place, one) in (0_i64..).zip(all) {
        let values = params![one.visit.as_str(), place, one.line.unwrap_or(0), to_json(one)?];
        run(connection, sql!("must_check/put"), values)?;
    }
    Ok(())
}

/// What a visit must look at, in the order of the package.
pub(crate) fn must_checks(connection: &Connection, visit: &VisitId) -> Result<Vec<MustCheck>, FieldError> {
    documents(connection, sql!("must_check/of_visit"), [visit.as_str()])
}

/// What any visit must look at.
pub(crate) fn all_must_checks(connection: &Connection) -> Result<Vec<MustCheck>, FieldError> {
    documents(connection, sql!("must_check/all"), [])
}

/// How many problems each visit must look at.
pub(crate) fn count_must_checks(connection: &Connection) -> Result<HashMap<VisitId, u32>, FieldError> {
    let mut statement = connection.prepare_cached(sql!("must_check/count"))?;
    let rows = statement.query_map([], |row| Ok((VisitId::new(row.get::<_, String>(0)?), row.get(1)?)))?;
    rows.map(|row| Ok(row?)).collect()
}

/// What was found so far.
pub(crate) fn follow_ups(connection: &Connection, draft: &str) -> Result<Vec<FollowUp>, FieldError> {
    documents(connection, sql!("draft_follow_up/list"), [draft])
}

pub(crate) fn put_follow_up(connection: &Connection, draft: &str, answer: &FollowUp) -> Result<(), FieldError> {
    run(connection, sql!("draft_follow_up/put"), params![draft, answer.finding.as_str(), to_json(answer)?]).map(drop)
}
